"""octi is killed (-9) at random moments of its conversations, again and again, over the same store."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import httpx2
import pytest
import trio

from octi.records import Turn
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.units import SessionId
from tests.flows.parties import http_client, provider_env
from tests.postgres import fresh_schema, wait_until_left
from tests.proofs.conversing import DOUBLED, LOST, MISPLACED, OTHERS, SCENARIO, Talk, new_talk
from tests.proofs.starting import Started, Zygote, open_zygote
from tests.proofs.tally import Proofs
from tests.simulator.clients import KEY

pytestmark = pytest.mark.slow

AT_ONCE = 4  # conversations that one kill ends; every second one over the OCTI door
WHOLE_S = 0.6  # about what a conversation takes


@attrs.define(eq=False)
class Lane:
    """One store, and the octis that die over it."""

    zygote: Zygote
    http: httpx2.AsyncClient
    store_url: str
    provider: str
    log: Path
    last: list[tuple[Talk, list[Turn]]] = attrs.field(factory=list)  # what the last kill left
    found: Counter[str] = attrs.field(factory=Counter)  # of that of which there must be none
    kills: int = 0
    cut: int = 0  # conversations that a kill ended before their time

    async def round(self, kill_after_s: float) -> None:
        """Start, converse, kill, and look at what is kept."""
        started = await self.start()
        talks = [await new_talk(self.http, started.base, octi=bool(number % 2)) for number in range(AT_ONCE)]
        async with trio.open_nursery() as nursery:
            for talk in talks:
                nursery.start_soon(talk.hold, started.base)
            await trio.sleep(kill_after_s)
            await self.zygote.kill(started)
        self.kills += 1
        await self.check(talks)

    async def start(self) -> Started:
        """The next octi over the same store: it is well, and shows what the last one left."""
        started = await self.zygote.start(provider_env(self.provider, OCTI_STORE_URL=self.store_url), self.log)
        assert (await self.http.get(f"{started.base}/readyz")).json() == {"status": "ready"}
        for talk, turns in self.last:
            shown = (await self.http.get(f"{started.base}/sessions/{talk.id}/transcript")).raise_for_status().json()
            assert [turn["text"] for turn in shown["turns"]] == [turn.text for turn in turns]
        return started

    async def check(self, talks: list[Talk]) -> None:
        """What is kept is a prefix of the truth, and what the kill before had left is as it was."""
        if self.store_url.startswith("postgresql"):
            await trio.to_thread.run_sync(wait_until_left, self.store_url)
        async with open_store(self.store_url) as store:
            for talk, turns in self.last:
                assert await store.turns(SessionId(talk.id)) == turns, "an older transcript has changed"
            self.last = [(talk, await store.turns(SessionId(talk.id))) for talk in talks]
        for talk, turns in self.last:
            self.found.update(talk.findings(turns))
            self.cut += talk.settled + 2 < len(talk.truth)  # to the last exchange: no turn behind it settles that


@asynccontextmanager
async def opened_lane(zygote: Zygote, store_url: str, log: Path) -> AsyncIterator[Lane]:
    """A lane with a provider of its own. At the end none of its octis has logged a trace."""
    async with open_simulator(read_text(SCENARIO), key=KEY) as simulator, http_client() as http:
        lane = Lane(zygote, http, store_url, simulator.url, log)
        yield lane
    assert "Traceback" not in await trio.Path(log).read_text(encoding="utf-8")


async def kill_often(lane: Lane, times: int, seed: int) -> None:
    """As often, at moments that the seed decides."""
    moments = random.Random(seed)
    for _ in range(times):
        await lane.round(moments.uniform(0, WHOLE_S))


async def test_uncut_the_truth_is_what_is_kept(tmp_path: Path) -> None:
    """So a prefix of it says something: both conversations come to their end, and their turns are those."""
    async with (
        open_zygote() as zygote,
        opened_lane(zygote, f"sqlite:///{tmp_path}/octi.db", tmp_path / "octi.log") as lane,
    ):
        started = await lane.start()
        for octi in (False, True):
            talk = await new_talk(lane.http, started.base, octi=octi)
            await talk.hold(started.base)
            await lane.check([talk])
            assert not +lane.found
            assert talk.settled + 2 == len(talk.truth) == len(lane.last[0][1]), lane.last[0][1]


async def test_killed_octis_leave_a_prefix_of_the_truth(tmp_path: Path, proofs: Proofs, whole: bool) -> None:
    """Nothing twice, nothing out of order, nothing missing that its client knew to be over; the next start is clean."""
    lanes = await kill_over({name: f"sqlite:///{tmp_path}/{name}.db" for name in "ab"}, 100 if whole else 6, tmp_path)
    note(proofs, "SQLite", lanes)


async def test_the_same_with_postgresql(tmp_path: Path, proofs: Proofs, whole: bool) -> None:
    """The database outlives octi, and knows no more than a file does."""
    with fresh_schema() as one, fresh_schema() as other:
        lanes = await kill_over({"a": one, "b": other}, 25 if whole else 2, tmp_path)
    note(proofs, "PostgreSQL", lanes)


async def kill_over(stores: Mapping[str, str], times: int, folder: Path) -> list[Lane]:
    """So many kills over each of these stores, side by side."""
    lanes: list[Lane] = []

    async def work(name: str, store_url: str, seed: int) -> None:
        async with opened_lane(zygote, store_url, folder / f"{name}.log") as lane:
            lanes.append(lane)
            await kill_often(lane, times, seed)

    async with open_zygote() as zygote, trio.open_nursery() as nursery:
        for seed, (name, store_url) in enumerate(stores.items()):
            nursery.start_soon(work, name, store_url, seed)
    return lanes


def note(proofs: Proofs, store: str, lanes: list[Lane]) -> None:
    """What came of it."""
    done = {"kills": sum(lane.kills for lane in lanes), "conversations cut": sum(lane.cut for lane in lanes)}
    found = sum((lane.found for lane in lanes), start=Counter[str]())
    proofs.add(f"kill -9, {store}", done, {what: found[what] for what in (LOST, DOUBLED, MISPLACED, OTHERS)})
    assert not +found, found
