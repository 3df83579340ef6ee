"""Tests that need the real time and the machine do not run beside each other, however many processes there are."""

from pathlib import Path

import pytest

from tests.lanes import MOST, ONE_BY_ONE, REAL_TIME, place, processes, scope

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parent.parent
SCENE = f"{ONE_BY_ONE[0]}::test_cut[a scene]"


def test_all_that_is_named_is_there() -> None:
    """A file that was renamed would lose its place without a word."""
    assert [path for path in (*REAL_TIME, *ONE_BY_ONE) if not (ROOT / path).exists()] == []


def test_half_of_the_processes_have_a_lane() -> None:
    """For what is named, whatever folder it is in; of three two."""
    tests = [f"{path}test_it.py::test_it" if path.endswith("/") else f"{path}::test_it" for path in REAL_TIME]
    assert [len({scope(test, many) for test in tests}) for many in (1, 2, 3, 4, 8)] == [1, 1, 2, 2, 4]


def test_files_keep_together_but_for_the_longest() -> None:
    """What a module's tests share is made once, but each scene that is cut everywhere is a file's work."""
    assert scope("tests/wire/test_it.py::test_one[a::b]", 2) == scope("tests/wire/test_it.py::test_two", 2)
    assert scope(SCENE, 2) != scope(SCENE.replace("a scene", "another"), 2)


def test_what_takes_long_begins_early() -> None:
    """So that it does not end alone."""
    tests = ["tests/audio/test_it.py::test_it", SCENE, f"{REAL_TIME[0]}::test_it"]
    assert sorted(tests, key=place) == tests[::-1]


@pytest.mark.parametrize(("cores", "expected"), [(1, 3), (2, 3), (6, 6), (64, MOST)])
def test_there_are_as_many_processes_as_cores(cores: int, expected: int) -> None:
    """But three at least, for real time is mostly waited for; and not so many that most of them only start."""
    assert processes(cores) == expected


@pytest.mark.slow
def test_what_all_processes_prove_is_said_at_the_end(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Summed up by the one that has handed out the tests."""
    pytest.importorskip("xdist")
    pytester.makeconftest("from tests.conftest import *")
    prove = "def test_it(proofs): proofs.add('cuts', {'scenes': 1}, {'leaks': 0})"
    pytester.makepyfile(test_one=prove, test_two=prove, test_three=prove)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["* proofs (*", "cuts *3 scenes; 0 leaks"])
