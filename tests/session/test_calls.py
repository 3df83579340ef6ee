"""Calls whose media does not pass octi: heard over sidebands in memory, on virtual time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.errors import SessionTaken, UpstreamRefused
from octi.records import DevelopmentKind, SessionRecord, SessionState
from octi.session.calls import Calls, CallsKit
from octi.session.ending import GONE
from octi.session.keeper import BEAT_S
from octi.session.legs import CALL_TRIES
from octi.session.live import LiveSessions, Order
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.dial import Dialled
from tests.cassette.tapes import only, recorder
from tests.cuts import Cut, cut_everywhere
from tests.fakes import Peer, PeerLeft, agent_turn, say, user_turn, wait_for
from tests.session.test_tools import SlowBox
from tests.whole_stack import PROVIDER, ScriptedNet

ID = SessionId("11111111-2222-3333-4444-555555555555")
RECORD = SessionRecord(
    id=ID, door="call", upstream="scripted", model="m", voice="alloy", created_at=1.0, call_id="rtc_1", resumable=True
)


@attrs.define(eq=False)
class NotedEnds:
    """Who hung up which call, as whom; a call ends at its own credential only."""

    made_by: str | None = None
    over: bool = False
    asked: list[tuple[str | None, str]] = attrs.field(factory=list)

    def with_secret(self, secret: str | None) -> "HangUp":
        return HangUp(self, secret)


@attrs.frozen
class HangUp:
    ends: NotedEnds
    secret: str | None

    async def hang_up(self, call_id: str) -> bool:
        await trio.lowlevel.checkpoint()
        self.ends.asked.append((self.secret, call_id))
        was_there = self.secret == self.ends.made_by and not self.ends.over
        self.ends.over = self.ends.over or was_there
        return was_there


@attrs.define(eq=False)
class House:
    """One octi that listens to calls of one provider."""

    calls: Calls
    net: ScriptedNet
    store: MemoryStore
    live: LiveSessions
    ends: NotedEnds
    box: SlowBox
    instructions: list[str]  # the last is in force

    async def end(self) -> SessionRecord:
        """The session as it is stored once it is over."""
        with trio.fail_after(7200):
            await self.live.wait_left(ID)
        record = await self.store.session(ID)
        assert record is not None
        return record

    async def said(self) -> list[str]:
        """The stored turns' words."""
        return [turn.text for turn in await self.store.turns(ID)]


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def house(script: Script, *, idle_s: float = inf, longest_s: float = 3600) -> AsyncIterator[House]:
    """An octi whose provider's calls go like this; everything has ended when the block has."""
    async with trio.open_nursery() as outside:
        net, store, live, ends, box = (
            ScriptedNet(script, outside),
            MemoryStore(),
            LiveSessions(),
            NotedEnds(),
            SlowBox(),
        )
        told = ["Be kind."]

        async def instructions(session: SessionId) -> str:
            await store.ping()
            return told[-1]

        kit = CallsKit(
            dialled=Dialled(provider=PROVIDER, max_message_bytes=1 << 20, connect=net.connect),
            api=ends,
            store=store,
            live=live,
            tools=box,
            instructions=instructions,
            longest_s=longest_s,
            idle_s=idle_s,
            debug_events=False,
            now=lambda: 1000.0 + trio.current_time(),
        )
        async with trio.open_nursery() as nursery:
            yield House(Calls(kit, nursery), net, store, live, ends, box, told)
            nursery.cancel_scope.cancel()
        assert len(live) == 0
        outside.cancel_scope.cancel()


async def joined(peer: Peer, session: dict[str, Any] | None = None) -> dict[str, Any]:
    """Answer octi's first words on a sideband; what it asked for."""
    there = (
        session
        if session is not None
        else {"instructions": "Hello.", "tools": [{"type": "function", "name": "theirs"}]}
    )
    asked: dict[str, Any] = {}
    for _ in range(2):
        update = (await wait_for(peer, "session.update"))["session"]
        asked |= update
        there = there | update
        await peer.send({"type": "session.updated", "session": there})
        if not {"instructions", "tools"} - asked.keys() or session is not None:
            break
    return asked


IN_FORCE = {"instructions": "Be kind.", "tools": [{"type": "function", "name": "f"}]}


async def stays(peer: Peer) -> None:
    """Go on until octi leaves."""
    while True:
        await peer.receive()


async def talks(peer: Peer) -> None:
    """One turn each; then silence."""
    await joined(peer)
    await say(peer, user_turn("u1", "my name is Anna"), agent_turn("a1", "hello Anna"))
    await stays(peer)


async def test_a_call_is_heard_and_kept(autojump_clock: MockClock) -> None:
    """With the turns' order, roles and times; and hung up at the end, as whoever made it."""
    async with house(talks) as octi:
        octi.ends.made_by = "ek_1"
        octi.calls.attach(RECORD, "rtc_1", ["ek_1"])
        await trio.sleep(5)
        turns = await octi.store.turns(ID)
        octi.live.dismiss(ID)
        record = await octi.end()
    assert [(turn.role.value, turn.text, turn.said_at) for turn in turns] == [
        ("user", "my name is Anna", 1000.0),
        ("assistant", "hello Anna", 1000.0),
    ]
    assert (record.state, record.ended_by, record.call_id) == (SessionState.ENDED, "operator", "rtc_1")
    assert octi.ends.asked == [("ek_1", "rtc_1")]


async def test_a_calls_own_functions_are_left_to_it(autojump_clock: MockClock) -> None:
    """octi's stand beside them; its instructions take the place of the call's."""
    asked: list[dict[str, Any]] = []

    async def call(peer: Peer) -> None:
        asked.append(await joined(peer))
        await stays(peer)

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(1)
    (first,) = asked
    assert first["instructions"] == "Be kind."
    assert [tool["name"] for tool in first["tools"]] == ["theirs", "f"]


async def test_a_call_that_octi_made_is_joined_and_ended_with_the_key(autojump_clock: MockClock) -> None:
    """There is no other credential."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(1)
    assert octi.ends.asked == [(None, "rtc_1")]


async def test_a_call_of_unknown_making_is_ended_with_whatever_ends_it(autojump_clock: MockClock) -> None:
    """The newest secret is tried first, then the key."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", ["ek_newer"])
        await trio.sleep(1)
    assert octi.ends.asked == [("ek_newer", "rtc_1"), (None, "rtc_1")]


async def test_a_function_is_run_in_a_call(autojump_clock: MockClock) -> None:
    """Answered under its id, then the model is asked to go on; a browser's own functions are not octi's affair."""
    seen: list[dict[str, Any]] = []

    async def call(peer: Peer) -> None:
        await joined(peer)
        item = {
            "id": "i1",
            "type": "function_call",
            "status": "completed",
            "name": "f",
            "call_id": "c1",
            "arguments": "{}",
        }
        done = {"id": "r1", "status": "completed", "conversation_id": "conv", "output": [item]}
        await peer.send({"type": "response.created", "response": {"id": "r1", "conversation_id": "conv"}})
        await peer.send({"type": "response.done", "response": done})
        while True:
            seen.append(await peer.receive())

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(5)
    assert [event["type"] for event in seen] == ["conversation.item.create", "response.create"]
    assert seen[0]["item"] == {"type": "function_call_output", "call_id": "c1", "output": '{"ok":true,"n":1}'}


async def test_a_call_is_told_new_instructions_once(autojump_clock: MockClock) -> None:
    """And again on the next sideband, as its first words, if they are not in force there."""
    seen: list[str] = []

    async def call(peer: Peer) -> None:
        await joined(peer)
        while True:
            update = (await wait_for(peer, "session.update"))["session"]
            seen.append(update["instructions"])
            await peer.send({"type": "session.updated", "session": update})

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(1)
        assert octi.live.steer(ID, "Be brief.")
        assert octi.live.steer(ID, "Be brief.")
        await trio.sleep(1)
    assert seen == ["Be brief."]


async def test_a_lost_sideband_is_joined_again_and_what_it_missed_is_told(autojump_clock: MockClock) -> None:
    """The conversation is the same one: items keep their places, and the time between is a gap in the transcript."""
    sidebands = 0

    async def call(peer: Peer) -> None:
        nonlocal sidebands
        sidebands += 1
        await joined(peer, None if sidebands == 1 else IN_FORCE)
        if sidebands == 1:
            await say(peer, user_turn("u1", "one"), agent_turn("a1", "two"))
            await trio.sleep(10)
            await peer.close(1011)
        await say(peer, user_turn("u2", "four", previous="a_missed"))
        await stays(peer)

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(60)
        developments = await octi.store.developments(ID)
        assert await octi.said() == ["one", "two", "four"]
        assert ID in octi.live
    assert sidebands == 2
    (gap,) = developments
    body = msgspec.json.decode(gap.body)
    assert gap.kind is DevelopmentKind.GAP
    assert body["from"] == 1010
    assert 1010 < body["to"] < 1030


async def test_what_was_said_while_no_octi_ran_is_a_gap(autojump_clock: MockClock) -> None:
    """From the last that was kept before it was killed to the moment at which the next one hears."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(5)
        octi.live.dismiss(ID)
        record = await octi.end()
        await trio.sleep(60)
        octi.calls.attach(attrs.evolve(record, end_reason=GONE), "rtc_1", own=True)
        await trio.sleep(5)
        (gap,) = await octi.store.developments(ID)
    body = msgspec.json.decode(gap.body)
    assert body["from"] == 1000
    assert 1065 <= body["to"] <= 1067


async def test_an_answer_that_a_lost_sideband_left_open_is_finished_on_the_next(autojump_clock: MockClock) -> None:
    """It was not cut off: only octi was not there for a moment."""
    sidebands = 0
    turn = agent_turn("a1", "a long answer")

    async def call(peer: Peer) -> None:
        nonlocal sidebands
        sidebands += 1
        await joined(peer, None if sidebands == 1 else IN_FORCE)
        if sidebands == 1:
            await say(peer, turn[:5])
            await peer.close(1011)
        await say(peer, turn[5:])
        await stays(peer)

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(60)
        (stored,) = await octi.store.turns(ID)
    assert (stored.text, stored.interrupted) == ("a long answer", False)


async def test_a_provider_that_is_away_for_good_ends_the_session(autojump_clock: MockClock) -> None:
    """After a bounded number of tries; the call is hung up, as far as that can be done."""

    async def call(peer: Peer) -> None:
        await peer.close(1011)

    async with house(call) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        record = await octi.end()
    assert record.ended_by == "provider"
    assert len(octi.net.streams) == CALL_TRIES
    assert octi.ends.asked == [(None, "rtc_1")]


async def test_a_call_ends_at_its_longest(autojump_clock: MockClock) -> None:
    """And is hung up."""
    async with house(talks, longest_s=600) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        record = await octi.end()
        assert trio.current_time() >= 600
    assert record.end_reason == "the session reached its maximum length"
    assert octi.ends.asked == [(None, "rtc_1")]


async def test_a_call_in_which_nobody_says_a_word_ends(autojump_clock: MockClock) -> None:
    """Counted from the user's last words: rooms make noise, and an agent may talk to itself for ever."""

    async def call(peer: Peer) -> None:
        await joined(peer)
        await trio.sleep(200)
        await say(peer, user_turn("u1", "hello"))
        for number in range(100):
            await trio.sleep(50)
            await peer.send({"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": f"n{number}"})
            await say(peer, agent_turn(f"a{number}", "are you there?", response=f"r{number}"))
        await stays(peer)

    async with house(call, idle_s=300) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        record = await octi.end()
        assert 500 <= trio.current_time() < 520
    assert record.end_reason == "the user said nothing for 300 s"
    assert octi.ends.over


async def test_where_nobody_tells_the_users_words_their_turns_count(autojump_clock: MockClock) -> None:
    """A call without a transcription is no silent call."""

    async def call(peer: Peer) -> None:
        await joined(peer)
        for number in range(20):
            await trio.sleep(50)
            unheard = [event for event in user_turn(f"u{number}", "") if "transcription" not in event["type"]]
            await say(peer, unheard, agent_turn(f"a{number}", "I see", response=f"r{number}"))
        await stays(peer)

    async with house(call, idle_s=300) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        record = await octi.end()
        assert 1300 <= trio.current_time() < 1320
    assert record.end_reason == "the user said nothing for 300 s"


async def test_a_call_whose_secret_has_expired_is_hung_up_with_the_key(autojump_clock: MockClock) -> None:
    """A secret lives for minutes, a call for an hour."""

    @attrs.define(eq=False)
    class Expiring(NotedEnds):
        def with_secret(self, secret: str | None) -> HangUp:
            return Refused(self, secret) if secret else HangUp(self, None)

    class Refused(HangUp):
        async def hang_up(self, call_id: str) -> bool:
            await super().hang_up(call_id)
            raise UpstreamRefused("scripted", "expired", 401)

    async with house(talks) as octi:
        ends = Expiring()
        calls = attrs.evolve(octi.calls, kit=attrs.evolve(octi.calls.kit, api=ends))
        calls.attach(RECORD, "rtc_1", ["ek_1"])
        await trio.sleep(1)
        octi.live.dismiss(ID)
        await octi.end()
    assert ends.asked == [("ek_1", "rtc_1"), (None, "rtc_1")]
    assert ends.over


async def test_a_browser_that_no_longer_says_that_it_is_there_ends_its_call(autojump_clock: MockClock) -> None:
    """The sideband itself may never hear that it left."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(10)
        octi.live.beat(ID)
        record = await octi.end()
        assert 10 + BEAT_S < trio.current_time() < 10 + BEAT_S + 20
    assert record.ended_by == "client"
    assert octi.ends.over


async def test_a_session_has_one_call_at_a_time(autojump_clock: MockClock) -> None:
    """Whoever wants another ends the first."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        with pytest.raises(SessionTaken):
            octi.calls.attach(RECORD, "rtc_2", own=True)


async def test_a_session_goes_on_in_its_next_call(autojump_clock: MockClock) -> None:
    """Behind what was said in the first."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(5)
        octi.live.dismiss(ID)
        record = await octi.end()
        octi.calls.attach(attrs.evolve(record, call_id="rtc_2"), "rtc_2", own=True)
        await trio.sleep(5)
        assert await octi.said() == ["my name is Anna", "hello Anna"] * 2
        positions = [turn.position for turn in await octi.store.turns(ID)]
    assert positions == [0, 1, 2, 3]


async def test_a_call_that_octi_neither_made_nor_joined_is_left_alone(autojump_clock: MockClock) -> None:
    """Its user goes on talking: octi had the wrong secret, that is all."""

    async def refuses(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"message": "no such call", "code": "call_id_not_found"}})
        await peer.close(4000, "call_id_not_found")

    async with house(refuses) as octi:
        octi.calls.attach(RECORD, "rtc_1", ["ek_1"])
        record = await octi.end()
    assert record.ended_by == "provider"
    assert octi.ends.asked == []


async def test_an_operator_ends_a_call_that_octi_could_not_join(autojump_clock: MockClock) -> None:
    """As far as that can be done."""

    async def closes(peer: Peer) -> None:
        await peer.close(1011)

    async with house(closes) as octi:
        octi.calls.attach(RECORD, "rtc_1", ["ek_1"])
        await trio.sleep(1)
        octi.live.dismiss(ID)
        await octi.end()
    assert octi.ends.asked == [("ek_1", "rtc_1"), (None, "rtc_1")]


async def test_a_call_that_another_session_hears_now_goes_on(autojump_clock: MockClock) -> None:
    """This one leaves it, and does not hang up."""
    async with house(talks) as octi:
        octi.calls.attach(RECORD, "rtc_1", own=True)
        await trio.sleep(1)
        octi.live.dismiss(ID, Order.MOVED)
        record = await octi.end()
    assert (record.ended_by, record.end_reason) == ("octi", "another session listens to its call")
    assert octi.ends.asked == []


async def test_a_store_that_is_away_keeps_no_call_from_being_left(autojump_clock: MockClock) -> None:
    """It cannot say what the agent is to be told. octi's own call is ended: nobody else would."""
    async with house(talks) as octi:
        octi.store.close()
        with capture_logs() as lines:
            octi.calls.attach(RECORD, "rtc_1", own=True)
            await octi.live.wait_left(ID)
        assert octi.net.streams == []
    assert [line["event"] for line in lines] == ["hung up", "a call goes on unheard"]


async def scene(cut: Cut) -> None:
    """A call with a function, new instructions and a lost sideband, to be cut anywhere."""
    sidebands = 0

    async def call(peer: Peer) -> None:
        nonlocal sidebands
        sidebands += 1
        try:
            await joined(peer, None if sidebands == 1 else IN_FORCE)
            await say(peer, user_turn(f"u{sidebands}", f"question {sidebands}"))
            await say(peer, agent_turn(f"a{sidebands}", "answer", response=f"r{sidebands}"))
            if sidebands == 1:
                await peer.close(1011)
            await stays(peer)
        except PeerLeft:
            pass

    async with trio.open_nursery() as outside:
        net, store, live, ends = ScriptedNet(call, outside), MemoryStore(), LiveSessions(), NotedEnds()

        async def instructions(session: SessionId) -> str:
            await trio.lowlevel.checkpoint()
            return "Be kind."

        kit = CallsKit(
            dialled=Dialled(provider=PROVIDER, max_message_bytes=1 << 20, connect=net.connect),
            api=ends,
            store=store,
            live=live,
            tools=SlowBox(),
            instructions=instructions,
            longest_s=30,
            idle_s=inf,
            debug_events=False,
            now=lambda: 1.0,
        )
        async with cut, trio.open_nursery() as nursery:
            Calls(kit, nursery).attach(RECORD, "rtc_1", own=True)
        await wait_all_tasks_blocked()
        assert len(live) == 0, "the session is still counted"
        assert all(stream.closed for stream in net.streams), "a sideband is still open"
        with trio.fail_after(6):
            await net.wait_left()
        record = await store.session(ID)
        assert record is None or record.state is SessionState.ENDED, "the session was not stored as ended"
        assert ends.over or record is None, "the call was not hung up"
        if not cut.n:
            assert [turn.text for turn in await store.turns(ID)] == ["question 1", "answer", "question 2", "answer"]
        outside.cancel_scope.cancel()


@pytest.mark.slow
def test_a_call_cut_anywhere_leaks_nothing_and_is_hung_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Cancelled at every step: no sideband, no task and no slot is left, and the call does not go on alone."""
    report = cut_everywhere(scene, prompt=17.0)
    with capsys.disabled():
        print(f"\n  cuts, a call: {report}")  # noqa: T201  the number of steps tried is part of the proof
    assert report.steps > 50


async def test_a_call_is_recorded_if_that_is_asked_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What its sideband hears."""

    async def script(peer: Peer) -> None:
        await joined(peer)
        await say(peer, user_turn("u1", "Hello?"))
        await stays(peer)

    async with house(script) as octi:
        kit = attrs.evolve(octi.calls.kit, taping=recorder(tmp_path))
        attrs.evolve(octi.calls, kit=kit).attach(RECORD, "rtc_1")
        await trio.sleep(1)
    cassette = only(tmp_path)
    assert cassette.complete
    assert any(b"Hello?" in (each.frame or b"") for each in cassette.on("provider", 1))
