"""Spans on their way to a collector: a bounded queue, a thread that empties it, and what is said when that fails."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import requests
import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from octi.observe.seldom import Seldom

log = structlog.get_logger("octi.traces")

MOST_WAITING = 4096  # spans; beyond it the oldest are given up, and counted
AT_ONCE = 256  # spans in one request: to encode more of them at once would hold up the conversations
EVERY_S = 5.0
ANSWER_S = 10.0  # for one request, all its tries included
REMINDER_S = 60.0  # a collector that is away is logged so often
NO_METERS = NoOpMeterProvider()  # else the SDK makes itself a global one


class Post(requests.Session):
    """Posts to a collector, and remembers why the last try failed. The environment has no say in it."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.problem = ""

    def request(self, *args: Any, **named: Any) -> requests.Response:
        """See `requests.Session`."""
        try:
            answer = super().request(*args, **named)
        except Exception as error:  # whichever: the exporter decides what is to be done
            self.problem = type(error).__name__
            raise
        self.problem = "" if answer.ok else f"HTTP {answer.status_code}"
        return answer


@attrs.define(eq=False)
class Outgoing(SpanExporter):
    """An exporter whose failures are counted, and logged seldom. Used by the processor's thread."""

    _inner: SpanExporter
    _why: Callable[[], str] = lambda: ""
    _clock: Callable[[], float] = time.monotonic
    ended: int = 0  # spans that were to be sent
    taken: int = 0  # of them: so many left the queue for the collector
    sent: int = 0
    dropped: int = 0  # so many left it for nowhere: it was full
    _closed: bool = False
    _told: int = 0
    _seldom: Seldom = attrs.field(factory=lambda: Seldom(REMINDER_S))

    @property
    def waiting(self) -> int:
        """How many are in the queue."""
        return self.ended - self.taken - self.dropped

    @property
    def lost(self) -> int:
        """How many will not be sent any more. One that is just being sent counts until it is."""
        return self.taken - self.sent + self.dropped

    @property
    def failing(self) -> bool:
        """Did the last try fail?"""
        return bool(self._why())

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See `SpanExporter`."""
        self.taken += len(spans)
        result = SpanExportResult.FAILURE if self._closed else self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.sent += len(spans)
        if self.lost > self._told and not self._closed and self._seldom.due(self._clock()) is not None:
            self._told = self.lost
            log.warning("traces are lost: the collector does not take them", spans=self.lost, why=self._why())
        return result

    def shutdown(self) -> None:
        """See `SpanExporter`. A try that waits for its repetition is given up."""
        if not self._closed:
            self._closed = True
            self._inner.shutdown()


class Counted(BatchSpanProcessor):
    """The SDK's queue and thread, with a count of what had to be dropped."""

    def __init__(self, outgoing: Outgoing, *, most: int = MOST_WAITING, every_s: float = EVERY_S) -> None:
        super().__init__(
            outgoing,
            max_queue_size=most,
            schedule_delay_millis=every_s * 1000,
            max_export_batch_size=min(AT_ONCE, most),
            export_timeout_millis=ANSWER_S * 1000,
            meter_provider=NO_METERS,
        )
        self._outgoing, self._most = outgoing, most

    def on_end(self, span: ReadableSpan) -> None:
        """See `SpanProcessor`."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._outgoing.dropped += self._outgoing.waiting >= self._most
            self._outgoing.ended += 1
            super().on_end(span)


@attrs.define(eq=False)
class Sending:
    """The way to one collector."""

    outgoing: Outgoing
    processor: Counted

    def flush(self) -> None:
        """Send what is there, and take no more. Blocks, for half a minute at worst, and less once it is closed."""
        self.processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK gives it no type

    def close(self) -> None:
        """Give up what is still there."""
        self.outgoing.shutdown()
        if missing := self.outgoing.ended - self.outgoing.sent:
            log.warning("octi has ended with traces that were not sent", spans=missing)


def start_sending(url: str, headers: Mapping[str, str], certificate: str = "", *, every_s: float = EVERY_S) -> Sending:
    """Begin to send to a collector; `close` ends it. certificate: a file of those to trust, else the usual ones."""
    post = Post()
    exporter = OTLPSpanExporter(
        endpoint=url,
        headers=headers,
        certificate_file=certificate or None,
        timeout=ANSWER_S,
        session=post,
        meter_provider=NO_METERS,
    )
    outgoing = Outgoing(exporter, lambda: post.problem)
    return Sending(outgoing, Counted(outgoing, every_s=every_s))
