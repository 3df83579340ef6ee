"""Medians, spread and ratios, and the file that they are kept in."""

import msgspec

from bench.relaying.results import Measured, as_json, read_results, summed_up
from tests.bench.samples import run


def test_a_row_has_the_median_the_least_and_the_most() -> None:
    """Of a relay's rounds."""
    row = run().of("octi", "p100", "cpu_us_message")
    assert row is not None
    assert (row.median, row.min, row.max) == (45, 40, 50)


def test_a_ratio_is_of_medians_to_the_raw_node_relays_of_the_same_run() -> None:
    """45 to 40; where Node was not measured there is none."""
    results = run()
    ratios = {row.load: row.ratio for row in results.rows if (row.relay, row.figure) == ("octi", "cpu_us_message")}
    assert ratios["p100"] == 1.125
    assert ratios["p400"] is None


def test_nothing_is_divided_by_zero() -> None:
    """A figure that is zero for Node has no ratio."""
    rows = summed_up([Measured("node-raw", "sat", {"dead_sessions": 0}), Measured("octi", "sat", {"dead_sessions": 2})])
    assert [row.ratio for row in rows] == [None, None]


def test_figures_keep_four_digits() -> None:
    """More would be noise."""
    (row,) = summed_up([Measured("octi", "sat", {"messages_s": 12345.678})])
    assert row.median == 12350


def test_the_file_is_read_as_it_was_written() -> None:
    """And holds a row a line."""
    results = run()
    text = as_json(results)
    assert read_results(text) == results
    rows = [line for line in text.decode().splitlines() if '"figure"' in line]
    assert len(rows) == len(results.rows)
    assert msgspec.json.decode(text)["machine"]["cpu"] == "A CPU"


def test_relays_and_loads_come_in_the_order_of_the_run() -> None:
    """As they were measured first."""
    assert run().relays == ["octi", "node-raw"]
    assert run().loads[:3] == ["p100", "p400", "opens"]
