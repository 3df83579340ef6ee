"""Replays a cassette: the provider's side as somebody who answers, served or in memory; or the client's to a server."""

import signal
import ssl
from collections.abc import Callable
from contextlib import suppress

import attrs
import trio

from octi.cassette.format import Side, Way
from octi.cassette.playing import How, Played, Player
from octi.cassette.reading import Cassette
from octi.cassette.steps import steps_of
from octi.errors import BadMessage
from octi.simulator.script import Script
from octi.simulator.server import open_simulator
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.websocket.base import Leg, LegClosed, LegStalled

MOST_BYTES = 64 << 20
NO_MORE = "the cassette has no more legs"


@attrs.define(eq=False)
class Replay:
    """One side of a cassette, leg by leg: each who comes gets the next. `side`: which of octi's legs are replayed."""

    cassette: Cassette
    how: How = attrs.field(factory=How)
    side: Side = "provider"
    results: list[Played] = attrs.field(factory=list)
    strangers: int = 0  # who came when there were no more legs
    over: trio.Event = attrs.field(factory=trio.Event)

    @property
    def legs(self) -> list[int]:
        """What there is to be played."""
        return self.cassette.legs(self.side)

    @property
    def ours(self) -> Way:
        """Which way we played: a provider's messages came in at octi, a client hears what went out."""
        return "in" if self.side == "provider" else "out"

    async def converse(self, leg: Leg, model: str) -> None:
        """Play the next leg to whoever is at this one, as a provider's conversation; the leg is closed at the end."""
        if len(self.results) >= len(self.legs):
            self.strangers += 1
            await leg.close(1013, NO_MORE)
            return
        number = self.legs[len(self.results)]
        result = Played(f"{self.side} leg {number}")
        self.results.append(result)
        how = attrs.evolve(self.how, voices=self.cassette.header.voices)
        try:
            await Player(leg, steps_of(self.cassette, self.side, number, self.ours), how, result).play()
        finally:
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
    lines = [f"{each.leg}: {each.sent} sent, {each.matched} as recorded, {each.extra} others" for each in results]
    lines += [f"  differs: {what}" for each in results for what in each.differences]
    lines += [f"{missing} of the cassette's legs: nobody came for them"] * bool(missing)
    lines += [f"the cassette is not whole: {cassette.end}"] * (not cassette.complete)
    passed = not missing and all(each.passed for each in results)
    return "\n".join([*lines, "passed" if passed else "FAILED"]) + "\n"


async def serve_replay(replay: Replay, say: Callable[[str], None], *, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve it at /v1/realtime until all legs were played, or SIGINT or SIGTERM. Raises OSError, BadMessage."""
    if not replay.legs:
        raise BadMessage(f"the cassette has no leg of a {replay.side}; see --leg")
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with open_simulator(Script(), host=host, port=port, converse=replay.converse) as simulator:
            say(f"the cassette's {replay.side} side is ready: {simulator.url.replace('http', 'ws', 1)}/v1/realtime")
            say(f"to have octi speak to it: OCTI_UPSTREAM=compatible OCTI_UPSTREAM_URL={simulator.url}")
            async with trio.open_nursery() as nursery:

                async def watch() -> None:
                    await replay.over.wait()
                    nursery.cancel_scope.cancel(reason="all was played")

                nursery.start_soon(watch)
                await anext(signals)
                nursery.cancel_scope.cancel(reason="told to stop")


async def replay_client(
    cassette: Cassette, url: str, how: How, *, key: str = "", tls: ssl.SSLContext | None = None
) -> Played:
    """Play the client's side to a server. Raises ProviderFault, BadMessage."""
    if not cassette.legs("client"):
        raise BadMessage("the cassette has no client's leg: it was a call's, whose sound did not pass octi")
    result = Played("client leg 1")
    dialled = Dialled(provider=compatible(key or None, url), max_message_bytes=MOST_BYTES, tls=tls)
    async with dialled.open_at(url) as leg, trio.open_nursery() as nursery:
        nursery.start_soon(_write, leg, name="replay writer")
        how = attrs.evolve(how, voices=cassette.header.voices)
        await Player(leg, steps_of(cassette, "client", 1, "in"), how, result).play()
        nursery.cancel_scope.cancel(reason="all was played")
    return result


async def _write(leg: Leg) -> None:
    with suppress(LegStalled, LegClosed):  # whoever reads is told
        await leg.write()
