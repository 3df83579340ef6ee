"""Ids that are counted, so that the same script gives the same ids."""

from collections import Counter

import attrs


@attrs.define
class Ids:
    """Ids of every kind: `item_sim_1`, `item_sim_2`, `resp_sim_1`."""

    _given: Counter[str] = attrs.field(factory=Counter)

    def next(self, kind: str) -> str:
        """The next id of a kind."""
        self._given[kind] += 1
        return f"{kind}_sim_{self._given[kind]}"
