"""How many files octi may open."""

import resource

import pytest

from octi.descriptors import BESIDES, EACH, room_for

Limits = dict[str, tuple[int, int]]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """This process's limit, as far as octi can tell."""
    kept: Limits = {"now": (1024, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda which: kept["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda which, new: kept.update(now=new))
    return kept


def test_the_limit_is_raised_to_what_is_needed(limits: Limits) -> None:
    assert room_for(1000) == 1000
    assert limits["now"] == (1000 * EACH + BESIDES, 4096)


def test_a_limit_that_is_high_enough_stays(limits: Limits) -> None:
    assert room_for(10) == 10
    assert limits["now"] == (1024, 4096)


def test_where_the_machine_allows_fewer_there_is_room_for_fewer(limits: Limits) -> None:
    assert room_for(100_000) == (4096 - BESIDES) // EACH
    assert limits["now"] == (4096, 4096)
    limits["now"] = (64, 64)
    assert room_for(100) == 1


def test_without_a_bound_all_that_is_allowed_is_taken(limits: Limits) -> None:
    assert room_for(0) == 0
    assert limits["now"] == (4096, 4096)


def test_no_limit_is_no_bound(limits: Limits) -> None:
    limits["now"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert room_for(100_000) == 100_000
    assert room_for(0) == 0
