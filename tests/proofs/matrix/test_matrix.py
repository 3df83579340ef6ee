"""Faults × moments: each cell has a stated outcome, which is what is seen. docs/faults.md is written from the same."""

import random
from functools import partial
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from structlog.typing import EventDict
from trio.testing import MockClock

from tests.cuts.insides import Ends, deterministic, on_new_channel_end, seed_scheduler
from tests.cuts.leftovers import unclosed
from tests.proofs.matrix.caller import DIALECTS
from tests.proofs.matrix.faults import FAULTS, Happening
from tests.proofs.matrix.judging import complaints
from tests.proofs.matrix.moments import Side
from tests.proofs.matrix.playing import Seen, play
from tests.proofs.matrix.table import FULL_DISK, TABLE, Cell, cells, elsewhere
from tests.proofs.matrix.writing import COMMAND, DOCUMENT, document
from tests.proofs.tally import Proofs

ROOT = Path(__file__).parents[3]
SEED = 1
ROW_LOST = "a row cannot be kept"


def played(cell: Cell, happening: Happening) -> Seen:
    """A cell in a run of its own, the same every time."""
    random.seed(SEED)
    with deterministic():
        seed_scheduler(SEED)
        main = partial(play, cell.fault, happening, cell.moment, DIALECTS[cell.door])
        return trio.run(main, clock=MockClock(autojump_threshold=0))


def is_alarming(line: EventDict) -> bool:
    """Does a line in the log tell of a bug?"""
    return bool(line.get("exc_info")) or (line["log_level"] in {"error", "critical"} and line["event"] != ROW_LOST)


@pytest.mark.parametrize("cell", cells(), ids=str)
def test_a_fault_has_its_stated_outcome(cell: Cell, caplog: pytest.LogCaptureFixture, proofs: Proofs) -> None:
    """Whichever way it happens; and nothing is left, lost, or logged as a bug."""
    ends: list[tuple[Ends, str]] = []
    other: list[object] = []
    alarms: list[object] = []
    for happening in cell.fault.variants:
        with capture_logs() as log, on_new_channel_end(lambda end: ends.append((end, "octi"))):
            seen = played(cell, happening)
        other += complaints(cell, seen)
        alarms += [line for line in log if is_alarming(line)]
        assert any(line["event"] == ROW_LOST for line in log) == cell.outcome.loses_rows
    alarms += [record.message for record in caplog.records if record.levelname == "ERROR"]
    left = list(unclosed(ends))
    found = {"other outcomes": len(other), "channel ends left": len(left), "bugs logged": len(alarms)}
    proofs.add("faults", {"cells": 1, "runs": len(cell.fault.variants)}, found)
    assert (other, left, alarms) == ([], [], [])


def test_every_fault_has_its_row() -> None:
    """None is stated that does not happen; the engine's happen elsewhere."""
    happening = [(fault.side, fault.name) for fault in FAULTS]
    stated = [(side, name) for side, rows in TABLE.items() for name in rows]
    assert sorted(set(stated) - set(happening)) == [(Side.ENGINE, name) for name in sorted(TABLE[Side.ENGINE])]
    assert set(happening) <= set(stated)


@pytest.mark.parametrize("test", sorted({FULL_DISK, *(cell.test for cell in elsewhere())}))
def test_what_is_proved_elsewhere_is_there(test: str) -> None:
    """The test that a cell refers to exists."""
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_page_is_what_the_tests_would_write() -> None:
    """docs/faults.md cannot say anything else."""
    assert DOCUMENT.read_text(encoding="utf-8") == document(), f"docs/faults.md is old; write it: {COMMAND}"
