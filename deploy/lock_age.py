"""Says how old each lock is: no database of known flaws can be had offline, so age is what CI can tell.

    python deploy/lock_age.py [--days N] FILE...

A lock's day is that of its last commit, or of the file where there is no history. Never fails for age alone: what is
old may be sound. Look at it then with `make lock UPGRADE=--upgrade`, or `pip-audit -r FILE` where there is a network.
"""

import argparse
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

DAY_S = 86_400.0
OLD_DAYS = 60
GIT_S = 10.0


def committed_at(lock: Path) -> float | None:
    """When a file was committed last, in seconds since 1970; None where nobody knows."""
    command = ["git", "log", "-1", "--format=%ct", "--", lock.name]
    try:
        said = subprocess.run(
            command, cwd=lock.parent, capture_output=True, text=True, timeout=GIT_S, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return float(said) if said else None


def days_of(lock: Path, now: float) -> int:
    """A lock's age in whole days."""
    at = committed_at(lock)
    return max(0, int((now - (lock.stat().st_mtime if at is None else at)) / DAY_S))


def report(ages: Iterable[tuple[str, int]], old_days: int = OLD_DAYS) -> list[str]:
    """A line for each, and what to do about the old ones."""
    lines, old = list[str](), list[str]()
    for name, days in ages:
        lines.append(f"{name:32}{days:>5} days{'  OLD' if days > old_days else ''}")
        old += [name] if days > old_days else []
    if old:
        lines.append(f"older than {old_days} days: {', '.join(old)}; look at `make lock UPGRADE=--upgrade`")
    return lines


def main() -> None:
    """Print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locks", nargs="+", type=Path)
    parser.add_argument("--days", type=int, default=OLD_DAYS)
    given = parser.parse_args()
    now = time.time()
    print("\n".join(report([(lock.name, days_of(lock.resolve(), now)) for lock in given.locks], given.days)))  # noqa: T201  a report is its output


if __name__ == "__main__":
    main()
