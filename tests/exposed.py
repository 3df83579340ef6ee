"""Metrics as they stand on the page: to be asked by name and labels."""

from collections.abc import Iterable
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from octi.observe.metrics import Metrics
from octi.pricing.portions import INPUT, OUTPUT

USAGE = {
    "total_tokens": 160,
    "input_tokens": 150,
    "output_tokens": 10,
    "input_token_details": {
        "text_tokens": 50,
        "audio_tokens": 100,
        "cached_tokens": 60,
        "cached_tokens_details": {"text_tokens": 20, "audio_tokens": 40},
    },
    "output_token_details": {"text_tokens": 4, "audio_tokens": 6},
}


class Exposed:
    """What a page or a registry says."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self.families = list(families)
        self.samples = [sample for family in self.families for sample in family.samples]

    @property
    def names(self) -> set[str]:
        """Of all samples."""
        return {sample.name for sample in self.samples}

    def labels(self, name: str) -> set[str]:
        """The names of a metric's labels."""
        return {label for sample in self.samples if sample.name == name for label in sample.labels}

    def value(self, name: str, **labels: str) -> float | None:
        """The one sample with exactly these labels; None if there is none."""
        found = [sample.value for sample in self.samples if (sample.name, sample.labels) == (name, labels)]
        assert len(found) <= 1, f"{name} {labels} stands there twice"
        return found[0] if found else None

    def sum(self, name: str, **labels: str) -> float:
        """All samples that have these labels, added up."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )


def page(text: str) -> Exposed:
    """A page in Prometheus' text format."""
    return Exposed(text_string_to_metric_families(text))


def tell_all(metrics: Metrics) -> None:
    """Tell it everything once, so that every label has a value."""
    told: dict[str, tuple[Any, ...]] = {
        "session_started": ("octi", "openai"),
        "session_ended": ("octi", "openai", "client", "left"),
        "session_refused": ("full",),
        "limited": ("per_user.sessions",),
        "turn": ("user",),
        "interrupted": (),
        "answered": ("speech", 0.4),
        "leg_opened": ("openai", 0.3),
        "leg_failed": ("openai", "upstream_lost"),
        "warm_taken": ("configured",),
        "warm_discarded": ("old",),
        "relayed": ("in", 0.00003),
        "audio": ("in", 2.5),
        "dropped": ("out", 480),
        "used": ("openai", "gpt-realtime", "response", USAGE),
        "tool_ran": ("octi_note", 0.01),
        "extracted": ("ok", 0.2),
        "committed": (0.004, 10, 2),
        "rows_lost": (3,),
        "requested": ("GET", "/sessions", 200, 0.01),
        "provider_asked": ("/responses", 200, 0.5),
        "lagged": (0.002,),
        "blocked": (0.07,),
    }
    for method, arguments in told.items():
        getattr(metrics, method)(*arguments)
    metrics.used("openai", "whisper-1", "transcription", {"seconds": 30})
    metrics.used("openai", "unheard-of", "response", {INPUT + "_tokens": 5, OUTPUT + "_tokens": 0})


__all__ = ["USAGE", "Exposed", "page", "tell_all"]
