"""octi/observe/sending.py: spans on their way to a collector that is there, slow, or away."""

import threading
import time
from collections.abc import Sequence

import attrs
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from octi.observe.sending import REMINDER_S, Counted, Outgoing, Sending, start_sending
from octi.observe.tracing import tracer_over
from octi.trace_config import TraceConfig
from tests.observe.collector import collecting

SOON_S = 20.0  # real time, in which anything must have happened that has to


@attrs.define(eq=False)
class Collector(SpanExporter):
    """Takes what it is given, as soon as `open` is set; answers as it is told."""

    result: SpanExportResult = SpanExportResult.SUCCESS
    open: threading.Event = attrs.field(factory=threading.Event)
    begun: threading.Event = attrs.field(factory=threading.Event)
    taken: list[str] = attrs.field(factory=list)
    closed: int = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.begun.set()
        assert self.open.wait(SOON_S)
        self.taken += [span.name for span in spans]
        return self.result

    def shutdown(self) -> None:
        self.closed += 1
        self.open.set()


def tell(sending: Sending, *names: str) -> None:
    tracer = tracer_over(sending.processor, TraceConfig())
    for name in names:
        tracer.root(name).end()


def sending_to(collector: Collector, most: int = 4, every_s: float = 60.0) -> Sending:
    outgoing = Outgoing(collector, lambda: "HTTP 401")
    return Sending(outgoing, Counted(outgoing, most=most, every_s=every_s))


def test_what_waits_at_the_end_is_sent() -> None:
    """And nothing is said of it."""
    collector = Collector()
    collector.open.set()
    sending = sending_to(collector)
    tell(sending, "a", "b")
    with capture_logs() as lines:
        sending.flush()
        sending.close()
    assert (collector.taken, collector.closed, lines) == (["a", "b"], 1, [])
    assert (sending.outgoing.sent, sending.outgoing.lost, sending.outgoing.waiting) == (2, 0, 0)


def test_of_a_full_queue_the_oldest_are_dropped_and_counted() -> None:
    """The collector is slow; whoever tells does not wait for it."""
    collector = Collector()
    sending = sending_to(collector, most=2, every_s=0.001)
    tell(sending, "held")
    assert collector.begun.wait(SOON_S)
    tell(sending, "1", "2", "3", "4", "5")
    assert (sending.outgoing.dropped, sending.outgoing.waiting) == (3, 2)
    collector.open.set()
    sending.flush()
    assert collector.taken == ["held", "4", "5"]
    with capture_logs() as lines:
        sending.close()
    assert [(line["event"], line["spans"]) for line in lines] == [("octi has ended with traces that were not sent", 3)]


def test_a_collector_that_refuses_is_told_seldom_with_the_sum_so_far() -> None:
    """And why, in a word."""
    clock = iter([0.0, 1.0, REMINDER_S + 1])
    outgoing = Outgoing(Collector(SpanExportResult.FAILURE), lambda: "HTTP 401", lambda: next(clock))
    outgoing._inner.open.set()  # type: ignore[attr-defined]  # the collector above
    sending = Sending(outgoing, Counted(outgoing, every_s=60.0))
    with capture_logs() as lines:
        for names in (["a"], ["b"], ["c", "d"]):
            tell(sending, *names)
            sending.processor.force_flush()
    assert [(line["log_level"], line["spans"], line["why"]) for line in lines] == [
        ("warning", 1, "HTTP 401"),
        ("warning", 4, "HTTP 401"),
    ]
    sending.close()
    sending.flush()


def test_after_the_end_nothing_is_sent_and_nothing_breaks() -> None:
    """What ends later than octi's tracing is not told."""
    collector = Collector()
    collector.open.set()
    sending = sending_to(collector)
    sending.flush()
    sending.close()
    tell(sending, "late")
    assert (collector.taken, collector.closed) == ([], 1)


def test_closing_gives_up_what_the_collector_does_not_take() -> None:
    """Its thread is not left waiting."""
    collector = Collector()
    sending = sending_to(collector, every_s=0.001)
    tell(sending, "held")
    assert collector.begun.wait(SOON_S)
    with capture_logs() as lines:
        sending.close()
    assert [line["spans"] for line in lines] == [1]
    sending.flush()
    assert collector.open.is_set()


def test_a_collector_is_sent_opentelemetrys_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the configured headers; no proxy of the environment sees them."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with collecting() as (url, posted), capture_logs() as lines:
        sending = start_sending(f"{url}/v1/traces", {"Authorization": "Bearer secret"})
        tell(sending, "a", "b")
        sending.flush()
        sending.close()
    assert (posted.paths, posted.keys, posted.names) == (["/v1/traces"], ["Bearer secret"], ["a", "b"])
    assert posted.services == {"octi"}
    assert lines == []


@pytest.mark.parametrize("status", [401, None])
def test_why_a_collector_does_not_take_traces_is_logged(status: int | None) -> None:
    """Its status, or that it is not there; not its address with a password in it, nor the headers."""
    with capture_logs() as lines:
        with collecting(status or 200) as (url, _):
            if status:
                _fail_at(url)
        if not status:
            _fail_at(url)
    assert lines[0]["event"] == "traces are lost: the collector does not take them"
    assert lines[0]["why"] == (f"HTTP {status}" if status else "ConnectionError")
    assert "secret" not in str(lines)


def _fail_at(url: str) -> None:
    sending = start_sending(f"{url.replace('://', '://user:secret@')}/v1/traces", {"Authorization": "secret"})
    tell(sending, "a")
    flushing = threading.Thread(target=sending.processor.force_flush)
    flushing.start()
    latest = time.monotonic() + SOON_S
    while not sending.outgoing.failing and time.monotonic() < latest:  # the server's answer, or that there is none
        time.sleep(0.001)
    sending.outgoing._inner.shutdown()  # a collector that is away is tried again for seconds
    flushing.join()
    sending.close()
    sending.flush()
