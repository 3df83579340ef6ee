"""A session with simulated providers, in memory, on virtual time."""

from collections.abc import Sequence

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import OctiError, StoreFailed
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.steps import Steps
from octi.records import Row, SessionState
from octi.session.live import LiveSessions
from octi.session.run import WORDS_S, run_session
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.websocket.memory import memory_legs
from tests.fakes import MemoryUpstream, Peer, greet
from tests.providers import MORNING, QUIET, SPEECH, VOICE, legs_to, net_to
from tests.session.talks import ID, RealtimeDoor, new_session, talking

DYING = """
[[turn]]
silence_s = 1
say = "I am about to tell you"
faults = [{ kind = "close", reason = "out of memory", after_audio_ms = 800 }]
"""
GONE = """
[[faults]]
kind = "close"
on = "session.created"
"""
REFUSING = """
name = "refusing"
[[faults]]
path = "/v1/realtime*"
times = 9
status = 401
body = { error = { message = "invalid api key" } }
"""
LATE = """
[[faults]]
kind = "stall"
event = 1
stall_s = 3
"""
BUSY = f"""
{MORNING}
[[faults]]
path = "/v1/realtime*"
status = 429
headers = {{ Retry-After = "5" }}
body = "too many sessions"
"""


async def test_a_conversation_reaches_the_client_and_the_store(autojump_clock: MockClock) -> None:
    """What both sides said is heard, told, and kept in order."""
    async with talking(f"latency = {{ first_audio_ms = 300 }}{MORNING}") as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
    assert talk.client.kinds() == [
        "ready",
        "user_speech_started",
        "user_speech_stopped",
        "user_transcript_delta",
        "user_transcript",
        "transcript_delta",
        "transcript_delta",
        "bot_audio_end",
        "transcript",
    ]
    assert talk.client.sound() == 2 * 200 * 48  # the voice of a word is 200 ms
    assert await talk.turns() == [("user", "Hello?", False), ("assistant", "Good morning.", False)]


async def test_a_client_that_leaves_ends_the_session(autojump_clock: MockClock) -> None:
    """The record says who left, and the provider's leg is closed."""
    async with legs_to(MORNING) as upstream, talking(upstream) as talk:
        await talk.client.wait_kind("ready")
    record = await talk.end()
    assert (record.state, record.ended_by, record.ended_at) == (SessionState.ENDED, "client", 2.0)
    assert record.end_reason == "the client left (closed with 1000: test over)"
    assert upstream.open_now == 0


async def test_the_provider_is_configured_before_the_client_is_ready(autojump_clock: MockClock) -> None:
    """The prompt, the voice and an explicit silence go up with the first words."""
    configured = """
    [[expect]]
    send = "session.update"

      [expect.where]
      "session.instructions" = "Be kind."
      "session.audio.output.voice" = "alloy"
      "session.audio.input.transcription.model" = "whisper-1"
      "session.audio.input.turn_detection.silence_duration_ms" = 500
    """
    async with talking(configured) as talk:
        await talk.client.wait_kind("ready")


async def test_a_users_turn_is_stored_before_the_answer_has_ended(autojump_clock: MockClock) -> None:
    """Also where the store takes its time: the end of the answer waits for it, a little."""

    @attrs.define(eq=False)
    class Slow(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep(0.1)
            await super().save(rows)

    kept_at_the_end = []
    async with talking(MORNING, store=Slow()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("bot_audio_end")
        kept_at_the_end = await talk.turns()
    assert kept_at_the_end[0] == ("user", "Hello?", False)


async def test_a_store_that_is_away_holds_up_nobody_and_loses_nothing(autojump_clock: MockClock) -> None:
    """The conversation goes on; when the store is back, the turns are in it."""

    @attrs.define(eq=False)
    class Away(MemoryStore):
        until: float = 30.0

        async def save(self, rows: Sequence[Row]) -> None:
            await trio.lowlevel.checkpoint()
            if trio.current_time() < self.until:
                raise StoreFailed("away")
            await super().save(rows)

    async with talking(MORNING, store=Away()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
        assert trio.current_time() < 2
        await trio.sleep(40)
        assert [text for _, text, _ in await talk.turns()] == ["Hello?", "Good morning."]


async def test_a_store_that_never_comes_back_delays_the_end_by_its_budget(autojump_clock: MockClock) -> None:
    """Five seconds, and the session is over."""

    @attrs.define(eq=False)
    class Gone(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep_forever()

    began = trio.current_time()
    async with talking(MORNING, store=Gone()) as talk:
        await talk.client.wait_kind("ready")
    assert trio.current_time() - began == pytest.approx(5, abs=0.1)


async def test_a_row_that_cannot_be_kept_does_not_hold_up_the_others(autojump_clock: MockClock) -> None:
    """The bad row is given up; the ones behind it are stored."""

    @attrs.define(eq=False)
    class Picky(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            if any(getattr(row, "text", "") == "Hello?" for row in rows):
                raise StoreFailed("not that", retryable=False)
            await super().save(rows)

    async with talking(MORNING, store=Picky()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
    assert [text for _, text, _ in await talk.turns()] == ["", "Good morning."]


async def test_an_answer_in_flight_is_kept_as_interrupted(autojump_clock: MockClock) -> None:
    """The client leaves in the middle of it."""

    story = """
    [[turn]]
    silence_s = 1
    say = "Once upon a time"
    latency = { pace = 1.0 }
    """
    async with talking(story) as talk:
        await talk.client.wait_kind("transcript_delta", 3)
    assert await talk.turns() == [("assistant", "Once upon a", True)]


async def test_a_client_that_leaves_in_mid_word_leaves_its_turn(autojump_clock: MockClock) -> None:
    """Words nobody has recognised yet are a turn without text, marked interrupted."""
    async with talking(MORNING) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(SPEECH)
        await talk.client.wait_kind("user_speech_started")
    (turn,) = await talk.stored()
    assert (turn.text, turn.start_ms, turn.end_ms, turn.interrupted) == ("", 0, 256, True)


async def test_a_provider_that_dies_in_mid_answer_is_replaced(autojump_clock: MockClock) -> None:
    """An OCTI client is told, gets what was said so far as interrupted, and `ready` for the next conversation."""
    async with legs_to(DYING, MORNING) as upstream, talking(upstream) as talk:
        await talk.client.wait_kind("ready", 2)
        talk.client.speak(VOICE)
        await talk.client.wait_kind("user_transcript")
    assert [error["message"] for error in talk.client.told() if error["type"] == "error"] == [
        "connection to the agent lost, trying again (1/5)"
    ]
    assert (await talk.turns())[:2] == [("assistant", "I am about to", True), ("user", "Hello?", False)]


async def test_a_provider_that_stays_away_ends_the_session_after_five_more_tries(autojump_clock: MockClock) -> None:
    """Each try is told; the end is an error, and the stored record says why."""
    async with legs_to(GONE) as upstream, talking(upstream) as talk:
        record = await talk.end()
    assert upstream.opened == 6
    assert [message["message"] for message in talk.client.told()][:5] == [
        f"connection to the agent lost, trying again ({number}/5)" for number in range(1, 6)
    ]
    assert record.ended_by == "provider"
    assert record.end_reason == "simulated is not there: closed with 1011: the script says so"
    assert talk.client.told()[-1]["message"] == record.end_reason
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_a_refusal_is_not_tried_again(autojump_clock: MockClock) -> None:
    """A wrong key stays wrong."""
    async with net_to(REFUSING, judge=False) as net, talking(net.upstream()) as talk:
        record = await talk.end()
    assert len(net.streams) == 1
    assert talk.client.told() == [
        {"type": "error", "message": "simulated refused the session (HTTP 401): invalid api key"}
    ]
    assert (record.ended_by, record.end_reason) == ("provider", talk.client.told()[0]["message"])


async def test_a_refusal_in_band_carries_the_providers_words(autojump_clock: MockClock) -> None:
    """OpenAI opens the socket first, and says no on it (protocol 4.3)."""
    async with net_to(QUIET, key="sk-another", judge=False) as net, talking(net.upstream()) as talk:
        await talk.end()
    message = "simulated refused the session: Incorrect API key provided."
    assert talk.client.told() == [{"type": "error", "message": message}]


async def test_a_provider_that_confirms_nothing_is_given_up(autojump_clock: MockClock) -> None:
    """Ten seconds without an answer are a lost provider."""
    silent = """
    [[faults]]
    kind = "lost"
    on = "session.updated"
    """
    async with talking(silent, door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "simulated is not there: it did not confirm the session within 10 s"


async def test_an_event_that_is_cut_in_half_ends_the_session(autojump_clock: MockClock) -> None:
    """Nothing behind it can be trusted."""
    async with talking(f'{MORNING}faults = [{{ kind = "malformed" }}]') as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        record = await talk.end()
    assert (record.end_reason or "").startswith("simulated does not speak the Realtime protocol: not JSON: ")


@pytest.mark.parametrize("nonsense", ["not json", "[]", '{"no":"type"}', b"\x00\x01", '{"type":"response.done"}'])
async def test_a_provider_that_answers_nonsense_ends_the_session(
    autojump_clock: MockClock, nonsense: bytes | str
) -> None:
    """With an error that says what was seen. By hand: nothing that speaks the protocol at all says such things."""

    async def babbling(peer: Peer) -> None:
        await greet(peer)
        await peer.send(nonsense)
        await trio.sleep_forever()

    async with talking(MemoryUpstream([babbling])) as talk:
        record = await talk.end()
    assert (record.end_reason or "").startswith("scripted does not speak the Realtime protocol: ")
    assert talk.client.told()[-1] == {"type": "error", "message": record.end_reason}


async def test_a_rate_limit_is_waited_out(autojump_clock: MockClock) -> None:
    """The client is told, the named time passes, and a fresh session is ready."""
    limited = """
    [[faults]]
    kind = "rate_limit"
    message = "Rate limit reached. Please try again in 7.5s."
    at_s = 1
    """
    async with legs_to(limited, MORNING) as upstream, talking(upstream) as talk:
        await talk.client.wait_kind("ready")
        began = trio.current_time()
        await talk.client.wait_kind("ready", 2)
        assert trio.current_time() - began == pytest.approx(1 + 7.5, abs=0.1)
    assert "try again in 7.5s" in talk.client.told()[1]["message"]


async def test_a_provider_that_is_at_its_limit_from_the_start_is_waited_for(autojump_clock: MockClock) -> None:
    """As long as it says; the client is told that it goes on."""
    async with net_to(BUSY) as net, talking(net.upstream()) as talk:
        await talk.client.wait_kind("ready")
        assert trio.current_time() == pytest.approx(5, abs=0.1)
    assert talk.client.kinds() == ["error", "ready"]


async def test_a_realtime_client_is_told_of_a_limit_at_once(autojump_clock: MockClock) -> None:
    """It has its own ways to wait: 1013 says try again later."""
    async with net_to(BUSY, judge=False) as net, talking(net.upstream(), door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "simulated is at its limit, again in 5 s: too many sessions"
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_a_reset_begins_a_fresh_conversation(autojump_clock: MockClock) -> None:
    """The old leg is closed before the new one is opened, and both conversations are kept, one behind the other."""
    async with legs_to(MORNING) as upstream, talking(upstream) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
        talk.client.say(type="reset_session")
        await talk.client.wait_kind("ready", 2)
        assert upstream.open_now == 1
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript", 2)
    assert upstream.opened == 2
    assert [text for _, text, _ in await talk.turns()] == ["Hello?", "Good morning."] * 2


async def test_what_is_said_before_the_leg_is_ready_is_not_lost(autojump_clock: MockClock) -> None:
    """It waits, in order."""
    async with legs_to(LATE) as upstream, talking(upstream) as talk:
        talk.client.speak(SPEECH)
        talk.client.say(type="user_text", text="early")
        await talk.client.wait_kind("ready")
        assert trio.current_time() == 3
        await talk.client.wait_kind("transcript")
    kinds = [event["type"] for event in upstream.legs[0].sent]
    assert kinds == ["session.update", "input_audio_buffer.append", "conversation.item.create", "response.create"]


async def test_a_bad_message_is_answered_and_the_session_goes_on(autojump_clock: MockClock) -> None:
    """Garbage costs an error message, no more."""
    async with talking(MORNING) as talk:
        await talk.client.wait_kind("ready")
        for garbage in (b"", b"nonsense", b"[1]", b'{"type":"sing"}', b'{"type":"user_text"}', b"\xff\xfe"):
            talk.client.leg.send(garbage)
        await talk.client.wait_kind("error", 6)
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")


async def test_octi_going_away_is_told(autojump_clock: MockClock) -> None:
    """A drain ends the session with 1012, which invites the client to come back."""
    async with talking(MORNING) as talk:
        await talk.client.wait_kind("ready")
        talk.draining.set()
        record = await talk.end()
    assert talk.client.told()[-1] == {"type": "error", "message": "octi is restarting"}
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1012
    assert record.ended_by == "octi"


async def test_a_session_ends_at_its_maximum_length(autojump_clock: MockClock) -> None:
    """To the second."""
    async with talking(MORNING, longest_s=60) as talk:
        await talk.client.wait_kind("ready")
        record = await talk.end()
        assert trio.current_time() == pytest.approx(60, abs=0.1)
    assert record.end_reason == "the session reached its maximum length"


async def test_a_client_that_takes_nothing_is_let_go(autojump_clock: MockClock) -> None:
    """What waits for it is bounded: beyond that the session ends, and says so."""
    flood = f"""
    [[turn]]
    silence_s = 1
    say = "{"la " * 1000}"
    """
    async with talking(flood, deaf=True) as talk:
        record = await talk.end()
    assert record.ended_by == "client"
    assert (record.end_reason or "").startswith("the client is too slow: 8")


async def test_the_realtime_door_passes_events_as_they_came(autojump_clock: MockClock) -> None:
    """Unknown events and fields too; `session.created` shows the configuration in force."""
    odd = '{ "type" : "vendor.special", "x": [1, 2, {"y": null}], "event_id":"v" }'

    async def vendor(peer: Peer) -> None:
        await greet(peer)
        await peer.send(odd)
        event = await peer.receive()
        await peer.send({"type": "echo", "event": event})
        await trio.sleep_forever()

    async with talking(MemoryUpstream([vendor]), door=RealtimeDoor()) as talk:
        await talk.client.wait_kind("vendor.special")
        talk.client.say(type="strange.request", deep={"a": 1})
        echoed = await talk.client.wait_kind("echo")
    assert talk.client.heard[1].data == odd.encode()
    assert echoed["event"] == {"type": "strange.request", "deep": {"a": 1}}
    assert talk.client.told()[0]["session"]["instructions"] == "Be kind."


async def test_a_provider_that_ends_a_realtime_session_has_the_last_word(autojump_clock: MockClock) -> None:
    """The client gets what the provider said last, then the close."""
    expiring = """
    [[faults]]
    kind = "session_end"
    at_s = 1
    """
    async with talking(expiring, door=RealtimeDoor()) as talk:
        await talk.end()
    codes = [message["error"]["code"] for message in talk.client.told() if message["type"] == "error"]
    assert codes == ["session_expired"]
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1001


async def test_a_crash_of_a_task_ends_its_session_and_says_so(autojump_clock: MockClock) -> None:
    """1011, never 1000; the stored record calls it what it is."""

    class Broken(RealtimeDoor):
        def from_client(self, data: bytes, *, text: bool, now: float) -> list:  # type: ignore[type-arg]
            raise ZeroDivisionError

    async with talking(MORNING, door=Broken()) as talk:
        await talk.client.wait_kind("session.created")
        talk.client.say(type="anything")
        record = await talk.end()
    assert (record.ended_by, record.end_reason) == ("octi", "internal error")
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1011


async def test_a_provider_lost_after_a_long_good_time_is_a_new_count(autojump_clock: MockClock) -> None:
    """A conversation of an hour survives more than five losses."""
    an_hour = """
    limit_s = 600
    [[faults]]
    kind = "close"
    code = 1001
    at_s = 300
    """
    async with legs_to(an_hour) as upstream, talking(upstream) as talk:
        await talk.client.wait_kind("ready", 9)
    assert upstream.opened == 9


async def test_a_cancelled_session_is_stored_as_stopped(autojump_clock: MockClock) -> None:
    """Cancelled from outside: both peers are told, and the record is kept."""
    with trio.CancelScope() as scope:
        async with legs_to(MORNING) as upstream, talking(upstream) as talk:
            await talk.client.wait_kind("ready")
            scope.cancel()
            await trio.lowlevel.checkpoint()
    record = await talk.store.session(ID)
    assert record is not None
    assert (record.ended_by, record.end_reason) == ("octi", "octi was stopped")
    assert upstream.open_now == 0


async def test_a_lost_connection_is_named_by_its_cause(autojump_clock: MockClock) -> None:
    """What `open` raises reaches the client in words."""
    nobody = 'name = "nobody"\n[[faults]]\npath = "*"\ndrop = true'
    async with net_to(nobody, judge=False) as net, talking(net.upstream(), door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "simulated is not there: left during the handshake"


async def test_a_failed_answer_is_told_and_the_session_goes_on(autojump_clock: MockClock) -> None:
    """With the provider's words."""
    failing = """
    [[turn]]
    silence_s = 1
    say = "I think"
    faults = [{ kind = "failed", message = "It broke.", after_audio_ms = 200 }]
    """
    async with talking(failing) as talk:
        error = await talk.client.wait_kind("error")
        assert error["message"] == "It broke."
        await trio.sleep(1)
        assert talk.record is None


async def test_resetting_in_a_loop_opens_a_leg_a_second(autojump_clock: MockClock) -> None:
    """The provider's limits are everybody's: one client cannot spend them by asking again and again."""
    async with legs_to(QUIET) as upstream, talking(upstream) as talk:
        for number in range(1, 6):
            await talk.client.wait_kind("ready", number)
            talk.client.say(type="reset_session")
        assert trio.current_time() == pytest.approx(4, abs=0.1)
    assert upstream.opened <= 6


async def test_words_without_end_before_the_leg_is_ready_are_not_taken(autojump_clock: MockClock) -> None:
    """Beyond a bound the client is not read: what it says waits at its end, and nothing of it is lost."""
    async with legs_to(LATE) as upstream, talking(upstream) as talk:
        for _ in range(20):
            for _ in range(10):
                talk.client.say(type="user_text", text="x" * 30_000)
            await trio.sleep(0.1)
        assert talk.client.leg._leaving.waiting > 4_000_000
        await talk.client.wait_kind("ready")
        await trio.sleep(1)
    assert len(upstream.sent("conversation.item.create")) == 200


async def test_a_bug_while_ending_ends_the_session_all_the_same(autojump_clock: MockClock) -> None:
    """The recorder's shield has its deadline, and both peers are let go."""

    class Broken(OctiDoor):
        def trouble(self, error: OctiError) -> Steps:
            raise ZeroDivisionError

    async with net_to(REFUSING, judge=False) as net, talking(net.upstream(), door=Broken()) as talk:
        await talk.ended.wait()
        assert trio.current_time() <= 6
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1011


async def test_a_session_whose_client_left_is_about_to_leave(autojump_clock: MockClock) -> None:
    """What it says last takes a while to store; meanwhile it can be told from one that goes on."""

    class Slow(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep(1)
            await super().save(rows)

    (near, far), live, store = memory_legs(), LiveSessions(), Slow()
    live.enter(ID)

    async def run(upstream: Upstream) -> None:
        session = new_session(near, OctiDoor(), upstream, store, live.draining)
        await run_session(attrs.evolve(session, live=live))
        live.leave(ID)

    async with legs_to(QUIET) as upstream, trio.open_nursery() as nursery:
        nursery.start_soon(run, upstream)
        await trio.sleep(5)
        await live.wait_parted(ID)
        assert (ID in live, trio.current_time()) == (True, 5)
        await far.close(1000, "")
        await trio.sleep(0.5)
        assert ID in live
        await live.wait_parted(ID)
        assert (ID in live, trio.current_time()) == (False, 6)


# What waits in it


async def test_a_session_tells_what_waits_in_it(autojump_clock: MockClock) -> None:
    """Rows for the store, bytes for a client that takes nothing, what is kept for a provider that is not there yet."""

    @attrs.define(eq=False)
    class Gone(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep_forever()

    (near, far), live = memory_legs(), LiveSessions()
    live.enter(ID)
    async with legs_to(LATE + MORNING) as upstream, trio.open_nursery() as nursery:
        session = new_session(near, OctiDoor(), upstream, Gone(), live.draining)
        nursery.start_soon(run_session, attrs.evolve(session, live=live))
        far.send(VOICE, text=False)
        await trio.sleep(1)
        early = dict(live.census()[ID])
        await trio.sleep(10)
        later = dict(live.census()[ID])
        live.draining.set()
        live.hurrying.set()  # its client takes nothing
    assert early.keys() == later.keys()
    assert (early["rows"], early["client_bytes"], early["turns"]) == (1, 0, 0)
    assert early["early_bytes"] > len(VOICE)
    assert later["rows"] >= 3, "itself, and its turns"
    assert (later["rows_lost"], later["early_bytes"], later["turns"]) == (0, 0, 2)
    assert later["client_bytes"] > 2 * 200 * 48, "the voice of two words"


# Words that come late


LATE_WORDS = f"""
latency = {{ heard_ms = 1000 }}
{MORNING}
"""
FAILED_WORDS = """
latency = { heard_ms = 1000 }
caller = [{ say = "Hello?", words = "failed" }]
agent = [{ say = "Good morning." }]
"""
NO_WORDS = f"""
latency = {{ heard_ms = 60000 }}
{MORNING}
"""


async def settled_after(scenario: str) -> tuple[list[str], float]:
    """What is stored for who asks for it when a spoken turn has been answered, and how long they wait for it."""
    store, live, (near, far) = MemoryStore(), LiveSessions(), memory_legs()
    live.enter(ID)
    async with legs_to(scenario) as upstream, trio.open_nursery() as nursery:
        session = new_session(near, OctiDoor(), upstream, store, live.draining)
        nursery.start_soon(run_session, attrs.evolve(session, live=live))
        far.send(VOICE, text=False)
        await trio.sleep(0.1)
        began = trio.current_time()
        await live.settle(ID)
        known, at = [turn.text for turn in await store.turns(ID)], trio.current_time()
        await live.settle(ID)
        assert trio.current_time() == at, "nobody waits twice"
        live.draining.set()
        live.hurrying.set()  # its client takes nothing
    return known, at - began


async def test_who_wants_to_know_what_was_said_gets_words_that_come_late(autojump_clock: MockClock) -> None:
    """A model may call a function before the transcription of what it has heard is there."""
    known, waited_s = await settled_after(LATE_WORDS)
    assert known == ["Hello?", "Good morning."]
    assert waited_s == pytest.approx(0.9)


async def test_words_that_fail_or_never_come_keep_nobody_for_long(autojump_clock: MockClock) -> None:
    """What is known is told without them."""
    known, waited_s = await settled_after(FAILED_WORDS)
    assert known == ["", "Good morning."]
    assert waited_s == pytest.approx(0.9)
    known, waited_s = await settled_after(NO_WORDS)
    assert known == ["", "Good morning."]
    assert waited_s == pytest.approx(WORDS_S)
