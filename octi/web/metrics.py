"""`/metrics`: what octi counts and holds, for Prometheus. For operators only: keep it inside. It names no session."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import attrs
import structlog
import trio
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from octi.observe.seldom import Seldom
from octi.services import Services
from octi.web.gauges import readiness, sources
from octi.web.health import problems_of
from octi.web.replies import NO_STORE

log = structlog.get_logger("octi.http")

COMPLAIN_S = 300.0  # between two lines of the log about what cannot be told
CREATED = "_created"  # since when something is counted, for each of hundreds of series: nobody asks


Source = Callable[[], Iterable[Metric]]


def metric_pages(services: Services) -> Blueprint:
    """`/metrics`."""
    pages = Blueprint("metrics", __name__)
    lasting = {"counted": services.observer.counted, **sources(services)}
    failures = Failures(lasting)

    @pages.get("/metrics")
    async def metrics() -> ResponseReturnValue:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        ready = partial(readiness, await problems_of(services))
        body = encode(Exposition({**lasting, "readiness": ready}, failures))
        return body, 200, {**NO_STORE, "Content-Type": content_type}

    return pages


@attrs.define(eq=False)
class Failures:
    """How often each source has failed since octi began."""

    names: Iterable[str]
    _counts: Counter[str] = attrs.field(factory=Counter, init=False)
    _seldom: Seldom = attrs.field(factory=lambda: Seldom(COMPLAIN_S), init=False)

    def add(self, name: str) -> None:
        """Another one, with the error that is being handled. The log has one line of many."""
        self._counts[name] += 1
        if self._seldom.due(trio.current_time()) is not None:
            log.exception("a part of the metrics failed", part=name)

    def family(self) -> Metric:
        """As a metric."""
        family = CounterMetricFamily("octi_scrape_failures", "Parts of this page that failed.", None, ("part",))
        for name in self.names:
            family.add_metric((name,), self._counts[name])
        return family


@attrs.frozen
class Exposition(Collector):
    """Metrics from several sources. One that fails is left out and counted; the others are told all the same."""

    sources: Mapping[str, Source]
    failures: Failures

    def collect(self) -> Iterator[Metric]:
        """All metrics, and the failures."""
        for name, source in self.sources.items():
            yield from self._told(name, source)
        yield self.failures.family()

    def _told(self, name: str, source: Source) -> list[Metric]:
        try:
            return [_without_birthdays(metric) for metric in source()]
        except Exception:  # whatever is wrong with one part, operators need the figures of the others just then
            self.failures.add(name)
            return []


def _without_birthdays(metric: Metric) -> Metric:
    metric.samples = [sample for sample in metric.samples if not sample.name.endswith(CREATED)]
    return metric
