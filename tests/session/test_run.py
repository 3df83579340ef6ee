"""A session over scripted peers, in memory, on virtual time."""

from collections.abc import Sequence

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import OctiError, StoreFailed, UpstreamBusy, UpstreamLost, UpstreamRefused
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.steps import Steps
from octi.records import Row, SessionState
from octi.session.live import LiveSessions
from octi.session.run import WORDS_S, run_session
from octi.store.memory import MemoryStore
from octi.websocket.memory import memory_legs
from tests.fakes import (
    Event,
    MemoryUpstream,
    Peer,
    Script,
    agent_begins,
    agent_ends,
    agent_turn,
    greet,
    say,
    user_turn,
    wait_for,
)
from tests.session.talks import ID, RealtimeDoor, new_session, talking

CHUNK = b"\x01\x00" * 480  # 20 ms


async def obliging(peer: Peer) -> None:
    """One question, one answer, then attention."""
    await greet(peer)
    await wait_for(peer, "input_audio_buffer.append")
    await say(peer, user_turn("u1", "Hello?"), agent_turn("a1", "Good morning."))
    await trio.sleep_forever()


async def test_a_conversation_reaches_the_client_and_the_store(autojump_clock: MockClock) -> None:
    """What both sides said is heard, told, and kept in order."""
    async with talking(MemoryUpstream([obliging])) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("transcript")
    assert talk.client.kinds() == [
        "ready",
        "user_speech_started",
        "user_speech_stopped",
        "user_transcript_delta",
        "user_transcript",
        "transcript_delta",
        "bot_audio_end",
        "transcript",
    ]
    assert talk.client.sound() == 200 * 48
    assert await talk.turns() == [("user", "Hello?", False), ("assistant", "Good morning.", False)]


async def test_a_client_that_leaves_ends_the_session(autojump_clock: MockClock) -> None:
    """The record says who left, and the provider's leg is closed."""
    upstream = MemoryUpstream([obliging])
    async with talking(upstream) as talk:
        await talk.client.wait_kind("ready")
    record = await talk.end()
    assert (record.state, record.ended_by, record.ended_at) == (SessionState.ENDED, "client", 2.0)
    assert record.end_reason == "the client left (closed with 1000: test over)"
    assert upstream.open_now == 0


async def test_the_provider_is_configured_before_the_client_is_ready(autojump_clock: MockClock) -> None:
    """The prompt, the voice and an explicit silence go up with the first words."""
    asked = []

    async def curious(peer: Peer) -> None:
        asked.append(await greet(peer))
        await trio.sleep_forever()

    async with talking(MemoryUpstream([curious])) as talk:
        await talk.client.wait_kind("ready")
    (session,) = asked
    assert session["instructions"] == "Be kind."
    assert session["audio"]["output"]["voice"] == "alloy"
    assert session["audio"]["input"]["transcription"] == {"model": "whisper-1"}
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 500


async def test_a_users_turn_is_stored_before_the_answer_has_ended(autojump_clock: MockClock) -> None:
    """Also where the store takes its time: the end of the answer waits for it, a little."""

    @attrs.define(eq=False)
    class Slow(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep(0.1)
            await super().save(rows)

    kept_at_the_end = []
    async with talking(MemoryUpstream([obliging]), store=Slow()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
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

    async with talking(MemoryUpstream([obliging]), store=Away()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
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
    async with talking(MemoryUpstream([obliging]), store=Gone()) as talk:
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

    async with talking(MemoryUpstream([obliging]), store=Picky()) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("transcript")
    assert [text for _, text, _ in await talk.turns()] == ["", "Good morning."]


async def test_an_answer_in_flight_is_kept_as_interrupted(autojump_clock: MockClock) -> None:
    """The client leaves in the middle of it."""

    async def halfway(peer: Peer) -> None:
        await greet(peer)
        await say(peer, agent_begins("a1", "Once upon a"))
        await trio.sleep_forever()

    async with talking(MemoryUpstream([halfway])) as talk:
        await talk.client.wait_kind("transcript_delta")
    assert await talk.turns() == [("assistant", "Once upon a", True)]


async def test_a_client_that_leaves_in_mid_word_leaves_its_turn(autojump_clock: MockClock) -> None:
    """Words nobody has recognised yet are a turn without text, marked interrupted."""

    async def listening(peer: Peer) -> None:
        await greet(peer)
        await wait_for(peer, "input_audio_buffer.append")
        await peer.send({"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0})
        await trio.sleep_forever()

    async with talking(MemoryUpstream([listening])) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("user_speech_started")
    (turn,) = await talk.stored()
    assert (turn.text, turn.start_ms, turn.end_ms, turn.interrupted) == ("", 0, 20, True)


async def test_a_provider_that_dies_in_mid_answer_is_replaced(autojump_clock: MockClock) -> None:
    """An OCTI client is told, gets what was said so far as interrupted, and `ready` for the next conversation."""

    async def dying(peer: Peer) -> None:
        await greet(peer)
        await say(peer, agent_begins("a1", "I am about to"))
        await peer.close(1011, "out of memory")

    async with talking(MemoryUpstream([dying, obliging])) as talk:
        await talk.client.wait_kind("ready", 2)
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("user_transcript")
    assert talk.client.told()[2]["message"] == "connection to the agent lost, trying again (1/5)"
    assert (await talk.turns())[:2] == [("assistant", "I am about to", True), ("user", "Hello?", False)]


async def test_a_provider_that_stays_away_ends_the_session_after_five_more_tries(autojump_clock: MockClock) -> None:
    """Each try is told; the end is an error, and the stored record says why."""

    async def gone(peer: Peer) -> None:
        await peer.close(1006)

    upstream = MemoryUpstream([gone])
    async with talking(upstream) as talk:
        record = await talk.end()
    assert upstream.opened == 6
    assert [message["message"] for message in talk.client.told()][:5] == [
        f"connection to the agent lost, trying again ({number}/5)" for number in range(1, 6)
    ]
    assert record.ended_by == "provider"
    assert record.end_reason == "scripted is not there: closed with 1006"
    assert talk.client.told()[-1]["message"] == record.end_reason
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_a_refusal_is_not_tried_again(autojump_clock: MockClock) -> None:
    """A wrong key stays wrong."""
    upstream = MemoryUpstream([obliging], refusal=UpstreamRefused("scripted", "invalid api key", 401))
    async with talking(upstream) as talk:
        record = await talk.end()
    assert upstream.opened == 0
    assert talk.client.told() == [
        {"type": "error", "message": "scripted refused the session (HTTP 401): invalid api key"}
    ]
    assert (record.ended_by, record.end_reason) == ("provider", talk.client.told()[0]["message"])


async def test_a_refusal_in_band_carries_the_providers_words(autojump_clock: MockClock) -> None:
    """OpenAI opens the socket first, and says no on it (protocol 4.3)."""

    async def refusing(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"code": "invalid_api_key", "message": "Incorrect API key."}})
        await peer.close(3000, "invalid_request_error.invalid_api_key")

    async with talking(MemoryUpstream([refusing])) as talk:
        await talk.end()
    assert talk.client.told() == [{"type": "error", "message": "scripted refused the session: Incorrect API key."}]


async def test_a_provider_that_confirms_nothing_is_given_up(autojump_clock: MockClock) -> None:
    """Ten seconds without an answer are a lost provider."""
    async with talking(MemoryUpstream([wait_forever]), door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "scripted is not there: it did not confirm the session within 10 s"


async def wait_forever(peer: Peer) -> None:
    """A provider that says nothing."""
    await trio.sleep_forever()


@pytest.mark.parametrize("nonsense", ["not json", "[]", '{"no":"type"}', b"\x00\x01", '{"type":"response.done"}'])
async def test_a_provider_that_answers_nonsense_ends_the_session(
    autojump_clock: MockClock, nonsense: bytes | str
) -> None:
    """With an error that says what was seen."""

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

    async def limited(peer: Peer) -> None:
        await greet(peer)
        await peer.send(
            {
                "type": "error",
                "event_id": "e9",
                "error": {"code": "rate_limit_exceeded", "message": "Rate limit reached. Please try again in 7.5s."},
            }
        )
        await trio.sleep_forever()

    async with talking(MemoryUpstream([limited, obliging])) as talk:
        await talk.client.wait_kind("ready")
        began = trio.current_time()
        await talk.client.wait_kind("ready", 2)
        assert trio.current_time() - began == pytest.approx(7.5, abs=0.1)
    assert "try again in 7.5s" in talk.client.told()[1]["message"]


async def test_a_provider_that_is_at_its_limit_from_the_start_is_waited_for(autojump_clock: MockClock) -> None:
    """As long as it says; the client is told that it goes on."""
    upstream = MemoryUpstream([obliging], refusal=UpstreamBusy("scripted", "too many sessions", 5))
    async with talking(upstream) as talk:
        await talk.client.wait_kind("ready")
        assert trio.current_time() == pytest.approx(5, abs=0.1)
    assert talk.client.kinds() == ["error", "ready"]


async def test_a_realtime_client_is_told_of_a_limit_at_once(autojump_clock: MockClock) -> None:
    """It has its own ways to wait: 1013 says try again later."""
    upstream = MemoryUpstream([obliging], refusal=UpstreamBusy("scripted", "too many sessions", 5))
    async with talking(upstream, door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "scripted is at its limit, again in 5 s: too many sessions"
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_a_reset_begins_a_fresh_conversation(autojump_clock: MockClock) -> None:
    """The old leg is closed before the new one is opened, and both conversations are kept, one behind the other."""
    upstream = MemoryUpstream([obliging])
    async with talking(upstream) as talk:
        await talk.client.wait_kind("ready")
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("transcript")
        talk.client.say(type="reset_session")
        await talk.client.wait_kind("ready", 2)
        assert upstream.open_now == 1
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("transcript", 2)
    assert upstream.opened == 2


async def test_what_is_said_before_the_leg_is_ready_is_not_lost(autojump_clock: MockClock) -> None:
    """It waits, in order."""
    got: list[str] = []

    async def late(peer: Peer) -> None:
        await trio.sleep(3)
        await greet(peer)
        while True:
            got.append((await peer.receive())["type"])

    async with talking(MemoryUpstream([late])) as talk:
        talk.client.speak(CHUNK)
        talk.client.say(type="user_text", text="early")
        await talk.client.wait_kind("ready")
        await trio.sleep(1)
    assert got == ["input_audio_buffer.append", "conversation.item.create", "response.create"]


async def test_a_bad_message_is_answered_and_the_session_goes_on(autojump_clock: MockClock) -> None:
    """Garbage costs an error message, no more."""
    async with talking(MemoryUpstream([obliging])) as talk:
        await talk.client.wait_kind("ready")
        for garbage in (b"", b"nonsense", b"[1]", b'{"type":"sing"}', b'{"type":"user_text"}', b"\xff\xfe"):
            talk.client.leg.send(garbage)
        await talk.client.wait_kind("error", 6)
        talk.client.speak(CHUNK)
        await talk.client.wait_kind("transcript")


async def test_octi_going_away_is_told(autojump_clock: MockClock) -> None:
    """A drain ends the session with 1012, which invites the client to come back."""
    async with talking(MemoryUpstream([obliging])) as talk:
        await talk.client.wait_kind("ready")
        talk.draining.set()
        record = await talk.end()
    assert talk.client.told()[-1] == {"type": "error", "message": "octi is restarting"}
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1012
    assert record.ended_by == "octi"


async def test_a_session_ends_at_its_maximum_length(autojump_clock: MockClock) -> None:
    """To the second."""
    async with talking(MemoryUpstream([obliging]), longest_s=60) as talk:
        await talk.client.wait_kind("ready")
        record = await talk.end()
        assert trio.current_time() == pytest.approx(60, abs=0.1)
    assert record.end_reason == "the session reached its maximum length"


async def test_a_client_that_takes_nothing_is_let_go(autojump_clock: MockClock) -> None:
    """What waits for it is bounded: beyond that the session ends, and says so."""

    async def flooding(peer: Peer) -> None:
        await greet(peer)
        for number in range(1000):
            await say(peer, agent_turn(f"a{number}", "la", ms=1000, response=f"r{number}"))

    async with talking(MemoryUpstream([flooding], bound=1 << 30), deaf=True) as talk:
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


async def test_a_lost_provider_ends_a_realtime_session_with_its_last_error_first(autojump_clock: MockClock) -> None:
    """The client gets what the provider said last, then octi's error, then the close."""

    async def expiring(peer: Peer) -> None:
        await greet(peer)
        error = {"code": "session_expired", "message": "Your session hit the maximum duration of 60 minutes."}
        await peer.send({"type": "error", "event_id": "e9", "error": error})
        await peer.close(1001)

    async with talking(MemoryUpstream([expiring]), door=RealtimeDoor()) as talk:
        await talk.end()
    codes = [message["error"]["code"] for message in talk.client.told() if message["type"] == "error"]
    assert codes == ["session_expired", "upstream_lost"]
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_a_crash_of_a_task_ends_its_session_and_says_so(autojump_clock: MockClock) -> None:
    """1011, never 1000; the stored record calls it what it is."""

    class Broken(RealtimeDoor):
        def from_client(self, data: bytes, *, text: bool, now: float) -> list:  # type: ignore[type-arg]
            raise ZeroDivisionError

    async with talking(MemoryUpstream([obliging]), door=Broken()) as talk:
        await talk.client.wait_kind("session.created")
        talk.client.say(type="anything")
        record = await talk.end()
    assert (record.ended_by, record.end_reason) == ("octi", "internal error")
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1011


async def test_a_provider_lost_after_a_long_good_time_is_a_new_count(autojump_clock: MockClock) -> None:
    """A conversation of an hour survives more than five losses."""

    async def an_hour(peer: Peer) -> None:
        await greet(peer)
        await trio.sleep(300)
        await peer.close(1001)

    upstream = MemoryUpstream([an_hour])
    async with talking(upstream) as talk:
        await talk.client.wait_kind("ready", 9)
    assert upstream.opened == 9


async def test_a_cancelled_session_is_stored_as_stopped(autojump_clock: MockClock) -> None:
    """Cancelled from outside: both peers are told, and the record is kept."""
    upstream = MemoryUpstream([obliging])
    with trio.CancelScope() as scope:
        async with talking(upstream) as talk:
            await talk.client.wait_kind("ready")
            scope.cancel()
            await trio.lowlevel.checkpoint()
    record = await talk.store.session(ID)
    assert record is not None
    assert (record.ended_by, record.end_reason) == ("octi", "octi was stopped")
    assert upstream.open_now == 0


async def test_a_lost_connection_is_named_by_its_cause(autojump_clock: MockClock) -> None:
    """What `open` raises reaches the client in words."""
    upstream = MemoryUpstream([obliging], refusal=UpstreamLost("scripted", "cannot be reached: no route"))
    async with talking(upstream, door=RealtimeDoor()) as talk:
        record = await talk.end()
    assert record.end_reason == "scripted is not there: cannot be reached: no route"


async def test_a_failed_answer_is_told_and_the_session_goes_on(autojump_clock: MockClock) -> None:
    """With the provider's words."""

    async def failing(peer: Peer) -> None:
        await greet(peer)
        done = agent_ends("a1", "", status="failed")[-1]
        done["response"]["status_details"] = {"type": "failed", "error": {"code": "oops", "message": "It broke."}}
        await say(peer, agent_begins("a1", "I"), [done])
        await trio.sleep_forever()

    async with talking(MemoryUpstream([failing])) as talk:
        error = await talk.client.wait_kind("error")
        assert error["message"] == "It broke."
        await trio.sleep(1)
        assert talk.record is None


async def test_resetting_in_a_loop_opens_a_leg_a_second(autojump_clock: MockClock) -> None:
    """The provider's limits are everybody's: one client cannot spend them by asking again and again."""

    async def patient(peer: Peer) -> None:
        await greet(peer)
        await wait_for(peer, "the end")

    upstream = MemoryUpstream([patient])
    async with talking(upstream) as talk:
        for number in range(1, 6):
            await talk.client.wait_kind("ready", number)
            talk.client.say(type="reset_session")
        assert trio.current_time() == pytest.approx(4, abs=0.1)
    assert upstream.opened <= 6


async def test_words_without_end_before_the_leg_is_ready_are_not_taken(autojump_clock: MockClock) -> None:
    """Beyond a bound the client is not read: what it says waits at its end, and nothing of it is lost."""
    got = 0

    async def late(peer: Peer) -> None:
        nonlocal got
        await trio.sleep(5)
        await greet(peer)
        while True:
            got += (await peer.receive())["type"] == "conversation.item.create"

    async with talking(MemoryUpstream([late])) as talk:
        for _ in range(20):
            for _ in range(10):
                talk.client.say(type="user_text", text="x" * 30_000)
            await trio.sleep(0.1)
        assert talk.client.leg._leaving.waiting > 4_000_000
        await talk.client.wait_kind("ready")
        await trio.sleep(1)
    assert got == 200


async def test_a_bug_while_ending_ends_the_session_all_the_same(autojump_clock: MockClock) -> None:
    """The recorder's shield has its deadline, and both peers are let go."""

    class Broken(OctiDoor):
        def trouble(self, error: OctiError) -> Steps:
            raise ZeroDivisionError

    upstream = MemoryUpstream([obliging], refusal=UpstreamRefused("scripted", "no"))
    async with talking(upstream, door=Broken()) as talk:
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
    session = new_session(near, OctiDoor(), MemoryUpstream([obliging]), store, live.draining)
    live.enter(ID)

    async def run() -> None:
        await run_session(attrs.evolve(session, live=live))
        live.leave(ID)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        await trio.sleep(5)
        await live.wait_parted(ID)
        assert (ID in live, trio.current_time()) == (True, 5)
        await far.close(1000, "")
        await trio.sleep(0.5)
        assert ID in live
        await live.wait_parted(ID)
        assert (ID in live, trio.current_time()) == (False, 6)


# Words that come late


async def settled_after(script: Script) -> tuple[list[str], float]:
    """What is stored for who asks for it 100 ms into the conversation, and when they get it."""
    store, live, near = MemoryStore(), LiveSessions(), memory_legs()[0]
    session = new_session(near, OctiDoor(), MemoryUpstream([script]), store, live.draining)
    live.enter(ID)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_session, attrs.evolve(session, live=live))
        await trio.sleep(0.1)
        await live.settle(ID)
        known, at = [turn.text for turn in await store.turns(ID)], trio.current_time()
        await live.settle(ID)
        assert trio.current_time() == at, "nobody waits twice"
        live.draining.set()
    return known, at


def answered_before_written(*late: Event, after_s: float) -> Script:
    """A spoken turn that is answered before anybody has written it down."""

    async def provider(peer: Peer) -> None:
        await greet(peer)
        await say(peer, user_turn("u1", "Hello?")[:5], agent_turn("a1", "Good morning."))
        await trio.sleep(after_s)
        await say(peer, list(late))
        await trio.sleep_forever()

    return provider


async def test_who_wants_to_know_what_was_said_gets_words_that_come_late(autojump_clock: MockClock) -> None:
    """A model may call a function before the transcription of what it has heard is there."""
    known, at = await settled_after(answered_before_written(*user_turn("u1", "Hello?")[5:], after_s=1.0))
    assert known == ["Hello?", "Good morning."]
    assert at == pytest.approx(1.0)


async def test_words_that_fail_or_never_come_keep_nobody_for_long(autojump_clock: MockClock) -> None:
    """What is known is told without them."""
    failed = {"type": "conversation.item.input_audio_transcription.failed", "item_id": "u1", "content_index": 0}
    known, at = await settled_after(answered_before_written(failed, after_s=1.0))
    assert known == ["", "Good morning."]
    assert at == pytest.approx(1.0)
    began = trio.current_time()
    known, at = await settled_after(answered_before_written(after_s=60.0))
    assert known == ["", "Good morning."]
    assert at - began == pytest.approx(0.1 + WORDS_S)
