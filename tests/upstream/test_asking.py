"""Deadline, retries and their waits: on virtual time, over a transport that has no sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import httpx2
import pytest
import trio
from trio.testing import MockClock

from octi.errors import OctiError, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.observe.base import in_span
from octi.trace_config import TraceConfig
from octi.upstream.asking import Asker, Exchange, Patience, Progress, Question, address, open_asker
from octi.upstream.azure import azure
from octi.upstream.compatible import compatible
from octi.upstream.openai import openai
from octi.upstream.provider import Provider
from tests.observe.spans import Spans

KEY = "sk-very-secret"
ASKED = Question(path="/x")
ONCE = Question(path="/x", repeatable=False)
STEADY = Patience(jitter_s=0.0)

Step = httpx2.Response | Exception | float  # answer, fail, or wait so many seconds and then answer 200


@attrs.define(eq=False)
class Scripted(httpx2.AsyncBaseTransport):
    """Plays a step for each request, the last one again and again."""

    steps: list[Step]
    asked: list[httpx2.Request] = attrs.field(factory=list)
    at: list[float] = attrs.field(factory=list)  # seconds since the first

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        self.at.append(trio.current_time())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        await trio.sleep(step if isinstance(step, float) else 0)
        if isinstance(step, Exception):
            raise step
        said = httpx2.Response(200) if isinstance(step, float) else step
        return httpx2.Response(said.status_code, headers=said.headers, stream=httpx2.ByteStream(said.content))

    @property
    def waits(self) -> list[float]:
        """Between one request and the next."""
        return [round(later - earlier, 6) for earlier, later in zip(self.at, self.at[1:], strict=False)]


def says(status: int, body: str = "", **headers: str) -> httpx2.Response:
    return httpx2.Response(status, text=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@asynccontextmanager
async def asking(
    *steps: Step, patience: Patience = STEADY, timeout_s: float = 30.0
) -> AsyncIterator[tuple[Asker, Scripted, list[Exchange]]]:
    """An asker, what it asks, and what it notes."""
    transport, noted = Scripted(list(steps)), list[Exchange]()
    provider = compatible(KEY, "http://p.test")
    async with open_asker(
        provider, timeout_s=timeout_s, patience=patience, noted=noted.append, transport=transport
    ) as asker:
        yield asker, transport, noted


async def fault_of(asker: Asker, question: Question = ASKED) -> OctiError:
    with pytest.raises(OctiError) as caught:
        await asker.ask(question)
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    return caught.value


async def test_two_retries_with_a_doubling_wait(autojump_clock: MockClock) -> None:
    """The third answer counts."""
    async with asking(says(500), says(503), says(500, "still out of GPUs")) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamLost("p.test", "HTTP 500, still out of GPUs"))
    assert transport.waits == [0.5, 1.0]


async def test_a_retry_that_succeeds_is_a_success(autojump_clock: MockClock) -> None:
    """And nobody hears of what was before."""
    async with asking(says(409), httpx2.ConnectError("no"), says(200, "yes")) as (asker, transport, _):
        assert (await asker.ask(ASKED)).body == b"yes"
    assert len(transport.asked) == 3


async def test_waits_grow_no_longer_than_eight_seconds(autojump_clock: MockClock) -> None:
    """However many tries there are."""
    async with asking(says(500), patience=Patience(retries=6, jitter_s=0.0), timeout_s=100) as (asker, transport, _):
        await fault_of(asker)
    assert transport.waits == [0.5, 1, 2, 4, 8, 8]


async def test_waits_are_jittered(autojump_clock: MockClock) -> None:
    """So that not all clients come back at once."""
    async with asking(says(500), patience=Patience()) as (asker, transport, _):
        for _ in range(5):
            await fault_of(asker)
    firsts = transport.waits[0::3]
    assert all(0.5 <= wait <= 0.75 for wait in firsts)
    assert len(set(firsts)) > 1


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry_After": "3"}, 3),
        ({"Retry_After_Ms": "1500"}, 1.5),
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": "121"}, 0.5),
        ({"Retry_After": "nonsense"}, 0.5),
    ],
)
async def test_a_named_wait_is_kept(autojump_clock: MockClock, headers: dict[str, str], wait_s: float) -> None:
    """Unless it is for more than two minutes."""
    async with asking(says(429, **headers), says(200), timeout_s=600) as (asker, transport, _):
        await asker.ask(ASKED)
    assert transport.waits == [wait_s]


async def test_a_named_wait_beyond_the_deadline_is_not_waited_for(autojump_clock: MockClock) -> None:
    """The caller is told at once."""
    async with asking(says(429, "slow down", Retry_After="40")) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamBusy("p.test", "slow down", 40.0))
    assert trio.current_time() - transport.at[0] < 1


async def test_the_deadline_is_for_all_tries(autojump_clock: MockClock) -> None:
    """What went wrong before it says more than that the time was up."""
    async with asking(says(500, "oops"), 99.0, timeout_s=3.0) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamLost("p.test", "HTTP 500, oops"))
    assert trio.current_time() - transport.at[0] == 3


async def test_silence_ends_at_the_deadline(autojump_clock: MockClock) -> None:
    """And is not asked again: there is no time left."""
    async with asking(99.0, timeout_s=3.0) as (asker, transport, noted):
        assert repr(await fault_of(asker)) == repr(UpstreamLost("p.test", "no answer within 3 s"))
    assert len(transport.asked) == 1
    assert (noted[0].status, noted[0].seconds) == (None, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_not_asked_again(autojump_clock: MockClock, status: int) -> None:
    """It would be the same."""
    async with asking(says(status, "no")) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamRefused("p.test", "no", status))
    assert len(transport.asked) == 1


async def test_the_provider_may_ask_for_a_retry_or_forbid_it(autojump_clock: MockClock) -> None:
    """By `x-should-retry`."""
    async with asking(says(400, X_Should_Retry="true"), says(503, X_Should_Retry="false")) as (asker, transport, _):
        assert isinstance(await fault_of(asker), UpstreamLost)
    assert len(transport.asked) == 2


async def test_a_spent_quota_is_not_asked_again(autojump_clock: MockClock) -> None:
    """Though it is a 429."""
    body = '{"error":{"message":"Pay.","type":"insufficient_quota","code":"insufficient_quota"}}'
    async with asking(says(429, body, X_Should_Retry="true")) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamRefused("p.test", "Pay.", 429, "insufficient_quota"))
    assert len(transport.asked) == 1


@pytest.mark.parametrize("step", [says(500), says(429), says(400, X_Should_Retry="true"), httpx2.ReadError("")])
async def test_what_must_not_be_repeated_is_asked_once(autojump_clock: MockClock, step: Step) -> None:
    """Whatever came back: it may have arrived."""
    async with asking(step) as (asker, transport, _):
        await fault_of(asker, ONCE)
    assert len(transport.asked) == 1


async def test_what_surely_did_not_arrive_is_asked_again(autojump_clock: MockClock) -> None:
    """Even if it must not be repeated."""
    async with asking(httpx2.ConnectError("no"), says(200)) as (asker, transport, _):
        await asker.ask(ONCE)
    assert transport.waits == [0.5]


@pytest.mark.parametrize("error", [httpx2.LocalProtocolError(KEY), httpx2.RemoteProtocolError("x"), UnicodeError("x")])
async def test_what_cannot_get_better_is_asked_once(autojump_clock: MockClock, error: Exception) -> None:
    """A header that cannot be sent, a server that does not speak HTTP, a name that cannot be looked up."""
    async with asking(error) as (asker, transport, _):
        await fault_of(asker)
    assert len(transport.asked) == 1


async def test_every_try_has_an_id_of_its_own_and_is_noted(autojump_clock: MockClock) -> None:
    """Ours as sent, and the provider's."""
    async with asking(says(500), says(200, X_Request_Id="req_2")) as (asker, transport, noted):
        assert (await asker.ask(ASKED)).request_id == "req_2"
    assert [each.client_request_id for each in noted] == [r.headers["X-Client-Request-Id"] for r in transport.asked]
    assert [(each.path, each.status, each.request_id) for each in noted] == [("/x", 500, None), ("/x", 200, "req_2")]
    assert noted[0].client_request_id != noted[1].client_request_id


async def test_a_caller_may_follow_a_question() -> None:
    """It hears of an answer's head only if that is good."""
    heads: list[str] = []

    class Followed(Progress):
        def answered(self, headers: object) -> None:
            heads.append("good")

    async with asking(says(400), says(201)) as (asker, _, _):
        await fault_of(asker)
        await asker.ask(ASKED, Followed())
    assert heads == ["good"]


async def test_an_endless_answer_is_nonsense(autojump_clock: MockClock) -> None:
    """It is read up to a bound."""
    async with asking(says(200, "x" * (9 << 20))) as (asker, _, _):
        assert repr(await fault_of(asker)) == repr(UpstreamNonsense("p.test", "an answer of more than 8388608 bytes"))


async def test_an_answer_packed_unasked_is_nonsense() -> None:
    """Something small could unpack into something vast."""
    async with asking(says(200, Content_Encoding="br")) as (asker, transport, _):
        assert repr(await fault_of(asker)) == repr(UpstreamNonsense("p.test", "an answer packed as 'br', unasked"))
    assert transport.asked[0].headers["accept-encoding"] == "identity"


async def test_a_name_and_password_in_the_address_are_sent_but_not_shown() -> None:
    """Where there is no key; httpx logs addresses."""
    transport = Scripted([says(200)])
    provider = compatible(None, "http://me:hun%40ter2@p.test")
    async with open_asker(provider, transport=transport) as asker:
        await asker.ask(ASKED)
        assert "ter2" not in repr(asker)
    assert str(transport.asked[0].url) == "http://p.test/v1/x"
    assert transport.asked[0].headers["authorization"] == "Basic bWU6aHVuQHRlcjI="


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        (openai(KEY), "https://api.openai.com/v1/responses"),
        (azure(KEY, "https://r.openai.azure.com"), "https://r.openai.azure.com/openai/v1/responses"),
        (compatible(None, "wss://h.test:8443/x/"), "https://h.test:8443/x/responses"),
        (compatible(None, "ws://h.test"), "http://h.test/v1/responses"),
    ],
)
def test_an_endpoint_is_below_the_base(provider: Provider, url: str) -> None:
    """Under whatever scheme that was written."""
    assert address(provider, "/responses") == url


@pytest.mark.parametrize("base", ["ftp://h", "nonsense", "https://"])
async def test_a_base_that_is_no_address_is_refused(base: str) -> None:
    """When the asker is opened."""
    with pytest.raises(ValueError, match="is not an http, https, ws or wss address"):
        async with open_asker(Provider(name="p", base=base)):
            pass


async def test_neither_key_nor_password_is_shown() -> None:
    """In any repr."""
    async with open_asker(compatible(KEY, "http://me:hunter2@p.test")) as asker:
        assert KEY not in repr(asker)
        assert "hunter2" not in repr(asker)


async def test_who_is_asked_is_told_of_the_trace_that_it_is_asked_in(autojump_clock: MockClock) -> None:
    """If traces say so; else there is no such header."""
    spans = Spans(config=TraceConfig(onward=True))
    async with asking(says(200)) as (asker, transport, _):
        await asker.ask(ASKED)
        with in_span(spans.tracer.root("root")) as root:
            await asker.ask(ASKED)
    assert [request.headers.get("traceparent") for request in transport.asked] == [None, root.headers["traceparent"]]
