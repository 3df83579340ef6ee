"""What a node's sessions may spend: one treasury for all, put together from settings, rules and prices."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import msgspec

from octi.clock import Now
from octi.config import Config, ExtractorKind, UpstreamKind
from octi.guard.caller import Caller
from octi.guard.rules import Rule, Rules
from octi.pricing.prices import Prices
from octi.realtime.usage import counted
from octi.records import SessionRecord, UsageKind, UsageRecord
from octi.session.session import Session
from octi.spending.budgets import check_prices, rule_from
from octi.spending.costs import priced
from octi.spending.purse import Purse, purse_for
from octi.spending.treasury import Treasury
from octi.spending.words import Words
from octi.store.base import Store
from octi.units import SessionId


@attrs.frozen(kw_only=True)
class Budgets:
    """One node's."""

    treasury: Treasury
    words: Words = attrs.field(factory=Words)

    @property
    def currency(self) -> str:
        """In which costs are."""
        return self.treasury.prices.currency

    async def check(self, caller: Caller) -> None:
        """May anything more be spent for a caller? Raises OverBudget, StoreFailed."""
        await self.treasury.check(caller)

    async def check_session(self, record: SessionRecord) -> None:
        """May a session begin, or be taken up again? Raises OverBudget, BadModel, StoreFailed."""
        await self.treasury.check_session(record)

    def purse_of(self, record: SessionRecord) -> Purse:
        """What a session may spend."""
        return purse_for(self.treasury, record)

    def extracted(self, session: SessionId, model: str, answer: Mapping[str, Any]) -> None:
        """A model read a profile: what that took is kept, and spent, as a part of its session. Never waits."""
        row = extraction_row(session, model, answer, self.treasury.now())
        self.treasury.store.leave([priced(row, model, self.treasury.prices)])

    def given(self, session: Session) -> Session:
        """The session, with its purse."""
        return attrs.evolve(session, purse=self.purse_of(session.record), words=self.words)


def extraction_row(session: SessionId, model: str, answer: Mapping[str, Any], at: float) -> UsageRecord:
    """What an answer of the Responses API took. One without an id is told apart by its time."""
    named, status, answered_by = (answer.get(name) for name in ("id", "status", "model"))
    return UsageRecord(
        session=session,
        kind=UsageKind.EXTRACTION,
        id=named if isinstance(named, str) and named else f"extraction-{at:.3f}",
        status=status if isinstance(status, str) else "",
        model=answered_by if isinstance(answered_by, str) else model,
        usage=msgspec.json.encode(counted(answer.get("usage"))).decode(),
        counted_at=at,
    )


def budgets_for(config: Config, rules: Rules, prices: Prices, store: Store, now: Now) -> Budgets:
    """A node's."""
    treasury = Treasury(
        store=store,
        now=now,
        rules=with_settings(config, rules),
        prices=prices,
        away_answers=config.budgets.away_answers,
    )
    return Budgets(treasury=treasury, words=Words(warning=config.budgets.warning, goodbye=config.budgets.goodbye))


def check_budgets(config: Config, rules: Rules, prices: Prices) -> None:
    """Is there a price for whatever a budget of money is for? Raises BadConfig."""
    check_prices(with_settings(config, rules), models_in(config), prices)


def with_settings(config: Config, rules: Rules) -> Rules:
    """The rules, over what the settings say."""
    return rules.over(Rule(budgets=rule_from(config.budgets)))


def models_in(config: Config) -> Iterator[str]:
    """The models that sessions use if nobody names another."""
    yield config.upstream.model
    yield config.agent.transcription_model
    if config.extraction.by is ExtractorKind.MODEL and config.upstream.kind is not UpstreamKind.EMBEDDED:
        yield config.extraction.model
