"""What was spent in a day: the accounts that a row of usage is charged to, and what it adds to them. Pure.

An account holds the sum of its rows as they stand: a row that is saved again adds the difference to what it was before,
so none counts twice, in whichever order they come. A row counts on the day on which octi first knew of it, in UTC.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from octi.pricing.portions import portions_of, seconds_of
from octi.records import UsageKind, UsageRecord

DAY_S = 86_400
KEPT_DAYS = 40  # an account that is so much older than another one is forgotten when that one is charged


class Whose(StrEnum):
    """Who shares an account."""

    USER = "user"
    TENANT = "tenant"
    ALL = "all"  # everybody on this store, however many octis there are


class Figure(StrEnum):
    """What is counted."""

    MONEY = "money"  # in the price table's currency
    TOKENS = "tokens"
    AUDIO = "audio_seconds"


class Account(NamedTuple):
    """One day's sum. `tenant` and `user` are "" where the account is shared by more than one."""

    day: str  # 2026-11-22, UTC
    whose: str
    tenant: str
    user: str
    figure: str


class Owner(NamedTuple):
    """Whose a session is."""

    tenant: str = ""
    user: str = ""


Amounts = Mapping[Account, Decimal]


def day_of(at: float) -> str:
    """The day of a time (seconds since 1970), in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def to_midnight(at: float) -> float:
    """In how many seconds another day begins, in UTC."""
    return DAY_S - at % DAY_S


def forgotten_before(day: str) -> str:
    """Accounts of days before this one are forgotten when one of `day` is charged."""
    return (datetime.fromisoformat(day) - timedelta(days=KEPT_DAYS)).date().isoformat()


def figures_of(record: UsageRecord) -> dict[Figure, Decimal]:
    """What a row counts for, without what is 0."""
    usage = usage_in(record)
    if record.kind is UsageKind.AUDIO:
        found = {Figure.AUDIO: seconds_of(usage)}
    else:
        tokens = sum(portion.tokens for portion in portions_of(usage))
        found = {Figure.MONEY: Decimal(record.cost or 0), Figure.TOKENS: Decimal(tokens)}
    return {figure: amount for figure, amount in found.items() if amount}


def usage_in(record: UsageRecord) -> dict[str, Any]:
    """What a row's provider counted; nothing, if it was kept as something else."""
    try:
        return msgspec.json.decode(record.usage, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def accounts_of(owner: Owner, day: str, figure: Figure) -> Iterator[Account]:
    """Where a figure of one day is counted."""
    yield Account(day, Whose.USER, owner.tenant, owner.user, figure)
    yield Account(day, Whose.TENANT, owner.tenant, "", figure)
    yield Account(day, Whose.ALL, "", "", figure)


def charged(owner: Owner, record: UsageRecord) -> dict[Account, Decimal]:
    """What a row comes to, in each account that it counts in."""
    day = day_of(record.counted_at or 0.0)
    figures = figures_of(record).items()
    return {account: amount for figure, amount in figures for account in accounts_of(owner, day, figure)}


def added(owner: Owner, old: UsageRecord | None, new: UsageRecord) -> dict[Account, Decimal]:
    """What a row adds to its accounts, or takes out of them, in the place of what was kept of it before."""
    return summed([(charged(owner, new), 1), *([(charged(owner, old), -1)] if old else [])])


def summed(parts: Iterable[tuple[Amounts, int]]) -> dict[Account, Decimal]:
    """Amounts, each times a factor, added up; without what is 0."""
    total: dict[Account, Decimal] = {}
    for amounts, factor in parts:
        for account, amount in amounts.items():
            total[account] = total.get(account, Decimal(0)) + amount * factor
    return {account: amount for account, amount in total.items() if amount}


def written(amount: Decimal) -> str:
    """An amount as it is kept: all its digits, and no exponent."""
    return format(amount.normalize() + 0, "f")
