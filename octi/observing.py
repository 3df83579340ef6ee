"""Opens whoever is told what octi does."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.resources import files
from math import inf
from pathlib import Path

from octi.config import Config, UpstreamKind
from octi.errors import BadConfig
from octi.guard.limits import NAMES
from octi.observe.base import Observer, Tracer
from octi.observe.metrics import Metrics
from octi.pricing.prices import FREE, Prices
from octi.pricing.reading import read_prices
from octi.trace_config import TraceConfig

NO_SDK = "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: pip install 'octi[otel]'"


@asynccontextmanager
async def open_observer(config: Config, close_by: Callable[[], float] = lambda: inf) -> AsyncIterator[Observer]:
    """Who is told, as configured. close_by: when closing has to be over, by Trio's clock. Raises BadConfig."""
    metrics = metrics_for(config)
    async with open_tracer(config.traces, close_by) as tracer:
        yield Observer(meter=metrics, counted=metrics.families, tracer=tracer)


def metrics_for(config: Config) -> Metrics:
    """What counts. Raises BadConfig."""
    models = (config.upstream.model, config.agent.transcription_model)
    return Metrics(prices=prices_for(config), models=models, limits=NAMES)


def prices_for(config: Config) -> Prices:
    """What this node's provider takes. The embedded engine takes nothing; only OpenAI's prices are known to octi.

    Reads the operator's file; raises BadConfig.
    """
    if config.upstream.kind is UpstreamKind.EMBEDDED:
        return FREE
    known = files("octi.pricing").joinpath("prices.toml").read_text(encoding="utf-8")
    built_in = known if config.upstream.kind is UpstreamKind.OPENAI else ""
    return read_prices(built_in, config.metrics.prices, lambda path: Path(path).read_text(encoding="utf-8"))


def open_tracer(config: TraceConfig, close_by: Callable[[], float]) -> AbstractAsyncContextManager[Tracer]:
    """Traces, if a collector is configured for them. Raises BadConfig where they cannot be made."""
    if not config.endpoint:
        return nullcontext(Tracer())
    try:
        from octi.observe.tracing import open_otel  # noqa: PLC0415  (OpenTelemetry: not everyone installs it)
    except ImportError as error:
        raise BadConfig([f"{NO_SDK} ({error})"]) from error

    return open_otel(config, close_by)
