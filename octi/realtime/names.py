"""What items and responses are called in what is kept. Pure."""

from collections.abc import Iterable
from itertools import chain, count

import attrs


@attrs.define
class Names:
    """Their ids, unless an earlier leg had one of the same: each leg's conversation is another to the provider."""

    _earlier: set[str] = attrs.field(factory=set)
    _leg: int = 1

    def name(self, id_: str) -> str:
        """The same for one id, as long as the leg lasts."""
        names = chain([id_], (f"{id_}@{leg}" for leg in count(self._leg)))
        return next(name for name in names if name not in self._earlier)

    def recall(self, names: Iterable[str]) -> None:
        """These are taken by an earlier life of the session."""
        self._earlier |= set(names)

    def new_leg(self, names: Iterable[str]) -> None:
        """These are taken by the leg that has ended."""
        self.recall(names)
        self._leg += 1
