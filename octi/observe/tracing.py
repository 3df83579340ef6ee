"""Traces by OpenTelemetry's SDK: spans that octi makes by hand, sent to a collector by a thread of their own.

Nothing here is global, and nothing of a trace waits for the network but that thread. Imported only where traces are on.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from math import inf
from uuid import uuid4

import attrs
import structlog
import trio
from opentelemetry.context import Context
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, TraceIdRatioBased
from opentelemetry.sdk.trace.sampling import Sampler as OtelSampler
from opentelemetry.sdk.version import __version__ as sdk_version
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Span as Told
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id, set_span_in_context
from opentelemetry.trace import Tracer as Teller
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from octi import __version__
from octi.clock import Now, wall_clock
from octi.observe.base import NO_HEADERS, NONE, Attributes, Span, Tracer
from octi.observe.sending import start_sending
from octi.settings import masked
from octi.trace_config import Sampler, TraceConfig

log = structlog.get_logger("octi.traces")

LONGEST = 256  # characters of one attribute: model names and the like may come from clients
MOST = 64  # attributes of one span
FLUSH_S, HOPELESS_S = 1.5, 0.25  # how long octi's end waits for the collector; for one that failed just now
W3C = TraceContextTextMapPropagator()


@attrs.define(eq=False)
class OtelSpan(Span):
    """A span of OpenTelemetry's. What is done to it after its end is ignored; it does not begin before its parent."""

    _tracer: "OtelTracer"
    _told: Told
    _began: float
    _over: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """See `Span.headers`. What others put into the trace's state is not handed on: it is not octi's to tell."""
        return self._tracer.headers(self._told)

    def begin(
        self, name: str, attributes: Attributes = NONE, *, at: float | None = None, client: bool = False
    ) -> "OtelSpan":
        """See `Span.begin`."""
        kind = SpanKind.CLIENT if client else SpanKind.INTERNAL
        began = max(self._began, self._tracer.now() if at is None else at)
        return self._tracer.start(name, attributes, set_span_in_context(self._told, Context()), kind, began)

    def note(self, attributes: Attributes) -> None:
        """See `Span.note`."""
        if not self._over:
            self._told.set_attributes(attributes)

    def rename(self, name: str) -> None:
        """See `Span.rename`."""
        if not self._over:
            self._told.update_name(name)

    def end(self, *, error: str | None = None, at: float | None = None) -> None:
        """See `Span.end`."""
        if self._over:
            return
        if error is not None:
            self._told.set_attribute(ERROR_TYPE, error)
            self._told.set_status(StatusCode.ERROR)
        self._told.end(nanoseconds(max(self._began, self._tracer.now() if at is None else at)))
        self._over = True


@attrs.frozen
class OtelTracer(Tracer):
    """Begins them. onward: is their context sent to who is asked?"""

    _teller: Teller
    now: Now = wall_clock
    _onward: bool = False

    def root(self, name: str, attributes: Attributes = NONE, *, headers: Mapping[str, str] = NO_HEADERS) -> Span:
        """See `Tracer.root`. Headers that make no sense are ignored."""
        return self.start(name, attributes, W3C.extract(headers, Context()), SpanKind.SERVER, self.now())

    def start(self, name: str, attributes: Attributes, parent: Context, kind: SpanKind, began: float) -> OtelSpan:
        """A span in a context, which is its parent's."""
        told = self._teller.start_span(name, parent, kind, attributes, start_time=nanoseconds(began))
        return OtelSpan(self, told, began)

    def headers(self, told: Told) -> Mapping[str, str]:
        """What is sent to who is asked."""
        if not self._onward:
            return {}
        context = told.get_span_context()
        trace, span = format_trace_id(context.trace_id), format_span_id(context.span_id)
        return {"traceparent": f"00-{trace}-{span}-{context.trace_flags & 1:02x}"}


def nanoseconds(seconds: float) -> int:
    """Of a time since 1970."""
    return int(seconds * 1_000_000_000)


def tracer_over(processor: SpanProcessor, config: TraceConfig, now: Now = wall_clock) -> OtelTracer:
    """A tracer whose spans go to a processor when they end."""
    provider = TracerProvider(
        sampler=sampler_for(config),
        resource=resource_for(config),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=MOST, max_span_attribute_length=LONGEST),
        meter_provider=NoOpMeterProvider(),
    )
    provider.add_span_processor(processor)
    return OtelTracer(provider.get_tracer("octi", __version__), now, config.onward)


def sampler_for(config: TraceConfig) -> OtelSampler:
    """Which traces are kept."""
    match config.sampler:
        case Sampler.ALWAYS_ON:
            return ALWAYS_ON
        case Sampler.ALWAYS_OFF:
            return ALWAYS_OFF
        case Sampler.TRACEIDRATIO:
            return TraceIdRatioBased(config.share)
        case Sampler.PARENTBASED_ALWAYS_ON:
            return ParentBased(ALWAYS_ON)
        case Sampler.PARENTBASED_ALWAYS_OFF:
            return ParentBased(ALWAYS_OFF)
        case Sampler.PARENTBASED_TRACEIDRATIO:
            return ParentBased(TraceIdRatioBased(config.share))


def resource_for(config: TraceConfig) -> Resource:
    """Who tells. What the operator says counts more than what octi knows of itself."""
    own = {"service.name": "octi", "service.version": __version__, "service.instance.id": str(uuid4())}
    sdk = {"name": "opentelemetry", "language": "python", "version": sdk_version}
    told = own | dict(config.resource or ()) | {f"telemetry.sdk.{name}": value for name, value in sdk.items()}
    return Resource(told | ({"service.name": config.service} if config.service else {}))


@asynccontextmanager
async def open_otel(config: TraceConfig, close_by: Callable[[], float] = lambda: inf) -> AsyncIterator[OtelTracer]:
    """A tracer whose spans are sent to the configured collector.

    What is left at the end gets a moment for it; close_by: not beyond this, by Trio's clock.
    """
    sending = start_sending(config.endpoint, dict(config.headers or ()), config.certificate)
    log.info("traces are sent", collector=masked(config.endpoint), sampler=config.sampler.value)
    try:
        yield tracer_over(sending.processor, config)
    finally:
        patience = HOPELESS_S if sending.outgoing.failing else FLUSH_S
        with trio.CancelScope(shield=True, deadline=min(trio.current_time() + patience, close_by())):
            await trio.to_thread.run_sync(sending.flush, abandon_on_cancel=True)  # noqa: ASYNC102  with a deadline
        sending.close()
