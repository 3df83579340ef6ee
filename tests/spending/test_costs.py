"""octi/spending/costs: rows get their price, to the cent; what nobody told is estimated, and nothing is free unseen."""

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from octi.accounts import Figure, usage_in
from octi.pricing.prices import FREE, Prices, Tariff
from octi.pricing.reading import read_prices
from octi.records import UsageKind
from octi.spending.costs import dearest_of, estimated, first_guess, has_price, is_untold, priced
from tests.contract.test_calls_and_usages import make_usage
from tests.pricing.test_portions import PUBLISHED, TRANSCRIPTION
from tests.spending.payers import PRICES

BUILT_IN = read_prices(files("octi.pricing").joinpath("prices.toml").read_text(encoding="utf-8"), "", str)


@pytest.mark.parametrize(
    ("kind", "model", "usage", "cost"),
    [
        (UsageKind.RESPONSE, "gpt-realtime", PUBLISHED, "0.005044"),
        (UsageKind.TRANSCRIPTION, "gpt-4o-mini-transcribe", TRANSCRIPTION, "0.00009875"),
        (UsageKind.TRANSCRIPTION, "whisper-1", {"type": "duration", "seconds": 9}, "0.0009"),
    ],
)
def test_the_providers_published_examples_cost_what_they_should(
    kind: UsageKind, model: str, usage: Mapping[str, Any], cost: str
) -> None:
    """To the last digit, with the prices that octi brings."""
    row = make_usage(kind=kind, usage=msgspec.json.encode(usage).decode(), model=model)
    assert priced(row, "", BUILT_IN).cost == cost


def test_a_row_that_names_no_model_is_its_sessions() -> None:
    row = make_usage(usage='{"output_token_details":{"text_tokens":3}}')
    assert (priced(row, "m", PRICES).cost, priced(row, "other", PRICES).cost) == ("0.03", "")


def test_what_was_not_counted_has_no_cost_and_what_is_free_has_one() -> None:
    """Nothing is not the same as unknown."""
    row = make_usage(usage='{"output_tokens":3}', model="m")
    assert priced(make_usage(model="m"), "", PRICES).cost == ""
    assert priced(row, "", FREE).cost == "0"


def test_a_minute_that_has_no_last_digit_is_rounded_beyond_all_cents() -> None:
    """A third of a price."""
    ears = Prices("USD", ({"ears": Tariff({}, Decimal("0.0100"))},))
    row = make_usage(kind=UsageKind.TRANSCRIPTION, usage='{"seconds":20}', model="ears")
    assert priced(row, "", ears).cost == "0.003333333333"


def test_what_has_no_price_of_its_own_costs_what_is_dearest() -> None:
    """Images of a model whose table has none; seconds where only tokens are priced."""
    row = make_usage(usage='{"input_token_details":{"image_tokens":1000000}}', model="gpt-realtime")
    assert Decimal(priced(row, "", BUILT_IN).cost) == 64
    heard = make_usage(kind=UsageKind.TRANSCRIPTION, usage='{"seconds":100}', model="m")
    assert Decimal(priced(heard, "", PRICES).cost) == 10
    assert dearest_of(PRICES.of_model("other")) is None


@pytest.mark.parametrize(
    ("status", "usage", "untold"),
    [
        ("completed", "{}", True),
        ("completed", '{"total_tokens":0}', True),
        ("completed", '{"output_tokens":1}', False),
        ("incomplete", "{}", True),
        ("cancelled", "{}", True),
        ("cancelled", '{"total_tokens":0}', False),
        ("unfinished", "{}", True),
        ("failed", "{}", False),
    ],
)
def test_a_response_that_tells_no_tokens_has_not_told_its_cost(status: str, usage: str, untold: bool) -> None:
    """But one that failed costs nothing, and one that was cancelled may have cost nothing, if its provider says so."""
    assert is_untold(make_usage(status=status, usage=usage)) is untold
    assert not is_untold(make_usage(kind=UsageKind.TRANSCRIPTION, status=status, usage=usage))


def test_an_estimate_goes_by_the_audio_and_says_that_it_is_one() -> None:
    """A token for 100 ms of the user's voice and for 50 ms of the agent's; all of the conversation is input again."""
    row = estimated(make_usage(status="unfinished"), heard_ms=10_000, said_ms=5_000, spoken_ms=2_000)
    assert usage_in(row) == {
        "estimated": 1,
        "input_token_details": {"audio_tokens": 200},
        "output_token_details": {"audio_tokens": 40},
    }
    assert not is_untold(row)


def test_a_first_answer_is_guessed_by_its_models_prices() -> None:
    guess = first_guess("gpt-realtime", BUILT_IN)
    assert guess[Figure.MONEY] == Decimal("0.0296")  # 1000 tokens that were told it, 20 s of speech
    assert first_guess("unheard-of", BUILT_IN)[Figure.MONEY] == 0


def test_a_model_has_a_price_if_anything_of_it_has() -> None:
    table = Prices("USD", ({"ears": Tariff({}, Decimal(1))},))
    assert (has_price("ears", table), has_price("x", table), has_price("x", FREE)) == (True, False, True)
