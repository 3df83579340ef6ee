"""What octi tells about itself while it works: counts for metrics, spans for traces. These here tell nobody.

`metrics.py` counts, `tracing.py` traces; whoever works is given an `Observer` and need not know which is there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import attrs

from octi.records import Row

Attributes = Mapping[str, str | int | float | bool | tuple[str, ...]]
NONE: Attributes = {}
NO_HEADERS: Mapping[str, str] = {}


class Meter:
    """Counts. Times are seconds; every label's value is one of few: no id, no address, no sentence."""

    def session_started(self, door: str, upstream: str) -> None:
        """A session is live."""

    def session_ended(self, door: str, upstream: str, by: str, reason: str) -> None:
        """A session that had started is over. reason: a word, see `Ending.word`."""

    def session_refused(self, reason: str) -> None:
        """A client was not let in. reason: an error's code."""

    def limited(self, limit: str) -> None:
        """Somebody was refused because a limit is reached. limit: its name, one of few."""

    def turn(self, role: str) -> None:
        """Somebody said something new."""

    def interrupted(self) -> None:
        """A turn was cut off."""

    def answered(self, asked_by: str, seconds: float) -> None:
        """From the end of what the user said (speech) or typed (text) to the first of the answer."""

    def leg_opened(self, upstream: str, seconds: float) -> None:
        """A provider's leg is connected and configured."""

    def leg_failed(self, upstream: str, reason: str) -> None:
        """A provider's leg did not come into use. reason: an error's code."""

    def warm_taken(self, how: str) -> None:
        """A session that may have a warm leg wanted one. how: what it was given, one of few words."""

    def warm_discarded(self, reason: str) -> None:
        """A leg that was to wait for a session does not, or no more. reason: one of few words, or an error's code."""

    def relayed(self, direction: str, seconds: float) -> None:
        """What octi took over one message (in: the client's, out: the provider's). A sample of them is told."""

    def audio(self, direction: str, seconds: float) -> None:
        """So much more was said by the user (in), or heard of the agent (out)."""

    def dropped(self, direction: str, count: int) -> None:
        """So many bytes more of the user's (in) or the agent's (out) audio were given up."""

    def used(self, upstream: str, model: str, kind: str, usage: Mapping[str, Any]) -> None:
        """What the provider counted for one response or transcription (kind), in its own words."""

    def tool_ran(self, name: str, seconds: float) -> None:
        """One of octi's own functions was called by an agent."""

    def extracted(self, outcome: str, seconds: float) -> None:
        """A profile was read out of a conversation: `ok`, or an error's code."""

    def committed(self, seconds: float, rows: int, failed: int) -> None:
        """The store wrote one batch, or could not. failed: how many of its rows were not kept."""

    def rows_lost(self, count: int) -> None:
        """Rows were given up for good."""

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """A client's HTTP request was answered. route: as it was registered, without what stands in its places."""

    def provider_asked(self, what: str, status: int | None, seconds: float) -> None:
        """A provider was asked by HTTP. None: no answer."""

    def lagged(self, seconds: float) -> None:
        """How much later than it wished a task ran that does nothing else."""

    def blocked(self, seconds: float) -> None:
        """One step of a task kept all others from running."""


class Span:
    """Something that takes time. It is ended once; what is begun in it is ended before. Times: seconds since 1970."""

    @property
    def headers(self) -> Mapping[str, str]:
        """W3C trace context for who is asked meanwhile."""
        return {}

    def begin(
        self, name: str, attributes: Attributes = NONE, *, at: float | None = None, client: bool = False
    ) -> "Span":
        """A part of it, from now on, or since `at`. client: somebody else is asked."""
        return self

    def note(self, attributes: Attributes) -> None:
        """Say more about it."""

    def rename(self, name: str) -> None:
        """Call it otherwise: one of few names, found out only now."""

    def end(self, *, error: str | None = None, at: float | None = None) -> None:
        """It is over. error: what went wrong, in a word."""


UNTOLD = Span()


class Tracer:
    """Where spans begin that belong to no other."""

    def root(self, name: str, attributes: Attributes = NONE, *, headers: Mapping[str, str] = NO_HEADERS) -> Span:
        """A span; headers: of the request that it answers, whose trace it then belongs to."""
        return UNTOLD


@attrs.frozen
class Observer:
    """Who is told."""

    meter: Meter = attrs.field(factory=Meter)
    tracer: Tracer = attrs.field(factory=Tracer)
    words: bool = False  # may what was said be logged?
    redact: Callable[[Row], Row] = lambda row: row  # what is taken out of it before
    counted: Callable[[], Iterable[Any]] = tuple  # what the meter was told so far, as prometheus_client's metrics


_current: ContextVar[Span | None] = ContextVar("octi_span", default=None)


def current_span() -> Span:
    """The span that the current task works in; one that tells nobody where there is none."""
    return _current.get() or UNTOLD


@contextmanager
def in_span(span: Span) -> Iterator[Span]:
    """Work in a span; the tasks that are started in the block do, too. Does not end it."""
    token = _current.set(span)
    try:
        yield span
    finally:
        _current.reset(token)
