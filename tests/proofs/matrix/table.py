"""The matrix itself: what must come of each fault at each moment, at either door."""

from collections.abc import Mapping

import attrs

from tests.proofs.matrix.faults import FAULTS, Fault
from tests.proofs.matrix.moments import Moment, Side
from tests.proofs.matrix.outcomes import (
    AGAIN,
    BAD_REQUEST,
    BROKEN_1002,
    BROKEN_1007,
    BROKEN_1009,
    EXPIRED,
    FRESH,
    GIVEN_UP,
    GONE,
    LATE,
    LIMITED,
    LOST,
    NEXT_TURN,
    NO_SESSION,
    NONSENSE,
    ON,
    REFUSED,
    RESTARTS,
    ROW_LOST,
    SILENT,
    STALLED,
    TOLD,
    TOLD_AGAIN,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    Elsewhere,
    NotHere,
    Outcome,
)

DOORS = ("octi", "realtime")


@attrs.frozen
class Doors:
    """What differs between the doors."""

    octi: Outcome
    realtime: Outcome


Stated = Outcome | Doors | NotHere | Elsewhere


@attrs.frozen(kw_only=True)
class Row:
    """One fault's cells. `talking`: what is so from *idle* on, but for what is stated apart."""

    connecting: Stated
    configuring: Stated
    talking: Stated
    draining: Stated = RESTARTS
    apart: Mapping[Moment, Stated] = attrs.field(factory=dict)

    def at(self, moment: Moment) -> Stated:
        """The cell."""
        match moment:
            case Moment.CONNECTING:
                return self.connecting
            case Moment.CONFIGURING:
                return self.configuring
            case Moment.DRAINING:
                return self.draining
            case _:
                return self.apart.get(moment, self.talking)


NO_SOCKET = NotHere("there is no socket yet to say it on")
NO_WORK = NotHere("no worker has work for the session")
NO_END = NotHere("no session has begun that could expire")
LOST_OR_AGAIN = Doors(octi=AGAIN, realtime=LOST)  # only a client of the OCTI protocol survives its provider's leg
GIVEN_UP_OR_LOST = Doors(octi=GIVEN_UP, realtime=LOST)
FULL_DISK = "tests/store/test_sqlite.py::test_a_full_disk_fails_the_save_and_not_the_store"
WORKERS = "tests/engine/test_lost_workers.py::"


def always(outcome: Outcome, connecting: Stated = NO_SOCKET) -> Row:
    """The same once there is a socket."""
    return Row(connecting=connecting, configuring=outcome, talking=outcome)


CLIENT: Mapping[str, Row] = {
    "vanishes": always(GONE, NO_SESSION),
    "resets": always(GONE, NO_SESSION),
    "is half-open": always(SILENT, NO_SESSION),
    "stalls": always(STALLED, NO_SESSION),
    "floods": always(ON, TOO_LARGE),
    "closes with 1000 to 1014": always(GONE),
    "closes with 1008, 3000 to 4999": always(GONE),
    "sends bytes that are no frame": always(BROKEN_1002, BAD_REQUEST),
    "sends text that is not UTF-8": always(BROKEN_1007),
    "sends text that is not JSON": always(TOLD),
    "sends too large a message": always(BROKEN_1009),
    "sends a message byte by byte": always(ON, TOO_SLOW),
}
RETRIED = Row(connecting=LOST_OR_AGAIN, configuring=LOST_OR_AGAIN, talking=LOST_OR_AGAIN)
PROVIDER: Mapping[str, Row] = {
    "vanishes": RETRIED,
    "resets": RETRIED,
    "is half-open": RETRIED,
    "stalls": RETRIED,
    "floods": always(ON, NONSENSE),
    "closes with 1000 to 1014": attrs.evolve(RETRIED, connecting=NO_SOCKET),
    "closes with 1008, 3000 to 4999": always(REFUSED),
    "sends bytes that are no frame": always(NONSENSE, NONSENSE),
    "sends text that is not UTF-8": always(NONSENSE),
    "sends text that is not JSON": always(NONSENSE),
    "sends too large a message": always(NONSENSE),
    "sends a message byte by byte": always(ON, LOST_OR_AGAIN),
    "refuses": Row(connecting=REFUSED, configuring=REFUSED, talking=TOLD),
    "limits the rate": Row(
        connecting=Doors(octi=AGAIN, realtime=LIMITED),
        configuring=Doors(octi=AGAIN, realtime=LIMITED),
        talking=Doors(octi=FRESH, realtime=TOLD),
    ),
    "ends an expired session": Row(
        connecting=NO_END, configuring=NO_END, talking=Doors(octi=TOLD_AGAIN, realtime=EXPIRED)
    ),
    "is away for good": Row(connecting=GIVEN_UP_OR_LOST, configuring=GIVEN_UP_OR_LOST, talking=GIVEN_UP_OR_LOST),
}
STORE: Mapping[str, Row] = {
    "takes 3 s for everything": always(ON, ON),
    "fails for 30 s": always(ON, UNAVAILABLE),
    "fails for good": always(ON, UNAVAILABLE),
    "has a full disk": always(ON, UNAVAILABLE),
    "refuses one row": always(ROW_LOST, ROW_LOST),
}
ENGINE: Mapping[str, Row] = {
    "loses a speech worker": Row(
        connecting=NO_WORK,
        configuring=NO_WORK,
        talking=NO_WORK,
        draining=NO_WORK,
        apart={
            Moment.USER: Elsewhere(LATE, WORKERS + "test_all_workers_killed_at_any_event_cost_time_alone"),
            Moment.AGENT: Elsewhere(LATE, WORKERS + "test_real_workers_killed_at_each_stage_of_a_turn"),
            Moment.TOOL: Elsewhere(LATE, WORKERS + "test_all_workers_killed_in_mid_thought_cost_time_alone"),
        },
    ),
    "loses two by one job": Row(
        connecting=NO_WORK,
        configuring=NO_WORK,
        talking=NO_WORK,
        draining=NO_WORK,
        apart={
            Moment.USER: Elsewhere(NEXT_TURN, WORKERS + "test_words_that_two_workers_die_of_are_told_as_lost"),
            Moment.AGENT: Elsewhere(NEXT_TURN, WORKERS + "test_a_sentence_that_two_workers_die_of_fails_the_answer"),
        },
    ),
}
CLOCK: Mapping[str, Row] = {"jumps by an hour": always(ON, ON)}

TABLE: Mapping[Side, Mapping[str, Row]] = {
    Side.CLIENT: CLIENT,
    Side.PROVIDER: PROVIDER,
    Side.STORE: STORE,
    Side.ENGINE: ENGINE,
    Side.CLOCK: CLOCK,
}


@attrs.frozen
class Cell:
    """One fault, at one moment, at one door, and what must come of it."""

    fault: Fault
    moment: Moment
    door: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.fault.side} {self.fault.name}, {self.moment}, {self.door}"


def outcome_at(stated: Outcome | Doors, door: str) -> Outcome:
    """What is stated for a door."""
    return stated if isinstance(stated, Outcome) else stated.octi if door == "octi" else stated.realtime


def cells() -> list[Cell]:
    """Every cell that is played here. Those of other tests, and those that make no sense, are not among them."""
    found = []
    for fault in FAULTS:
        for moment in Moment:
            stated = TABLE[fault.side][fault.name].at(moment)
            if isinstance(stated, Outcome | Doors):
                found += [Cell(fault, moment, door, outcome_at(stated, door)) for door in DOORS]
    return found


def elsewhere() -> list[Elsewhere]:
    """The cells that other tests prove."""
    rows = [row for side in TABLE.values() for row in side.values()]
    stated = [row.at(moment) for row in rows for moment in Moment]
    return [cell for cell in stated if isinstance(cell, Elsewhere)]
