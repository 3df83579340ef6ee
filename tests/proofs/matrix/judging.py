"""Is what was seen what is stated? And what must hold whatever happens."""

from collections.abc import Iterator

from octi.records import Role, SessionState
from tests.proofs.matrix.moments import Moment
from tests.proofs.matrix.outcomes import Flight, Outcome
from tests.proofs.matrix.playing import Seen
from tests.proofs.matrix.stage import STORY
from tests.proofs.matrix.table import Cell

Said = tuple[Role, str, bool]  # who, what, and whether it was interrupted
U, A = Role.USER, Role.ASSISTANT
HELLO: list[Said] = [(U, "Hello", False), (A, "Good day.", False)]
THERE: list[Said] = [(U, "Are you still there?", False), (A, "I am here.", False)]
WEATHER: list[Said] = [(U, "What is the weather like?", False), (A, "It is sunny.", False)]
LATER = [WEATHER[0], THERE[0]]  # what the user says when a fault has struck
ASKED_STORY: Said = (U, "Tell me a story", False)
TALKING = frozenset(Moment) - {Moment.CONNECTING, Moment.CONFIGURING}  # a first exchange is over


def complaints(cell: Cell, seen: Seen) -> list[str]:
    """What is not as it is stated."""
    return [*_ended(cell.outcome, seen), *_told(cell.outcome, seen), *_kept(cell, seen), *_always(seen)]


def _ended(outcome: Outcome, seen: Seen) -> Iterator[str]:
    if outcome.ended_by is None:
        if not seen.lives:
            yield f"it does not go on: {seen.record.end_reason}"
        return
    if seen.lives:
        yield "it goes on"
    if outcome.ended_by == "nobody":
        if seen.record.state is not SessionState.CREATED:
            yield f"the session is {seen.record.state}"
    elif seen.record.ended_by != outcome.ended_by or outcome.reason.format(close=seen.close) not in (
        seen.record.end_reason or ""
    ):
        yield f"ended by {seen.record.ended_by}: {seen.record.end_reason}"
    least, most = outcome.within_s
    if not least <= seen.took_s <= most:
        yield f"it took {seen.took_s:g} s"


def _told(outcome: Outcome, seen: Seen) -> Iterator[str]:
    if seen.status != outcome.status:
        yield f"HTTP {seen.status}"
    if seen.close not in outcome.closes:
        yield f"closed with {seen.close}"
    fits = len(seen.errors) == len(outcome.told) and all(map(str.__contains__, seen.errors, outcome.told))
    if not fits and (seen.errors or not outcome.may_be_told):
        yield f"told {list(seen.errors)}"


def _kept(cell: Cell, seen: Seen) -> Iterator[str]:
    wanted = expected(cell)
    said = [(turn.role, turn.text, turn.interrupted) for turn in seen.turns]
    if len(said) != len(wanted) or not all(map(_fits, said, wanted)):
        yield f"kept {said}"
    positions = [turn.position for turn in seen.turns]
    dense = positions == list(range(len(positions)))
    if not dense and not (cell.outcome.loses_rows and positions == sorted(set(positions))):
        yield f"positions {positions}"


def _fits(said: Said, wanted: Said) -> bool:
    """A text that was cut off is as much of the whole as came."""
    cut = wanted[2] and wanted[1] and said[1] != wanted[1]
    return said == wanted if not cut else said[0] is wanted[0] and said[2] and wanted[1].startswith(said[1])


def _always(seen: Seen) -> Iterator[str]:
    yield from seen.leaks
    if len({turn.item for turn in seen.turns}) != len(seen.turns):
        yield "a turn is kept twice"
    if [(turn.role, turn.text) for turn in seen.next_turns] != [(role, text) for role, text, _ in HELLO]:
        yield f"the next session kept {[turn.text for turn in seen.next_turns]}"
    if seen.next_turns[0].position != _next_position(seen):
        yield f"the next session goes on at {seen.next_turns[0].position}"


def _next_position(seen: Seen) -> int:
    return max((turn.position + 1 for turn in seen.turns), default=0)


def expected(cell: Cell) -> list[Said]:
    """What must be kept of the session."""
    before = HELLO if cell.moment in TALKING else []
    after = THERE if cell.outcome.ended_by is None else []
    said = [*before, *in_flight(cell.moment, cell.outcome.flight, cell.door), *after]
    return [turn for turn in said if turn not in LATER] if cell.outcome.loses_rows else said


def in_flight(moment: Moment, flight: Flight, door: str) -> list[Said]:
    """What is kept of what was under way."""
    match moment:
        case Moment.USER:
            return WEATHER if flight is Flight.WHOLE else [(U, "", True)]
        case Moment.AGENT:
            return [ASKED_STORY, _story(flight, door)]
        case Moment.TOOL:
            asked: Said = (U, "My own table" if door == "octi" else "Please find your table", False)
            return [asked, *_after_function(flight, door)]
        case _:
            return []


def _story(flight: Flight, door: str) -> Said:
    """The answer. What waits for a Realtime client that takes nothing counts: it is the one to say what was heard."""
    whole = flight in {Flight.WHOLE, Flight.SENT} or (flight is Flight.UNTAKEN and door == "realtime")
    return (A, STORY, not whole)


def _after_function(flight: Flight, door: str) -> list[Said]:
    """The answer to a function: octi's own needs no client."""
    answer = "It is noted." if door == "octi" else "It is booked."
    match flight:
        case Flight.WHOLE:
            return [(A, answer, False)]
        case Flight.SENT if door == "octi":
            return [(A, answer, False)]
        case Flight.UNTAKEN if door == "octi":
            return [(A, "", True)]
        case _:
            return []
