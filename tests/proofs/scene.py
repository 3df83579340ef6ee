"""A scene that is cut everywhere: what is played around octi, and what must hold behind it."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from unittest.mock import patch

import attrs
import trio
from structlog.testing import capture_logs
from trio.testing import wait_all_tasks_blocked

from octi.hooks.judge import Judge
from octi.observe.base import Observer
from octi.records import Extraction
from octi.simulator.reading import read_text
from octi.simulator.script import Script
from octi.upstream.base import Upstream
from tests.cuts import Cut
from tests.proofs.invariants import GOODBYES, Aftermath, Finding, Kept
from tests.proofs.matrix.storing import Troubled
from tests.proofs.world import WINDOW, World
from tests.providers import net_to

Play = Callable[[World], Awaitable[None]]
Note = Callable[[Aftermath, Sequence[Finding]], None]
ENDS_WITHIN_S = 9.5  # two goodbyes of 2 s, and the recorder's budget of 5 s
NOTICES_WITHIN_S = 6.0  # a peer that its socket is over
PLAYS_WITHIN_S = 120.0


@cache
def read(scenario: str) -> Script:
    """A scenario, read once for all its runs."""
    return read_text(scenario)


class Errors(logging.Handler):
    """Keeps what is logged as an error. Nobody else is told: thousands of runs warn of what they are meant to do."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.lines.append(record.getMessage())


@contextmanager
def errors_logged() -> Iterator[list[str]]:
    """The errors that octi logs within."""
    errors, logger = Errors(), logging.getLogger("octi")
    logger.addHandler(errors)
    try:
        with capture_logs() as lines, patch.object(logger, "propagate", new=False):
            yield errors.lines
    finally:
        logger.removeHandler(errors)
        errors.lines += [str(line) for line in lines if line["log_level"] in {"error", "critical"}]


@attrs.frozen(kw_only=True)
class Scene:
    """What is played around octi, and what it came to if nothing was cut."""

    provider: str  # its scenario
    play: Play
    kept: Sequence[str]  # uncut: the turns' words
    closes: Sequence[int] = (1000,)  # uncut: the clients' close codes, in the order in which they came
    ends_within_s: float = ENDS_WITHIN_S
    extraction: Extraction = Extraction.REQUEST
    store: Callable[[], Troubled] = Troubled
    engine: Callable[[World, AsyncExitStack], Awaitable[Upstream]] | None = None
    calls: bool = False
    warm: int = 0  # so many of the provider's legs wait for sessions
    window: int = WINDOW
    observe: Callable[[], Observer] = Observer
    judge: Callable[[], Judge | None] = lambda: None
    look: Callable[[World], Iterator[Finding]] = lambda world: iter(())  # at what else must be gone

    async def run(self, cut: Cut, note: Note, *, polled: bool = False) -> None:
        """Play it, with octi cut somewhere. Raises AssertionError for what should not be.

        polled: frames move where the poll finds them; else each task waits for its own stream.
        """
        with errors_logged() as errors:
            after = await self._cut(cut, polled=polled)
        after = attrs.evolve(after, logged=errors)
        found = [*after.findings(), *self.look(after.world)]
        note(after, found)
        assert not found, "\n".join(map(str, found))
        if not cut.n:
            self._compare(after)

    async def _cut(self, cut: Cut, *, polled: bool) -> Aftermath:
        judge = not (cut.n or self.engine)
        async with net_to(read(self.provider), judge=judge) as net, trio.open_nursery() as outside:
            net.window = self.window
            world = World(
                net=net,
                outside=outside,
                store=self.store(),
                engine=self.engine,
                calls=self.calls,
                warm=self.warm,
                window=self.window,
                observer=self.observe(),
                judge=self.judge(),
                polled=polled,
            )
            await world.make_session(self.extraction)
            outside.start_soon(self._play, world)
            async with cut:
                await world.run()
            after = await self._aftermath(world, trio.current_time() - cut.took)
            outside.cancel_scope.cancel()
        return after

    async def _play(self, world: World) -> None:
        with trio.move_on_after(PLAYS_WITHIN_S):
            await self.play(world)
        world.over.set()

    async def _aftermath(self, world: World, ended_s: float) -> Aftermath:
        """Give both peers their time, and look at what is stored once the store is well."""
        with trio.move_on_after(NOTICES_WITHIN_S) as patience:
            for caller in world.callers:
                await world.wait_over(caller)
            await world.net.wait_left()
        world.store.heal()
        store = world.store.kept
        kept = [Kept(record, await store.turns(record.id)) for record in await store.sessions()]
        await wait_all_tasks_blocked()
        return Aftermath(world, ended_s, kept, (), (*GOODBYES, *self.closes), told=not patience.cancelled_caught)

    def _compare(self, after: Aftermath) -> None:
        said = [turn.text for kept in after.kept for turn in kept.turns]
        assert said == list(self.kept), f"uncut, these turns were kept: {said}"
        closes = [caller.close for caller in after.world.callers]
        assert closes == list(self.closes), f"uncut, the clients were closed with {closes}"
