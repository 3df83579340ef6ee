"""The figures as text."""

from bench.relaying.results import Measured
from bench.relaying.table import aligned, head, of_load, report
from tests.bench.samples import run, talks


def test_a_load_has_a_line_for_each_relay_that_stood_it() -> None:
    """Median and spread of its cost, round trips, memory, and the ratio."""
    titles, octi, node = of_load(run(), "p100")
    assert titles.startswith("== p100")
    assert "45.0 [40.0..50.0]" in octi
    assert "0.20 / 0.40 / 0.60" in octi
    assert octi.endswith("1.12")
    assert node.startswith("node-raw")
    assert node.endswith("1.00")


def test_opens_have_columns_of_their_own() -> None:
    """How many, and at which cost."""
    titles, octi = of_load(run(), "opens")
    assert "opens/CPU s" in titles
    assert "900 [900..900]" in octi


def test_what_workers_used_is_told_apart() -> None:
    """Where there are any."""
    results = run(Measured("octi", "sat", {**talks(50, 90), "cpu_us_message_workers": 12.0}))
    assert of_load(results, "sat")[-1].endswith("12.0 of it by its worker processes")


def test_the_head_says_what_it_ran_on_and_who_is_missing() -> None:
    """Machine, company, versions, skipped relays, failures."""
    told = "\n".join(head(run()))
    for words in (
        "A CPU, 2 cores",
        "make 30 %",
        "Node 24",
        "nginx       NOT MEASURED: there is no nginx",
        "FAILED litellm",
    ):
        assert words in told


def test_columns_are_of_one_width() -> None:
    """Names to the left, figures to the right."""
    assert aligned([["a", "10"], ["bcd", "5"]]) == ["a    10", "bcd   5"]


def test_a_report_has_every_load() -> None:
    """Each with its heading."""
    results = run()
    assert [line.split()[1] for line in report(results).splitlines() if line.startswith("== ")] == [
        load.split()[0] for load in results.loads
    ]
