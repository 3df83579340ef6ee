"""Counts for Prometheus, on a registry of their own. What waits in the node is asked when it is scraped: `octi.web`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

from octi.error_replies import REPLIES
from octi.errors import BadSecret, Forbidden, Full, OverBudget, ProviderFault, RateLimited, Stopping
from octi.observe.base import Meter
from octi.observe.labels import Children, Names, method_label, status_label
from octi.pricing.portions import portions_of, seconds_of
from octi.pricing.prices import FREE, Prices, cost_of
from octi.records import Role

MICRO = 1e-6
# People wait for these: half a second feels like a conversation, two like a telephone to the moon.
ANSWER_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
ASKING_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # others, over a network
RELAY_S = tuple(each * MICRO for each in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 20_000))
WORK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # octi's own
REQUEST_S = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
BLOCK_S = (0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

DOORS = ("octi", "realtime", "call")
WARM_TAKEN, WARM_GIVEN_UP = ("configured", "connected", "dialled"), ("old", "unwanted")
IN, OUT = "in", "out"
TRANSCRIPTION = "transcription"


class Metrics(Meter):
    """Counts what it is told. prices: of this node's provider; models: those that are told apart in any case.

    limits: the names of all that there are.
    """

    def __init__(self, *, prices: Prices = FREE, models: Iterable[str] = (), limits: Iterable[str] = ()) -> None:
        self._prices, known = prices, [*filter(None, models)]
        self._models = Names(known)
        self._registry = CollectorRegistry()
        self._sessions()
        self._passing()
        self._tokens()
        self._work()
        for model in known:
            self._pay(self._models.label(model), {}, model, written=False)
        for limit in limits:
            self._limits(limit)

    def families(self) -> Iterable[Metric]:
        """What was counted so far."""
        return self._registry.collect()

    # What there is. Where the labels are known they begin at 0: a rise from nothing would not be seen.

    def _sessions(self) -> None:
        self._live = Children(self._gauge("sessions_live", "Sessions that run now.", "door"))
        self._started = Children(self._counter("sessions_started", "Sessions that began.", "door"))
        self._ended = Children(self._counter("sessions_ended", "Sessions that ended.", "door", "by", "reason"))
        self._refused = Children(self._counter("sessions_refused", "Clients that were not let in.", "reason"))
        reached = "Clients, messages and requests that a limit refused."
        self._limits = Children(self._counter("limits_reached", reached, "limit"))
        self._setup = self._histogram("leg_setup_seconds", "Until a provider's leg was in use.", ASKING_S)
        unused = "Provider's legs that did not come into use."
        self._failures = Children(self._counter("leg_failures", unused, "reason"))
        given = "Sessions that were given a leg that waited (configured, connected), or, as there was none, a new one."
        self._warm_taken = Children(self._counter("warm_legs_taken", given, "how"))
        lost = "Legs that were to wait for a session, and did not, or no more."
        self._warm_discarded = Children(self._counter("warm_legs_discarded", lost, "reason"))
        for how in WARM_TAKEN:
            self._warm_taken(how)
        for why in WARM_GIVEN_UP:
            self._warm_discarded(why)
        for door in DOORS:
            self._live(door)
            self._started(door)
        for error in (Full, Stopping, BadSecret, Forbidden, RateLimited, OverBudget):
            self._refused(REPLIES[error].code)
        for kind, reply in REPLIES.items():
            if issubclass(kind, ProviderFault):
                self._failures(reply.code)

    def _passing(self) -> None:
        self._turns = Children(self._counter("turns", "What somebody said.", "role"))
        self._interruptions = self._counter("interruptions", "Turns that were cut off.")
        said = "From the end of what the user said or typed to the first of the answer."
        self._answers = Children(self._histogram("answer_seconds", said, ANSWER_S, "asked_by"))
        took = "What octi took over one message, of a sample of them; in: the client's, out: the provider's."
        self._relay = Children(self._histogram("relay_seconds", took, RELAY_S, "direction"))
        heard = "Audio that the user said (in), or that was heard of the agent (out)."
        self._audio = Children(self._counter("audio_seconds", heard, "direction"))
        lost = "Audio that was given up because somebody did not take it."
        self._dropped = Children(self._counter("audio_dropped_bytes", lost, "direction"))
        for role in Role:
            self._turns(role.value)
        for asked_by in ("speech", "text"):
            self._answers(asked_by)
        for direction in (IN, OUT):
            self._audio(direction)
            self._dropped(direction)

    def _tokens(self) -> None:
        labels = ("model", "kind", "direction", "modality", "cache")
        self._counted = Children(self._counter("tokens", "Tokens, as the provider counted them.", *labels))
        self._seconds = Children(
            self._counter("transcribed_seconds", "Audio that was transcribed by its length.", "model")
        )
        cost = "What tokens and audio cost by the prices in force."
        self._cost = Children(self._counter("cost", cost, "model", "currency"))
        self._unpriced = Children(self._counter("unpriced_tokens", "Tokens whose price is not known.", "model"))
        self._unpriced_s = Children(self._counter("unpriced_seconds", "Audio whose price is not known.", "model"))

    def _work(self) -> None:
        self._tools = Children(
            self._histogram("tool_seconds", "octi's own functions, called by agents.", WORK_S, "tool")
        )
        self._extractions = Children(
            self._histogram("extraction_seconds", "Profiles read out of conversations.", ASKING_S, "outcome")
        )
        self._commits = self._histogram("store_commit_seconds", "Batches written to the store.", WORK_S)
        self._rows = Children(self._counter("store_rows", "Rows that a batch held; failed: tried again.", "outcome"))
        self._lost = self._counter("rows_lost", "Rows that were given up for good.")
        labels = ("method", "route", "status")
        self._requests = Children(self._histogram("http_request_seconds", "HTTP requests.", REQUEST_S, *labels))
        asked = "HTTP requests to the provider."
        self._asked = Children(self._histogram("provider_http_seconds", asked, ASKING_S, "what", "status"))
        self._lag = self._histogram("loop_lag_seconds", "How late a task runs that does nothing else.", LAG_S)
        stuck = "Steps of a task that kept all others from running."
        self._blocks = self._histogram("loop_blocked_seconds", stuck, BLOCK_S)
        for outcome in ("kept", "failed"):
            self._rows(outcome)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"octi_{name}", meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"octi_{name}", meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"octi_{name}", meaning, labels, buckets=buckets, registry=self._registry)

    # What is told

    def session_started(self, door: str, upstream: str) -> None:
        """See `Meter`."""
        self._started(door).inc()
        self._live(door).inc()

    def session_ended(self, door: str, upstream: str, by: str, reason: str) -> None:
        """See `Meter`."""
        self._ended(door, by, reason).inc()
        self._live(door).dec()

    def session_refused(self, reason: str) -> None:
        """See `Meter`."""
        self._refused(reason).inc()

    def limited(self, limit: str) -> None:
        """See `Meter`."""
        self._limits(limit).inc()

    def turn(self, role: str) -> None:
        """See `Meter`."""
        self._turns(role).inc()

    def interrupted(self) -> None:
        """See `Meter`."""
        self._interruptions.inc()

    def answered(self, asked_by: str, seconds: float) -> None:
        """See `Meter`."""
        self._answers(asked_by).observe(seconds)

    def leg_opened(self, upstream: str, seconds: float) -> None:
        """See `Meter`."""
        self._setup.observe(seconds)

    def leg_failed(self, upstream: str, reason: str) -> None:
        """See `Meter`."""
        self._failures(reason).inc()

    def warm_taken(self, how: str) -> None:
        """See `Meter`."""
        self._warm_taken(how).inc()

    def warm_discarded(self, reason: str) -> None:
        """See `Meter`."""
        self._warm_discarded(reason).inc()

    def relayed(self, direction: str, seconds: float) -> None:
        """See `Meter`."""
        self._relay(direction).observe(seconds)

    def audio(self, direction: str, seconds: float) -> None:
        """See `Meter`."""
        self._audio(direction).inc(seconds)

    def dropped(self, direction: str, count: int) -> None:
        """See `Meter`."""
        self._dropped(direction).inc(count)

    def used(self, upstream: str, model: str, kind: str, usage: Mapping[str, Any]) -> None:
        """See `Meter`."""
        written, name = kind == TRANSCRIPTION, self._models.label(model)
        for direction, modality, cached, tokens in portions_of(usage, written=written):
            self._counted(name, kind, direction, modality, "cached" if cached else "uncached").inc(tokens)
        if seconds := seconds_of(usage):
            self._seconds(name).inc(float(seconds))
        self._pay(name, usage, model, written=written)

    def _pay(self, name: str, usage: Mapping[str, Any], model: str, *, written: bool) -> None:
        cost = cost_of(usage, model, self._prices, written=written)
        self._cost(name, cost.currency).inc(float(cost.amount))
        self._unpriced(name).inc(sum(portion.tokens for portion in cost.unpriced))
        self._unpriced_s(name).inc(float(cost.unpriced_s))

    def tool_ran(self, name: str, seconds: float) -> None:
        """See `Meter`."""
        self._tools(name).observe(seconds)

    def extracted(self, outcome: str, seconds: float) -> None:
        """See `Meter`."""
        self._extractions(outcome).observe(seconds)

    def committed(self, seconds: float, rows: int, failed: int) -> None:
        """See `Meter`."""
        self._commits.observe(seconds)
        self._rows("kept").inc(rows - failed)
        self._rows("failed").inc(failed)

    def rows_lost(self, count: int) -> None:
        """See `Meter`."""
        self._lost.inc(count)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """See `Meter`."""
        self._requests(method_label(method), route, status_label(status)).observe(seconds)

    def provider_asked(self, what: str, status: int | None, seconds: float) -> None:
        """See `Meter`."""
        self._asked(what, status_label(status)).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """See `Meter`."""
        self._lag.observe(seconds)

    def blocked(self, seconds: float) -> None:
        """See `Meter`."""
        self._blocks.observe(seconds)
