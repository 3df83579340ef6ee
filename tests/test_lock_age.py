"""How old the locks are, told and never judged."""

import os
from pathlib import Path

from deploy.lock_age import DAY_S, committed_at, days_of, report


def test_old_locks_are_named_with_a_remedy() -> None:
    lines = report([("new.lock", 3), ("old.lock", 61)], old_days=60)
    assert lines[0].split() == ["new.lock", "3", "days"]
    assert lines[1].split() == ["old.lock", "61", "days", "OLD"]
    assert "old.lock" in lines[2]
    assert "make lock UPGRADE=--upgrade" in lines[2]
    assert len(report([("new.lock", 60)])) == 1


def test_without_a_history_a_file_is_as_old_as_it_is(tmp_path: Path) -> None:
    """As in an unpacked archive."""
    lock = tmp_path / "a.lock"
    lock.write_text("", encoding="utf-8")
    os.utime(lock, (1000 * DAY_S, 1000 * DAY_S))
    assert committed_at(lock) is None
    assert days_of(lock, 1010.5 * DAY_S) == 10
    assert days_of(lock, 0) == 0
