"""The real dialling code, on loopback in real time against servers that misbehave, or in memory on virtual time."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import attrs
import msgspec
import pytest
import trio
from structlog.contextvars import bound_contextvars, get_contextvars
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from websockets.utils import accept_key

from octi.errors import OctiError, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.observe.base import in_span
from octi.simulator.script import Fault, Script
from octi.trace_config import TraceConfig
from octi.upstream.azure import azure
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.provider import Provider
from octi.upstream.sessions import transcriber
from octi.websocket.base import Leg, LegClosed, Message
from tests.cuts import Cut, cut_everywhere
from tests.observe.spans import Spans
from tests.providers import net_to
from tests.scripted_provider import (
    Behaviour,
    Caller,
    accepts,
    answers,
    client_tls,
    never_answers,
    providing,
    resets,
    server_tls,
)
from tests.streams import WindowStream, window_stream_pair

KEY = "sk-very-secret"


def dialled(provider: Provider, *, connect_s: float = 5.0, most: int = 1 << 20) -> Dialled:
    return Dialled(provider=provider, max_message_bytes=most, connect_s=connect_s, tls=client_tls())


@asynccontextmanager
async def leg_to(url: str, *, connect_s: float = 5.0, most: int = 1 << 20) -> AsyncIterator[Leg]:
    """A leg to a provider on loopback; a hang is a failure."""
    with trio.fail_after(20):
        async with dialled(compatible(KEY, url), connect_s=connect_s, most=most).open("m-1") as leg:
            yield leg


async def fault_of(
    *behaviours: Behaviour, connect_s: float = 5.0, tls: bool = False, hangs_up: bool = False
) -> OctiError:
    """What dialling such a provider raises; afterwards no connection is left."""
    async with providing(*behaviours, tls=tls, hangs_up=hangs_up) as provider:
        with pytest.raises(OctiError) as caught:
            async with leg_to(provider.url, connect_s=connect_s):
                pass
        await provider.wait_alone()
    assert KEY not in f"{caught.value} {caught.value!r}"
    return caught.value


async def refusal(status: int, body: str = "", **headers: str) -> OctiError:
    """What dialling a provider raises that lets nobody in."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    async with net_to(Script(faults=(Fault(path="*", status=status, headers=said, body=body),))) as net:
        upstream = attrs.evolve(dialled(compatible(KEY, "http://provider")), connect=net.connect)
        with pytest.raises(OctiError) as caught:
            async with upstream.open("m"):
                pass
        await net.wait_left()
    assert KEY not in f"{caught.value} {caught.value!r}"
    return caught.value


async def greeting(socket: WebSocketConnection) -> None:
    """Say one thing, then listen."""
    await socket.send_message('{"type":"session.created"}')
    await socket.get_message()


@pytest.mark.parametrize("tls", [False, True])
async def test_the_handshake_asks_for_the_model_with_the_key(tls: bool) -> None:
    """In the provider's own way, and for nothing that octi does not want: no sub-protocol, no extension."""
    async with providing(accepts(greeting), tls=tls) as provider:
        async with leg_to(provider.url) as leg:
            assert await leg.receive() == [Message(b'{"type":"session.created"}', True)]
        await provider.wait_alone()
    (asked,) = provider.asked
    assert (asked.path, asked.query) == ("/v1/realtime", {"model": "m-1"})
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["host"] == provider.url.partition("://")[2]
    assert not [name for name in asked.headers if name in {"sec-websocket-protocol", "sec-websocket-extensions"}]


async def test_azure_gets_its_key_in_its_own_header() -> None:
    """And its own path."""
    async with providing(accepts(greeting)) as provider, dialled(azure(KEY, provider.url)).open("my-deployment"):
        pass
    (asked,) = provider.asked
    assert (asked.path, asked.query) == ("/openai/v1/realtime", {"model": "my-deployment"})
    assert asked.headers["api-key"] == KEY
    assert "authorization" not in asked.headers


async def test_a_transcription_is_asked_for_by_its_intent_alone() -> None:
    """The provider refuses a model beside it."""
    async with providing(accepts(greeting)) as provider:
        upstream = transcriber(dialled(compatible(None, provider.url)))
        assert upstream is not None
        async with upstream.open(""):
            pass
    assert provider.asked[0].query == {"intent": "transcription"}


async def test_a_model_is_quoted() -> None:
    """It may come from a client's query."""
    async with providing(accepts(greeting)) as provider, dialled(compatible(None, provider.url)).open("a b&call_id=é"):
        pass
    assert provider.asked[0].query == {"model": "a b&call_id=é"}
    assert "authorization" not in provider.asked[0].headers


@pytest.mark.parametrize("tls", [False, True])
async def test_messages_pass_in_both_directions(tls: bool) -> None:
    """Large ones too; the goodbye reaches the provider as 1000."""
    heard: list[object] = []

    async def echoing(socket: WebSocketConnection) -> None:
        await socket.send_message(await socket.get_message())
        with suppress(ConnectionClosed):
            await socket.get_message()
        heard.append(socket.closed and socket.closed.code)

    async with providing(accepts(echoing), tls=tls) as provider:
        async with leg_to(provider.url) as leg, trio.open_nursery() as writing:
            writing.start_soon(leg.write)
            leg.send(msgspec.json.encode({"type": "x", "audio": "A" * 500_000}))
            (message,) = await leg.receive()
            writing.cancel_scope.cancel()
        await provider.wait_alone()
    assert len(message.data) > 500_000
    assert heard == [1000]


async def test_a_provider_that_never_answers_is_lost() -> None:
    """Within `connect_s`, which is for everything: address, connection, TLS, handshake."""
    fault = await fault_of(never_answers, connect_s=0.2)
    assert isinstance(fault, UpstreamLost)
    assert fault.why == "no connection within 0.2 s"


async def test_a_provider_that_never_begins_tls_is_lost() -> None:
    """The deadline holds there as well."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")  # the kernel connects, and nobody takes it
    async with listener:
        port = listener.socket.getsockname()[1]
        with pytest.raises(UpstreamLost, match=r"no connection within 0\.2 s"):
            async with leg_to(f"https://127.0.0.1:{port}", connect_s=0.2):
                pass


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_carries_the_providers_words(status: int, autojump_clock: MockClock) -> None:
    """It will say no again."""
    fault = await refusal(status, "No such deployment.")
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.status) == ("No such deployment.", status)
    assert not fault.retryable


@pytest.mark.parametrize(
    ("body", "why", "code"),
    [
        (
            '{"error":{"message":"Incorrect API key.","code":"invalid_api_key"}}',
            "Incorrect API key.",
            "invalid_api_key",
        ),
        ('{"error":"no such model"}', "no such model", None),
        ('{"error":{"code":"invalid_api_key"}}', "invalid_api_key", "invalid_api_key"),
        ('{"error":{}}', "Unauthorized", None),
        ('{"error":null}', '{"error":null}', None),
        ('{"detail":"who are you?"}', '{"detail":"who are you?"}', None),
        ("<html><h1>401</h1></html>", "Unauthorized", None),
        ("", "Unauthorized", None),
        ("x" * 9000, "x" * 500, None),
    ],
)
async def test_a_refusals_words_are_found(body: str, why: str, code: str | None, autojump_clock: MockClock) -> None:
    """In JSON as providers write it, in plain text, and never a page for browsers."""
    fault = await refusal(401, body)
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.code) == (why, code)


async def test_a_refusal_that_repeats_the_key_is_masked(autojump_clock: MockClock) -> None:
    """What a provider says is told to clients and stored."""
    fault = await refusal(401, f"Incorrect API key provided: {KEY}.")
    assert isinstance(fault, UpstreamRefused)
    assert fault.why == "Incorrect API key provided: ***."


async def test_a_fault_on_the_way_is_masked_as_well() -> None:
    """A provider may also refuse the key in band, and its words leave through the same door."""
    async with providing(accepts(greeting)) as provider:
        with pytest.raises(UpstreamRefused) as caught:
            async with leg_to(provider.url):
                raise UpstreamRefused("p", f"Incorrect API key provided: {KEY}.", code="invalid_api_key")
    assert attrs.astuple(caught.value) == ("p", "Incorrect API key provided: ***.", None, "invalid_api_key")


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"Retry_After": "7"}, "", 7),
        ({"Retry_After": "3600"}, "", 60),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Please try again in 1.5s.", 1.5),
        ({}, '{"error":{"message":"Rate limit reached. Please try again in 2s."}}', 2),
        ({}, "", 5),
    ],
)
async def test_a_busy_provider_says_how_long_to_wait(
    headers: dict[str, str], body: str, wait_s: float, autojump_clock: MockClock
) -> None:
    """By its header, or else by its words, or else a usual time; at most a minute."""
    fault = await refusal(429, body, **headers)
    assert isinstance(fault, UpstreamBusy)
    assert fault.wait_s == wait_s


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_a_server_in_trouble_is_lost_for_now(status: int, autojump_clock: MockClock) -> None:
    """Another try may help."""
    fault = await refusal(status, "out of GPUs")
    assert isinstance(fault, UpstreamLost)
    assert fault.why == f"HTTP {status}, out of GPUs"
    assert fault.retryable


async def test_nobody_listening_is_a_lost_provider() -> None:
    """With the system's own word for it."""
    async with providing(never_answers) as provider:
        pass
    with pytest.raises(UpstreamLost, match=r"is not there: cannot be reached: .*Connection refused"):
        async with leg_to(provider.url):
            pass


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70 + ".invalid"])
async def test_a_name_without_an_address_is_a_lost_provider(host: str) -> None:
    """Also one that cannot even be asked for."""
    with pytest.raises(UpstreamLost, match="cannot be reached: "):
        async with leg_to(f"http://{host}:80"):
            pass


@pytest.mark.parametrize("tls", [False, True])
async def test_a_provider_that_hangs_up_is_lost(tls: bool) -> None:
    """At once, or with the request in its hands."""
    for fault in (await fault_of(never_answers, tls=tls, hangs_up=True), await fault_of(answers(b""), tls=tls)):
        assert isinstance(fault, UpstreamLost)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_reset_is_a_lost_provider(tls: bool) -> None:
    """In the middle of the handshake."""
    fault = await fault_of(resets, tls=tls)
    assert isinstance(fault, UpstreamLost)
    assert "broke off: " in fault.why


async def test_a_reset_in_mid_conversation_is_a_close_without_a_goodbye() -> None:
    """What was said before it is heard."""

    async def speaking(socket: WebSocketConnection) -> None:
        await socket.send_message("{}")

    async def crashing(caller: Caller) -> None:
        await accepts(speaking)(caller)
        await caller.reset()

    async with providing(crashing) as provider:
        async with leg_to(provider.url) as leg:
            assert await leg.receive() == [Message(b"{}", True)]
            with pytest.raises(LegClosed, match="closed with 1006: left without a goodbye"):
                await leg.receive()
        await provider.wait_alone()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        b"\x00" * 100_000,
    ],
)
async def test_a_server_of_another_kind_is_nonsense(nonsense: bytes) -> None:
    """It would be at every try."""
    fault = await fault_of(answers(nonsense))
    assert isinstance(fault, UpstreamNonsense)
    assert fault.seen


async def test_an_answer_that_breaks_off_is_a_lost_provider() -> None:
    """Half a head."""
    fault = await fault_of(answers(b"HTTP/1.1 101 Switching Prot"))
    assert isinstance(fault, UpstreamLost)
    assert fault.why == "left during the handshake"


async def test_a_certificate_that_is_not_trusted_is_named() -> None:
    """A refusal, for another try in a second would end alike."""
    async with providing(never_answers, tls=True) as provider:
        untrusting = Dialled(provider=compatible(KEY, provider.url), max_message_bytes=1024)
        with pytest.raises(UpstreamRefused) as caught:
            async with untrusting.open("m"):
                pass
        await provider.wait_alone()
    assert caught.value.why == "its certificate is not trusted (unable to get local issuer certificate)"


async def test_a_certificate_for_another_name_is_not_trusted() -> None:
    """Whoever answers in its place."""
    async with providing(never_answers, tls=True) as provider:
        port = int(provider.url.rpartition(":")[2])

        async def elsewhere(host: str, _: int) -> trio.abc.Stream:
            return await trio.open_tcp_stream("127.0.0.1", port)

        stranger = attrs.evolve(dialled(compatible(KEY, "https://example.invalid")), connect=elsewhere)
        with pytest.raises(UpstreamRefused, match=r"its certificate is not trusted .*example.invalid"):
            async with stranger.open("m"):
                pass
        await provider.wait_alone()


async def test_a_provider_without_tls_behind_https_is_lost() -> None:
    """It breaks off, in words of the TLS library."""
    async with providing(answers(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as provider:
        with pytest.raises(UpstreamLost, match=r"broke off: .*SSL"):
            async with leg_to(provider.url.replace("http:", "https:")):
                pass


async def test_a_message_over_the_limit_ends_the_leg() -> None:
    """1009, and it was our doing."""

    async def verbose(socket: WebSocketConnection) -> None:
        await socket.send_message("x" * 5000)
        await socket.get_message()

    async with providing(accepts(verbose)) as provider:
        async with leg_to(provider.url, most=4096) as leg:
            with pytest.raises(LegClosed) as caught:
                await leg.receive()
        await provider.wait_alone()
    assert (caught.value.code, caught.value.by_peer) == (1009, False)


async def test_frames_that_come_with_the_handshakes_answer_are_not_lost() -> None:
    """The kernel delivers bytes, not answers and frames."""

    async def hasty(socket: WebSocketConnection) -> None:
        for number in range(3):
            await socket.send_message(str(number))
        await socket.get_message()

    async with providing(accepts(hasty)) as provider, leg_to(provider.url) as leg:
        got: list[bytes] = []
        while len(got) < 3:
            got += [message.data for message in await leg.receive()]
    assert got == [b"0", b"1", b"2"]


async def test_the_providers_name_for_the_request_is_on_all_lines_about_the_leg() -> None:
    """Its support asks for it. What is no name is left out."""

    def named(name: bytes) -> Behaviour:
        async def accept(caller: Caller) -> None:
            async with trio.open_nursery() as serving:
                request = await wrap_server_stream(serving, caller)
                await greeting(await request.accept(extra_headers=[(b"X-Request-Id", name)]))
                serving.cancel_scope.cancel()

        return accept

    async with providing(named(b"req_1"), named(b"not a name")) as provider:
        with bound_contextvars(provider_request=None):
            async with leg_to(provider.url):
                assert get_contextvars()["provider_request"] == "req_1"
        with bound_contextvars(provider_request=None):
            async with leg_to(provider.url):
                assert get_contextvars()["provider_request"] is None


def test_the_key_is_not_shown() -> None:
    """Nor a password that is part of the address."""
    shown = repr(dialled(compatible(KEY, "https://me:hunter2@h.example/v1")))
    assert KEY not in shown
    assert "hunter2" not in shown


async def test_an_untrusted_system_is_the_default() -> None:
    """Without a context of its own a provider must be known to the machine's authorities."""
    plain = Dialled(provider=compatible(None, "https://h.example"), max_message_bytes=1)
    assert plain.tls.verify_mode is ssl.CERT_REQUIRED
    assert plain.tls.check_hostname


# Cancelled at every step


@attrs.define(eq=False)
class Wires:
    """Connections in memory; at the other end of each a provider that accepts, says one thing, and reads on."""

    nursery: trio.Nursery
    tls: bool
    near: list[WindowStream] = attrs.field(factory=list)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        near, far = window_stream_pair()
        self.near.append(near)
        self.nursery.start_soon(self._serve, far)
        return near

    async def _serve(self, far: trio.abc.Stream) -> None:
        stream = trio.SSLStream(far, server_tls(), server_side=True, https_compatible=True) if self.tls else far
        with suppress(trio.BrokenResourceError):
            await stream.send_all(accepting(await head_of(stream)))
            while await stream.receive_some():
                pass


async def head_of(stream: trio.abc.Stream) -> bytes:
    """A request, to its empty line, or what there is of it."""
    head = b""
    while b"\r\n\r\n" not in head and (more := await stream.receive_some()):
        head += more
    return head


def accepting(head: bytes) -> bytes:
    """The answer to a request, with a first message behind it."""
    key = next((line[19:] for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key: ")), "")
    lines = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_key(key)}"]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode() + b"\x81\x02hi"


@pytest.mark.parametrize("tls", [False, True])
def test_a_cut_at_any_step_leaves_no_connection(tls: bool) -> None:
    """While it connects, in the handshakes, and in use: what was opened is closed, within the goodbye's time."""

    async def scenario(cut: Cut) -> None:
        async with trio.open_nursery() as outside:
            wires = Wires(outside, tls)
            upstream = attrs.evolve(dialled(compatible(KEY, f"http{'s' * tls}://localhost")), connect=wires.connect)
            async with cut, upstream.open("m") as leg:
                assert await leg.receive() == [Message(b"hi", True)]
            assert all(stream.closed for stream in wires.near)
            outside.cancel_scope.cancel()

    assert cut_everywhere(scenario, prompt=2.0).steps > 5


async def test_a_deadline_at_any_moment_leaves_no_connection() -> None:
    """The same over real sockets, as far as the clock allows to choose a moment."""
    async with providing(accepts(greeting), tls=True) as provider:
        for moment in range(30):
            with trio.move_on_after(moment / 4000):
                async with leg_to(provider.url) as leg:
                    await leg.receive()
            await provider.wait_alone()


async def test_a_provider_is_told_of_the_trace_that_it_is_dialled_in() -> None:
    """If traces say so; else there is no such header. The client's own state of it stays here."""
    spans = Spans(config=TraceConfig(onward=True))
    async with providing(accepts(greeting)) as provider:
        async with leg_to(provider.url):
            pass
        with in_span(spans.tracer.root("root", headers={"tracestate": "vendor=secret"})) as root:
            async with leg_to(provider.url):
                pass
        await provider.wait_alone()
        first, second = provider.asked
    assert "traceparent" not in first.headers
    assert second.headers["traceparent"] == root.headers["traceparent"]
    assert "tracestate" not in second.headers
