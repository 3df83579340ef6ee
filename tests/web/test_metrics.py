"""octi/web/metrics.py: the page that Prometheus reads."""

from collections.abc import Iterator

import attrs
import pytest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from structlog.testing import capture_logs

from octi.observe.base import Observer
from octi.observe.metrics import Metrics
from octi.web.metrics import Exposition, Failures
from tests.exposed import Exposed, page, tell_all
from tests.web.standins import StandIn

PROMETHEUS = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1"


def node() -> StandIn:
    """One that was told everything once."""
    metrics = Metrics()
    tell_all(metrics)
    return StandIn(observer=Observer(meter=metrics, counted=metrics.families))


async def read(octi: StandIn) -> Exposed:
    answer = await octi.client.get("/metrics")
    assert answer.status_code == 200
    return page(await answer.get_data(as_text=True))


async def test_the_page_holds_what_was_counted_and_what_there_is() -> None:
    """In the text format, which anything reads."""
    answer = await node().client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"
    told = page(await answer.get_data(as_text=True))
    assert told.value("octi_turns_total", role="user") == 1
    assert told.value("octi_session_slots_used") == 0
    assert told.value("octi_ready") == 1
    assert told.sum("octi_scrape_failures_total") == 0


async def test_who_asks_for_openmetrics_gets_it() -> None:
    """As Prometheus itself does; the same figures."""
    answer = await node().client.get("/metrics", headers={"Accept": PROMETHEUS})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    text = await answer.get_data(as_text=True)
    assert text.endswith("# EOF\n")
    families = list(read_open_metrics(text))  # type: ignore[no-untyped-call]  # it has no types
    assert Exposed(families).value("octi_turns_total", role="user") == 1


async def test_nobody_is_told_since_when_something_is_counted() -> None:
    """It would be a third of the page."""
    told = await read(node())
    assert not [name for name in told.names if name.endswith("_created")]


async def test_a_node_that_counts_nothing_has_its_page() -> None:
    """With what there is."""
    told = await read(StandIn())
    assert told.value("octi_session_slots_used") == 0
    assert "octi_turns_total" not in told.names


async def test_a_part_that_fails_is_left_out_and_the_others_are_told() -> None:
    """It is counted by name, and logged with its trace, once for many."""

    def broken() -> dict[str, dict[str, int]]:
        raise ZeroDivisionError

    client = attrs.evolve(node(), gauges=broken).client
    with capture_logs() as lines:
        for _ in range(3):
            told = page(await (await client.get("/metrics")).get_data(as_text=True))
    assert told.value("octi_scrape_failures_total", part="parts") == 3
    assert "octi_store_rows_waiting" not in told.names
    assert told.value("octi_turns_total", role="user") == 1
    assert [(line["event"], line["part"]) for line in lines] == [("a part of the metrics failed", "parts")]


async def test_a_part_that_breaks_off_leaves_nothing_behind() -> None:
    """Half of it would be taken for all."""

    def half() -> Iterator[Metric]:
        yield GaugeMetricFamily("half", "Half.", 1)
        raise RuntimeError

    failures = Failures(["half"])
    with capture_logs():
        told = Exposed(Exposition({"half": half}, failures).collect())
    assert told.names == {"octi_scrape_failures_total"}


async def test_a_store_that_cannot_be_read_costs_readiness_and_not_the_page() -> None:
    """That is when its figures are wanted."""
    octi = node()
    octi.live.draining.set()
    told = await read(octi)
    assert (told.value("octi_ready"), told.value("octi_draining")) == (0, 1)


async def test_no_name_stands_there_twice() -> None:
    """A scraper would refuse the whole page."""
    families = [family.name for family in (await read(node())).families]
    assert len(families) == len(set(families))


@pytest.mark.parametrize("method", ["post", "delete"])
async def test_it_can_only_be_read(method: str) -> None:
    """Nothing is set back from outside."""
    assert (await getattr(StandIn().client, method)("/metrics")).status_code == 405
