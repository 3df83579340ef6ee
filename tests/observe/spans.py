"""Spans that a test keeps, and how they hang together."""

from collections.abc import Iterator
from typing import Any

import attrs
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from octi.clock import Now, wall_clock
from octi.observe.tracing import OtelTracer, tracer_over
from octi.trace_config import TraceConfig

Tree = list[Any]  # a span's name, and the trees of its parts
SECOND = 1_000_000_000
ROUNDING_S = 1e-6  # times since 1970 are no finer in a float


@attrs.define(eq=False)
class Keeper(SpanProcessor):
    """Keeps every span that has begun, and every one that is over."""

    begun: list[str] = attrs.field(factory=list)
    over: list[ReadableSpan] = attrs.field(factory=list)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.begun.append(span.name)

    def on_end(self, span: ReadableSpan) -> None:
        self.over.append(span)


@attrs.define(eq=False)
class Spans:
    """A tracer, and what it told of."""

    now: Now = wall_clock
    config: TraceConfig = attrs.field(factory=TraceConfig)
    _kept: Keeper = attrs.field(factory=Keeper)
    tracer: OtelTracer = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tracer = tracer_over(self._kept, self.config, self.now)

    @property
    def all(self) -> list[ReadableSpan]:
        """Those that are over, by when they began."""
        return sorted(self._kept.over, key=lambda span: (span.start_time or 0, span.end_time or 0))

    @property
    def open_now(self) -> int:
        """How many are not over."""
        return len(self._kept.begun) - len(self._kept.over)

    def named(self, name: str) -> list[ReadableSpan]:
        """Those that are called so."""
        return [span for span in self.all if span.name == name]

    def only(self, name: str) -> ReadableSpan:
        """The one that is called so."""
        (span,) = self.named(name)
        return span

    def parts(self, whole: ReadableSpan | None) -> list[ReadableSpan]:
        """What a span consists of; None: those without a parent here."""
        here = {span.context.span_id for span in self.all if span.context}
        if whole is None:
            return [span for span in self.all if span.parent is None or span.parent.span_id not in here]
        assert whole.context is not None
        return [span for span in self.all if span.parent and span.parent.span_id == whole.context.span_id]

    def tree(self, whole: ReadableSpan | None = None, *, without: tuple[str, ...] = ()) -> Tree:
        """Names below a span, each followed by the list of what is below it, if there is something."""
        found: Tree = []
        for part in self.parts(whole):
            if part.name not in without:
                below = self.tree(part, without=without)
                found += [part.name, below] if below else [part.name]
        return found

    def strays(self) -> Iterator[str]:
        """Parts that are not within the time of what they are parts of."""
        for whole in self.all:
            for part in self.parts(whole):
                (begun, over), (earliest, latest) = when(part), when(whole)
                if not earliest - ROUNDING_S <= begun <= over <= latest + ROUNDING_S:
                    yield f"{part.name} {when(part)} in {whole.name} {when(whole)}"


def when(span: ReadableSpan) -> tuple[float, float]:
    """From when to when."""
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time / SECOND, span.end_time / SECOND


def about(span: ReadableSpan, *names: str) -> list[Any]:
    """Some of what is told of it; None where nothing is."""
    told = span.attributes or {}
    return [told.get(name) for name in names]


def failed(span: ReadableSpan) -> bool:
    """Is it told as a failure?"""
    return span.status.status_code is StatusCode.ERROR
