"""What octi answers to strangers over HTTP: nothing that helps them, and never more than it must do for it."""

import io
from collections.abc import Iterator

import msgspec
import pytest
import trio
from quart_trio import QuartTrio

from octi.http import LINGER_S
from octi.observe.logs import set_up_logs
from octi.surface import ALWAYS
from octi.web import app as pages
from octi.web import health, sockets
from octi.web.app import LARGEST_BODY_BYTES
from octi.web.needs import NEEDS
from tests.attacks.target import SERVERS, SOON_S, Answer, target, upgrade
from tests.logs import restored_logs

MILLION = 10**6
POSTS = sorted(rule for method, rule in NEEDS if method == "POST")
BOMBS = {
    "arrays": b"[" * MILLION + b"]" * MILLION,
    "half": b"[" * MILLION,
    "objects": b'{"a":' * MILLION,
    "a field": b'{"session":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "unknown": b'{"x":' + b'{"a":[' * 2000 + b"1" + b"]}" * 2000 + b"}",
    "wide": b'{"session":{"tools":[' + b"{}," * 300_000 + b"{}]}}",
    "in a string": msgspec.json.encode({"schema": "[" * 900_000, "session": {"instructions": "{" * 1000}}),
    "NaN": b'{"session":NaN,"maxSeconds":Infinity}',
    "huge": b'{"session":{"x":1e999},"seconds":' + b"9" * 5000 + b"}",
    "half a pair": b'{"session":"\\ud800","model":"\\udfff"}',
    "no UTF-8": b'{"model":"\xff\xfe"}',
    "NUL": b'{"model":"\\u0000","voice":"\\u0000"}',
    "no object": b'"word"',
}


def is_plain(answer: Answer) -> bool:
    """Does an answer say nothing of what answers, and say what every one must?"""
    said = answer.raw.lower()
    return not any(name in said for name in SERVERS) and {name.lower() for name, _ in ALWAYS} <= answer.headers.keys()


@pytest.mark.parametrize("bomb", BOMBS)
async def test_no_body_brings_octi_down(bomb: str) -> None:
    """To any route that takes one: a refusal in a few words, in JSON."""
    async with target() as octi:
        for rule in POSTS:
            path = rule.replace("<session_id>", "s").replace("<call_id>", "rtc_1")
            with trio.fail_after(SOON_S):
                answer = await octi.post(path, BOMBS[bomb])
            assert 200 <= answer.status < 600, path
            assert answer.status not in {500, 502}, (path, answer.body)
            assert len(answer.body) < 2000, path
            assert is_plain(answer), path
        await octi.is_well()


async def test_too_large_a_body_is_not_read() -> None:
    """Whether it says so before or not; the answer does not wait for its end."""
    length = f"Content-Length: {LARGEST_BODY_BYTES + 1}\r\n\r\n".encode()
    chunk = b"%x\r\n%b\r\n" % (1 << 16, bytes(1 << 16))
    async with target() as octi:
        post = f"POST /sessions HTTP/1.1\r\nHost: {octi.host}\r\n".encode()
        assert (await octi.say(post + length, ends=False)).status == 413
        endless = await octi.say(post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40, ends=False)
        assert endless.status in {0, 413}  # a reset may overtake it
        await octi.is_well()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: o\r\n\r\n",
        b"GET /?" + b"a=b&" * 5000 + b" HTTP/1.1\r\nHost: o\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: o\r\n" + b"a: b\r\n" * 4000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: o\r\nX: " + b"a" * 17_000 + b"\r\n\r\n",
        b"G" * 20_000,
    ],
    ids=["target", "query", "many headers", "a long one", "method"],
)
async def test_too_long_a_head_is_refused(head: bytes) -> None:
    """And no upgrade either."""
    async with target() as octi:
        for said in (head, head.replace(b"Host: o\r\n", b"Host: o\r\nUpgrade: websocket\r\n")):
            answer = await octi.say(said, ends=False)
            assert answer.status in {400, 431}
            assert is_plain(answer)
        await octi.is_well()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n",
        b"DELETE / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n",
        b"OPTIONS /token HTTP/1.1\r\nHost: o\r\nOrigin: https://x.example\r\nConnection: close\r\n\r\n",
        b"GET /sessions/x HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: o\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        upgrade("/nowhere"),
        upgrade(more="Content-Length: 3\r\n") + b"abc",
        upgrade().replace(b"Version: 13", b"Version: 8"),
        upgrade().replace(b"GET", b"POST"),
    ],
)
async def test_no_answer_says_what_answers(said: bytes) -> None:
    """Neither the application's, nor those of whatever is below it, nor a socket's."""
    async with target() as octi:
        answer = await octi.say(said.replace(b"Host: o\r", b"Host: %b\r" % octi.host.encode()), ends=False)
        assert 200 <= answer.status < 600
        assert is_plain(answer)


async def test_an_accepted_socket_says_nothing_more_than_it_must() -> None:
    """No server, no extension, no protocol that is a key."""
    async with target() as octi, await octi.connect() as stream:
        await stream.send_all(
            upgrade(
                host=octi.host,
                more="Sec-WebSocket-Extensions: permessage-deflate\r\n"
                "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-secret\r\n",
            )
        )
        head = Answer(bytes(await stream.receive_some())).headers
        assert head["sec-websocket-protocol"] == "realtime"
        assert set(head) <= {
            *("date", "upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol", "x-request-id")
        }


# What goes wrong inside


async def test_a_crash_tells_its_client_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a 500 without words of its own; a socket's is the end of its connection. The others go on."""

    async def crash(*args: object) -> list[str]:
        raise ZeroDivisionError("the secret words of a crash")

    def crash_at_once(*args: object) -> None:
        raise ZeroDivisionError("the secret words of a crash")

    async with target() as octi:
        with monkeypatch.context() as patch:
            patch.setattr(health, "problems_of", crash)
            patch.setattr(sockets, "visit_of", crash_at_once)
            answer = await octi.get("/readyz")
            assert answer.status == 500
            assert msgspec.json.decode(answer.body).keys() == {"error"}
            assert b"secret words" not in answer.raw
            assert is_plain(answer)
            assert (await octi.say(upgrade(host=octi.host), ends=False)).raw == b""
        await octi.is_well()


async def test_a_crash_below_the_application_tells_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The framework's own code, before it knows a route."""

    async def crash(*args: object) -> None:
        raise ZeroDivisionError("the secret words of a crash")

    async with target() as octi:
        with monkeypatch.context() as patch:
            patch.setattr(QuartTrio, "handle_request", crash)
            answer = await octi.get("/")
            assert answer.status in {0, 500}
            assert b"secret words" not in answer.raw
            assert not any(name in answer.raw.lower() for name in SERVERS)
        await octi.is_well()


# What is said back, and what is logged

LONG = "x" * 9000
ODD = "a%0d%0aINJECTED:%20yes%0a%1b[31m%00%e2%80%ae"


@pytest.mark.parametrize(
    "path",
    [
        f"/sessions/{LONG}",
        f"/sessions/{ODD}",
        f"/sessions?state={LONG}",
        f"/sessions?limit={ODD}",
        f"/sessions/s/transcript?format={LONG}",
        f"/sessions/s/transcript?after={ODD}",
        f"/{LONG}",
        f"/{ODD}",
    ],
)
async def test_what_was_said_is_not_said_back_at_length(path: str) -> None:
    """Nor with what steers a terminal."""
    async with target() as octi:
        answer = await octi.get(path)
        assert 400 <= answer.status < 500
        assert len(answer.body) < 1000
        assert not set(answer.body) & {*range(0x20)} - {0x0A}
        assert b"INJECTED" not in answer.head


@pytest.mark.parametrize("name", ["x" * 100_000, "a\r\nINJECTED\x1b[31m"])
async def test_a_fields_name_is_not_said_back_at_length(name: str) -> None:
    async with target() as octi:
        for body in ({name: 1}, {"model": {name: 1}}, {"model": name}, {"session": {name: {name: 1}}}, {"voice": name}):
            for path in ("/sessions", "/session", "/token", "/v1/realtime/client_secrets"):
                answer = await octi.post(path, msgspec.json.encode(body))
                assert len(answer.body) < 5000 or answer.status < 300


@pytest.fixture(params=[True, False], ids=["JSON", "text"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that is logged, as it would be written."""
    with restored_logs():
        stream = io.StringIO()
        set_up_logs("debug", json=request.param, stream=stream)
        yield stream


async def test_nobody_writes_lines_of_his_own_into_the_log(log: io.StringIO) -> None:
    """By a path, a query, a header, an id: each is within a line, and steers no terminal."""
    lines = "User-Agent: a\tINJECTED\r\nX-Request-Id: x\tINJECTED\r\nX-Forwarded-For: 1.1.1.1\tINJECTED\r\n"
    async with target() as octi:
        for path in (f"/{ODD}", f"/sessions/{ODD}", f"/ws/realtime/{ODD}", f"/?q={ODD}"):
            await octi.say(
                f"GET {path} HTTP/1.1\r\nHost: {octi.host}\r\nConnection: close\r\n{lines}\r\n".encode(), ends=False
            )
            await octi.say(upgrade(path, octi.host, lines), ends=False)
        await octi.say(upgrade("/nowhere\x1b[31m", octi.host), ends=False)
        await octi.say(b"GET /\xe2\x80\xae\x9b HTTP/1.1\r\nHost: o\r\n\r\n", ends=False)
    written = log.getvalue()
    assert "INJECTED" in written  # in the paths that are logged
    assert not any(line.lstrip().startswith("INJECTED") for line in written.splitlines())
    assert not set(written) & {chr(each) for each in range(0x20)} - {"\n"}
    assert "\x9b" not in written


def test_the_patience_with_a_body_is_bounded() -> None:
    """Slow ones have so long; meanwhile they are the first to make room (`octi.crowd`)."""
    assert pages.BODY_S <= 30
    assert LINGER_S <= 1
