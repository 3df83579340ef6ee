"""Where the items of a conversation stand that a client sees, among those that it does not. Pure."""

import attrs


@attrs.define
class Places:
    """A chain of items: who stands behind whom. None stands for the place before the first."""

    _before: dict[str, str | None] = attrs.field(factory=dict)
    _behind: dict[str | None, str] = attrs.field(factory=dict)
    _unseen: set[str] = attrs.field(factory=set)
    _last: str | None = None

    def put(self, item: str, previous: str | None, *, seen: bool) -> None:
        """An item came behind another; None: behind all so far. Only the first word on its place counts."""
        if not seen:
            self._unseen.add(item)
        if item in self._before or not item:
            return
        where = self._last if previous is None or previous not in self._before else previous
        follower = self._behind.get(where)
        self._before[item], self._behind[where] = where, item
        if follower is None:
            self._last = item
        else:
            self._before[follower], self._behind[item] = item, follower

    def lose(self, item: str) -> None:
        """An item is deleted: nobody refers to it any more."""
        self._unseen.add(item)

    def is_unseen(self, item: str | None) -> bool:
        """Is it kept from the client, or gone?"""
        return item in self._unseen

    def seen_from(self, item: str | None) -> str | None:
        """The item itself, or the last before it that the client sees; None: there is none."""
        for _ in range(len(self._unseen) + 1):
            if item not in self._unseen or item is None:
                return item
            item = self._before.get(item)
        return None
