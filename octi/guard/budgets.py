"""What may be spent: the part `budgets` of the rules. 0 is any amount; what is left out, as a wider rule has it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import msgspec

from octi.guard.part import Part

# Text, since a decimal is exact and a number of TOML is not.
Money = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")]
Number = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Share = Annotated[str, msgspec.Meta(pattern=r"^(0(\.[0-9]{1,4})?|1(\.0{1,4})?)$")]

USUAL_WARNING = Decimal("0.9")


class Allowance(Part, frozen=True):
    """How much of each may be spent."""

    money: Money | None = None  # in the price table's currency
    tokens: Number | None = None  # of whatever kind, as the provider counts them
    audio_seconds: Number | None = None  # what the user sent and what the agent spoke, together


class BudgetRule(Part, frozen=True):
    """What may be spent. A day is one of UTC."""

    session: Allowance = Allowance()  # by one session, over all of its sockets
    user_day: Allowance = Allowance()  # by each user; those that nobody names are one user of their tenant
    tenant_day: Allowance = Allowance()  # by each tenant; who has none is the operator's own
    day: Allowance = Allowance()  # by everybody on the same store
    warn_at: Share | None = None  # the share of a budget at which the agent says that it comes to its end; 1: never

    def over(self, wider: "BudgetRule") -> "BudgetRule":
        """These budgets; what each table leaves out, as a wider rule has it."""
        tables = {name: getattr(self, name).over(getattr(wider, name)) for name in SPANS}
        return BudgetRule(**tables, warn_at=wider.warn_at if self.warn_at is None else self.warn_at)

    def limits(self) -> Iterator[tuple[str, str, Decimal]]:
        """Every budget that there is: its table, its figure, and how much may be spent."""
        for span in SPANS:
            allowance: Allowance = getattr(self, span)
            for figure in allowance.__struct_fields__:
                if limit := Decimal(getattr(allowance, figure) or 0):
                    yield span, figure, limit

    @property
    def warning(self) -> Decimal:
        """The share of a budget at which a warning is due."""
        return USUAL_WARNING if self.warn_at is None else Decimal(self.warn_at)


SPANS = ("session", "user_day", "tenant_day", "day")
