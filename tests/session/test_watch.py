"""octi/session/watch.py: what a session tells about itself."""

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import UpstreamLost, UpstreamRefused
from octi.observe.base import NO_HEADERS, NONE, Attributes, Meter, Observer, Span, Tracer, current_span, in_span
from octi.realtime.reading import read_event
from octi.records import Role, SessionRecord, Turn, UsageKind, UsageRecord
from octi.session.ending import failed, too_long
from octi.session.summary import Doing
from octi.session.watch import SAMPLE, Watch
from octi.units import ItemId, Milliseconds, SessionId
from tests.wire.conversations import event

RECORD = SessionRecord(id=SessionId("s"), door="octi", upstream="openai", model="m", voice="v", created_at=1.0)


@attrs.define
class Noted(Meter):
    """A meter that notes what it is told, by the method's name."""

    told: list[tuple[Any, ...]] = attrs.field(factory=list)

    def __getattribute__(self, name: str) -> Any:
        if name in Meter.__dict__ and not name.startswith("_"):
            return lambda *args, **named: self.told.append((name, *args, *named.values()))
        return super().__getattribute__(name)

    def of(self, name: str) -> list[list[Any]]:
        return [list(rest) for said, *rest in self.told if said == name]


@attrs.define(eq=False)
class Piece(Span):
    """A span that keeps its parts."""

    name: str
    about: dict[str, Any] = attrs.field(factory=dict)
    began: float | None = None
    parts: list["Piece"] = attrs.field(factory=list)
    ended: list[tuple[str | None, float | None]] = attrs.field(factory=list)

    def begin(
        self, name: str, attributes: Attributes = NONE, *, at: float | None = None, client: bool = False
    ) -> "Piece":
        part = Piece(name, dict(attributes), at)
        self.parts.append(part)
        return part

    def note(self, attributes: Attributes) -> None:
        self.about.update(attributes)

    def end(self, *, error: str | None = None, at: float | None = None) -> None:
        self.ended.append((error, at))


@attrs.define
class Traced(Tracer):
    """A tracer of those."""

    def root(self, name: str, attributes: Attributes = NONE, *, headers: Mapping[str, str] = NO_HEADERS) -> Piece:
        return Piece(name, dict(attributes))


def watch(meter: Meter, clock: Any = trio.current_time, now: Any = lambda: 1000.0) -> Watch:
    return Watch(RECORD, Observer(meter=meter), now, clock)


def turn(item: str, *, interrupted: bool = False, role: Role = Role.USER) -> Turn:
    return Turn(
        session=RECORD.id,
        item=ItemId(item),
        position=0,
        role=role,
        text="",
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(0),
        interrupted=interrupted,
    )


async def test_a_session_is_counted_when_it_begins_and_when_it_ends() -> None:
    """With who ended it, and a word for why."""
    meter = Noted()
    watched = watch(meter)
    with watched.session():
        assert meter.told == [("session_started", "octi", "openai")]
        watched.ended(too_long(3600), dropped={"in": 3, "out": 0}, rows_lost=2)
    assert meter.of("session_ended") == [["octi", "openai", "octi", "too_long"]]
    assert meter.of("dropped") == [["in", 3], ["out", 0]]
    assert meter.of("rows_lost") == [[2]]


def test_an_error_ends_a_session_with_its_code() -> None:
    """Sentences are for people; metrics want one of few words."""
    assert failed(UpstreamRefused("openai", "no such model: nonsense-7")).word == "upstream_refused"


async def test_a_leg_is_timed_from_its_beginning_until_it_is_in_use(autojump_clock: MockClock) -> None:
    """Losing it later is no failure to set it up."""
    meter = Noted()
    watched = watch(meter)
    with watched.session():
        watched.leg_begins()
        await trio.sleep(2)
        watched.leg_opened()
        watched.leg_failed(UpstreamLost("openai", "gone"))
    assert meter.of("leg_opened") == [["openai", 2.0]]
    assert meter.of("leg_failed") == []


async def test_a_leg_that_never_comes_into_use_is_counted_by_why() -> None:
    """Each try by itself."""
    meter = Noted()
    watched = watch(meter)
    with watched.session():
        for _ in range(2):
            watched.leg_begins()
            watched.leg_failed(UpstreamLost("openai", "gone"))
    assert meter.of("leg_failed") == [["openai", "upstream_lost"]] * 2


async def test_spans_of_a_session_end_with_it_also_when_it_is_cancelled() -> None:
    """A leg that is on its way then as well."""
    root = Piece("test")
    with in_span(root), trio.CancelScope() as scope:
        watched = watch(Noted())
        with watched.session():
            watched.leg_begins()
            scope.cancel()
            await trio.lowlevel.checkpoint()
    (session,) = root.parts
    (leg,) = session.parts
    assert (session.name, session.about["gen_ai.conversation.id"], len(session.ended)) == ("session", "s", 1)
    assert (leg.name, leg.ended) == ("leg", [("left", None)])


async def test_what_is_done_in_a_session_belongs_to_its_span() -> None:
    """Its tasks inherit it."""
    with in_span(Traced().root("test")):
        watched = watch(Noted())
        with watched.session():
            assert current_span() is watched.span
        assert current_span() is not watched.span


def test_a_turn_has_its_parts_in_the_wall_clocks_time() -> None:
    """Speech, the wait for an answer, and the answer; though it is told only when it is over."""
    meter, clock = Noted(), iter((3.5, 3.6, 3.7, 4.0, 5.0, 5.0, 6.0))
    root = Piece("session")
    with in_span(root):
        watched = watch(meter, clock=lambda: next(clock), now=lambda: 1005.0)
    watched.noticed(read_event(event("input_audio_buffer.speech_started", audio_start_ms=500, item_id="u")), 3000)
    watched.noticed(read_event(event("input_audio_buffer.speech_stopped", audio_end_ms=3000, item_id="u")), 3000)
    watched.noticed(read_event(event("response.created", response={"id": "r"})), 3000)
    awaited = [watched.awaits_first]
    watched.first()
    assert [*awaited, watched.awaits_first] == [True, False]
    watched.noticed(read_event(event("response.done", response={"id": "r", "status": "completed"})), 3000)
    assert meter.of("answered") == [["speech", pytest.approx(0.4)]]
    (whole,) = root.parts
    assert whole.ended == []  # the agent may yet be interrupted
    watched.leg_lost()
    ((problem, ended),) = whole.ended
    assert (whole.name, problem) == ("turn", None)
    assert [whole.began, ended] == pytest.approx([1001.0, 1005.0])
    assert [part.name for part in whole.parts] == ["speech", "wait", "chat m"]
    assert all(part.ended for part in whole.parts)


def test_a_turn_is_counted_once_however_often_it_is_told() -> None:
    """And its interruption as well."""
    meter = Noted()
    watched = watch(meter)
    watched.kept([turn("u"), turn("a", role=Role.ASSISTANT)])
    watched.kept([turn("u"), turn("a", role=Role.ASSISTANT, interrupted=True)])
    watched.kept([turn("a", role=Role.ASSISTANT, interrupted=True)])
    assert meter.of("turn") == [["user"], ["assistant"]]
    assert meter.of("interrupted") == [[]]


def test_what_the_provider_counted_is_told_with_its_model() -> None:
    """The session's where the provider names none; nothing where it counted nothing."""
    meter = Noted()
    row = UsageRecord(
        session=RECORD.id, kind=UsageKind.RESPONSE, id="r", status="completed", usage='{"total_tokens":7}'
    )
    watch(meter).kept([row, attrs.evolve(row, id="s", model="n"), attrs.evolve(row, usage="{}")])
    assert meter.of("used") == [["openai", name, "response", {"total_tokens": 7}] for name in ("m", "n")]


def test_what_the_provider_counted_is_told_once() -> None:
    """A provider may say twice that a response is over; it bills it once. A transcription may have the same id."""
    meter = Noted()
    row = UsageRecord(session=RECORD.id, kind=UsageKind.RESPONSE, id="r", status="completed", usage='{"a":7}')
    watched = watch(meter)
    for again in (row, row, attrs.evolve(row, kind=UsageKind.TRANSCRIPTION)):
        watched.kept([again])
    assert [kind for _, _, kind, _ in meter.of("used")] == ["response", "transcription"]


def test_audio_is_told_as_it_grows() -> None:
    """In seconds, and never taken back."""
    meter = Noted()
    watched = watch(meter)
    for in_ms, out_ms in ((1500, 0), (1500, 2000), (2500, 1900)):
        watched.moved(in_ms, out_ms)
    assert meter.of("audio") == [["in", 1.5], ["out", 2.0], ["in", 1.0]]


def test_one_message_of_many_is_timed() -> None:
    """To time each would cost more than to relay it."""
    meter = Noted()
    watched = watch(meter)
    began = [watched.sample() for _ in range(3 * SAMPLE)]
    assert sum(map(bool, began)) == 3
    watched.relayed("in", began[-1])
    ((direction, took),) = meter.of("relayed")
    assert direction == "in"
    assert took >= 0


def test_it_knows_what_happens_and_how_long_the_last_answer_took() -> None:
    """In words that people know."""
    now = [0.0]
    watched = watch(Noted(), clock=lambda: now[0])
    assert (watched.doing, watched.wait_s) == (Doing.LISTENING, None)
    told = []
    for at, kind, fields in (
        (1.0, "input_audio_buffer.speech_started", {"audio_start_ms": 0, "item_id": "u"}),
        (2.0, "input_audio_buffer.speech_stopped", {"audio_end_ms": 1000, "item_id": "u"}),
        (2.1, "response.created", {"response": {"id": "r"}}),
        (2.5, "response.output_audio.delta", {"response_id": "r", "item_id": "a", "delta": "AAAA"}),
        (4.0, "response.done", {"response": {"id": "r", "status": "completed"}}),
    ):
        now[0] = at
        watched.noticed(read_event(event(kind, **fields)), 1000)
        told.append(watched.doing)
    assert told == [Doing.HEARING, Doing.LISTENING, Doing.THINKING, Doing.SPEAKING, Doing.LISTENING]
    assert watched.wait_s == pytest.approx(0.5)


async def test_a_tool_is_timed_and_has_a_span(autojump_clock: MockClock) -> None:
    """What it does belongs to that."""
    meter, root = Noted(), Piece("session")
    with in_span(root):
        watched = watch(meter)
    with watched.tool("extract_profile", "call_1"):
        await trio.sleep(3)
        assert current_span() is root.parts[0]
    assert meter.of("tool_ran") == [["extract_profile", 3.0]]
    assert (root.parts[0].name, len(root.parts[0].ended)) == ("execute_tool extract_profile", 1)
