"""octi/observe/metrics.py: what is told becomes figures."""

import inspect
import re

import pytest

from octi.observe.base import Meter
from octi.observe.labels import MOST_NAMES
from octi.observe.metrics import DOORS, Metrics
from octi.pricing.reading import parsed
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.session.sideband import SidebandDoor
from tests.exposed import USAGE, Exposed, tell_all

PRICES = parsed('["gpt-realtime"]\ninput = {text = 4, audio = 32}\ncached_input = {text = 0.4, audio = 0.4}', "test")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(prices=PRICES, models=["gpt-realtime"])


def seen(metrics: Metrics) -> Exposed:
    return Exposed(metrics.families())


def test_every_method_of_the_meter_counts() -> None:
    """None is inherited: what is told is heard."""
    told = {name for name, _ in inspect.getmembers(Meter, inspect.isfunction)}
    assert told
    assert {name for name in told if getattr(Metrics, name) is getattr(Meter, name)} == set()


def test_each_of_them_changes_a_figure() -> None:
    """Whatever is told shows."""
    fresh, told = Metrics(prices=PRICES), Metrics(prices=PRICES)
    tell_all(told)
    before = {(each.name, *each.labels.items()): each.value for each in seen(fresh).samples}
    changed = {
        sample.name
        for sample in seen(told).samples
        if sample.value and before.get((sample.name, *sample.labels.items())) != sample.value
    }
    families = {family.name for family in seen(told).families} - {"octi_sessions_live"}
    assert {name for name in families if not any(each.startswith(name) for each in changed)} == set()


def test_two_of_them_share_nothing() -> None:
    """There is no registry for all: several nodes may live in one process, as in tests."""
    one, other = Metrics(), Metrics()
    one.turn("user")
    assert seen(one).value("octi_turns_total", role="user") == 1
    assert seen(other).value("octi_turns_total", role="user") == 0


def test_names_and_units_are_as_prometheus_wants_them(metrics: Metrics) -> None:
    """Base units, a prefix, help for each."""
    tell_all(metrics)
    for family in seen(metrics).families:
        assert re.fullmatch(r"octi_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|millis|us|kb|total)$", family.name)
        assert (family.type == "histogram") <= family.name.endswith("_seconds")


def test_sessions_are_live_until_they_end(metrics: Metrics) -> None:
    """By door; and it is said who ended them, and why."""
    for door in ("octi", "octi", "call"):
        metrics.session_started(door, "openai")
    metrics.session_ended("octi", "openai", "provider", "upstream_lost")
    told = seen(metrics)
    assert told.value("octi_sessions_live", door="octi") == 1
    assert told.value("octi_sessions_live", door="call") == 1
    assert told.sum("octi_sessions_started_total") == 3
    assert told.value("octi_sessions_ended_total", door="octi", by="provider", reason="upstream_lost") == 1


def test_tokens_are_counted_by_what_they_cost(metrics: Metrics) -> None:
    """Each in one class; what is cached is not counted as fresh."""
    metrics.used("openai", "gpt-realtime", "response", USAGE)
    told = seen(metrics)

    def tokens(direction: str, modality: str, cache: str) -> float | None:
        about = {"model": "gpt-realtime", "kind": "response", "direction": direction}
        return told.value("octi_tokens_total", **about, modality=modality, cache=cache)

    assert [tokens("input", each, "uncached") for each in ("text", "audio")] == [30, 60]
    assert [tokens("input", each, "cached") for each in ("text", "audio")] == [20, 40]
    assert [tokens("output", each, "uncached") for each in ("text", "audio")] == [4, 6]
    assert told.sum("octi_tokens_total") == USAGE["total_tokens"]


def test_tokens_are_paid_where_their_price_is_known(metrics: Metrics) -> None:
    """The others are counted: a bill that is too low is known to be."""
    metrics.used("openai", "gpt-realtime", "response", USAGE)
    told = seen(metrics)
    paid = (30 * 4 + 60 * 32 + 60 * 0.4) / 1_000_000
    assert told.value("octi_cost_total", model="gpt-realtime", currency="USD") == pytest.approx(paid)
    assert told.value("octi_unpriced_tokens_total", model="gpt-realtime") == 10


def test_audio_that_is_transcribed_by_its_length_is_counted_in_seconds(metrics: Metrics) -> None:
    """It has no tokens."""
    metrics.used("openai", "whisper-1", "transcription", {"seconds": 2.5})
    told = seen(metrics)
    assert told.value("octi_transcribed_seconds_total", model="whisper-1") == 2.5
    assert told.value("octi_unpriced_seconds_total", model="whisper-1") == 2.5
    assert told.sum("octi_tokens_total") == 0


def test_nothing_costs_anything_without_prices() -> None:
    """The embedded engine's tokens are counted, and free."""
    metrics = Metrics()
    metrics.used("embedded", "gpt-realtime", "response", USAGE)
    told = seen(metrics)
    assert told.value("octi_cost_total", model="gpt-realtime", currency="USD") == 0
    assert told.value("octi_unpriced_tokens_total", model="gpt-realtime") == 0
    assert told.sum("octi_tokens_total") == USAGE["total_tokens"]


def test_models_that_clients_make_up_are_few(metrics: Metrics) -> None:
    """A thousand names are twenty and `other`, and the price of each is still its own."""
    for number in range(1000):
        metrics.used("openai", f"made-up-{number}", "response", {"input_tokens": 1})
    metrics.used("openai", "gpt-realtime", "response", USAGE)
    told = seen(metrics)
    models = {sample.labels["model"] for sample in told.samples if sample.name == "octi_tokens_total"}
    assert len(models) == MOST_NAMES + 1
    assert {"other", "gpt-realtime"} <= models
    assert told.value(
        "octi_tokens_total", model="other", kind="response", direction="input", modality="unknown", cache="uncached"
    ) == 1000 - (MOST_NAMES - 1)


def test_a_batch_that_fails_keeps_no_rows(metrics: Metrics) -> None:
    """Its rows are told apart from those that were kept, and from those that were lost."""
    metrics.committed(0.01, 10, 0)
    metrics.committed(0.5, 4, 4)
    metrics.rows_lost(2)
    told = seen(metrics)
    assert told.value("octi_store_rows_total", outcome="kept") == 10
    assert told.value("octi_store_rows_total", outcome="failed") == 4
    assert told.value("octi_rows_lost_total") == 2
    assert told.value("octi_store_commit_seconds_count") == 2


def test_counters_that_alerts_watch_begin_at_nothing() -> None:
    """A counter that appears with 1 has not risen, for all that a rule can see."""
    told = seen(Metrics())
    assert told.value("octi_rows_lost_total") == 0
    assert told.value("octi_leg_failures_total", reason="upstream_lost") == 0
    assert told.value("octi_leg_failures_total", reason="upstream_refused") == 0
    assert told.value("octi_sessions_refused_total", reason="full") == 0
    assert told.value("octi_loop_blocked_seconds_count") == 0


def test_the_doors_that_are_known_are_those_there_are() -> None:
    """Each is there from the start."""
    assert {door.name for door in (OctiDoor, RealtimeDoor, SidebandDoor)} == set(DOORS)
    assert {sample.labels["door"] for sample in seen(Metrics()).samples if "door" in sample.labels} == set(DOORS)


def test_requests_are_told_apart_by_route_and_not_by_path(metrics: Metrics) -> None:
    """Methods and statuses are few as well."""
    metrics.requested("BREW", "other", 404, 0.01)
    metrics.requested("GET", "/sessions/<session_id>", 503, 0.01)
    metrics.provider_asked("/responses", None, 30.0)
    told = seen(metrics)
    name = "octi_http_request_seconds_count"
    assert told.value(name, method="other", route="other", status="4xx") == 1
    assert told.value(name, method="GET", route="/sessions/<session_id>", status="5xx") == 1
    assert told.value("octi_provider_http_seconds_count", what="/responses", status="none") == 1
