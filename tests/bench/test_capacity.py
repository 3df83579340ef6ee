"""docs/capacity.md: current, and whole."""

import re

import pytest

from bench.relaying.__main__ import PLOTS, RESULTS, SHEET
from bench.relaying.capacity import sheet
from bench.relaying.results import Measured, read_results
from tests.bench.samples import run, talks


def test_the_page_is_current() -> None:
    """It says what bench/results.json says: `make bench` writes both."""
    assert SHEET.read_text(encoding="utf-8") == sheet(read_results(RESULTS.read_bytes()))


def test_every_plot_on_the_page_is_there() -> None:
    """As a file of the repository."""
    named = re.findall(r"\(plots/(\w+\.svg)\)", SHEET.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (PLOTS / name).is_file()] == []


def test_the_first_thing_said_is_how_many_voices() -> None:
    """On one core, what they add, what a session costs to begin."""
    page = sheet(run())
    assert "In short: **400 voices on one core** at 70 % of it; **0.20 ms** more" in page
    assert "**1.0 ms** of CPU to set a session up" in page


@pytest.mark.parametrize(
    "row",
    [
        "| octi, the Realtime API's door | 400 | 92 |",
        "| octi, the Realtime API's door | 45.0 (1.12) | 30.0 |",
        "| octi, the Realtime API's door | 0.20 / 0.40 / 0.60 | 0.20 / 0.40 / 0.60 | 100 % |",
        "| octi, the Realtime API's door | 80.0 | 20 | 30 |",
        "| octi, the Realtime API's door | 900 | 1,000 | 8.0 / 9.0 / 9.5 | - |",
        "| octi, the Realtime API's door | 20.0 | 21.0 |",
        "| octi, the Realtime API's door | 50.0 | 0.60 | 30 | 51.0 | 0.60 | 30 |",
    ],
)
def test_each_table_has_octis_row(row: str) -> None:
    """Voices, cost, round trips, memory, opens, number of sessions, first minute and last."""
    assert row in sheet(run())


def test_it_says_what_it_ran_on_and_what_was_not_measured() -> None:
    """The machine, its company, versions; who was missing, and what failed, in one line."""
    page = sheet(run())
    for words in (
        "A CPU, 2 cores",
        "make 30 %",
        "Node 24.",
        "not measured, there is no nginx.",
        "failed: it ended: badly.",
    ):
        assert words in page
    assert "waited for its core for 1.5 % of the time" in page


def test_what_was_not_measured_has_no_section() -> None:
    """Of a look at one load the page stays short."""
    page = sheet(run(Measured("octi", "sat", talks(50, 99))))
    assert "## CPU for each message" in page
    assert "## Set-up" not in page
    assert "In short" not in page
    assert "## What is used up first" not in page


def test_what_a_round_trip_takes_without_a_relay_is_said_beside_it() -> None:
    """So that what is added can be told; it is no row of other tables."""
    page = sheet(run(Measured("octi", "p100", talks(50, 30)), Measured("none", "p100", talks(0, 0))))
    assert "Without any relay: 0.20 / 0.40 / 0.60 ms with 100 voices" in page
    assert "| no relay" not in page


def test_a_page_that_was_measured_on_a_busy_machine_says_so_first() -> None:
    """Its figures are nobody's; on a quiet one there is no such word."""
    busy = sheet(run(Measured("octi", "sat", {**talks(50, 99), "waited_percent": 20.0})))
    assert "do not quote these figures" in busy[:700]
    assert "do not quote" not in sheet(run())
