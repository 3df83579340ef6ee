"""Replays a cassette: the provider's side as somebody who answers, in memory or at an address; or the client's."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import attrs
import trio

from octi.cassette.failing import fault_of, told
from octi.cassette.format import Failure, Goodbye, Side, Way
from octi.cassette.playing import How, Played, Player
from octi.cassette.reading import Cassette
from octi.cassette.steps import steps_of
from octi.errors import BadMessage
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.websocket.base import Leg

MOST_BYTES = 64 << 20
NO_MORE = "the cassette has no more legs"


@attrs.define(eq=False)
class Replay:
    """One side of a cassette, leg by leg: each who comes gets the next. `side`: which of octi's legs are replayed.

    The provider's side is an `upstream.base.Upstream` as well.
    """

    cassette: Cassette
    how: How = attrs.field(factory=How)
    side: Side = "provider"
    results: list[Played] = attrs.field(factory=list)
    strangers: int = 0  # who came when there were no more legs
    over: trio.Event = attrs.field(factory=trio.Event)

    @property
    def name(self) -> str:
        """Who the provider was."""
        return self.cassette.header.upstream

    @property
    def legs(self) -> list[int]:
        """What there is to be played."""
        return self.cassette.legs(self.side)

    @property
    def ours(self) -> Way:
        """Which way we played: a provider's messages came in at octi, a client hears what went out."""
        return "in" if self.side == "provider" else "out"

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """The next leg, in memory; or the error with which it could not be opened. See `Upstream.open`."""
        if failure := self.next_failure():
            with self.failing(failure):
                await self.pause(failure.took_ms / 1000)
            raise fault_of(failure, self.name)
        async with Embedded(self.converse, self.name).open(model) as leg:
            yield leg

    async def converse(self, leg: Leg, model: str) -> None:
        """Play the next leg to whoever is at this one, as a provider's conversation; the leg is closed at the end."""
        goodbye = await self.play(leg)
        await leg.close(goodbye.code, goodbye.reason)

    async def play(self, leg: Leg) -> Goodbye:
        """Play the next leg to whoever is at this one; how to close it then."""
        if not (result := self._begin()):
            self.strangers += 1
            return Goodbye(1013, NO_MORE)
        steps = steps_of(self.cassette, self.side, self.legs[len(self.results) - 1], self.ours)
        how = attrs.evolve(self.how, voices=self.cassette.header.voices)
        try:
            return await Player(leg, steps, how, result).play()
        finally:
            self._note_end()

    def next_failure(self) -> Failure | None:
        """Why the next leg cannot be opened; None: it can, or there is none."""
        following = self.legs[len(self.results) : len(self.results) + 1]
        return self.cassette.failure(self.side, following[0]) if following else None

    @contextmanager
    def failing(self, failure: Failure) -> Iterator[None]:
        """Whoever came for the next leg fails in the block."""
        if result := self._begin():
            result.failed = told(failure)
        try:
            yield
        finally:
            self._note_end()

    async def pause(self, seconds: float) -> None:
        """So long, at our speed."""
        await trio.sleep(seconds / self.how.speed if self.how.speed else 0)

    def _begin(self) -> Played | None:
        if len(self.results) >= len(self.legs):
            return None
        self.results.append(Played(f"{self.side} leg {self.legs[len(self.results)]}"))
        return self.results[-1]

    def _note_end(self) -> None:
        if len(self.results) == len(self.legs):
            self.over.set()

    @property
    def passed(self) -> bool:
        """Were all legs played, and did everybody do as they did then?"""
        return bool(self.results) and len(self.results) == len(self.legs) and all(each.passed for each in self.results)

    def report(self) -> str:
        """What came of it, for people."""
        return report(self.cassette, self.results, len(self.legs) - len(self.results))


def report(cassette: Cassette, results: list[Played], missing: int = 0) -> str:
    """What came of some legs, for people."""
    lines = [_told(each) for each in results]
    lines += [f"  differs: {what}" for each in results for what in each.differences]
    lines += [f"{missing} of the cassette's legs: nobody came for them"] * bool(missing)
    lines += [f"the cassette is not whole: {cassette.end}"] * (not cassette.complete)
    passed = not missing and all(each.passed for each in results)
    return "\n".join([*lines, "passed" if passed else "FAILED"]) + "\n"


def _told(result: Played) -> str:
    if result.failed:
        return f"{result.leg}: not opened, as then: {result.failed}"
    return f"{result.leg}: {result.sent} sent, {result.matched} as recorded, {result.extra} others"


async def replay_client(
    cassette: Cassette, url: str, how: How, *, key: str = "", tls: ssl.SSLContext | None = None
) -> Played:
    """Play the client's side to a server. Raises ProviderFault, BadMessage."""
    if not cassette.legs("client"):
        raise BadMessage("the cassette has no client's leg: it was a call's, whose sound did not pass octi")
    result = Played("client leg 1")
    dialled = Dialled(provider=compatible(key or None, url), max_message_bytes=MOST_BYTES, tls=tls)
    async with dialled.open_at(url) as leg:
        how = attrs.evolve(how, voices=cassette.header.voices)
        goodbye = await Player(leg, steps_of(cassette, "client", 1, "in"), how, result).play()
        await leg.close(goodbye.code, goodbye.reason)
    return result
