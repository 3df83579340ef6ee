"""What a row of usage costs, and what is taken for it where its provider did not say. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import msgspec

from octi.accounts import Figure, usage_in, written
from octi.pricing.portions import AUDIO, INPUT, OUTPUT, TEXT, portions_of
from octi.pricing.prices import MILLION, Kind, Prices, Tariffs, cost_of
from octi.records import UsageKind, UsageRecord

SMALLEST = Decimal("1e-12")  # what a cost is rounded to: a third of a minute's price has no last digit
HEARD_MS, SPOKEN_MS = 100, 50  # of audio, for which a provider counts one token (protocol 7)
TOKENS_A_SECOND = 1000 // HEARD_MS
ESTIMATED = "estimated"  # stands in the usage of a row that octi counted, and not its provider
WHOLE = frozenset({"completed", "incomplete"})  # responses that took some tokens
CUT = frozenset({"cancelled", "unfinished"})  # those that may have taken none, if their provider says so
# Until a session knows better: twenty seconds of speech, and a page that the agent was told.
FIRST_GUESS = (Kind(INPUT, TEXT, False), 1000), (Kind(OUTPUT, AUDIO, False), 400)


def priced(record: UsageRecord, model: str, prices: Prices) -> UsageRecord:
    """The row with its cost. model: whose it is where the row does not say."""
    return attrs.evolve(record, cost=cost_in(record, record.model or model, prices))


def cost_in(record: UsageRecord, model: str, prices: Prices) -> str:
    """What a row costs, as text; "" where nothing was counted, or where its model has no price.

    What has no price of its own is taken to cost what is dearest of the model's: never less than it may come to.
    """
    usage = usage_in(record)
    if record.kind is UsageKind.AUDIO or not usage:
        return ""
    cost = cost_of(usage, model, prices, written=record.kind is UsageKind.TRANSCRIPTION)
    unpriced = sum(portion.tokens for portion in cost.unpriced) + cost.unpriced_s * TOKENS_A_SECOND
    dearest = dearest_of(prices.of_model(model))
    if unpriced and dearest is None:
        return ""
    return written((cost.amount + (dearest or 0) * unpriced / MILLION).quantize(SMALLEST))


def dearest_of(tariffs: Tariffs) -> Decimal | None:
    """A model's highest price for a million tokens; None where it has none."""
    return max((price for tariff in tariffs.told for price in tariff.tokens.values()), default=None)


def has_price(model: str, prices: Prices) -> bool:
    """Is anything known of what a model costs?"""
    return prices.free or bool(prices.of_model(model).told)


def is_untold(record: UsageRecord) -> bool:
    """Did a response cost something, and its provider not say how much?"""
    if record.kind is not UsageKind.RESPONSE or portions_of(usage := usage_in(record)):
        return False
    return record.status in WHOLE or (record.status in CUT and not usage)


def estimated(record: UsageRecord, heard_ms: int, said_ms: int, spoken_ms: int) -> UsageRecord:
    """The row with what it may come to by the audio alone.

    heard_ms, said_ms: the conversation so far, of the user's and of the agent's: all of it is input again. spoken_ms:
    the response's own.
    """
    inputs, outputs = heard_ms // HEARD_MS + said_ms // SPOKEN_MS, spoken_ms // SPOKEN_MS
    usage: Mapping[str, Any] = {
        ESTIMATED: 1,
        "input_token_details": {"audio_tokens": inputs},
        "output_token_details": {"audio_tokens": outputs},
    }
    return attrs.evolve(record, usage=msgspec.json.encode(usage).decode())


def first_guess(model: str, prices: Prices) -> dict[Figure, Decimal]:
    """What a first response may take, by figure: money and tokens."""
    tariffs = prices.of_model(model)
    known = [(tariff.tokens.get(kind), count) for kind, count in FIRST_GUESS for tariff in tariffs.told[:1]]
    money = sum((price * count / MILLION for price, count in known if price), Decimal(0))
    return {Figure.MONEY: money, Figure.TOKENS: Decimal(sum(count for _, count in FIRST_GUESS))}
