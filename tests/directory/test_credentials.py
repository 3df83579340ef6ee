"""The secrets that sessions hold now."""

from octi.directory.credentials import MOST_SECRETS, MOST_UNBOUND, Credentials
from octi.units import SessionId

ONE, OTHER = SessionId("one"), SessionId("other")


def test_a_session_s_newest_secret_is_the_likeliest() -> None:
    """Clients that renew use the new one, sooner or later."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_1", 5.0)
    held.remember(ONE, "ek_2", 5.0)
    assert (held.for_call(ONE), held.for_call(OTHER)) == (("ek_2", "ek_1"), ())


def test_a_session_s_own_secrets_are_told_alone() -> None:
    """Without those that are nobody's, newest first."""
    held = Credentials(lambda: 1.0)
    held.remember_unbound("ek_0", 5.0)
    held.remember(ONE, "ek_1", 5.0)
    held.remember(ONE, "ek_2", 5.0)
    held.remember(ONE, "ek_old", 1.0)
    assert (held.of(ONE), held.of(OTHER)) == (("ek_2", "ek_1"), ())


def test_an_expired_secret_is_none() -> None:
    """From its last second on."""
    now = 1.0
    held = Credentials(lambda: now)
    held.remember(ONE, "ek_1", 5.0)
    now = 5.0
    assert held.for_call(ONE) == ()


def test_what_expired_is_not_held_on_to() -> None:
    """It goes as the next one comes."""
    now = 1.0
    held = Credentials(lambda: now)
    held.remember(ONE, "ek_1", 5.0)
    now = 6.0
    held.remember(OTHER, "ek_2", 9.0)
    assert len(held) == 1


def test_the_oldest_sessions_give_way() -> None:
    """The number of sessions is bounded."""
    held = Credentials(lambda: 1.0, 2)
    for name in "abc":
        held.remember(SessionId(name), f"ek_{name}", 5.0)
    assert [held.for_call(SessionId(name)) for name in "abc"] == [(), ("ek_b",), ("ek_c",)]


def test_a_session_holds_few() -> None:
    """However often it renews."""
    held = Credentials(lambda: 1.0)
    for number in range(10):
        held.remember(ONE, f"ek_{number}", 5.0)
    assert len(held._held[ONE]) == MOST_SECRETS
    assert held.for_call(ONE)[0] == "ek_9"


def test_a_session_that_is_over_holds_none() -> None:
    """Forgetting twice is forgetting once."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_1", 5.0)
    held.forget(ONE)
    held.forget(ONE)
    assert held.for_call(ONE) == ()


def test_a_secret_that_belongs_to_nobody_may_have_made_a_call() -> None:
    """The latest few of them come behind the session's own, while they last."""
    now = 1.0
    held = Credentials(lambda: now)
    for number in range(MOST_UNBOUND + 1):
        held.remember_unbound(f"ek_{number}", 5.0 + number)
    held.remember(ONE, "ek_own", 50.0)
    assert held.for_call(ONE) == ("ek_own", *(f"ek_{number}" for number in range(MOST_UNBOUND, 0, -1)))
    now = 12.0
    assert held.for_call(ONE) == ("ek_own", f"ek_{MOST_UNBOUND}")


def test_a_call_that_several_sessions_heard_may_be_any_one_s() -> None:
    """In their order, each newest first."""
    held = Credentials(lambda: 1.0)
    for session, value in ((ONE, "ek_1"), (OTHER, "ek_2"), (ONE, "ek_3")):
        held.remember(session, value, 5.0)
    held.remember_unbound("ek_0", 5.0)
    assert held.for_call(OTHER, ONE) == ("ek_2", "ek_3", "ek_1", "ek_0")


def test_no_secret_is_shown() -> None:
    """Neither by who holds it nor by itself."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_hidden", 5.0)
    held.remember_unbound("ek_hidden", 5.0)
    assert "hidden" not in repr(held) + repr(held._held[ONE])
