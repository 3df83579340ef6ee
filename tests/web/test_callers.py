"""Who asks: of each request, and of an upgrade. Who is refused is in tests/attacks, who gets in in tests/guard_docs."""

import attrs
import pytest
from quart_trio import QuartTrio
from websockets.datastructures import Headers

from octi.errors import BadMessage, BadSecret, Forbidden
from octi.guard.caller import ANYBODY, Caller, Scope
from octi.web.callers import ask_callers, caller_of_upgrade, check_query, check_upgrade, current_caller, speaker
from octi.web.visits import visit_of
from octi.websocket.handshake import Upgrade
from tests.guard_docs.scene import ENV, KEYS, services_with, token
from tests.web.standins import session

PROXIED = {"OCTI_TRUSTED_PROXIES": "10.0.0.0/8"}


async def asked(path: str = "/sessions", env: dict[str, str] | None = None, **headers: str) -> Caller | int:
    """Who asks, as the route learns it; or the status with which he is sent away."""
    app, found = QuartTrio(__name__), list[Caller]()
    ask_callers(app, services_with(ENV if env is None else env))

    @app.get(path)
    async def route() -> str:
        found.append(current_caller())
        return ""

    app.register_error_handler(BadSecret, lambda error: ("", 401))
    app.register_error_handler(Forbidden, lambda error: ("", 403))
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await app.test_client().get(path, headers=said, scope_base={"client": ("10.0.0.1", 1)})
    return found[0] if found else answer.status_code


async def test_a_route_knows_who_asks_and_from_where() -> None:
    """Through a proxy that is trusted, his own address; through another, that one's."""
    key = "Bearer octi_sk_talker"
    for env, address in ((ENV, "10.0.0.1"), ({**ENV, **PROXIED}, "203.0.113.7")):
        caller = await asked(env=env, Authorization=key, X_Forwarded_For="192.0.2.9, 203.0.113.7")
        assert caller == KEYS["talker"].caller(address)


async def test_a_user_of_the_login_is_known_by_his_name() -> None:
    caller = await asked("/api/session", Authorization=f"Bearer {token('ana')}")
    assert isinstance(caller, Caller)
    assert (caller.tenant, caller.user, caller.scopes) == ("acme", "ana", frozenset({Scope.MINT}))


async def test_where_nobody_is_asked_anybody_asks() -> None:
    """Whatever he brings."""
    assert await asked(env={}, Authorization="Basic x") == attrs.evolve(ANYBODY, address="10.0.0.1")


async def test_a_route_that_nobody_thought_of_is_nobodys() -> None:
    """Not of those who may everything else either; where nobody is asked it is open, as all are."""
    assert await asked("/brand/new", Authorization="Bearer octi_sk_operator") == 403
    assert isinstance(await asked("/brand/new", env={}), Caller)


async def test_what_is_for_everybody_needs_no_key_and_no_page() -> None:
    assert await asked("/health", Origin="https://anywhere.example", Authorization="nonsense") == Caller(
        address="10.0.0.1"
    )


def upgrade(peer: str = "192.0.2.1", path: str = "/v1/realtime", **headers: str) -> Upgrade:
    said = {name.replace("_", "-"): value for name, value in {"Host": "octi", **headers}.items()}
    return Upgrade("GET", path, Headers(said), peer=peer)


async def found(asking: Upgrade) -> Caller:
    return await caller_of_upgrade(services_with(), asking, visit_of(asking))


async def test_a_socket_knows_who_asks() -> None:
    """A server, a user; with a client secret nobody yet, who may nothing but what that says."""
    assert (await found(upgrade(Authorization="Bearer octi_sk_talker"))).trusted
    user = await found(upgrade(Sec_WebSocket_Protocol=f"realtime, openai-insecure-api-key.{token('ana')}"))
    assert (user.user, user.trusted) == ("ana", False)
    assert await found(upgrade(Authorization="Bearer ek_1")) == Caller(address="192.0.2.1")


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, BadSecret),
        ({"Authorization": "Bearer octi_sk_stranger"}, BadSecret),
        ({"Authorization": "Bearer octi_sk_minter"}, Forbidden),
        ({"Authorization": f"Bearer {token('ana', scope='email')}"}, Forbidden),
    ],
)
async def test_a_socket_is_for_those_who_may_talk(headers: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        await found(upgrade(**headers))


def test_whoever_brought_a_secret_talks_as_whom_it_was_made_for() -> None:
    """Whoever asked himself, as he is."""
    record = attrs.evolve(session(), tenant="acme", key="backend", user="ana")
    told = speaker(Caller(address="192.0.2.1"), record)
    assert told == Caller(tenant="acme", key="backend", user="ana", address="192.0.2.1")
    assert speaker(KEYS["talker"].caller("x"), record).key == "talker"
    assert not told.trusted


def test_a_trusted_proxy_knows_octis_names() -> None:
    """It may have any, then; whoever else comes by one that octi is not known by is refused."""
    open_to_all = services_with({**PROXIED})
    named = upgrade("10.0.0.1", Host="octi.example", Origin="https://octi.example")
    check_upgrade(open_to_all, named)
    with pytest.raises(Forbidden):
        check_upgrade(open_to_all, attrs.evolve(named, peer="127.0.0.1"))
    with pytest.raises(Forbidden):
        check_upgrade(open_to_all, upgrade("10.0.0.1", Host="octi.example", Origin="https://evil.example"))


def test_no_key_stands_in_an_address() -> None:
    check_query({"model": "m", "session": "s", "after": "1"})
    with pytest.raises(BadMessage, match="does not belong into an address"):
        check_query({"Token": "x"})
