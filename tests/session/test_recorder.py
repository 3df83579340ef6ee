"""The recorder over stores that misbehave, on virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import inf

import attrs
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import StoreFailed
from octi.records import Role, Row, Turn
from octi.session.recorder import AT_ONCE, BACKLOG_ROWS, RETRY_S, Recorder
from octi.store.memory import MemoryStore
from octi.units import ItemId, Milliseconds, SessionId

S = SessionId("s")


def turn(number: int) -> Turn:
    return Turn(
        session=S,
        item=ItemId(f"i{number}"),
        position=number,
        role=Role.USER,
        text=str(number),
        start_ms=Milliseconds(0),
        end_ms=Milliseconds(0),
    )


@attrs.define(eq=False)
class Shelf(MemoryStore):
    """A store that remembers what it was handed at once, and takes its time, and may fail.

    away_until: until then it does not answer. bad: a turn it will never take.
    """

    batches: list[list[str]] = attrs.field(factory=list)
    left: list[str] = attrs.field(factory=list)
    takes_s: float = 0.0
    away_until: float = 0.0
    bad: str = ""

    async def save(self, rows: Sequence[Row]) -> None:
        texts = [row.text for row in rows if isinstance(row, Turn)]
        await trio.sleep(self.takes_s)
        if trio.current_time() < self.away_until:
            raise StoreFailed("away")
        if self.bad in texts:
            raise StoreFailed("not that", retryable=False)
        self.batches.append(texts)

    def leave(self, rows: Sequence[Row]) -> None:
        self.left += [row.text for row in rows if isinstance(row, Turn)]

    @property
    def kept(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


@asynccontextmanager
async def recording(shelf: Shelf, budget_s: float = inf) -> AsyncIterator[Recorder]:
    """A recorder at work; closed when the block ends, and then given so long."""
    recorder, flushing = Recorder(shelf), trio.CancelScope(shield=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recorder.run, flushing)
        yield recorder
        recorder.close()
        flushing.deadline = trio.current_time() + budget_s


async def test_rows_are_stored_in_order(autojump_clock: MockClock) -> None:
    """And everything is stored when the recorder has ended."""
    shelf = Shelf()
    async with recording(shelf) as recorder:
        for number in range(3):
            recorder.keep([turn(number)])
            await trio.sleep(1)
    assert shelf.batches == [["0"], ["1"], ["2"]]
    assert (recorder.pending, recorder.lost) == (0, 0)


async def test_what_waits_is_stored_together(autojump_clock: MockClock) -> None:
    """A slow store gets fewer, larger batches, and holds up nobody."""
    shelf = Shelf(takes_s=1)
    async with recording(shelf) as recorder:
        for number in range(4):
            recorder.keep([turn(number)])
            await trio.sleep(0.4)
        assert trio.current_time() < 2
    assert shelf.batches == [["0"], ["1", "2"], ["3"]]


async def test_a_long_backlog_is_stored_a_part_at_a_time(autojump_clock: MockClock) -> None:
    """So that a store that is away does not cost all of it with each try; in order all the same."""
    shelf = Shelf(away_until=3)
    async with recording(shelf) as recorder:
        recorder.keep([turn(number) for number in range(2 * AT_ONCE + 1)])
    assert [len(batch) for batch in shelf.batches] == [AT_ONCE, AT_ONCE, 1]
    assert shelf.kept == [str(number) for number in range(2 * AT_ONCE + 1)]


async def test_waiting_for_the_store_ends_when_it_has_everything(autojump_clock: MockClock) -> None:
    """At once where nothing waits."""
    async with recording(Shelf(takes_s=2)) as recorder:
        await recorder.wait_stored()
        assert trio.current_time() == 0
        recorder.keep([turn(0)])
        assert recorder.pending == 1
        await recorder.wait_stored()
        assert trio.current_time() == 2


async def test_a_store_that_comes_back_gets_everything(autojump_clock: MockClock) -> None:
    """Asked once a second, in the order in which things were said."""
    shelf = Shelf(away_until=10 * RETRY_S)
    async with recording(shelf) as recorder:
        for number in range(3):
            recorder.keep([turn(number)])
            await trio.sleep(2)
    assert shelf.kept == ["0", "1", "2"]
    assert recorder.lost == 0


async def test_a_row_that_no_store_would_take_costs_itself_alone(autojump_clock: MockClock) -> None:
    """The others of its batch are stored one by one, and it is counted."""
    shelf = Shelf(bad="1")
    async with recording(shelf) as recorder:
        recorder.keep([turn(number) for number in range(4)])
    assert shelf.kept == ["0", "2", "3"]
    assert recorder.lost == 1


async def test_a_store_that_leaves_in_between_loses_nothing(autojump_clock: MockClock) -> None:
    """While rows are stored one by one: what is left goes on waiting."""

    @attrs.define(eq=False)
    class Leaving(Shelf):
        async def save(self, rows: Sequence[Row]) -> None:
            await super().save(rows)
            self.away_until = 5.0

    shelf = Leaving(bad="1")
    async with recording(shelf) as recorder:
        recorder.keep([turn(number) for number in range(3)])
    assert shelf.kept == ["0", "2"]
    assert recorder.lost == 1


async def test_the_end_waits_for_its_budget_and_no_longer(autojump_clock: MockClock) -> None:
    """What could not be stored by then is left to the store."""
    shelf = Shelf(away_until=100)
    async with recording(shelf, budget_s=5) as recorder:
        recorder.keep([turn(0), turn(1)])
    assert trio.current_time() == 5
    assert (shelf.kept, shelf.left, recorder.lost) == ([], ["0", "1"], 0)


async def test_what_is_with_the_store_at_the_end_is_not_left_to_it_twice(autojump_clock: MockClock) -> None:
    """It keeps what a cancelled caller had handed over; only what came meanwhile is left."""
    shelf = Shelf(takes_s=100)
    async with recording(shelf, budget_s=5) as recorder:
        recorder.keep([turn(0), turn(1)])
        await trio.sleep(1)
        recorder.keep([attrs.evolve(turn(1), text="again"), turn(2)])
    assert shelf.left == ["again", "2"]


async def test_a_row_that_waits_gives_its_place_to_a_newer_one(autojump_clock: MockClock) -> None:
    """An hour without a store does not make a row of each word that was added."""
    shelf = Shelf(away_until=5)
    async with recording(shelf) as recorder:
        for number in range(3):
            recorder.keep([attrs.evolve(turn(0), text=f"first {number}"), attrs.evolve(turn(1), text=f"then {number}")])
            await trio.sleep(1)
        assert recorder.pending == 2
    assert shelf.kept == ["first 2", "then 2"]


async def test_what_is_lost_is_named_and_never_told(autojump_clock: MockClock) -> None:
    """By session and item; a store that stays away is logged now and then."""
    shelf = Shelf(bad="1", away_until=100)
    with capture_logs() as logs:
        async with recording(shelf) as recorder:
            recorder.keep([turn(0), turn(1)])
    assert [(line["event"], line.get("row")) for line in logs] == [
        *[("the store does not answer, trying again", None)] * 4,
        ("a row cannot be kept", "turn s i1"),
    ]


async def test_the_backlog_is_bounded(autojump_clock: MockClock) -> None:
    """What was said first is kept; what is beyond it is counted as lost, at once."""
    shelf = Shelf(away_until=2)
    with capture_logs() as logs:
        async with recording(shelf) as recorder:
            recorder.keep([turn(number) for number in range(BACKLOG_ROWS - 1)])
            recorder.keep([turn(BACKLOG_ROWS), turn(BACKLOG_ROWS + 1), turn(BACKLOG_ROWS + 2)])
            assert (recorder.pending, recorder.lost) == (BACKLOG_ROWS, 2)
            recorder.keep([turn(BACKLOG_ROWS + 3)])
            assert recorder.lost == 3
    assert [line["rows"] for line in logs if line["event"] == "rows were lost: the backlog is full"] == [
        [f"turn s i{BACKLOG_ROWS + 1}", f"turn s i{BACKLOG_ROWS + 2}"],
        [f"turn s i{BACKLOG_ROWS + 3}"],
    ]
    assert len(shelf.kept) == BACKLOG_ROWS
    assert shelf.kept[-1] == str(BACKLOG_ROWS)


async def test_a_recorder_that_is_closed_with_nothing_to_do_ends(autojump_clock: MockClock) -> None:
    """At once."""
    async with recording(Shelf()):
        await trio.sleep(1)
    assert trio.current_time() == 1


async def test_rows_kept_while_others_are_stored_wait_their_turn(autojump_clock: MockClock) -> None:
    """Even those that come in with the close."""
    shelf = Shelf(takes_s=1)
    async with recording(shelf) as recorder:
        recorder.keep([turn(0)])
        await trio.sleep(0.5)
        recorder.keep([turn(1)])
    assert shelf.kept == ["0", "1"]


async def test_whoever_follows_is_told_when_rows_are_durable(autojump_clock: MockClock) -> None:
    """Not when they are handed over, and not for rows that the store did not take."""
    told: list[float] = []
    shelf = Shelf(takes_s=3.0, bad="1")
    recorder = Recorder(shelf, on_stored=lambda: told.append(trio.current_time()))
    recorder.keep([turn(0), turn(1)])
    recorder.close()
    await recorder.run(trio.CancelScope())
    assert told == [6.0]  # both together, then one by one
    assert shelf.kept == ["0"]
