"""Whoever comes with what is not his, or not good any more, or not what it looks like: refused, and logged without it.

Against a guarded octi in memory, through its own front for sockets; how the parts judge is in their own tests.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import attrs
import msgspec
import pytest
import structlog
import trio
from trio.testing import MockClock
from trio_websocket import ConnectionClosed

from octi.directory.proving import Bounds
from octi.guard.caller import Scope
from octi.guard.keys import PREFIX
from octi.observe.logs import set_up_logs
from tests.guard.tokens import CLAIMS, NOW, by_secret, part, rsa, signed, unsigned
from tests.guard_docs.scene import ENV, KEYS, OWNER, House, services_with, token
from tests.logs import restored_logs
from tests.providers import QUIET, legs_to
from tests.web.test_sockets import GOOD, Octi, answer_to, read_answer

PLANTED = "octi_sk_talker"  # a key that is good
ORIGIN = "https://app.example"
HTTP, SOCKET = "/sessions", "/v1/realtime"


@attrs.define(eq=False)
class Scene(House):
    """The house, its front door, and all that it logs."""

    octi: Octi = attrs.field(kw_only=True)
    log: StringIO = attrs.field(factory=StringIO)

    async def socket(self, *lines: str, path: str = SOCKET) -> tuple[int, str]:
        """How an upgrade with these head lines is answered."""
        head = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in GOOD.items()), *lines, "", ""]
        status, _, body = await answer_to(self.octi, "\r\n".join(head).encode("latin-1"))
        return status, body

    async def asks(self, *lines: tuple[str, str], path: str = HTTP) -> int:
        """How a request is answered."""
        answer = await self.client.get(path, headers=list(lines))
        return answer.status_code

    async def secret(self, **bounds: Any) -> str:
        """Of Ana's, for a new session."""
        return (await self.services.directory.mint(None, {}, direct=False, caller=OWNER, bounds=Bounds(**bounds))).value

    def never_told(self, *planted: str) -> None:
        """Is nothing of these in the log, whole or most of it? And was anything logged?"""
        told = self.log.getvalue()
        assert "refused" in told or "403" in told or "401" in told or "400" in told
        for each in planted:
            assert each not in told
            assert len(each) < 24 or each[8:24] not in told


@pytest.fixture
async def scene(autojump_clock: MockClock) -> AsyncIterator[Scene]:
    async with scene_with(ENV) as made:
        yield made


@asynccontextmanager
async def scene_with(env: Any) -> AsyncIterator[Scene]:
    services = services_with(env)
    with restored_logs():
        log = StringIO()
        set_up_logs("debug", json=True, stream=log)
        structlog.configure(cache_logger_on_first_use=False)  # they are set up otherwise in the next test
        async with legs_to(QUIET, judge=False) as legs, trio.open_nursery() as outside:
            services = attrs.evolve(services, upstream=legs)
            yield Scene(services, octi=Octi(outside, services, legs), log=log)
            outside.cancel_scope.cancel()


def bearer(value: str) -> str:
    return f"Authorization: Bearer {value}"


# Client secrets


async def test_a_secret_that_was_stolen_from_a_page_opens_nothing_from_another(scene: Scene) -> None:
    """Where it was bound to its page: at another site, that octi does not listen to anyway, nor outside a browser."""
    secret = await scene.secret(origin=ORIGIN)
    assert (await scene.socket(bearer(secret)))[0] == 401
    assert (await scene.socket(bearer(secret), "Origin: https://evil.example"))[0] == 403
    scene.never_told(secret)


async def test_a_secret_for_once_is_not_used_again(scene: Scene) -> None:
    """Nor by two at the same moment: one is let in."""
    secret, told = await scene.secret(once=True), list[int]()

    async def knock() -> None:
        told.append((await scene.socket(bearer(secret)))[0])

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(knock)
    assert sorted(told) == [101, 401, 401, 401]
    assert (await scene.socket(bearer(secret)))[0] == 401
    scene.never_told(secret)


async def test_a_secret_that_is_no_good_any_more_is_refused_as_one_that_never_was(scene: Scene) -> None:
    """To the letter: nobody learns that he had a real one. The log tells which it was."""
    record, revoked = await scene.session()
    await scene.services.directory.revoke(OWNER, session=record.id)
    expired = await scene.services.directory.mint(None, {}, direct=False, caller=OWNER, seconds=10)
    late = attrs.evolve(scene.services.directory.shelf, now=lambda: NOW + 11)
    scene.services.directory.admission.proving._shelf = late
    told = {await scene.socket(bearer(value)) for value in (revoked, expired.value, "ek_never_was_any_of_these_here")}
    assert len(told) == 1
    assert told.pop()[0] == 401
    for why in ("it was revoked", "it has expired", "it is not known"):
        assert why in scene.log.getvalue()
    scene.never_told(revoked, expired.value)


async def test_a_secret_is_no_key_for_the_doors_of_servers(scene: Scene) -> None:
    """Whoever has a user's secret reads no transcripts with it, and has no other secrets made."""
    _, secret = await scene.session()
    for path in ("/sessions", "/metrics", "/debug/census", "/api/session"):
        assert await scene.asks(("Authorization", f"Bearer {secret}"), path=path) == 401
    scene.never_told(secret)


async def test_a_secret_of_one_session_opens_no_other(scene: Scene) -> None:
    (one, _), (_, secret) = await scene.session(), await scene.session()
    assert (await scene.socket(bearer(secret), path=f"/ws/realtime?session={one.id}"))[0] == 401
    scene.never_told(secret)


# Keys


@pytest.mark.parametrize(
    "value",
    ["", PREFIX, PREFIX + "x", PLANTED.upper(), PLANTED[:-1], PLANTED + "x", KEYS["talker"].digest, "talker", "null"],
)
async def test_what_is_nearly_a_key_is_none(scene: Scene, value: str) -> None:
    """Nor is the hash that the settings hold."""
    assert await scene.asks(("Authorization", f"Bearer {value}")) == 401
    assert (await scene.socket(bearer(value)))[0] == 401


async def test_a_key_of_another_tenant_finds_nothing_and_changes_nothing(scene: Scene) -> None:
    """Not even whether there is such a session."""
    record, _ = await scene.session()
    theirs = ("Authorization", "Bearer octi_sk_other")
    for path in (f"/sessions/{record.id}", f"/sessions/{record.id}/transcript", "/sessions/nobody"):
        assert await scene.asks(theirs, path=path) == 404
    assert (await scene.socket(bearer("octi_sk_other"), path=f"/ws/realtime?session={record.id}"))[0] == 404
    answer = await scene.client.get("/sessions", headers=[theirs])
    assert (await answer.get_json())["sessions"] == []
    scene.never_told("octi_sk_other")


async def test_a_key_may_no_more_than_its_scopes_say(scene: Scene) -> None:
    """And it is told which one it would need: it is somebody's we know."""
    answer = await scene.client.get("/metrics", headers=[("Authorization", f"Bearer {PLANTED}")])
    assert (answer.status_code, (await answer.get_json())["code"]) == (403, "forbidden")
    assert f"the scope {Scope.OPERATE}" in (await answer.get_json())["error"]
    assert (await scene.socket(bearer("octi_sk_minter")))[0] == 403
    scene.never_told(PLANTED)


@pytest.mark.parametrize(
    "name", ["api_key", "token", "key", "access_token", "client_secret", "API_KEY", "authorization"]
)
async def test_a_key_in_an_address_is_refused_good_as_it_may_be(scene: Scene, name: str) -> None:
    """With a hint; and the log has no queries at all."""
    assert await scene.asks(("Authorization", f"Bearer {PLANTED}"), path=f"/sessions?{name}={PLANTED}") == 400
    status, _ = await scene.socket(bearer(PLANTED), path=f"{SOCKET}?{name}={PLANTED}")
    assert status == 101  # and told in band, as all that is asked for wrongly
    assert "session started" not in scene.log.getvalue()
    scene.never_told(PLANTED)


# Tokens


def with_own_key(**header: object) -> str:
    """A token by a key that nobody knows, and that it brings itself."""
    key = rsa("mine")
    return signed(key, "RS256", {**CLAIMS, "org": "acme"}, jwk=key.as_dict(private=False), **header)


FORGED: Mapping[str, Callable[[], str]] = {
    "signed by nobody": lambda: unsigned("none", {**CLAIMS, "org": "acme"}) + "x",
    "signed by a stranger": lambda: by_secret(
        secret="a stranger's secret of thirty-two b", claims={**CLAIMS, "org": "acme"}
    ),
    "with a key of its own": with_own_key,
    "with a way as a key's name": lambda: with_own_key(kid="../../../dev/null"),
    "expired": lambda: token("ana", exp=NOW - 31),
    "not yet": lambda: token("ana", nbf=NOW + 31),
    "of another login": lambda: token("ana", iss="https://evil.example"),
    "for another service": lambda: token("ana", aud="other"),
    "of no tenant": lambda: token("ana", tenant=""),
    "for ever": lambda: by_secret(claims={"sub": "ana", "org": "acme", "iss": CLAIMS["iss"], "aud": CLAIMS["aud"]}),
    "changed": lambda: token("ana").replace(token("ana").split(".")[1], part({**CLAIMS, "org": "acme", "sub": "root"})),
    "no token": lambda: "a.b.c",
    "deep": lambda: urlsafe_b64encode(b"[" * 3000).decode().rstrip("=") + ".e30.AA",
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_is_none_of_the_logins_is_refused(scene: Scene, how: str) -> None:
    forged = FORGED[how]()
    answer = await scene.client.post("/token", headers=[("Authorization", f"Bearer {forged}")])
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="octi"'
    assert (await scene.socket(bearer(forged)))[0] == 401
    scene.never_told(forged)


async def test_a_user_sees_no_other_users_session(scene: Scene) -> None:
    record, _ = await scene.session()
    bob = token("bob")
    for path in ("/session/renew", "/extract-profile"):
        answer = await scene.client.post(
            path, json={"sessionId": record.id}, headers=[("Authorization", f"Bearer {bob}")]
        )
        assert answer.status_code == 404
    assert (await scene.socket(bearer(bob), path=f"/ws/realtime?session={record.id}"))[0] == 404
    scene.never_told(bob)


# Headers


@pytest.mark.parametrize(
    "lines",
    [
        [bearer(PLANTED), bearer(PLANTED)],
        [bearer("x"), bearer(PLANTED)],
        [bearer(PLANTED), "Authorization: Basic eDp5"],
        ["Authorization: Basic eDp5"],
        [f"Authorization: {PLANTED}"],
        [f"Authorization: Token {PLANTED}"],
        [f"Authorization:Bearer{PLANTED}"],
        [f"Authorization: Bearer {PLANTED}, Bearer x"],
        [f"Authorization: Bearer {PLANTED} x"],
        [f"X-Authorization: Bearer {PLANTED}"],
        [f"Proxy-Authorization: Bearer {PLANTED}"],
        [f"Cookie: Authorization=Bearer {PLANTED}"],
        [f"api-key: {PLANTED}"],
        [bearer("a" * 9000)],
    ],
)
async def test_a_key_that_does_not_come_as_a_key_does_is_none(scene: Scene, lines: list[str]) -> None:
    """A proxy in front may have let in another one than octi sees."""
    said = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    assert await scene.asks(*said) == 401
    assert (await scene.socket(*lines))[0] == 401
    scene.never_told(PLANTED)


def offering(*protocols: str) -> str:
    return f"Sec-WebSocket-Protocol: {', '.join(protocols)}"


KEYED = f"openai-insecure-api-key.{PLANTED}"


@pytest.mark.parametrize(
    "lines",
    [
        [offering("realtime", KEYED, "openai-insecure-api-key.x")],
        [offering("realtime", "openai-insecure-api-key.x", KEYED)],
        [offering("realtime", KEYED), bearer("x")],
        [offering("realtime", KEYED), offering(KEYED)],
        [offering("realtime", KEYED.replace("openai-insecure-api-key", "OpenAI-Insecure-API-Key"))],
        [offering("realtime", f"api-key.{PLANTED}")],
        [offering("realtime", "openai-insecure-api-key.")],
        [offering("realtime", f"openai-insecure-api-key. {PLANTED}")],
    ],
)
async def test_a_key_among_sub_protocols_is_clear_or_none(scene: Scene, lines: list[str]) -> None:
    """Told in band, for a browser reads no status; and no key is ever echoed."""
    async with scene.octi.connect() as stream:
        head = [f"GET {SOCKET} HTTP/1.1", *(f"{name}: {value}" for name, value in GOOD.items()), *lines, "", ""]
        await stream.send_all("\r\n".join(head).encode())
        status, headers, _ = await read_answer(stream)
    assert (status, headers.get("sec-websocket-protocol")) in {(101, "realtime"), (400, None)}
    assert PLANTED not in json.dumps(headers)
    assert "session started" not in scene.log.getvalue()
    scene.never_told(PLANTED)


async def test_a_browser_without_a_key_is_told_in_band(scene: Scene) -> None:
    """As the provider does: an error that its clients know, and 3000."""
    async with scene.octi.visit(SOCKET, ["realtime", "openai-insecure-api-key.ek_stolen"]) as client:
        event = msgspec.json.decode(await client.get_message())
        with pytest.raises(ConnectionClosed):
            await client.get_message()
    assert event["error"]["code"] == "invalid_api_key"
    assert client.closed is not None
    assert client.closed.code == 3000


# Pages


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:5173", "https://octi.evil.example"]
)
async def test_a_foreign_page_is_refused_before_the_101_with_whatever_key(scene: Scene, origin: str) -> None:
    """None is listed, so only octi's own may; a page of the machine that a visitor's browser runs on is no better."""
    assert (await scene.socket(bearer(PLANTED), f"Origin: {origin}"))[0] == 403
    assert await scene.asks(("Authorization", f"Bearer {PLANTED}"), ("Origin", origin)) == 403
    assert (await scene.socket(bearer(PLANTED), "Origin: http://octi", f"Origin: {origin}"))[0] == 403
    scene.never_told(PLANTED)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "octi.evil.example"])
async def test_a_name_that_a_stranger_lets_lead_here_opens_nothing(host: str, autojump_clock: MockClock) -> None:
    """Where nobody is asked, on whatever address: its page would be of octi's own origin."""
    async with scene_with({}) as scene, scene_with({"HOST": "0.0.0.0", "OCTI_AUTH": "none"}) as public:
        for each in (scene, public):
            for origin in ([], [("Origin", f"http://{host}")]):
                assert await each.asks(("Host", host), *origin) == 403
            head = f"GET {SOCKET} HTTP/1.1\r\n" + "".join(
                f"{name}: {host if name == 'Host' else value}\r\n" for name, value in GOOD.items()
            )
            assert (await answer_to(each.octi, f"{head}Origin: http://{host}\r\n\r\n".encode()))[0] == 403
