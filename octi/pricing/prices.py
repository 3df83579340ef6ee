"""What models cost, and what a provider's count comes to. Pure; amounts are exact."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import attrs

from octi.pricing.portions import UNKNOWN, Portion, Usage, portions_of, seconds_of

MILLION = Decimal(1_000_000)
SNAPSHOT = re.compile(r"-\d{4}-\d\d-\d\d")  # what stands behind a model's name in that of a dated version of it
ANY = "*"


class Kind(NamedTuple):
    """What has one price."""

    direction: str
    modality: str
    cached: bool


@attrs.frozen
class Tariff:
    """One model's prices."""

    tokens: Mapping[Kind, Decimal]  # for a million
    minute: Decimal | None = None  # of audio

    def price_of(self, portion: Portion) -> Decimal | None:
        """For a million of such tokens. Of an unknown modality: the price, where there is only one."""
        if portion.modality != UNKNOWN:
            return self.tokens.get(Kind(portion.direction, portion.modality, portion.cached))
        alike = {price for kind, price in self.tokens.items() if kind[::2] == (portion.direction, portion.cached)}
        return alike.pop() if len(alike) == 1 else None


Table = Mapping[str, Tariff]  # by a model's name; one that ends in * is for all that begin so


@attrs.frozen
class Prices:
    """Tables of prices, the one that is asked first in front. `free`: nothing costs anything."""

    currency: str = "USD"
    tables: Sequence[Table] = ()
    free: bool = False

    def of_model(self, model: str) -> "Tariffs":
        """What one model costs."""
        if self.free:
            return Tariffs(free=True)
        names = [[name for name in table if is_for(name, model)] for table in self.tables]
        nearest = zip(self.tables, names, strict=True)
        return Tariffs([table[max(fitting, key=_nearness)] for table, fitting in nearest if fitting])


@attrs.frozen
class Tariffs:
    """One model's prices, from each table that has some."""

    told: Sequence[Tariff] = ()
    free: bool = False

    def price_of(self, portion: Portion) -> Decimal | None:
        """For a million of such tokens; None where that is not known."""
        if self.free:
            return Decimal(0)
        prices = (tariff.price_of(portion) for tariff in self.told)
        return next((price for price in prices if price is not None), None)

    @property
    def minute(self) -> Decimal | None:
        """For a minute of audio; None where that is not known."""
        if self.free:
            return Decimal(0)
        return next((tariff.minute for tariff in self.told if tariff.minute is not None), None)


FREE = Prices(free=True)


@attrs.frozen(kw_only=True)
class Cost:
    """What one response or transcription cost, as far as its prices are known."""

    amount: Decimal
    currency: str
    unpriced: Sequence[Portion] = ()  # tokens without a price
    unpriced_s: Decimal = Decimal(0)  # audio without one


def cost_of(usage: Usage, model: str, prices: Prices, *, written: bool = False) -> Cost:
    """What a provider's count of one response or transcription comes to. written: see `portions_of`."""
    tariffs, amount, unpriced = prices.of_model(model), Decimal(0), []
    for portion in portions_of(usage, written=written):
        price = tariffs.price_of(portion)
        if price is None:
            unpriced.append(portion)
        else:
            amount += price * portion.tokens / MILLION
    seconds, minute = seconds_of(usage), tariffs.minute
    if minute is not None:
        amount += minute * seconds / 60
    unpriced_s = seconds if minute is None else Decimal(0)
    return Cost(amount=amount, currency=prices.currency, unpriced=unpriced, unpriced_s=unpriced_s)


def is_for(name: str, model: str) -> bool:
    """Whether what a table calls so is this model: itself, a dated version of it, or one that begins like `name*`.

    Other models' names begin alike, too: gpt-realtime-mini costs less than gpt-realtime.
    """
    if name.endswith(ANY):
        return model.startswith(name.removesuffix(ANY))
    return model.startswith(name) and bool(model == name or SNAPSHOT.fullmatch(model.removeprefix(name)))


def _nearness(name: str) -> tuple[int, bool]:
    return len(name.removesuffix(ANY)), not name.endswith(ANY)
