"""One octi of a soak: asked what it holds, and whether it holds what it held before."""

from collections import Counter
from functools import partial

import attrs
import trio

from bench.soak.http import Asker
from bench.soak.verdict import differences
from octi.census import Told, ask
from tests.flows.parties import Process

READS, WAVES = 30, 60
THREADS_S = 11.0  # an idle thread is kept for ten
LOOK_S = 2.0
SETTLING_S = 90.0


@attrs.frozen
class Party:
    """One octi."""

    process: Process
    asker: Asker

    async def open_connections(self) -> None:
        """Have it open as many connections to its database as it ever will, which it then keeps."""
        for _ in range(WAVES):
            store = (await self.census()).parts["store"]
            if store.get("connections") == store.get("connections_most"):
                break
            async with trio.open_nursery() as nursery:
                for _ in range(READS):
                    nursery.start_soon(self.asker.ask, "GET", "/sessions?limit=200")
                    nursery.start_soon(partial(self.asker.ask, "POST", "/sessions", json={}))

    async def census(self) -> Told:
        """What it holds just now."""
        return await trio.to_thread.run_sync(ask, self.asker.base)

    async def quiet_census(self) -> Told:
        """The same, once it does not change any more."""
        await trio.sleep(THREADS_S)
        last = await self.census()
        with trio.move_on_after(SETTLING_S):
            while True:
                await trio.sleep(LOOK_S)
                now = await self.census()
                if not [*differences(last, now)]:
                    return now
                last = now
        return last

    async def census_like(self, before: Told) -> tuple[Told, list[str]]:
        """The same, once it is what it was; or what is not, when there was time enough."""
        now = await self.census()
        with trio.move_on_after(SETTLING_S):
            while [*differences(before, now)]:
                await trio.sleep(LOOK_S)
                now = await self.census()
        return now, [*differences(before, now)]

    def crashes(self) -> Counter[str]:
        """What it logged that it should never have to."""
        bad = (line for line in self.process.log if line["level"] in {"error", "critical"} or "exception" in line)
        return Counter(line["event"] for line in bad)

    def ends(self) -> int:
        """How often it says that a session has ended, all that warmed it up among them."""
        return sum(line["event"] == "session ended" for line in self.process.log)
