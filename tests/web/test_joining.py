"""A client's own sideband to a call, through octi: the provider's calls are simulated ones, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketConnection

from octi.config import read_config
from octi.directory.secrets import digest
from octi.directory.wishes import Wish
from octi.errors import UpstreamLost
from octi.records import Extraction, SecretRecord, SessionRecord, SessionState
from octi.upstream.api import ProviderApi
from octi.web.joining import NO_CALLS
from tests.parts import node
from tests.providers import QUIET, Net, net_to
from tests.web.standins import FakeApi
from tests.web.test_sockets import Octi, end_of, open_octi, told_in_band

Event = dict[str, Any]
THERE = "{ wait_for = 'sideband' }, { wait_for = 'session.update' }"
ANNA = f"""
caller = [{THERE}, {{ say = "my name is Anna" }}]
[[turn]]
say = "hello Anna"
"""
ASKED = f"""
caller = [{THERE}, {{ say = "What time is it?" }}]
[[turn]]
call = {{ name = "clock" }}
[[turn]]
on = "clock"
say = "It is noon."
"""


class Here(Octi):
    """A node whose provider has calls."""

    net: Net

    @asynccontextmanager
    async def join(
        self, call_id: str, query: str = "", secret: str | None = None
    ) -> AsyncIterator[WebSocketConnection]:
        offered = ("realtime", f"openai-insecure-api-key.{secret}") if secret else ()
        async with self.visit(f"/v1/realtime?call_id={call_id}{query}", offered) as client:
            yield client

    async def kept(self) -> list[tuple[SessionRecord, list[str]]]:
        """The stored sessions, with the words of their turns."""
        await self.services.live.wait_empty()
        records = await self.store.sessions()
        return [(each, [turn.text for turn in await self.store.turns(each.id)]) for each in records]


class NoProfile(FakeApi):
    """Whoever is asked for a profile has none."""

    async def respond(self, request: Any) -> Any:
        raise UpstreamLost("p", "away")


@asynccontextmanager
async def calling(scenario: str, *, judge: bool = True) -> AsyncIterator[Here]:
    async with net_to(scenario, judge=judge) as net, trio.open_nursery() as outside:
        services = node(net.upstream(), outside, config=read_config({}), api=cast(ProviderApi, NoProfile()))
        octi = Here(outside, services, cast(Any, None))
        octi.net = net
        yield octi
        outside.cancel_scope.cancel()


async def hear(client: WebSocketConnection, *until: str) -> list[Event]:
    """All that comes, up to an event of each of these types, in this order."""
    heard: list[Event] = []
    with trio.fail_after(60):
        for kind in until:
            while not heard or heard[-1]["type"] != kind:
                heard.append(msgspec.json.decode(await client.get_message()))
    return heard


async def say(client: WebSocketConnection, kind: str, **fields: Any) -> None:
    await client.send_message(msgspec.json.encode({"type": kind, **fields}).decode())


async def test_a_client_listens_to_a_call_and_it_is_kept(autojump_clock: MockClock) -> None:
    """It hears all and is not greeted, as with the provider; the transcript is a session's, and the call goes on."""
    async with calling(ANNA) as octi:
        call = octi.net.ring()
        async with octi.join(call.id) as client:
            heard = await hear(client, "response.done")
            await client.aclose()
        ((record, said),) = await octi.kept()
        assert octi.net.house.calls.find(call.id) is call
        await octi.net.wait_left()
    assert "session.created" not in {event["type"] for event in heard}
    assert heard[0]["type"] == "input_audio_buffer.speech_started"
    assert said == ["my name is Anna", "hello Anna"]
    assert (record.door, record.call_id, record.state, record.ended_by) == (
        "realtime",
        call.id,
        SessionState.ENDED,
        "client",
    )


async def test_the_call_is_as_its_maker_wants_it(autojump_clock: MockClock) -> None:
    """octi asks whether it is there, and changes neither what its agent is told nor its functions."""
    async with calling(ANNA) as octi:
        call = octi.net.ring()
        before = dict(call.wire()["session"])
        async with octi.join(call.id) as client:
            await hear(client, "response.done")
        assert (call.wire()["session"], call.stage.conversation.instructed) == (before, [])


async def test_a_client_answers_the_functions_of_its_call(autojump_clock: MockClock) -> None:
    """By what it sends, as it came; octi runs none beside it."""
    async with calling(ASKED) as octi:
        call = octi.net.ring()
        async with octi.join(call.id) as client:
            heard = await hear(client, "response.function_call_arguments.done", "response.done")
            (asked,) = [event for event in heard if event["type"] == "response.function_call_arguments.done"]
            output = {"type": "function_call_output", "call_id": asked["call_id"], "output": '"12:00"'}
            await say(client, "conversation.item.create", item=output)
            await say(client, "response.create")
            await hear(client, "response.done")
        ((_, said),) = await octi.kept()
        outputs = [item for item in call.wire()["items"] if item["type"] == "function_call_output"]
    assert said == ["What time is it?", "It is noon."]
    assert len(outputs) == 1


async def test_a_call_that_is_over_closes_its_listeners_normally(autojump_clock: MockClock) -> None:
    """Without an error, as the provider closes them."""
    async with calling(ANNA) as octi:
        call = octi.net.ring()
        async with octi.join(call.id) as client:
            await hear(client, "response.done")
            await trio.sleep(1)
            call.end("caller")
            rest = []
            with suppress(ConnectionClosed):
                while True:
                    rest.append(msgspec.json.decode(await client.get_message())["type"])
            assert client.closed is not None
            assert (client.closed.code, "error" in rest) == (1000, False)
        ((record, _),) = await octi.kept()
    assert (record.ended_by, record.end_reason) == ("provider", "the call is over")


async def test_an_unknown_call_is_refused_as_the_provider_does(autojump_clock: MockClock) -> None:
    """In band, with its error, and a close that is no normal one."""
    async with calling(QUIET, judge=False) as octi, octi.join("rtc_nobody") as client:
        event, code, reason = await told_in_band(client)
    assert (event["error"]["type"], event["error"]["code"]) == ("invalid_request_error", "call_id_not_found")
    assert (code, reason) == (4000, "invalid_request_error.call_id_not_found")


@pytest.mark.parametrize(
    ("call_id", "query", "error"),
    [
        ("rtc_1", "&model=m", "invalid_model"),
        ("rtc_1", "&intent=transcription", "invalid_value"),
        ("..%2Fx", "", "call_id_not_found"),
        ("%20", "", "call_id_not_found"),
    ],
)
async def test_a_call_has_its_own_model_and_is_named_alone(
    call_id: str, query: str, error: str, autojump_clock: MockClock
) -> None:
    """One of the three stands in an address; the provider is not asked."""
    async with calling(QUIET, judge=False) as octi:
        async with octi.join(call_id, query) as client:
            event, code, _ = await told_in_band(client)
        assert (await octi.kept(), octi.net.streams) == ([], [])
    assert (event["error"]["code"], code) == (error, 4000)


async def test_a_provider_that_cannot_be_reached_is_told(autojump_clock: MockClock) -> None:
    """After some tries, which take seconds; a client of its own comes back by itself."""
    away = '[[faults]]\npath = "/v1/realtime?call_id=*"\ntimes = 99\nstatus = 503\n'
    async with calling(away, judge=False) as octi:
        async with octi.join(octi.net.ring().id) as client:
            event, code, _ = await told_in_band(client)
        assert trio.current_time() < 15
    assert (event["error"]["code"], code) == ("upstream_lost", 1013)


async def test_a_lost_sideband_is_told_and_not_joined_again_behind_the_clients_back(autojump_clock: MockClock) -> None:
    """It would have missed events, and not know; with the provider it comes back by itself as well."""
    lost = ANNA + '[[faults]]\npath = "/v1/realtime?call_id=*"\ntimes = 1\nafter_events = 3\nclose = 1011\n'
    async with calling(lost, judge=False) as octi:
        async with octi.join(octi.net.ring().id) as client:
            assert (await end_of(client))[0] == 1013
        assert len(octi.net.streams) == 1


# Calls that octi hears already


async def attach(octi: Here, call_id: str, **wish: Any) -> SessionRecord:
    """A session of octi's that hears a call, as `POST /v1/realtime/calls` makes one."""
    record = await octi.services.directory.make(Wish(**wish))
    await octi.services.directory.attach_call(record.id, call_id, own=True)
    return record


async def test_a_call_that_octi_hears_is_kept_once(autojump_clock: MockClock) -> None:
    """By octi's own session; whoever listens as well hears the same, and what he asks for is done."""
    anna = ANNA.replace(THERE, f"{THERE}, {THERE}")
    async with calling(anna, judge=False) as octi:
        call = octi.net.ring()
        record = await attach(octi, call.id)
        async with octi.join(call.id) as client:
            await hear(client, "response.done")
            await say(client, "conversation.item.retrieve", item_id="item_nobody")
            (error,) = [event for event in await hear(client, "error") if event["type"] == "error"]
            assert len(octi.services.live) == 2
            await client.aclose()
        await trio.sleep(1)
        assert record.id in octi.services.live
        octi.services.live.dismiss(record.id)
        kept = await octi.kept()
    assert error["error"]["code"] == "item_retrieve_invalid_item_id"
    assert [(each.id, said) for each, said in kept] == [(record.id, ["my name is Anna", "hello Anna"])]


async def test_octis_own_functions_are_not_the_listeners_affair(autojump_clock: MockClock) -> None:
    """They are answered once, by the session that hears the call; a client that is strict never sees them."""
    asking = f"""
    caller = [{THERE}, {THERE}, {{ say = "my name is Anna" }}]
    [[turn]]
    call = {{ name = "extract_profile" }}
    [[turn]]
    on = "extract_profile"
    say = "hello Anna"
    """
    async with calling(asking, judge=False) as octi:
        call = octi.net.ring()
        await attach(octi, call.id, extraction=Extraction.TOOL)
        async with octi.join(call.id) as client:
            heard = await hear(client, "response.output_audio_transcript.done")
        outputs = [item for item in call.wire()["items"] if item["type"] == "function_call_output"]
    assert len(outputs) == 1
    for event in heard:
        event.get("session", {}).pop("instructions", None)  # they may speak of it
        assert "extract_profile" not in str(event)


async def test_two_clients_of_a_call_are_kept_once(autojump_clock: MockClock) -> None:
    """By the first that came."""
    async with calling(ANNA.replace(THERE, f"{THERE}, {THERE}"), judge=False) as octi:
        call = octi.net.ring()
        async with octi.join(call.id) as first, octi.join(call.id) as second:
            await hear(second, "response.done")
            await hear(first, "response.done")
        kept = await octi.kept()
    assert [said for _, said in kept] == [["my name is Anna", "hello Anna"]]


# Who may


async def bound(octi: Here, value: str, session: str | None) -> str:
    """A client secret that opens a session."""
    secret = SecretRecord(digest=digest(value), session=cast(Any, session), config="{}", created_at=0, expires_at=99)
    await octi.store.save([secret])
    return value


async def test_a_client_secret_joins_the_call_that_it_made(autojump_clock: MockClock) -> None:
    """As its own session, with the secret and not with octi's key."""
    async with calling(ANNA) as octi:
        record = await octi.services.directory.make(Wish())
        secret = await bound(octi, octi.net.mint(), record.id)
        call = octi.net.ring(secret)
        async with octi.join(call.id, secret=secret) as client:
            await hear(client, "response.done")
        ((kept, said),) = await octi.kept()
    assert (kept.id, kept.call_id, said) == (record.id, call.id, ["my name is Anna", "hello Anna"])


async def test_a_client_secret_does_not_join_a_call_that_octis_key_made(autojump_clock: MockClock) -> None:
    """It would hear others: only the session's own call, if octi made one for it, is joined with octi's key."""
    async with calling(ANNA, judge=False) as octi:
        record = await octi.services.directory.make(Wish())
        secret = await bound(octi, octi.net.mint(), record.id)
        async with octi.join(octi.net.ring().id, secret=secret) as client:
            event, code, _ = await told_in_band(client)
    assert (event["error"]["code"], code) == ("call_id_not_found", 4000)


async def test_a_client_secret_of_another_session_does_not_join_a_call_that_octi_hears(
    autojump_clock: MockClock,
) -> None:
    """Nor one of none; its own session's secret does."""
    async with calling(ANNA, judge=False) as octi:
        call = octi.net.ring()
        record = await attach(octi, call.id)
        other = await octi.services.directory.make(Wish())
        for number, session in enumerate((other.id, None)):
            secret = await bound(octi, f"ek_{'x' * 30}{number}", session)
            async with octi.join(call.id, secret=secret) as client:
                with suppress(ConnectionClosed):
                    await hear(client, "never")
                assert client.closed is not None
                assert client.closed.code == 3000
        secret = await bound(octi, f"ek_{'y' * 30}", record.id)
        async with octi.join(call.id, secret=secret) as client:
            await hear(client, "response.done")


async def test_the_embedded_engine_has_no_calls(autojump_clock: MockClock) -> None:
    """It says so, in band."""
    async with open_octi() as octi, octi.visit("/v1/realtime?call_id=rtc_1") as client:
        event, code, reason = await told_in_band(client)
    assert (event["error"]["message"], code, reason) == (NO_CALLS, 1008, "not_served")


async def test_a_drain_is_told_to_listeners_as_to_all_clients(autojump_clock: MockClock) -> None:
    """1012; the call goes on."""
    async with calling(QUIET, judge=False) as octi:
        call = octi.net.ring()
        async with octi.join(call.id) as client:
            await trio.sleep(1)
            octi.services.live.draining.set()
            assert (await end_of(client))[0] == 1012
        assert octi.net.house.calls.find(call.id) is call


async def test_nobodys_key_is_in_the_log(autojump_clock: MockClock) -> None:
    """Nor in what a client is told."""
    with capture_logs() as lines:
        async with calling(QUIET, judge=False) as octi:
            secret = await bound(octi, octi.net.mint(), None)
            async with octi.join("rtc_none", secret=secret) as client:
                told = await told_in_band(client)
    assert secret not in str(lines)
    assert secret not in str(told)
