"""How many there are at once, for each who is counted. Pure."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import attrs

from octi.errors import RateLimited

AGAIN_S = 5.0  # nobody knows when one leaves


@attrs.frozen
class Claim:
    """One more, for somebody who may have so many; 0: any number."""

    limit: str
    subject: Hashable
    most: int


@attrs.define(eq=False)
class Crowd:
    """Counts those who are here. Of whom nobody is here nothing is kept."""

    _here: Counter[tuple[str, Hashable]] = attrs.field(factory=Counter)

    def __len__(self) -> int:
        return len(self._here)

    def busiest(self) -> Mapping[str, int]:
        """By limit: how many there are of whom there are most."""
        most: dict[str, int] = {}
        for (limit, _), count in self._here.items():
            most[limit] = max(count, most.get(limit, 0))
        return most

    def enter(self, claims: Sequence[Claim]) -> None:
        """One more for all of them, or for none. Raises RateLimited."""
        for claim in claims:
            if claim.most and self._here[claim.limit, claim.subject] >= claim.most:
                self._tidy(claims)
                raise RateLimited(claim.limit, f"{claim.most} at once", AGAIN_S)
        for claim in claims:
            self._here[claim.limit, claim.subject] += 1

    def leave(self, claims: Sequence[Claim]) -> None:
        """One less. For each `enter` that did not raise it is called once."""
        for claim in claims:
            self._here[claim.limit, claim.subject] -= 1
        self._tidy(claims)

    def _tidy(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            if not self._here[claim.limit, claim.subject]:
                del self._here[claim.limit, claim.subject]
