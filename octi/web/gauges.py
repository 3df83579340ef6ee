"""What a node holds at the moment that somebody looks, for metrics: asked, not counted. Cheap with many sessions."""

import platform
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import trio
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from octi import __version__
from octi.guard.limits import AT_ONCE
from octi.services import Services

Source = Callable[[], Iterator[Metric]]


@attrs.frozen
class Figure:
    """One of the figures that a part of the node gives, as it is called outside."""

    name: str
    meaning: str
    counter: bool = False

    def family(self, value: float) -> Metric:
        """With a value."""
        kind = CounterMetricFamily if self.counter else GaugeMetricFamily
        return kind(self.name, self.meaning, value)


# By part and the figure's name there, see `Services.gauges`. What a store or an engine does not tell is left out.
FIGURES: Mapping[str, Mapping[str, Figure]] = {
    "store": {
        "rows_waiting": Figure("octi_store_rows_waiting", "Rows that somebody waits to have written."),
        "rows_left": Figure("octi_store_rows_left", "Rows of sessions that are over, not written yet."),
        "reads_running": Figure("octi_store_reads_running", "Reads under way."),
        "connections": Figure("octi_store_connections", "Connections to the database."),
        "connections_most": Figure("octi_store_connections_most", "So many there may be."),
    },
    "warm": {"waiting": Figure("octi_warm_legs", "Provider's legs that wait for a session.")},
    "speech": {
        "workers": Figure("octi_speech_workers", "Processes that hear and speak."),
        "ready": Figure("octi_speech_workers_ready", "Those of them that are there; the others are about to start."),
        "queued": Figure("octi_speech_jobs_waiting", "Pieces of work that wait for a worker."),
        "done": Figure("octi_speech_jobs", "Pieces of work that workers did.", counter=True),
        "restarts": Figure("octi_speech_restarts", "Workers that were lost and started again.", counter=True),
        "repeated": Figure("octi_speech_sentences_repeated", "Sentences kept from before.", counter=True),
    },
    "recordings": {
        "live": Figure("octi_recordings_live", "Sessions whose sound is recorded just now."),
        "kept_bytes": Figure("octi_recordings_kept_bytes", "Sound that is kept."),
        "written_bytes": Figure("octi_recordings_written_bytes", "Sound that was written.", counter=True),
        "dropped_bytes": Figure("octi_recordings_dropped_bytes", "Sound that the disk did not take.", counter=True),
        "failed": Figure("octi_recordings_failed", "Recordings that ended before their session.", counter=True),
        "removed": Figure("octi_recordings_removed", "Recordings that made room for others.", counter=True),
    },
}
# By the name in a session's depths, see `Control.depths`: what waits in it.
QUEUES: Mapping[str, str] = {
    "client_bytes": "client",
    "provider_bytes": "provider",
    "early_bytes": "early",
}
ROWS = "rows"


def sources(services: Services) -> dict[str, Source]:
    """Where to look, by a name for who must know which of them failed."""
    process = ProcessCollector(registry=None)
    return {
        "build": lambda: build(services),
        "sessions": lambda: sessions(services),
        "queues": lambda: queues(services),
        "limits": lambda: limits(services),
        "parts": lambda: parts(services.gauges()),
        "runtime": runtime,
        "process": lambda: iter(process.collect()),
    }


def build(services: Services) -> Iterator[Metric]:
    """Which octi it is."""
    family = GaugeMetricFamily(
        "octi_build_info", "Which octi this is; always 1.", None, ("version", "python", "upstream")
    )
    family.add_metric((__version__, platform.python_version(), services.upstream.name), 1)
    yield family


def sessions(services: Services) -> Iterator[Metric]:
    """Who is here, and how many may be."""
    live = services.live
    yield GaugeMetricFamily("octi_session_slots_used", "Sessions that run, begin or end.", len(live))
    yield GaugeMetricFamily("octi_session_slots", "How many there may be; 0: any number.", live.most)
    yield GaugeMetricFamily("octi_followers", "Streams of events that follow a session.", len(live.feed))
    yield GaugeMetricFamily("octi_draining", "1: octi is about to stop and takes no session.", live.draining.is_set())


def queues(services: Services) -> Iterator[Metric]:
    """What waits in the sessions: of all together, and of the one where most does."""
    depths = list(services.live.census().values())
    total = GaugeMetricFamily("octi_queue_bytes", "Bytes that wait in sessions.", None, ("queue",))
    most = GaugeMetricFamily("octi_queue_bytes_max", "Bytes in the session where most wait.", None, ("queue",))
    for name, queue in QUEUES.items():
        waiting = [each.get(name, 0) for each in depths]
        total.add_metric((queue,), sum(waiting))
        most.add_metric((queue,), max(waiting, default=0))
    rows = [each.get(ROWS, 0) for each in depths]
    yield from (total, most)
    yield GaugeMetricFamily("octi_queue_rows", "Rows that sessions hold until they are stored.", sum(rows))
    yield GaugeMetricFamily("octi_queue_rows_max", "Rows in the session that holds most.", max(rows, default=0))


def limits(services: Services) -> Iterator[Metric]:
    """How near to a limit somebody is, and how many are counted."""
    meaning = "Sessions at once of whoever has most, by the limit that is on them."
    busiest = GaugeMetricFamily("octi_limit_sessions_max", meaning, None, ("limit",))
    counts = services.limiter.crowd.busiest()
    for limit in AT_ONCE:
        busiest.add_metric((limit,), counts.get(limit, 0))
    yield busiest
    yield GaugeMetricFamily("octi_limit_buckets", "Who is counted by the minute.", len(services.limiter.buckets))


def parts(gauges: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    """What the sessions share: the store's writer, the engine's workers."""
    for part, figures in FIGURES.items():
        told = gauges.get(part, {})
        yield from (figure.family(told[name]) for name, figure in figures.items() if name in told)


def runtime() -> Iterator[Metric]:
    """What the process is made of."""
    tasks = trio.lowlevel.current_statistics().tasks_living
    yield GaugeMetricFamily("octi_tasks", "Tasks in the event loop.", tasks)
    yield GaugeMetricFamily("octi_threads", "Threads.", threading.active_count())


def readiness(problems: Sequence[str]) -> Iterator[Metric]:
    """What `/readyz` would say."""
    yield GaugeMetricFamily("octi_ready", "1: it takes new sessions, as /readyz says.", not problems)
