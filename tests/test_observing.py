"""octi/observing.py: who is told what octi does."""

import sys
from pathlib import Path

import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.observe.base import Tracer
from octi.observe.tracing import OtelTracer
from octi.observing import open_observer, prices_for
from octi.pricing.portions import AUDIO, INPUT, Portion
from tests.exposed import USAGE, Exposed

OPENAI = {"OPENAI_API_KEY": "sk-test", "OCTI_PROMPT_ID": "p"}
COMPATIBLE = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_PROMPT_ID": "p"}
SPOKEN = Portion(INPUT, AUDIO, False, 1)


async def test_there_are_traces_where_a_collector_is_configured() -> None:
    """And none elsewhere."""
    async with open_observer(read_config({})) as observer:
        assert type(observer.tracer) is Tracer
    async with open_observer(read_config({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})) as observer:
        assert isinstance(observer.tracer, OtelTracer)


async def test_traces_need_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever configures a collector is told what to install."""
    monkeypatch.setitem(sys.modules, "octi.observe.tracing", None)
    with pytest.raises(BadConfig) as caught:
        async with open_observer(read_config({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})):
            pass
    (line,) = caught.value.problems
    assert line.startswith("OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: pip install")


async def test_what_is_told_is_counted_and_priced() -> None:
    """By octi's own prices, of OpenAI's models."""
    async with open_observer(read_config(OPENAI)) as observer:
        observer.meter.used("openai", "gpt-realtime", "response", USAGE)
        told = Exposed(observer.counted())
    paid = (30 * 4 + 60 * 32 + 60 * 0.4 + 4 * 16 + 6 * 64) / 1_000_000
    assert told.value("octi_cost_total", model="gpt-realtime", currency="USD") == pytest.approx(paid)
    assert told.value("octi_unpriced_tokens_total", model="gpt-realtime") == 0


def test_the_prices_are_those_of_who_answers(tmp_path: Path) -> None:
    """The engine costs nothing, whatever its model is called; what another provider takes only the operator knows."""
    own = tmp_path / "prices.toml"
    own.write_text('["gpt-realtime"]\ninput = {audio = 7}', encoding="utf-8")
    told = {"OCTI_PRICES": str(own)}

    def price(**env: str) -> object:
        return prices_for(read_config(env)).of_model("gpt-realtime").price_of(SPOKEN)

    assert price() == price(**told) == 0
    assert (price(**OPENAI), price(**OPENAI, **told)) == (32, 7)
    assert (price(**COMPATIBLE), price(**COMPATIBLE, **told)) == (None, 7)


async def test_prices_that_cannot_be_used_keep_octi_from_starting(tmp_path: Path) -> None:
    """A bill that is wrong is worse than none."""
    with pytest.raises(BadConfig, match=r"OCTI_PRICES=.*cannot be read"):
        async with open_observer(read_config({**OPENAI, "OCTI_PRICES": str(tmp_path / "missing.toml")})):
            pass
