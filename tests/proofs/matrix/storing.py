"""A store that is in trouble, and a wall clock that jumps."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import trio

from octi.errors import StoreFailed
from octi.records import Row
from octi.store.memory import MemoryStore

EPOCH = 1_790_000_000.0


@attrs.define(eq=False)
class Troubled:
    """The port `Store` over a store in memory. As a real one, it keeps what is left to it until it can be written."""

    kept: MemoryStore = attrs.field(factory=MemoryStore)
    slow_s: float = 0.0
    failure: StoreFailed | None = None
    is_bad: Callable[[Row], bool] = lambda row: False
    _left: list[Row] = attrs.field(factory=list)

    async def save(self, rows: Sequence[Row]) -> None:
        try:
            await self._suffer()
        except trio.Cancelled:
            self.leave(rows)  # a cancelled caller's rows are kept all the same
            raise
        if any(map(self.is_bad, rows)):
            raise StoreFailed("one of the rows is odd", retryable=False)
        await self.kept.save(rows)

    def leave(self, rows: Sequence[Row]) -> None:
        self._left += rows
        if not self.failure:
            self._write_left()

    def heal(self) -> None:
        """It is well again."""
        self.slow_s, self.failure, self.is_bad = 0.0, None, lambda row: False
        self._write_left()

    def lose_left(self) -> None:
        """As when octi ends before it is well again."""
        self._left.clear()

    def _write_left(self) -> None:
        left, self._left = self._left, []
        self.kept.leave([row for row in left if not self.is_bad(row)])

    async def _suffer(self) -> None:
        if self.slow_s:
            await trio.sleep(self.slow_s)
        if self.failure:
            raise self.failure

    def __getattr__(self, name: str) -> Any:
        """All else, with the same trouble."""
        method = getattr(self.kept, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def ask(*args: object, **options: object) -> object:
            await self._suffer()
            return await method(*args, **options)

        return ask


@attrs.define
class WallClock:
    """Seconds since 1970, which go with Trio's clock, and jump."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return EPOCH + self.ahead_s + trio.current_time()
