"""From what the load generator prints to figures."""

import pytest

from bench.relaying.figures import opening, talking, voices_a_core
from bench.relaying.loads import load_named
from bench.relaying.reading import BadOutput, read_opens, read_windows
from bench.relaying.results import Measured
from tests.bench.samples import MAIN, OPENS, PROVIDER, WINDOW, run, talks


def test_a_message_costs_what_all_of_the_relays_processes_use() -> None:
    """40 ms for 400 messages; a quarter of it by the worker, the provider's own left out."""
    (window,) = read_windows(WINDOW)
    figures = talking(window, load_named("p2"), MAIN, PROVIDER)
    assert figures["cpu_us_message"] == pytest.approx(100)
    assert figures["cpu_us_message_workers"] == pytest.approx(25)
    assert figures["cpu_percent"] == pytest.approx(2)
    assert figures["messages_s"] == 200
    assert figures["waited_percent"] == pytest.approx(1)
    assert figures["load_core_percent"] == pytest.approx(15)


def test_memory_is_what_sessions_add() -> None:
    """By what nobody shares, over all processes of the relay."""
    (window,) = read_windows(WINDOW)
    figures = talking(window, load_named("p2"), MAIN, PROVIDER)
    assert (figures["kib_session_idle"], figures["kib_session_active"]) == (100, 250)
    assert (figures["rss_kib_session_active"], figures["base_mib"]) == (1000, 4)


def test_what_was_not_answered_in_time_shows() -> None:
    """Two voices are due a hundred answers in two seconds; of a closed loop, as many as pieces were sent."""
    (window,) = read_windows(WINDOW)
    assert talking(window, load_named("p2"), MAIN, PROVIDER)["answered_percent"] == pytest.approx(190)
    assert talking(window, load_named("p5"), MAIN, PROVIDER)["answered_percent"] == pytest.approx(76)
    assert talking(window, load_named("sat"), MAIN, PROVIDER)["answered_percent"] == pytest.approx(95)
    assert talking(window, load_named("sat"), MAIN, PROVIDER)["lost_or_misordered"] == 3


def test_an_open_costs_its_share() -> None:
    """A tenth of a second for a hundred."""
    figures = opening(read_opens(OPENS), PROVIDER)
    assert (figures["opens_s"], figures["cpu_us_open"], figures["opens_cpu_s"]) == (50, 1000, 1000)
    assert figures["p99_ms"] == 9.5


def test_each_window_is_a_line() -> None:
    """Of a run in several."""
    assert len(read_windows(f"{WINDOW}\n{WINDOW}\n")) == 2


@pytest.mark.parametrize("text", ["", "\n", "{}", "of 100 sessions 3 are there"])
def test_other_output_is_refused(text: str) -> None:
    """Rather than taken for zeros."""
    with pytest.raises(BadOutput):
        read_windows(text)


def test_voices_are_scaled_from_the_most_that_left_something_free() -> None:
    """From 400 where they leave some of the core, else from 100, else from nothing."""
    at_400 = run(Measured("a", "p100", talks(50, 40)), Measured("a", "p400", talks(40, 80)))
    over = run(Measured("a", "p100", talks(50, 40)), Measured("a", "p400", talks(40, 99)))
    behind = run(Measured("a", "p100", talks(50, 40)), Measured("a", "p400", {**talks(40, 80), "answered_percent": 60}))
    assert voices_a_core(at_400, "a", 70) == 350
    assert voices_a_core(over, "a", 70) == voices_a_core(behind, "a", 70) == 175
    assert voices_a_core(over, "b", 70) is None
