"""octi/guard/caller.py: who asks, and what he may."""

from octi.guard.caller import ANYBODY, JWT, Caller, Scope


def test_a_caller_may_what_he_was_given_and_nothing_else() -> None:
    caller = Caller(scopes=frozenset({Scope.MINT}))
    assert [scope for scope in Scope if caller.may(scope)] == [Scope.MINT]


def test_where_nobody_is_asked_anybody_may_everything() -> None:
    assert all(ANYBODY.may(scope) for scope in Scope)
    assert ANYBODY.owns("acme")


def test_a_tenant_owns_what_is_its_own() -> None:
    """Nobody else's, and not the operator's own."""
    acme = Caller(tenant="acme", scopes=frozenset(Scope))
    assert acme.owns("acme")
    assert not acme.owns("other")
    assert not acme.owns("")


def test_who_operates_octi_owns_what_is_any_tenants() -> None:
    """Without that scope, and without a tenant, a caller has what is the operator's own."""
    assert Caller(scopes=frozenset({Scope.OPERATE})).owns("acme")
    assert not Caller(scopes=frozenset({Scope.SESSIONS})).owns("acme")
    assert Caller().owns("")


def test_a_user_reaches_his_own_sessions() -> None:
    """And, with the scope for it, all of his tenant's; who is no user, such as a server, reaches those anyway."""
    ana = Caller(tenant="acme", user="ana", scopes=frozenset({Scope.MINT}))
    assert ana.reaches("acme", "ana")
    assert not ana.reaches("acme", "bob")
    assert not ana.reaches("other", "ana")
    assert Caller(tenant="acme", user="ana", scopes=frozenset({Scope.SESSIONS})).reaches("acme", "bob")
    assert Caller(tenant="acme", key="backend").reaches("acme", "bob")


def test_only_a_server_that_may_open_sessions_is_trusted() -> None:
    """Who comes with a login's token is a client, whatever he may."""
    assert Caller(key="backend", scopes=frozenset({Scope.SESSIONS})).trusted
    assert ANYBODY.trusted
    assert not Caller(key=JWT, scopes=frozenset(Scope)).trusted
    assert not Caller(key="backend", scopes=frozenset({Scope.MINT})).trusted
