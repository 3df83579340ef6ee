"""How a word becomes a load, and what the load generator is told of it."""

import pytest

from bench.relaying.loads import BadLoad, load_named, loads_named


def test_voices_are_paced_as_people_speak() -> None:
    """25 pieces of 40 ms a second, each."""
    load = load_named("p100")
    assert (load.sessions, load.interval_ms, load.offered_s, load.tls) == (100, 40, 2500, False)
    told = load.arguments(seconds=4, warm_s=1)
    assert told == ["load", "-n", "100", "-s", "1920", "-i", "40", "-w", "1", "-t", "4", "-r", "1"]


def test_a_flat_load_is_the_same_for_any_number_of_sessions() -> None:
    """So only their number can make a difference."""
    assert {load_named(f"f{sessions}").offered_s for sessions in (10, 100, 1000)} == {2500}


def test_a_saturating_load_waits_for_answers_alone() -> None:
    """There is no pace, so nobody can say how much is to come."""
    load = load_named("sat")
    assert "-C" in load.arguments(seconds=4, warm_s=1)
    assert load.offered_s is None


def test_opens_only_come_and_go() -> None:
    """Eight at a time."""
    assert load_named("opens").arguments(seconds=2, warm_s=1) == ["opens", "-n", "8", "-t", "2"]


@pytest.mark.parametrize("name", ["sat+tls", "p100+tls", "opens+tls"])
def test_any_load_can_have_tls_to_the_provider(name: str) -> None:
    """By its name's end; what the clients do is the same."""
    plain = load_named(name.removesuffix("+tls"))
    assert load_named(name).tls
    assert load_named(name).arguments(seconds=1, warm_s=1) == plain.arguments(seconds=1, warm_s=1)


@pytest.mark.parametrize("name", ["", "p0", "p", "p99999", "fast", "sat+ssl"])
def test_what_is_no_load_is_refused(name: str) -> None:
    """With what there is."""
    with pytest.raises(BadLoad, match="there are sat, p100"):
        load_named(name)


def test_several_come_once_each_in_their_order() -> None:
    """An alias stands for its own."""
    names = [load.name for load in loads_named(["p100", "flat", "p100", "f10"])]
    assert names == ["p100", "f10", "f30", "f100", "f300", "f1000"]
