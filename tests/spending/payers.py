"""Sessions that spend, in memory and on virtual time: a provider whose answers cost what a test says, and its bill."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from typing import Any

import attrs
import msgspec
import trio

from octi.clock import Now
from octi.guard.budgets import Allowance, BudgetRule
from octi.guard.rules import Rule, Rules
from octi.pricing.prices import Kind, Prices, Tariff
from octi.realtime.octi_protocol import OctiDoor
from octi.records import SessionRecord
from octi.session.door import Door
from octi.session.run import run_session
from octi.session.session import Session
from octi.spending.purse import purse_for
from octi.spending.treasury import Treasury
from octi.spending.words import Words
from octi.store.base import Store
from octi.units import SessionId
from octi.websocket.base import LegClosed
from octi.websocket.memory import memory_legs
from tests.fakes import Event, MemoryUpstream, Peer, agent_turn, greet
from tests.session.talks import SETUP, Client

CENT = Decimal(10_000)  # for a million tokens: so each costs a cent
PRICES = Prices("USD", ({"m": Tariff({Kind("output", "text", False): CENT, Kind("output", "audio", False): CENT})},))
NOON = 1_795_348_800.0  # 2026-11-22, UTC
DAY = "2026-11-22"


def allowed(**tables: Mapping[str, Any]) -> Rules:
    """Rules for everybody, with these budgets: `day={"money": "1"}`."""
    said: dict[str, Any] = {name: Allowance(**table) for name, table in tables.items()}
    return Rules(default=Rule(budgets=BudgetRule(**said)))


def treasury_of(rules: Rules, store: Store, now: Now = lambda: NOON, **more: Any) -> Treasury:
    """A node's, with the prices above."""
    return Treasury(store=store, now=now, rules=rules, prices=PRICES, **more)


def usage(cents: int) -> Event:
    """What a provider says of an answer that costs so much."""
    return {"total_tokens": cents, "output_tokens": cents, "output_token_details": {"text_tokens": cents}}


@attrs.define(eq=False)
class Bill:
    """A provider: every answer that it is asked for costs `cents`, one that is cancelled in time `cut_cents`.

    `by_itself`: how many it begins unasked, as voice detection does. `slow_s`: how long an answer takes.
    """

    cents: int = 10
    cut_cents: int = 1
    slow_s: float = 0.0
    by_itself: int = 0
    total: int = 0
    answers: int = 0
    asked: list[Event] = attrs.field(factory=list)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    def upstream(self) -> MemoryUpstream:
        """It, as a session sees it."""
        return MemoryUpstream([self._play])

    def written(self) -> list[str]:
        """What octi wrote into the conversation of its own accord."""
        items = [event["item"] for event in self.asked if event["type"] == "conversation.item.create"]
        return [item["content"][0]["text"] for item in items if item["role"] == "system"]

    async def _play(self, peer: Peer) -> None:
        await greet(peer)
        active: list[Event] = []
        cancelled = trio.Event()
        async with trio.open_nursery() as nursery:
            while True:
                begins, self.by_itself = self.by_itself > 0, self.by_itself - 1
                event = {"type": "response.create"} if begins else await self._next(peer, nursery)
                self.asked.append(event)
                if event["type"] == "response.create":
                    cancelled = trio.Event()
                    active = agent_turn(f"item_{next(self._numbers)}", "Yes.", response=f"resp_{next(self._numbers)}")
                    nursery.start_soon(self._answer, peer, active, cancelled)
                elif event["type"] == "response.cancel":
                    cancelled.set()

    async def _next(self, peer: Peer, nursery: trio.Nursery) -> Event:
        try:
            return await peer.receive()
        except LegClosed:
            nursery.cancel_scope.cancel()
            raise

    async def _answer(self, peer: Peer, turn: list[Event], cancelled: trio.Event) -> None:
        *said, done = turn
        for number, event in enumerate(said):
            await peer.send({"event_id": f"e{number}", **event})
        with trio.move_on_after(self.slow_s):
            await cancelled.wait()
        await trio.lowlevel.checkpoint()
        cost, status = (self.cut_cents, "cancelled") if cancelled.is_set() else (self.cents, "completed")
        self.total += cost
        self.answers += status == "completed"
        ended = {**done["response"], "status": status, "usage": usage(cost)}
        await peer.send({"event_id": "e", **done, "response": ended})


@attrs.define(eq=False)
class Payer:
    """A session under way, and its client."""

    session: SessionId
    client: Client
    store: Store
    ended: trio.Event = attrs.field(factory=trio.Event)
    record: SessionRecord | None = None

    def ask(self) -> None:
        """Ask the agent something, in either protocol."""
        self.client.say(type="user_text", text="Well?")

    async def answered(self, times: int) -> None:
        """When so many answers were heard."""
        await self.client.wait_kind("transcript", times)

    async def talk(self, most: int = 1000) -> int:
        """Ask, hear, ask, until the session ends; how many answers there were."""
        heard = 0
        with trio.CancelScope() as talking:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_at, self.ended, talking)
                for number in range(1, most + 1):
                    self.ask()
                    await self.answered(number)
                    heard = number
                nursery.cancel_scope.cancel()
        return heard

    async def end(self) -> SessionRecord:
        """How it ended."""
        with trio.fail_after(3600):
            await self.ended.wait()
        assert self.record is not None
        return self.record


async def _cancel_at(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


@asynccontextmanager
async def paying(
    treasury: Treasury,
    bill: Bill,
    *,
    door: Door | None = None,
    record: SessionRecord | None = None,
    words: Words | None = None,
    store: Store | None = None,
) -> AsyncIterator[Payer]:
    """A session with a purse of this treasury; over when the block ends, if it is not before."""
    near, far = memory_legs()
    kept = store or treasury.store
    record = record or record_of("s")
    payer = Payer(record.id, Client(far), kept)

    async def run() -> None:
        session = Session(
            record=record,
            client=near,
            door=door or OctiDoor(),
            upstream=bill.upstream(),
            setup=SETUP,
            store=kept,
            draining=trio.Event(),
            longest_s=3600 * 48,
            now=treasury.now,
            purse=purse_for(treasury, record),
            words=words or Words(),
        )
        payer.record = await run_session(session)
        payer.ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        nursery.start_soon(payer.client.listen)
        yield payer
        await far.close(1000, "test over")
        await payer.ended.wait()


def record_of(name: str, **whose: Any) -> SessionRecord:
    """A session that nobody talked in yet."""
    made = {"door": "octi", "upstream": "u", "model": "m", "voice": "alloy", "created_at": 1.0}
    return SessionRecord(id=SessionId(name), **{**made, **whose})


def bytes_of(event: Mapping[str, Any]) -> bytes:
    """An event as it is sent."""
    return msgspec.json.encode(event)
