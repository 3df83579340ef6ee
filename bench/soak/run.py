"""One soak: octis as users run them, a provider in this process, and so many clients at once."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import trio

from bench.soak import verdict
from bench.soak.calls import call
from bench.soak.http import Asker, open_http
from bench.soak.party import Party
from bench.soak.plan import TROUBLES, Octi, Plan, Way, plans
from bench.soak.provider import script_for
from bench.soak.talking import hold
from bench.soak.visiting import visit
from bench.soak.workers import kill_workers
from octi.census import Told
from octi.simulator.server import open_simulator
from tests.flows.parties import octi_process, provider_env
from tests.simulator.clients import KEY

EVERY = 1000  # sessions, from one line to the next

Say = Callable[[str], None]


@attrs.frozen(kw_only=True)
class Wanted:
    """What is to be run. `engine`: an octi with the embedded engine beside the one with a provider."""

    sessions: int
    at_once: int
    seed: int
    warm_up: int
    engine: bool = True
    store_url: str = ""  # "": a file that is thrown away


@attrs.define(eq=False)
class Soak:
    """One run of it."""

    wanted: Wanted
    provider: str
    parties: Mapping[Octi, Party]
    say: Say
    counted: Counter[str] = attrs.field(factory=Counter)
    held: int = 0  # sessions whose clients have left
    refused: int = 0  # sockets that were not let in
    killed: list[int] = attrs.field(factory=list)
    memory: dict[Octi, list[tuple[int, int]]] = attrs.field(factory=dict)  # sessions, bytes

    async def run(self) -> list[str]:
        """Warm up, count, hold the sessions, count again; what is wrong."""
        coming = plans(self.wanted.seed, engine=self.wanted.engine)
        await self.hold(coming, self.wanted.warm_up)
        for party in self.parties.values():
            await party.open_connections()
        before = {octi: await party.quiet_census() for octi, party in self.parties.items()}
        self.say(f"{'octi':10}{verdict.HEAD}")
        self.held = 0
        self._tell_all(before)
        self.counted.clear()
        async with trio.open_nursery() as nursery:
            if Octi.ENGINE in self.parties:
                pid = self.parties[Octi.ENGINE].process.process.pid
                nursery.start_soon(kill_workers, pid, random.Random(self.wanted.seed), self.killed)
            await self.hold(coming, self.wanted.sessions)
            nursery.cancel_scope.cancel()
        return [problem async for problem in self._problems(before)]

    async def hold(self, coming: Iterator[Plan], sessions: int) -> None:
        """So many, as many at once as is wanted; and those besides who make no session."""
        left = sessions

        async def work() -> None:
            nonlocal left
            while left > 0:
                plan = next(coming)
                left -= plan.way is not Way.VISIT
                await self.one(plan)

        async with trio.open_nursery() as nursery:
            for _ in range(self.wanted.at_once):
                nursery.start_soon(work)

    async def one(self, plan: Plan) -> None:
        """One plan, to its end."""
        chance = random.Random(f"{self.wanted.seed} {plan.number}")
        octi = self.parties[plan.octi].asker
        match plan.way:
            case Way.SOCKET:
                await self._socket(plan, octi, "", chance)
            case Way.MADE:
                await self._made(plan, octi, chance)
            case Way.VISIT:
                await visit(octi.base, plan.visits, chance)
            case _:
                await call(plan, octi, self.provider, chance)
        self.counted.update(plan.kinds())
        self.held += plan.way is not Way.VISIT
        if plan.way is not Way.VISIT and self.held % EVERY == 0 and self.held < self.wanted.sessions:
            self._tell_all({each: await party.census() for each, party in self.parties.items()})

    async def _made(self, plan: Plan, octi: Asker, chance: random.Random) -> None:
        wish = {"textOnly": plan.writes, "extraction": chance.choice(["request", "turns"]), "model": plan.model or None}
        made = await octi.ask("POST", "/sessions", json=wish)
        if not made:
            return
        session = made["id"]
        async with trio.open_nursery() as nursery:
            if plan.followed:
                nursery.start_soon(octi.follow, session, chance.random() < 0.5, chance.uniform(0, 4))
            if plan.deleted and chance.random() < 0.5:  # while it goes on
                nursery.start_soon(self._delete_soon, octi, session, chance.uniform(0, 2))
            for _ in range(2 if plan.returns else 1):
                await self._socket(attrs.evolve(plan, model=""), octi, made["clientSecret"], chance)
            if plan.extracts:
                await octi.of(session, "POST", "/extract")
            if plan.deleted:
                await octi.of(session, "DELETE")

    async def _socket(self, plan: Plan, octi: Asker, secret: str, chance: random.Random) -> None:
        if not await hold(plan, octi.base, secret, chance):
            self.refused += 1

    async def _delete_soon(self, octi: Asker, session: str, after_s: float) -> None:
        await trio.sleep(after_s)
        await octi.of(session, "DELETE")

    async def _problems(self, before: Mapping[Octi, Told]) -> AsyncIterator[str]:
        for octi, party in self.parties.items():
            after, wrong = await party.census_like(before[octi])
            self._tell(octi, after)
            wrong += [f"answered {said}" for said in party.asker.bugs()]
            live = (await party.asker.ask("GET", "/sessions?state=live"))["sessions"]
            wrong += [f"{len(live)} sessions are still live in the store"] if live else []
            wrong += [f"logged {count} times: {event}" for event, count in party.crashes().items()]
            for problem in wrong:
                yield f"{octi}: {problem}"

    def _tell_all(self, told: Mapping[Octi, Told]) -> None:
        for octi, each in told.items():
            self._tell(octi, each)

    def _tell(self, octi: Octi, told: Told) -> None:
        self.memory.setdefault(octi, []).append((self.held, told.memory_bytes))
        self.say(f"{octi:10}{verdict.row(self.held, told)}")


@asynccontextmanager
async def opened(wanted: Wanted, folder: Path, say: Say) -> AsyncIterator[Soak]:
    """All that a soak needs; it ends with the block."""
    async with AsyncExitStack() as opening:
        simulator = await opening.enter_async_context(open_simulator(script_for(wanted.seed, TROUBLES), key=KEY))
        http = await opening.enter_async_context(open_http())
        common = {"OCTI_LOG_FORMAT": "json", "EXTRACTION_COOLDOWN_SECONDS": "0.5", "OCTI_MAX_SESSIONS": "0"}
        store = {"OCTI_STORE_URL": wanted.store_url or f"sqlite:///{folder}/provider.db"}
        settings = {Octi.PROVIDER: provider_env(simulator.url, **{**common, **store})}
        if wanted.engine:
            engine = {"OCTI_UPSTREAM": "embedded", "OCTI_ENGINE_WORKERS": "1", "OCTI_MAX_SESSIONS": "1000"}
            settings[Octi.ENGINE] = {**common, **engine, "OCTI_STORE_URL": f"sqlite:///{folder}/engine.db"}
        parties = {}
        for octi, env in settings.items():
            process = await opening.enter_async_context(octi_process(folder, env, octi))
            parties[octi] = Party(process, Asker(process.base, http))
        yield Soak(wanted, simulator.url, parties, say)
