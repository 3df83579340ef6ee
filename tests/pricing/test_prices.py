"""octi/pricing/prices.py: what a count comes to."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.pricing.portions import AUDIO, INPUT, OUTPUT, TEXT, UNKNOWN, Portion, portions_of
from octi.pricing.prices import FREE, Kind, Prices, Tariff, cost_of, is_for
from tests.pricing.test_portions import PUBLISHED, TRANSCRIPTION, told


def tariff(minute: str | None = None, **prices: str) -> Tariff:
    """`input_audio="32"`, `cached_text="0.4"`."""
    tokens = {}
    for name, price in prices.items():
        place, modality = name.split("_")
        cached = place == "cached"
        tokens[Kind(INPUT if cached else place, modality, cached)] = Decimal(price)
    return Tariff(tokens, None if minute is None else Decimal(minute))


VOICE = tariff(
    input_text="4", input_audio="32", cached_text="0.4", cached_audio="0.4", output_text="16", output_audio="64"
)
PRICES = Prices("USD", ({"voice": VOICE},))


def test_a_published_count_costs_what_the_list_says() -> None:
    """57 and 92 fresh, 256 and 384 cached, 9 and 23 out: to the last digit."""
    cost = cost_of(PUBLISHED, "voice", PRICES)
    by_hand = 57 * 4 + 92 * 32 + Decimal("0.4") * (256 + 384) + 9 * 16 + 23 * 64
    assert cost.amount == by_hand / 1_000_000 == Decimal("0.005044")
    assert cost.currency == "USD"
    assert not cost.unpriced
    assert not cost.unpriced_s


@pytest.mark.slow
@given(told())
def test_cached_tokens_are_never_priced_as_fresh(usage: dict[str, Any]) -> None:
    """Where a fresh token costs something and a cached one nothing, only the fresh ones are paid."""
    only_fresh = tariff(
        input_text="1", input_audio="1", input_image="1", cached_text="0", cached_audio="0", cached_image="0"
    )
    cost = cost_of(usage, "m", Prices("USD", ({"m": only_fresh},)))
    details = usage["input_token_details"]
    assert cost.amount * 1_000_000 == usage["input_tokens"] - details["cached_tokens"]


@given(told())
def test_every_token_is_either_priced_or_not(usage: dict[str, Any]) -> None:
    """With one price for all, what is paid and what has no price are the provider's totals."""
    half = tariff(input_text="1", input_audio="1", cached_audio="1", output_text="1")
    cost = cost_of(usage, "m", Prices("USD", ({"m": half},)))
    unpriced = sum(portion.tokens for portion in cost.unpriced)
    assert cost.amount * 1_000_000 + unpriced == usage["input_tokens"] + usage["output_tokens"]
    assert {portion.modality for portion in cost.unpriced} <= {"image", TEXT, AUDIO}


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(told(), max_size=5))
def test_costs_add_up(usages: list[dict[str, Any]]) -> None:
    """The cost of a session is that of its responses, however many there were: the amounts are exact."""
    split = sum((cost_of(usage, "voice", PRICES).amount for usage in usages), Decimal(0))
    classes = [portion for usage in usages for portion in portions_of(usage)]
    whole = sum(
        ((PRICES.of_model("voice").price_of(portion) or Decimal(0)) * portion.tokens for portion in classes), Decimal(0)
    )
    assert split == whole / 1_000_000


def test_the_embedded_engine_costs_nothing() -> None:
    """And none of its tokens is without a price."""
    assert cost_of(PUBLISHED, "anything", FREE).amount == 0
    assert not cost_of(PUBLISHED, "anything", FREE).unpriced


def test_a_model_that_is_not_in_the_table_is_not_guessed() -> None:
    """All its tokens, and its seconds, have no price."""
    cost = cost_of(PUBLISHED, "another", PRICES)
    assert not cost.amount
    assert sum(portion.tokens for portion in cost.unpriced) == 821
    assert cost_of({"seconds": 90}, "another", PRICES).unpriced_s == 90


def test_audio_by_its_length_is_paid_by_the_minute() -> None:
    """A minute and a half."""
    cost = cost_of({"seconds": 90}, "ears", Prices("USD", ({"ears": tariff(minute="0.006")},)))
    assert cost.amount == Decimal("0.009")
    assert not cost.unpriced_s


def test_tokens_of_no_known_modality_have_a_price_where_there_is_only_one() -> None:
    """A transcription model writes text, whether or not that is said; of a voice nobody knows."""
    ears = Prices("USD", ({"ears": tariff(input_audio="1.25", output_text="5")},))
    written = (27 * Decimal("1.25") + 13 * 5) / 1_000_000
    assert cost_of(TRANSCRIPTION, "ears", ears).amount == written
    assert cost_of(TRANSCRIPTION, "ears", ears, written=True).amount == written
    assert cost_of({"output_tokens": 7}, "voice", PRICES).unpriced == [Portion(OUTPUT, UNKNOWN, False, 7)]


@pytest.mark.parametrize(
    ("name", "model", "fits"),
    [
        ("gpt-realtime", "gpt-realtime", True),
        ("gpt-realtime", "gpt-realtime-2025-08-28", True),
        ("gpt-realtime", "gpt-realtime-mini", False),
        ("gpt-realtime", "gpt-realtime-2.1", False),
        ("gpt-realtime", "gpt-realtime-2025-08-28-x", False),
        ("gpt-realtime", "a-gpt-realtime", False),
        ("gpt-realtime*", "gpt-realtime-mini", True),
        ("*", "anything", True),
    ],
)
def test_a_name_is_for_the_model_and_its_dated_versions(name: str, model: str, fits: bool) -> None:
    """Others begin alike and cost otherwise; who means all of them says so."""
    assert is_for(name, model) is fits


def test_the_longest_name_wins() -> None:
    """And of two as long the whole one."""
    table = {"*": tariff(minute="1"), "a-b*": tariff(minute="2"), "a-b": tariff(minute="3"), "a*": tariff(minute="4")}
    prices = Prices("USD", (table,))
    assert [prices.of_model(model).minute for model in ("a-b", "a-bc", "a-c", "z")] == [3, 2, 4, 1]


def test_what_the_first_table_does_not_know_the_second_is_asked() -> None:
    """Figure by figure: the operator's one price does not take the others away."""
    prices = Prices("USD", ({"voi*": tariff(input_audio="30")}, {"voice": VOICE}))
    assert prices.of_model("voice").price_of(Portion(INPUT, AUDIO, False, 1)) == 30
    assert prices.of_model("voice").price_of(Portion(INPUT, TEXT, False, 1)) == 4
