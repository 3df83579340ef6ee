"""octi/pricing/reading.py: prices as they are written, and what is said of mistakes."""

from decimal import Decimal
from importlib.resources import files

import pytest

from octi.errors import BadConfig
from octi.pricing.portions import AUDIO, IMAGE, INPUT, OUTPUT, TEXT, Portion
from octi.pricing.prices import Prices, cost_of
from octi.pricing.reading import parsed, read_prices
from tests.pricing.test_portions import PUBLISHED

BUILT_IN = files("octi.pricing").joinpath("prices.toml").read_text(encoding="utf-8")
AUDIO_IN, AUDIO_CACHED = Portion(INPUT, AUDIO, False, 1), Portion(INPUT, AUDIO, True, 1)


def read(text: str, built_in: str = "") -> Prices:
    return read_prices(built_in, "p.toml", lambda path: text)


def complaints(text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        read(text)
    return list(caught.value.problems)


def test_octis_own_table_can_be_read() -> None:
    """And has the figures that everybody quotes: cached audio costs an eightieth of fresh."""
    prices = read_prices(BUILT_IN, "", lambda path: "")
    for model in ("gpt-realtime", "gpt-realtime-2025-08-28", "gpt-realtime-2.1"):
        assert prices.of_model(model).price_of(AUDIO_IN) == 32
        assert prices.of_model(model).price_of(AUDIO_CACHED) == Decimal("0.40")
    assert prices.of_model("gpt-realtime-mini").price_of(AUDIO_IN) == 10
    assert prices.of_model("whisper-1").minute == Decimal("0.006")
    assert cost_of(PUBLISHED, "gpt-realtime", prices).amount == Decimal("0.005044")


def test_what_octi_does_not_know_it_does_not_make_up() -> None:
    """A model of tomorrow is not priced like one of today that begins alike."""
    prices = read_prices(BUILT_IN, "", lambda path: "")
    assert prices.of_model("gpt-realtime-3").price_of(AUDIO_IN) is None
    assert prices.of_model("gpt-realtime").price_of(Portion(INPUT, IMAGE, False, 1)) is None


def test_prices_are_exact() -> None:
    """0.1 is a tenth, and not what a float makes of it; a whole number needs no point."""
    prices = read('["m"]\ninput = {text = 0.1, audio = 3}\nminute = 0.0_1')
    assert prices.of_model("m").price_of(Portion(INPUT, TEXT, False, 1)) == Decimal("0.1")
    assert prices.of_model("m").price_of(AUDIO_IN) == 3
    assert prices.of_model("m").minute == Decimal("0.01")


def test_the_operators_file_is_laid_over_octis_table() -> None:
    """What it does not say stays as it was."""
    prices = read('["gpt-realtime"]\ninput = {audio = 30}', BUILT_IN)
    assert prices.of_model("gpt-realtime").price_of(AUDIO_IN) == 30
    assert prices.of_model("gpt-realtime").price_of(Portion(OUTPUT, AUDIO, False, 1)) == 64


def test_currencies_are_not_mixed() -> None:
    """In another one octi's table says nothing."""
    prices = read('currency = "EUR"\n["gpt-realtime"]\ninput = {audio = 30}', BUILT_IN)
    assert prices.currency == "EUR"
    assert prices.of_model("gpt-realtime").price_of(AUDIO_IN) == 30
    assert prices.of_model("gpt-realtime").price_of(Portion(OUTPUT, AUDIO, False, 1)) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('["m"]\ninput = {audoi = 1}', "m.input.audoi: should be one of text, audio, image"),
        ('["m"]\ninput = {audio = "1"}', "m.input.audio: should be a number from 0 to 1000000, without quotes"),
        ('["m"]\ninput = {audio = -1}', "m.input.audio: should be a number"),
        ('["m"]\ninput = {audio = inf}', "m.input.audio: should be a number"),
        ('["m"]\ninput = {audio = nan}', "m.input.audio: should be a number"),
        ('["m"]\ninput = {audio = true}', "m.input.audio: should be a number"),
        ('["m"]\ninput = {audio = 1e-30}', "m.input.audio: should be a number"),
        ('["m"]\ninput = 4', "m.input: should be prices by modality, such as {text = 4.00, audio = 32.00}"),
        ('["m"]\nminute = 1\ncached = {text = 1}', "m.cached: should be one of input, cached_input, output, minute"),
        ('["m"]\nminute = "1"', "m.minute: should be a number"),
        ("m = 4", 'm: should be a table for a model, such as ["gpt-realtime"]'),
        ("[gpt-realtime-2.1]\ninput = {audio = 1}", "gpt-realtime-2: has no price; a name with dots in it"),
        ('currency = "euros"', "currency: should be three capital letters, such as USD"),
        ("currency = 5", "currency: should be three capital letters"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(text: str, complaint: str) -> None:
    """The file, the table, the key, why."""
    (said,) = complaints(text)
    assert said.startswith(f"OCTI_PRICES='p.toml', {complaint}")


def test_all_mistakes_are_said_at_once() -> None:
    """So that a person mends them in one go."""
    assert len(complaints('currency = "x"\n["m"]\ninput = {audio = -1, x = 1}\n["n"]\nminute = -1')) == 4


def test_what_is_no_toml_is_said_with_its_line() -> None:
    """As the parser knows it."""
    (said,) = complaints('["m"]\ninput = x\n')
    assert said.startswith("OCTI_PRICES='p.toml': ")
    assert "line 2" in said


def test_a_file_that_cannot_be_read_is_said() -> None:
    """With the system's own words."""

    def missing(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(BadConfig, match=r"OCTI_PRICES='p.toml': cannot be read: .*No such file"):
        read_prices(BUILT_IN, "p.toml", missing)


def test_an_empty_file_is_no_mistake() -> None:
    """It changes nothing."""
    assert parsed("", "x").tables == ({},)
