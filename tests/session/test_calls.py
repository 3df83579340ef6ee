"""Calls whose media does not pass octi: heard over sidebands to simulated ones in memory, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import SessionTaken, UpstreamRefused
from octi.records import DevelopmentKind, SessionRecord, SessionState
from octi.session.calls import Calls, CallsKit
from octi.session.ending import GONE
from octi.session.keeper import BEAT_S
from octi.session.legs import CALL_TRIES
from octi.session.live import LiveSessions, Order
from octi.store.memory import MemoryStore
from octi.units import SessionId
from tests.cassette.tapes import only, recorder
from tests.providers import QUIET, Net, net_to
from tests.session.test_tools import SlowBox

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
    net: Net
    store: MemoryStore
    live: LiveSessions
    ends: NotedEnds
    instructions: list[str]  # the last is in force

    def ring(self, *secrets: str, own: bool = False, record: SessionRecord = RECORD) -> str:
        """Listen to a call that somebody makes with octi's key, or with the last secret that octi was told; its id."""
        call = self.net.ring(secrets[-1] if secrets and secrets[-1] != STRANGE else None)
        self.calls.attach(attrs.evolve(record, call_id=call.id), call.id, secrets, own=own)
        return call.id

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


def kit_for(net: Net, store: MemoryStore, live: LiveSessions, ends: NotedEnds, told: list[str]) -> CallsKit:
    """What calls need; `told` ends with the instructions in force."""

    async def instructions(session: SessionId) -> str:
        await store.ping()
        return told[-1]

    return CallsKit(
        dialled=net.upstream(),
        api=ends,
        store=store,
        live=live,
        tools=SlowBox(),
        instructions=instructions,
        longest_s=3600,
        idle_s=inf,
        debug_events=False,
        now=lambda: 1000.0 + trio.current_time(),
    )


@asynccontextmanager
async def house(scenario: str, *, judge: bool = True, **limits: Any) -> AsyncIterator[House]:
    """An octi whose provider's calls go like this; everything has ended when the block has."""
    async with net_to(f"limit_s = 86400\n{scenario}", judge=judge) as net:
        store, live, ends, told = MemoryStore(), LiveSessions(), NotedEnds(), ["Be kind."]
        kit = attrs.evolve(kit_for(net, store, live, ends, told), **limits)
        async with trio.open_nursery() as nursery:
            yield House(Calls(kit, nursery), net, store, live, ends, told)
            nursery.cancel_scope.cancel()
        assert len(live) == 0


BROKEN = """
[[faults]]
path = "/v1/realtime?call_id=*"
times = 99
after_events = 0
"""
STRANGE = "ek_strange"  # a secret that has made no call
THERE, TOLD = "{ wait_for = 'sideband' }", "{ wait_for = 'session.update' }"
JOINED = f"{THERE}, {TOLD}, {TOLD}"  # octi asks what is in force, and then for what it lacks
JOINED_AGAIN = f"{THERE}, {TOLD}"  # it lacks nothing
ANNA = f"""
caller = [{JOINED}, {{ say = "my name is Anna" }}]
[[turn]]
say = "hello Anna"
"""


async def test_a_call_is_heard_and_kept(autojump_clock: MockClock) -> None:
    """With the turns' order, roles and times; and hung up at the end, as whoever made it."""
    async with house(ANNA) as octi:
        octi.ends.made_by = octi.net.mint()
        call_id = octi.ring(octi.ends.made_by)
        await trio.sleep(5)
        turns = await octi.store.turns(ID)
        octi.live.dismiss(ID)
        record = await octi.end()
    assert [(turn.role.value, turn.text, turn.said_at) for turn in turns] == [
        ("user", "my name is Anna", 1000.0),
        ("assistant", "hello Anna", 1000.0),
    ]
    assert (record.state, record.ended_by, record.call_id) == (SessionState.ENDED, "operator", call_id)
    assert octi.ends.asked == [(octi.ends.made_by, call_id)]


async def test_a_calls_own_functions_are_left_to_it(autojump_clock: MockClock) -> None:
    """octi's stand beside them; its instructions take the place of the call's."""
    configured = f"""
    caller = [{JOINED}]
    [[expect]]
    send = "session.update"

      [expect.where]
      "session.instructions" = "Be kind."
      "session.tools.0.name" = "theirs"
      "session.tools.1.name" = "f"
    """
    async with house(configured) as octi:
        octi.ring(own=True)
        await trio.sleep(1)


async def test_a_call_that_octi_made_is_joined_and_ended_with_the_key(autojump_clock: MockClock) -> None:
    """There is no other credential."""
    async with house(ANNA) as octi:
        call_id = octi.ring(own=True)
        await trio.sleep(1)
    assert octi.ends.asked == [(None, call_id)]


async def test_a_call_of_unknown_making_is_ended_with_whatever_ends_it(autojump_clock: MockClock) -> None:
    """The newest secret is tried first, then the key."""
    async with house(ANNA) as octi:
        call_id = octi.ring(STRANGE)
        await trio.sleep(1)
    assert octi.ends.asked == [(STRANGE, call_id), (None, call_id)]


async def test_a_function_is_run_in_a_call(autojump_clock: MockClock) -> None:
    """Answered under its id, then the model is asked to go on; a browser's own functions are not octi's affair."""
    asking = f"""
    caller = [{JOINED}, {{ say = "Is there one?" }}]
    [[turn]]
    call = {{ name = "f" }}
    [[turn]]
    on = "f"
    when = {{ ok = true, n = 1 }}
    say = "There is."
    """
    async with house(asking) as octi:
        octi.ring(own=True)
        await trio.sleep(5)
        assert await octi.said() == ["Is there one?", "There is."]


async def test_a_call_is_told_new_instructions_once(autojump_clock: MockClock) -> None:
    """And again on the next sideband, as its first words, if they are not in force there."""
    async with house(f"caller = [{JOINED}]") as octi:
        call = octi.net.house.calls.find(octi.ring(own=True))
        await trio.sleep(1)
        assert octi.live.steer(ID, "Be brief.")
        assert octi.live.steer(ID, "Be brief.")
        await trio.sleep(1)
    assert call
    assert call.stage.conversation.instructed == ["Be kind.", "Be brief."]
    assert call.stage.asked["session.update"] == 3


async def test_a_lost_sideband_is_joined_again_and_what_it_missed_is_told(autojump_clock: MockClock) -> None:
    """The conversation is the same one: items keep their places, and the time between is a gap in the transcript."""
    broken = f"""
    caller = [{JOINED}, {{ say = "1" }}, {{ wait_s = 10.01 }}, {{ say = "missed" }}, {JOINED_AGAIN}, {{ say = "3" }}]
    faults = [{{ kind = "close", at_s = 10 }}]
    turn = [{{ say = "one" }}, {{ say = "missed as well" }}, {{ say = "three" }}]
    """
    async with house(broken) as octi:
        octi.ring(own=True)
        await trio.sleep(60)
        developments = await octi.store.developments(ID)
        assert await octi.said() == ["1", "one", "3", "three"]
        assert ID in octi.live
    assert len(octi.net.streams) == 2
    (gap,) = developments
    body = msgspec.json.decode(gap.body)
    assert gap.kind is DevelopmentKind.GAP
    assert body["from"] == 1010
    assert 1010 < body["to"] < 1030


async def test_what_was_said_while_no_octi_ran_is_a_gap(autojump_clock: MockClock) -> None:
    """From the last that was kept before it was killed to the moment at which the next one hears."""
    async with house(ANNA) as octi:
        call_id = octi.ring(own=True)
        await trio.sleep(5)
        octi.live.dismiss(ID)
        record = await octi.end()
        await trio.sleep(60)
        octi.calls.attach(attrs.evolve(record, end_reason=GONE), call_id, own=True)
        await trio.sleep(5)
        (gap,) = await octi.store.developments(ID)
    body = msgspec.json.decode(gap.body)
    assert body["from"] == 1000
    assert 1065 <= body["to"] <= 1067


async def test_an_answer_that_a_lost_sideband_left_open_is_finished_on_the_next(autojump_clock: MockClock) -> None:
    """It was not cut off: only octi was not there for a moment."""
    broken = f"""
    caller = [{JOINED}, {{ say = "Well?" }}]
    [[turn]]
    say = "a long answer"
    latency = {{ delta_ms = 20000 }}
    faults = [{{ kind = "close", on = "response.output_audio_transcript.delta" }}]
    """
    async with house(broken) as octi:
        octi.ring(own=True)
        await trio.sleep(100)
        (_, stored) = await octi.store.turns(ID)
    assert (stored.text, stored.interrupted) == ("a long answer", False)
    assert len(octi.net.streams) == 2


async def test_a_provider_that_is_away_for_good_ends_the_session(autojump_clock: MockClock) -> None:
    """After a bounded number of tries; the call is hung up, as far as that can be done."""
    async with house(BROKEN, judge=False) as octi:
        call_id = octi.ring(own=True)
        record = await octi.end()
    assert record.ended_by == "provider"
    assert len(octi.net.streams) == CALL_TRIES
    assert octi.ends.asked == [(None, call_id)]


async def test_a_call_ends_at_its_longest(autojump_clock: MockClock) -> None:
    """And is hung up."""
    async with house(ANNA, longest_s=600) as octi:
        call_id = octi.ring(own=True)
        record = await octi.end()
        assert trio.current_time() >= 600
    assert record.end_reason == "the session reached its maximum length"
    assert octi.ends.asked == [(None, call_id)]


async def test_a_call_in_which_nobody_says_a_word_ends(autojump_clock: MockClock) -> None:
    """Counted from the user's last words: rooms make noise, and an agent may talk to itself for ever."""
    noise = '{ wait_s = 50 }, { say = "noise", words = "failed", then_wait = "nothing" }'
    nobody = f"""
    caller = [{JOINED}, {{ wait_s = 200 }}, {{ say = "hello" }}, {", ".join([noise] * 10)}]
    [[turn]]
    name = "nagging"
    say = "Are you there?"
    then = "nagging"
    """
    async with house(nobody, judge=False, idle_s=300) as octi:
        octi.ring(own=True)
        record = await octi.end()
        assert 500 <= trio.current_time() < 520
    assert record.end_reason == "the user said nothing for 300 s"
    assert octi.ends.over


async def test_where_nobody_tells_the_users_words_their_turns_count(autojump_clock: MockClock) -> None:
    """A call without a transcription is no silent call."""
    turn = '{ wait_s = 50 }, { say = "something" }'
    unheard = f"""
    caller = [{JOINED}, {", ".join([turn] * 20)}]
    [[turn]]
    name = "seeing"
    say = "I see."
    then = "seeing"
    """
    async with house(unheard, judge=False, idle_s=300) as octi:
        octi.calls.attach(RECORD, octi.net.ring(transcribed=False).id, own=True)
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

    async with house(ANNA) as octi:
        ends = Expiring()
        calls = attrs.evolve(octi.calls, kit=attrs.evolve(octi.calls.kit, api=ends))
        secret = octi.net.mint()
        call_id = attrs.evolve(octi, calls=calls).ring(secret)
        await trio.sleep(1)
        octi.live.dismiss(ID)
        await octi.end()
    assert ends.asked == [(secret, call_id), (None, call_id)]
    assert ends.over


async def test_a_browser_that_no_longer_says_that_it_is_there_ends_its_call(autojump_clock: MockClock) -> None:
    """The sideband itself may never hear that it left."""
    async with house(ANNA) as octi:
        octi.ring(own=True)
        await trio.sleep(10)
        octi.live.beat(ID)
        record = await octi.end()
        assert 10 + BEAT_S < trio.current_time() < 10 + BEAT_S + 20
    assert record.ended_by == "client"
    assert octi.ends.over


async def test_a_session_has_one_call_at_a_time(autojump_clock: MockClock) -> None:
    """Whoever wants another ends the first."""
    async with house(QUIET) as octi:
        octi.ring(own=True)
        with pytest.raises(SessionTaken):
            octi.calls.attach(RECORD, "rtc_2", own=True)


async def test_a_session_goes_on_in_its_next_call(autojump_clock: MockClock) -> None:
    """Behind what was said in the first."""
    async with house(ANNA) as octi:
        octi.ring(own=True)
        await trio.sleep(5)
        octi.live.dismiss(ID)
        record = await octi.end()
        octi.ring(own=True, record=record)
        await trio.sleep(5)
        assert await octi.said() == ["my name is Anna", "hello Anna"] * 2
        positions = [turn.position for turn in await octi.store.turns(ID)]
    assert positions == [0, 1, 2, 3]


async def test_a_call_that_octi_neither_made_nor_joined_is_left_alone(autojump_clock: MockClock) -> None:
    """Its user goes on talking: octi had the wrong secret, that is all."""
    async with house(ANNA, judge=False) as octi:
        expired = octi.net.mint(seconds=0)
        octi.calls.attach(RECORD, octi.net.ring(expired).id, [expired])
        record = await octi.end()
    assert (record.ended_by, len(octi.net.streams)) == ("provider", 2)
    assert octi.ends.asked == []


async def test_an_operator_ends_a_call_that_octi_could_not_join(autojump_clock: MockClock) -> None:
    """As far as that can be done."""
    async with house(BROKEN, judge=False) as octi:
        call_id = octi.ring(STRANGE)
        await trio.sleep(1)
        octi.live.dismiss(ID)
        await octi.end()
    assert octi.ends.asked == [(STRANGE, call_id), (None, call_id)]


async def test_a_call_that_another_session_hears_now_goes_on(autojump_clock: MockClock) -> None:
    """This one leaves it, and does not hang up."""
    async with house(ANNA) as octi:
        octi.ring(own=True)
        await trio.sleep(1)
        octi.live.dismiss(ID, Order.MOVED)
        record = await octi.end()
    assert (record.ended_by, record.end_reason) == ("octi", "another session listens to its call")
    assert octi.ends.asked == []


async def test_a_store_that_is_away_keeps_no_call_from_being_left(autojump_clock: MockClock) -> None:
    """It cannot say what the agent is to be told. octi's own call is ended: nobody else would."""
    async with house(ANNA, judge=False) as octi:
        octi.store.close()
        with capture_logs() as lines:
            octi.ring(own=True)
            await octi.live.wait_left(ID)
        assert octi.net.streams == []
    assert [line["event"] for line in lines] == ["call hung up", "a call goes on unheard"]


async def test_a_call_that_octi_made_ends_with_octi_before_it_was_ever_heard(autojump_clock: MockClock) -> None:
    """octi stops while the store is asked what the agent is to be told: nobody else would end the call."""

    async def nothing_yet(session: SessionId) -> str:
        await trio.sleep_forever()
        raise AssertionError("sleep_forever returned")

    async with house(ANNA, judge=False) as octi:
        kit = attrs.evolve(octi.calls.kit, instructions=nothing_yet)
        call_id = attrs.evolve(octi, calls=attrs.evolve(octi.calls, kit=kit)).ring(own=True)
        await trio.sleep(1)
    assert octi.ends.asked == [(None, call_id)]


async def test_a_call_is_recorded_if_that_is_asked_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What its sideband hears."""
    async with house(ANNA) as octi:
        kit = attrs.evolve(octi.calls.kit, taping=recorder(tmp_path))
        attrs.evolve(octi, calls=attrs.evolve(octi.calls, kit=kit)).ring(own=True)
        await trio.sleep(1)
    cassette = only(tmp_path)
    assert cassette.complete
    assert any(b"my name is Anna" in (each.frame or b"") for each in cassette.on("provider", 1))
