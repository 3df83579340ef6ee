"""Prices as they are written: TOML, a table for each model. Pure."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from octi.errors import BadConfig
from octi.pricing.portions import AUDIO, IMAGE, INPUT, MODALITIES, OUTPUT, TEXT
from octi.pricing.prices import Kind, Prices, Table, Tariff

Read = Callable[[str], str]

CURRENCY, MINUTE = "currency", "minute"
# What a model's table may hold: the tokens of it, and the modalities of those.
CLASSES: Mapping[str, tuple[str, bool, tuple[str, ...]]] = {
    "input": (INPUT, False, MODALITIES),
    "cached_input": (INPUT, True, MODALITIES),
    "output": (OUTPUT, False, (TEXT, AUDIO, IMAGE)),
}
MOST = 1_000_000  # a price above this is a slip
DEEPEST_DIGIT = -12


def read_prices(built_in: str, path: str, read: Read) -> Prices:
    """The operator's file over the table that octi brings; either may be "".

    Where the file is in another currency, octi's own table is not used: nobody here changes money. read: a file's text;
    may raise OSError. Raises BadConfig with the file, the table, the key, and what would be right.
    """
    own = parsed(built_in, "the built-in prices") if built_in else Prices()
    if not path:
        return own
    where = f"OCTI_PRICES={path!r}"
    try:
        text = read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([f"{where}: cannot be read: {error}"]) from error
    theirs = parsed(text, where)
    below = own.tables if own.currency == theirs.currency else ()
    return Prices(theirs.currency, (*theirs.tables, *below))


def parsed(text: str, where: str) -> Prices:
    """One file. Raises BadConfig with all of its mistakes."""
    try:
        written = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([f"{where}: {error}; should be TOML, a table for each model"]) from error
    currency = written.pop(CURRENCY, "USD")
    problems = [f"{where}, {problem}" for problem in _problems(currency, written)]
    if problems:
        raise BadConfig(problems)
    return Prices(currency, (_table(written),))


def _table(written: Mapping[str, Mapping[str, Any]]) -> Table:
    return {model: _tariff(said) for model, said in written.items()}


def _tariff(said: Mapping[str, Any]) -> Tariff:
    tokens = {
        Kind(direction, modality, cached): Decimal(price)
        for name, (direction, cached, _) in CLASSES.items()
        for modality, price in said.get(name, {}).items()
    }
    return Tariff(tokens, Decimal(said[MINUTE]) if MINUTE in said else None)


def _problems(currency: object, written: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(currency, str) or not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        yield f"{CURRENCY}: should be three capital letters, such as USD"
    for model, said in written.items():
        if not isinstance(said, dict):
            yield f"{model}: should be a table for a model, such as {table_for('gpt-realtime')}"
        elif not (said.keys() & {*CLASSES, MINUTE}):
            yield f"{model}: has no price; a name with dots in it stands in quotes: {table_for('gpt-realtime-2.1')}"
        else:
            yield from (f"{model}.{problem}" for key, value in said.items() for problem in _wrong(key, value))


def _wrong(key: str, value: object) -> Iterator[str]:
    """What is wrong with one of a model's keys."""
    if key == MINUTE:
        if not is_price(value):
            yield f"{key}: {RIGHT}, for a minute of audio"
    elif key not in CLASSES:
        yield f"{key}: should be one of {', '.join((*CLASSES, MINUTE))}"
    elif not isinstance(value, dict):
        yield f"{key}: should be prices by modality, such as {{text = 4.00, audio = 32.00}}"
    else:
        *_, modalities = CLASSES[key]
        for modality, price in value.items():
            if modality not in modalities:
                yield f"{key}.{modality}: should be one of {', '.join(modalities)}"
            elif not is_price(price):
                yield f"{key}.{modality}: {RIGHT}, for a million tokens"


RIGHT = f"should be a number from 0 to {MOST}, without quotes"


def is_price(value: object) -> bool:
    """Whether it can be what something costs."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    price = Decimal(value)
    exponent = price.as_tuple().exponent
    return price.is_finite() and 0 <= price <= MOST and isinstance(exponent, int) and exponent >= DEEPEST_DIGIT


def table_for(model: str) -> str:
    """How a model's table begins."""
    return f'["{model}"]'
