"""The provider's HTTP endpoints against a scripted provider: on loopback in real time, or in memory on virtual time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import BadMessage, OctiError, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.upstream.api import NewCall, ProviderApi, call_id_in, open_api
from octi.upstream.asking import Patience
from octi.upstream.azure import azure
from octi.upstream.compatible import compatible
from tests.cuts import Cut, cut_everywhere
from tests.scripted_api import (
    Behaviour,
    MemoryNetwork,
    ScriptedApi,
    first,
    hangs,
    head,
    resets,
    says,
    says_bytes,
    serving,
    until,
    waits,
)
from tests.scripted_provider import client_tls

KEY = "sk-very-secret"
HASTE = Patience(first_s=0.005, jitter_s=0.0)
SECRET = {"value": "ek_1", "expires_at": 1_790_000_000, "session": {"type": "realtime", "model": "m-1"}}
RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "output": [{"type": "message"}]}
OFFER, ANSWER = "v=0\r\no=offer\r\n", "v=0\r\no=answer\r\n"
LOCATION = "/v1/realtime/calls/rtc_1"
CALLS, HANG_UP = "/v1/realtime/calls", "/v1/realtime/calls/rtc_1/hangup"
BORN = says(201, ANSWER, Location=LOCATION, X_Request_Id="req_7")


@asynccontextmanager
async def api_of(
    *behaviours: Behaviour, tls: bool = False, timeout_s: float = 5.0, grace_s: float = 2.0
) -> AsyncIterator[tuple[ProviderApi, ScriptedApi]]:
    """A provider's endpoints on loopback; a hang is a failure, and so is a connection that is left."""
    with trio.fail_after(20):
        async with serving(*behaviours, tls=tls) as provider:
            async with open_api(
                compatible(KEY, provider.url), tls=client_tls(), timeout_s=timeout_s, grace_s=grace_s, patience=HASTE
            ) as api:
                yield api, provider
            await provider.wait_alone()


@asynccontextmanager
async def api_in_memory(
    *behaviours: Behaviour, tls: bool = False, timeout_s: float = 30.0
) -> AsyncIterator[tuple[ProviderApi, ScriptedApi]]:
    """The same, on virtual time."""
    async with trio.open_nursery() as outside:
        provider = ScriptedApi(list(behaviours))
        network = MemoryNetwork(outside, provider)
        base = compatible(KEY, f"http{'s' * tls}://localhost")
        async with open_api(base, timeout_s=timeout_s, transport=network.transport()) as api:
            yield api, provider
            assert all(stream.closed for stream in network.near)
        outside.cancel_scope.cancel()


Call = Callable[[ProviderApi], Awaitable[Any]]
MINT: Call = lambda api: api.mint_secret({})  # noqa: E731
OFFERED: Call = lambda api: api.create_call(OFFER, {"type": "realtime"})  # noqa: E731
HUNG_UP: Call = lambda api: api.hang_up("rtc_1")  # noqa: E731
RESPONDED: Call = lambda api: api.respond({"model": "m"})  # noqa: E731
EVERY_CALL = pytest.mark.parametrize(
    "call", [MINT, OFFERED, HUNG_UP, RESPONDED], ids=["mint", "call", "end", "respond"]
)


async def fault_of(
    *behaviours: Behaviour, call: Call = MINT, timeout_s: float = 5.0, asked: list[str] | None = None
) -> OctiError:
    """What a call to such a provider raises, having asked for `asked`; afterwards no connection is left."""
    async with api_of(*behaviours, timeout_s=timeout_s) as (api, provider):
        with pytest.raises(OctiError) as caught:
            await call(api)
        assert asked is None or provider.paths == asked
    assert KEY not in f"{caught.value} {caught.value!r}"
    return caught.value


# Client secrets


@pytest.mark.parametrize("tls", [False, True])
async def test_a_secret_is_minted(tls: bool) -> None:
    """For a session, for a time, for a user."""
    async with api_of(says(200, SECRET, X_Request_Id="req_9"), tls=tls) as (api, provider):
        minted = await api.mint_secret({"type": "realtime"}, seconds=60, safety_identifier="u-1")
    assert (minted.value, minted.expires_at, minted.session) == ("ek_1", 1_790_000_000, SECRET["session"])
    assert (minted.raw, minted.request_id) == (SECRET, "req_9")
    (asked,) = provider.asked
    assert (asked.method, asked.path) == ("POST", "/v1/realtime/client_secrets")
    assert asked.json == {
        "session": {"type": "realtime"},
        "expires_after": {"anchor": "created_at", "seconds": 60},
    }
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["openai-safety-identifier"] == "u-1"
    assert len(asked.headers["x-client-request-id"]) == 32
    assert asked.headers["user-agent"].startswith("octi/")


async def test_what_is_not_asked_for_is_not_sent() -> None:
    """The provider's defaults hold."""
    async with api_of(says(200, SECRET)) as (api, provider):
        await api.mint_secret({"type": "realtime"})
    assert provider.asked[0].json == {"session": {"type": "realtime"}}
    assert "openai-safety-identifier" not in provider.asked[0].headers


async def test_a_secret_without_a_session_is_enough() -> None:
    """Not every provider repeats it."""
    async with api_of(says(200, {"value": "xai-1", "expires_at": 5})) as (api, _):
        assert (await api.mint_secret({})).session == {}


async def test_a_minted_secret_is_not_shown() -> None:
    """Nor is what else of the answer may hold it."""
    async with api_of(says(200, SECRET | {"session": {"client_secret": {"value": "ek_1"}}})) as (api, _):
        assert "ek_1" not in repr(await api.mint_secret({}))


async def test_azure_has_its_own_path_and_header() -> None:
    """As for its socket."""
    async with serving(says(200, SECRET)) as provider, open_api(azure(KEY, provider.url)) as api:
        await api.mint_secret({})
    assert provider.paths == ["/openai/v1/realtime/client_secrets"]
    assert provider.asked[0].headers["api-key"] == KEY
    assert "authorization" not in provider.asked[0].headers


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("hello", "JSON is malformed: invalid character (byte 0)"),
        ("", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ({"expires_at": 5}, "Object missing required field `value`"),
        ({"value": "ek_secret", "expires_at": "soon"}, "Expected `int`, got `str` - at `$.expires_at`"),
        ({"value": 7, "expires_at": 5}, "Expected `str`, got `int` - at `$.value`"),
        ({"value": "", "expires_at": 5}, "a client secret that is empty"),
        (b"\xff\xfe", "JSON is malformed: invalid character (byte 0)"),
    ],
)
async def test_a_wrong_shape_is_nonsense(body: object, seen: str) -> None:
    """What is wrong with it is told, and nothing of what it holds."""
    fault = await fault_of(says(200, body))
    assert isinstance(fault, UpstreamNonsense)
    assert fault.seen == seen


async def test_nonsense_names_the_request() -> None:
    """The provider's support asks for it."""
    fault = await fault_of(says(200, "hello", X_Request_Id="req_1"))
    assert str(fault).endswith("(request req_1)")


# Calls


async def test_a_call_is_made_with_its_session() -> None:
    """As a form of two parts, each with its type, as the official SDK sends it."""
    async with api_of(BORN) as (api, provider):
        call = await api.create_call(OFFER, {"type": "realtime"})
    assert call == NewCall(call_id="rtc_1", answer_sdp=ANSWER, request_id="req_7")
    assert provider.paths == [CALLS]
    assert provider.asked[0].parts == {
        "sdp": ("application/sdp", OFFER.encode().strip()),
        "session": ("application/json", b'{"type":"realtime"}'),
    }


async def test_a_call_without_a_session_is_the_offer_alone() -> None:
    """For a key that has one preset."""
    async with api_of(BORN) as (api, provider):
        await api.create_call(OFFER, None)
    (asked,) = provider.asked
    assert (asked.headers["content-type"], asked.body) == ("application/sdp", OFFER.encode())


@pytest.mark.parametrize(
    ("location", "call_id"),
    [
        ("/v1/realtime/calls/rtc_1", "rtc_1"),
        ("https://api.openai.com/v1/realtime/calls/rtc_1?x=y#z", "rtc_1"),
        ("rtc_u1-2.3/", "rtc_u1-2.3"),
        ("", None),
        ("/", None),
        ("/v1/realtime/calls/..", None),
        ("/v1/realtime/calls/a%2fb", None),
        ("/v1/realtime/calls/a b", None),
        ("/" + "x" * 300, None),
        ("http://[", None),
    ],
)
def test_a_calls_id_is_the_end_of_its_location(location: str, call_id: str | None) -> None:
    """If it is one that can stand in a path."""
    assert call_id_in(location) == call_id


async def test_a_call_without_a_location_is_nonsense() -> None:
    """It cannot be hung up either, and that is logged."""
    with capture_logs() as logs:
        fault = await fault_of(says(201, ANSWER), call=OFFERED)
    assert isinstance(fault, UpstreamNonsense)
    assert [line["event"] for line in logs] == ["a call may have been left with the provider"]


async def test_a_call_whose_answer_is_no_sdp_is_hung_up() -> None:
    """Nobody could use it."""
    fault = await fault_of(says(201, "{}", Location=LOCATION), says(200), call=OFFERED, asked=[CALLS, HANG_UP])
    assert isinstance(fault, UpstreamNonsense)
    assert fault.seen == "a call whose answer is no SDP"


async def test_a_call_whose_answer_breaks_off_is_hung_up() -> None:
    """Its id came first."""
    breaks_off = says_bytes(head(201, 99, Location=LOCATION) + b"v=0")
    fault = await fault_of(breaks_off, says(200), call=OFFERED, asked=[CALLS, HANG_UP])
    assert isinstance(fault, UpstreamLost)


async def test_a_call_whose_answer_takes_too_long_is_hung_up() -> None:
    """The deadline is no different."""
    slow = first(says_bytes(head(201, 99, Location=LOCATION)), hangs)
    fault = await fault_of(slow, says(200), call=OFFERED, timeout_s=0.2, asked=[CALLS, HANG_UP])
    assert str(fault).endswith("no answer within 0.2 s")


@pytest.mark.parametrize("behaviour", [says(500), says(503), says(409), resets, says_bytes(b"")])
async def test_a_call_is_not_asked_for_twice(behaviour: Behaviour) -> None:
    """The first may ring already."""
    assert isinstance(await fault_of(behaviour, call=OFFERED, asked=[CALLS]), UpstreamLost)


@pytest.mark.parametrize("behaviour", [says(400, "bad offer"), says(429, "later")])
async def test_a_refused_call_leaves_nothing_to_hang_up(behaviour: Behaviour) -> None:
    """And nothing to log."""
    with capture_logs() as logs:
        assert isinstance(await fault_of(behaviour, call=OFFERED), UpstreamRefused | UpstreamBusy)
    assert logs == []


# Calls given up


@pytest.mark.parametrize("tls", [False, True])
async def test_a_cancelled_call_is_hung_up_when_its_id_is_known(tls: bool) -> None:
    """The cancellation waits for that; nothing else would end the call."""
    cancelled = trio.Event()
    async with api_of(first(until(cancelled), waits(0.05), BORN), says(200), tls=tls) as (api, provider):
        with trio.CancelScope() as caller:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(api.create_call, OFFER, None)
                await provider.wait_asked(1)
                caller.cancel()
                cancelled.set()
        assert caller.cancelled_caught
        assert provider.paths == [CALLS, HANG_UP]


async def test_a_call_cancelled_over_its_answer_is_hung_up() -> None:
    """Its id is known, and what is still missing of it is not waited for longer than the grace."""
    async with api_of(first(says_bytes(head(201, 99, Location=LOCATION)), hangs), says(200), grace_s=0.1) as (api, p):
        with trio.move_on_after(0.1) as caller:
            await api.create_call(OFFER, None)
        assert caller.cancelled_caught
        assert p.paths == [CALLS, HANG_UP]


async def test_a_call_that_never_gets_its_id_is_given_up_after_the_grace(autojump_clock: MockClock) -> None:
    """Whether there is one, nobody can say; that is logged."""
    with capture_logs() as logs:
        async with api_in_memory(hangs) as (api, provider):
            began = trio.current_time()
            with trio.move_on_after(1):
                await api.create_call(OFFER, None)
            assert trio.current_time() - began == 3
    assert [line["event"] for line in logs] == ["a call may have been left with the provider"]
    assert provider.paths == [CALLS]


async def test_hanging_up_a_call_that_was_given_up_takes_no_longer_than_the_grace(autojump_clock: MockClock) -> None:
    """A provider may be silent then as well."""
    with capture_logs() as logs:
        async with api_in_memory(first(waits(2), BORN), hangs) as (api, provider):
            began = trio.current_time()
            with trio.move_on_after(1):
                await api.create_call(OFFER, None)
            assert trio.current_time() - began == 4
    assert logs[0]["why"] == "not hung up within 2 s"
    assert provider.paths == [CALLS, HANG_UP]


async def test_a_call_that_cannot_be_hung_up_is_logged() -> None:
    """With the provider's reason; the caller is told what went wrong first."""
    with capture_logs() as logs:
        fault = await fault_of(says(201, "{}", Location=LOCATION), says(403, "not yours"), call=OFFERED)
    assert isinstance(fault, UpstreamNonsense)
    assert [(line["event"], line["call"]) for line in logs] == [
        ("a call may have been left with the provider", "rtc_1")
    ]
    assert logs[0]["why"].endswith("refused the session (HTTP 403)")  # its own words may be anybody's


async def test_a_call_that_was_never_sent_is_cancelled_at_once(autojump_clock: MockClock) -> None:
    """There is nothing to wait for."""
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            network = NeverConnects(nursery, ScriptedApi([hangs]))
            async with open_api(compatible(KEY, "http://localhost"), transport=network.transport()) as api:
                began = trio.current_time()
                with trio.move_on_after(1):
                    await api.create_call(OFFER, None)
                assert trio.current_time() - began == 1
    assert logs == []


class NeverConnects(MemoryNetwork):
    async def connect_tcp(self, *args: Any, **more: Any) -> Any:
        await trio.sleep_forever()


# Ending calls


async def test_a_call_is_hung_up() -> None:
    """With an empty body."""
    async with api_of(says(200)) as (api, provider):
        assert await api.hang_up("rtc_1") is True
    (asked,) = provider.asked
    assert (asked.method, asked.path, asked.body) == ("POST", HANG_UP, b"")


async def test_a_call_that_is_over_is_no_error() -> None:
    """404 says so."""
    async with api_of(says(404, {"error": {"message": "No such call.", "code": "call_id_not_found"}})) as (api, _):
        assert await api.hang_up("rtc_1") is False


async def test_another_refusal_to_hang_up_is_one() -> None:
    """The call may live on."""
    fault = await fault_of(says(403, "not yours"), call=HUNG_UP)
    assert isinstance(fault, UpstreamRefused)
    assert fault.status == 403


async def test_a_telephone_call_is_accepted_rejected_and_referred() -> None:
    """As it was asked for; without anything to say the body is empty."""
    async with api_of(says(200)) as (api, provider):
        await api.act_on_call("rtc_1", "accept", {"type": "realtime"})
        await api.act_on_call("rtc_1", "reject", {})
    accepted, rejected = provider.asked
    assert (accepted.method, accepted.path) == ("POST", "/v1/realtime/calls/rtc_1/accept")
    assert msgspec.json.decode(accepted.body) == {"type": "realtime"}
    assert (rejected.path, rejected.body) == ("/v1/realtime/calls/rtc_1/reject", b"")


@pytest.mark.parametrize("call_id", ["", ".", "..", "a/b", "a?b", "a%2f", "é", "x" * 300, "a\n"])
async def test_what_is_no_calls_id_is_not_sent(call_id: str) -> None:
    """It comes from clients, and would change the path."""
    async with api_of(says(200)) as (api, provider):
        with pytest.raises(BadMessage, match="call_id: not the id of a call"):
            await api.hang_up(call_id)
        with pytest.raises(BadMessage, match="call_id: not the id of a call"):
            await api.act_on_call(call_id, "accept", {})
    assert provider.asked == []


# Responses


async def test_a_response_is_passed_on_whole() -> None:
    """Unknown fields too."""
    said = RESPONSE | {"new": {"field": [1]}}
    async with api_of(says(200, said)) as (api, provider):
        assert await api.respond({"model": "m", "store": False}) == said
    assert provider.paths == ["/v1/responses"]
    assert provider.asked[0].json == {"model": "m", "store": False}


@pytest.mark.parametrize("status", ["failed", "incomplete"])
async def test_a_response_that_failed_is_an_answer(status: str) -> None:
    """What to make of it is the caller's."""
    async with api_of(says(200, RESPONSE | {"status": status, "output": []})) as (api, _):
        assert (await api.respond({}))["status"] == status


@pytest.mark.parametrize("body", [{}, {"id": "r"}, RESPONSE | {"output": None}, RESPONSE | {"output": ["x"]}, "[]"])
async def test_what_is_no_response_is_nonsense(body: object) -> None:
    """It has an id, a status and its items."""
    assert isinstance(await fault_of(says(200, body), call=RESPONDED), UpstreamNonsense)


async def test_a_stream_is_not_offered() -> None:
    """Its answer would be no JSON."""
    async with api_of(says(200)) as (api, provider):
        with pytest.raises(BadMessage, match="stream"):
            await api.respond({"stream": True})
    assert provider.asked == []


# Every call


@EVERY_CALL
async def test_a_providers_no_is_passed_on(call: Call) -> None:
    """With its words, status, code and request id, and without the key."""
    body = {"error": {"message": f"Bad key {KEY}.", "type": "invalid_request_error", "code": "invalid_api_key"}}
    fault = await fault_of(says(401, body, X_Request_Id="req_1"), call=call)
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.status, fault.code) == ("Bad key ***. (request req_1)", 401, "invalid_api_key")


@EVERY_CALL
async def test_a_rate_limit_says_when_to_come_back(call: Call) -> None:
    """In seconds."""
    fault = await fault_of(says(429, "slow down", Retry_After="30"), call=call)
    assert isinstance(fault, UpstreamBusy)
    assert fault.wait_s == 30


@EVERY_CALL
@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (says(500, "<html>"), "HTTP 500, Internal Server Error"),
        (hangs, "no answer within 0.2 s"),
        (resets, "broke off: Connection reset by peer"),
        (says_bytes(b""), "left without an answer"),
        (says_bytes(b"HTTP/1.1 200 OK\r\nContent-Le"), "left without an answer"),
        (says_bytes(head(200, 99) + b"{"), "left without an answer"),
    ],
)
async def test_a_provider_that_fails_is_lost(call: Call, behaviour: Behaviour, why: str) -> None:
    """Never an error of another kind."""
    fault = await fault_of(behaviour, call=call, timeout_s=0.2)
    assert isinstance(fault, UpstreamLost)
    assert fault.why == why


@EVERY_CALL
@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\n\x00\r\n\r\n", head(200, 2, Content_Encoding="gzip") + b"xx"],
)
async def test_garbage_is_nonsense(call: Call, garbage: bytes) -> None:
    """Below the JSON as well."""
    assert isinstance(await fault_of(says_bytes(garbage), call=call), UpstreamNonsense)


@pytest.mark.parametrize("call", [MINT, HUNG_UP, RESPONDED])
async def test_what_may_be_repeated_is(call: Call) -> None:
    """A provider's trouble for a moment is not seen."""
    said = SECRET | RESPONSE
    async with api_of(says(503), resets, says(200, said)) as (api, provider):
        await call(api)
    assert len(provider.asked) == 3


async def test_a_redirect_is_not_followed() -> None:
    """The key would go with it."""
    async with serving(says(200, SECRET)) as elsewhere:
        fault = await fault_of(says(307, Location=elsewhere.url))
    assert isinstance(fault, UpstreamRefused)
    assert (fault.status, elsewhere.asked) == (307, [])


@EVERY_CALL
async def test_nobody_listening_is_a_lost_provider(call: Call) -> None:
    """After the retries; a call too, as it surely did not arrive."""
    async with serving(hangs) as provider:
        pass
    async with open_api(compatible(KEY, provider.url), patience=HASTE) as api:
        with capture_logs() as logs, pytest.raises(UpstreamLost, match=r"cannot be reached: .*Connection refused"):
            await call(api)
    assert [line["event"] for line in logs] == ["stamina.retry_scheduled"] * 2


async def test_a_certificate_that_is_not_trusted_is_a_refusal() -> None:
    """The system's authorities are the default."""
    async with serving(says(200, SECRET), tls=True) as provider, open_api(compatible(KEY, provider.url)) as api:
        with pytest.raises(UpstreamRefused, match="its certificate is not trusted"):
            await api.mint_secret({})
    assert provider.asked == []


@pytest.mark.parametrize("key", [f"{KEY}\nx", f"{KEY}\x00"])
async def test_a_key_that_no_header_can_hold_is_a_refusal(key: str) -> None:
    """It is not shown in the complaint."""
    async with serving(says(200, SECRET)) as provider, open_api(compatible(key, provider.url)) as api:
        with pytest.raises(UpstreamRefused, match="the request cannot be sent") as caught:
            await api.mint_secret({})
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_the_key_is_not_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    """Of ours, of stamina's, of httpx's and httpcore's with all they have to say."""
    caplog.set_level(0)
    body = {"error": {"message": f"Bad key {KEY}."}}
    with capture_logs() as logs:
        async with api_of(says(500, body), says(401, body)) as (api, _):
            with pytest.raises(UpstreamRefused):
                await api.mint_secret({})
            assert KEY not in repr(api)
    assert len(logs) == 1
    assert caplog.text
    assert KEY not in f"{caplog.text} {logs}"


# Cancelled at every step


@EVERY_CALL
@pytest.mark.parametrize("tls", [False, True])
def test_a_cut_at_any_step_leaves_no_connection_and_no_call(call: Call, tls: bool) -> None:
    """While it connects, in the handshake, while it asks and while it reads: a call is the caller's, or it is ended."""
    made: list[int] = []

    async def scenario(cut: Cut) -> None:
        born: list[object] = []
        said = SECRET | RESPONSE
        answer = says(200, said) if call is not OFFERED else BORN
        async with api_in_memory(answer, says(200), tls=tls) as (api, provider), cut:
            born.append(await call(api))
        if call is OFFERED and CALLS in provider.paths:
            made.append(bool(born))
            assert born or provider.paths == [CALLS, HANG_UP]

    assert cut_everywhere(scenario).steps > 5
    assert call is not OFFERED or {False, True} == set(made)


async def test_a_deadline_at_any_moment_leaves_no_connection() -> None:
    """The same over real sockets, as far as the clock allows to choose a moment."""
    async with api_of(says(200, SECRET), tls=True) as (api, provider):
        for moment in range(30):
            with trio.move_on_after(moment / 4000):
                await api.mint_secret({})
            await provider.wait_alone()


async def test_many_calls_at_once_get_their_own_answers() -> None:
    """And leave no connection."""
    got: list[str] = []
    behaviours = [says(200, SECRET | {"value": f"ek_{number}"}) for number in range(20)]

    async with api_of(*behaviours) as (api, _):

        async def mint() -> None:
            got.append((await api.mint_secret({})).value)

        async with trio.open_nursery() as nursery:
            for _number in range(20):
                nursery.start_soon(mint)
    assert sorted(got) == sorted(f"ek_{number}" for number in range(20))
