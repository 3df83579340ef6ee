"""octi/hooks/webhook.py: a turn is asked about by HTTP, signed; what is no verdict, in whatever way, is none.

Against a real server on loopback. Deadlines are the judge's; here nothing waits for longer than the test lets it.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import attrs
import h11
import msgspec
import pytest
import trio

from octi.hook_config import HookConfig, HookFails, Side
from octi.hooks.base import ALLOWED, Action, HookFailed, Said, Verdict
from octi.hooks.judge import Judge
from octi.hooks.webhook import MOST_BYTES, Webhook, open_webhook, signature

SECRET = "a-secret-of-the-hook"
SAID = Said(session="s", item="i", side=Side.USER, text="Grüß Gott", tenant="acme", user="anna")
BLOCK = b'{"action":"block","reason":"weapons"}'
OK = b"HTTP/1.1 200 OK\r\n"


def answer(body: bytes, head: bytes = OK, more: bytes = b"") -> bytes:
    return head + b"Content-Length: %d\r\n%s\r\n%s" % (len(body), more, body)


@attrs.define(eq=False)
class Server:
    """Answers every request the same way, and remembers what it was sent."""

    reply: bytes
    port: int = 0
    slow_s: float = 0.0  # before the answer
    drops: int = 0  # so many connections are closed with their first request unanswered
    once: bool = False  # each connection takes one request, and is closed without a word at the next
    connections: int = 0
    requests: list[tuple[h11.Request, bytes]] = attrs.field(factory=list)

    async def serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        connection = h11.Connection(h11.SERVER)
        try:
            while request := await self._request(stream, connection):
                self.requests.append(request)
                if self.drops:
                    self.drops -= 1
                    break
                await trio.sleep(self.slow_s)
                await stream.send_all(self.reply)
                if self.once:
                    break
                connection = h11.Connection(h11.SERVER)
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # the client has what it wanted, or gave up
        finally:
            await trio.aclose_forcefully(stream)

    async def _request(self, stream: trio.SocketStream, connection: h11.Connection) -> tuple[h11.Request, bytes] | None:
        head, body = None, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                data = await stream.receive_some()
                if not data:
                    return None
                connection.receive_data(data)
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return head, body
            else:
                return None


@asynccontextmanager
async def asking(server: Server, secret: str = SECRET) -> AsyncIterator[Webhook]:
    """A webhook to a server that is there until the block ends."""
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, host="127.0.0.1"), server.serve, 0)
        server.port = listeners[0].socket.getsockname()[1]
        async with open_webhook(f"http://127.0.0.1:{server.port}/judge", secret, now=lambda: 1_700_000_000.9) as hook:
            yield hook
        nursery.cancel_scope.cancel()


def header(request: h11.Request, name: str) -> str:
    return next((value.decode() for key, value in request.headers if key == name.lower().encode()), "")


async def test_a_turn_is_asked_about() -> None:
    """What it is and whose, as JSON; the verdict is the answer's."""
    server = Server(answer(BLOCK))
    async with asking(server) as hook:
        assert await hook.judge(SAID) == Verdict(action=Action.BLOCK, reason="weapons")
    (request, body) = server.requests[0]
    assert (request.method, request.target) == (b"POST", b"/judge")
    asked = msgspec.json.decode(body)
    assert asked.pop("id") == header(request, "Octi-Hook-Id")
    assert asked == {
        "version": 1,
        "event": "turn",
        "session": "s",
        "item": "i",
        "side": "user",
        "text": "Grüß Gott",
        "final": True,
        "spoken": True,
        "door": "",
        "model": "",
        "tenant": "acme",
        "key": "",
        "user": "anna",
    }


async def test_what_is_asked_is_signed_with_its_time() -> None:
    """Who knows the secret can tell that octi asked, and when; the secret itself does not travel."""
    server = Server(answer(BLOCK))
    async with asking(server) as hook:
        await hook.judge(SAID)
    (request, body) = server.requests[0]
    assert header(request, "Octi-Timestamp") == "1700000000"
    mac = hmac.new(SECRET.encode(), b"1700000000." + body, hashlib.sha256)
    assert header(request, "Octi-Signature") == f"v1={mac.hexdigest()}" == signature(SECRET, "1700000000", body)
    assert SECRET not in str(request.headers)
    assert SECRET not in repr(hook)


async def test_without_a_secret_nothing_is_signed() -> None:
    """For a hook on the same machine."""
    server = Server(answer(BLOCK))
    async with asking(server, secret="") as hook:
        await hook.judge(SAID)
    assert not header(server.requests[0][0], "Octi-Signature")


async def test_no_content_allows() -> None:
    """The shortest answer there is."""
    async with asking(Server(b"HTTP/1.1 204 No Content\r\n\r\n")) as hook:
        assert await hook.judge(SAID) == ALLOWED


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"{}", b"HTTP/1.1 500 Oh no\r\n"),
        answer(BLOCK, b"HTTP/1.1 403 No\r\n"),
        answer(b"<html>", b"HTTP/1.1 302 Found\r\n", b"Location: http://127.0.0.1:1/elsewhere\r\n"),
        answer(BLOCK, b"HTTP/1.1 307 Moved\r\n", b"Location: /there\r\n"),
        answer(b"<html>hello</html>"),
        answer(b""),
        answer(b" " * (MOST_BYTES + 1) + BLOCK),
        OK
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"FFFF\r\n"
        + b" " * 0xFFFF
        + b"\r\n"
        + b"FFFF\r\n"
        + b" " * 0xFFFF,
        answer(BLOCK, more=b"Content-Encoding: gzip\r\n"),
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
    ],
    ids=["500", "403", "302", "307", "html", "empty", "huge", "endless", "packed", "no http", "cut off"],
)
async def test_whatever_is_no_verdict_is_none(reply: bytes) -> None:
    """And nobody else is asked: a redirect is not followed."""
    server = Server(reply, once=True)
    async with asking(server) as hook:
        with pytest.raises(HookFailed) as caught:
            await hook.judge(SAID)
    assert "Grüß" not in str(caught.value)
    assert {request.target for request, _ in server.requests} == {b"/judge"}


async def test_one_that_is_not_there_is_tried_twice() -> None:
    """Then there is no verdict, and its address is not said: there may be a password in it."""
    async with open_webhook("http://user:password@127.0.0.1:1/judge") as hook:
        with pytest.raises(HookFailed, match="cannot be reached") as caught:
            await hook.judge(SAID)
    assert "password" not in str(caught.value) + repr(hook)


async def test_a_connection_that_is_dropped_is_made_anew() -> None:
    """It may have been one that was kept for too long; the question has the same id, so that nobody counts it twice."""
    server = Server(answer(BLOCK), drops=1)
    async with asking(server) as hook:
        assert (await hook.judge(SAID)).action is Action.BLOCK
    assert len({header(request, "Octi-Hook-Id") for request, _ in server.requests}) == 1
    assert len(server.requests) == 2


async def test_a_connection_is_kept_for_the_next_turn() -> None:
    """A handshake for each sentence would make every verdict late."""
    server = Server(answer(BLOCK))
    async with asking(server) as hook:
        for _ in range(3):
            await hook.judge(SAID)
    assert server.connections == 1


@pytest.mark.parametrize("reply", [answer(BLOCK), OK + b"Content-Length: 50\r\n\r\n{"], ids=["head", "body"])
async def test_one_that_takes_too_long_is_given_up(reply: bytes) -> None:
    """By its deadline, wherever it stands; the next turn is judged as if nothing had been."""
    server = Server(reply, slow_s=0.0 if b"50" in reply else 30.0)
    async with asking(server) as hook:
        judge = Judge([hook], HookConfig(deadline_s=0.2, fails=HookFails.CLOSED))
        assert (await judge.judge(SAID)).failed == "no verdict within 0.2 s"
        server.reply, server.slow_s = answer(b'{"action":"end"}'), 0.0
        judge = Judge([hook], HookConfig(deadline_s=20.0))
        assert (await judge.judge(SAID)).action is Action.END


@pytest.mark.parametrize("spoil", [lambda body: body + b" ", lambda body: body], ids=["changed", "same"])
def test_a_signature_is_of_every_byte(spoil: Callable[[bytes], bytes]) -> None:
    """And of the secret, and of the time."""
    body = b'{"text":"Hello."}'
    same = signature(SECRET, "1", body) == signature(SECRET, "1", spoil(body))
    assert same == (spoil(body) == body)
    assert signature(SECRET, "1", body) != signature(SECRET, "2", body)
    assert signature(SECRET, "1", body) != signature("other", "1", body)
