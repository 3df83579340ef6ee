"""How tests are shared out to several processes (pytest-xdist); without them nothing here has a say.

Tests that live in real time (they speak, kill, wait for limits, start processes) keep to their lanes: of the tests in a
lane one runs at a time. Half of the processes have a lane (of three, two), so that somebody only computes beside them.
"""

from typing import Any

REAL_TIME = (
    "tests/proofs/test_kills.py",
    "tests/proofs/test_soak.py",
    "tests/flows/",
    "tests/origins/",
    "tests/clients/",
    "tests/engine/test_pool.py",
    "tests/engine/test_lost_workers.py",
    "tests/engine/test_any_sound.py",
    "tests/test_serve.py",
    "tests/bench/test_trial.py",
    "tests/store/test_postgres.py",
    "tests/browser/",
)
ONE_BY_ONE = ("tests/proofs/test_cancellation.py",)  # each of these tests takes as long as many a file
FEWEST, MOST = 3, 8  # processes


def processes(cores: int) -> int:
    """How many to have: three where there are fewer cores as well, for most of the real time is spent waiting."""
    return min(max(cores, FEWEST), MOST)


def place(test: str) -> int:
    """Where a test stands in the order: what takes long begins early, and the many small ones fill up what is left."""
    return next((number for number, path in enumerate((*REAL_TIME, *ONE_BY_ONE)) if test.startswith(path)), 99)


def scope(test: str, processes: int) -> str:
    """Tests of one scope are run by one process, in their order."""
    number = place(test)
    if number < len(REAL_TIME):
        return f"lane {number % ((processes + 1) // 2)}"
    return test if test.startswith(ONE_BY_ONE) else test.partition("::")[0]


def scheduler(config: Any, log: Any) -> object:
    """Hands out scopes, in the order of their first tests."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415  not needed else

    class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid, self.numnodes)

    config.option.loadscopereorder = False  # those with the most tests are not those that take longest
    return Lanes(config, log)
