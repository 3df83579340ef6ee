"""A server to be checked, in memory, on virtual time: the simulator's door over octi's engine, and who lies for it."""

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import msgspec
import trio
from trio.testing import memory_stream_pair

from octi.conformance.checking import tried
from octi.conformance.dialogue import Server, Socket
from octi.conformance.rule import Dialogue, Outcome, Result, Tape
from octi.conformance.rules import calls, errors, hearing, items, responses, speaking, stopping
from octi.conformance.rules.handshake import NO_MODEL
from octi.engine.base import OpenBrain
from octi.engine.brains import shared
from octi.engine.brains.rules import RulesBrain
from octi.engine.server import Engine
from octi.errors import BadMessage
from octi.simulator.house import House, build
from octi.simulator.http import serve_connection
from octi.simulator.routes import Routes
from octi.simulator.script import Script
from octi.simulator.sockets import Sockets
from octi.websocket.opener import Upgrade, websocket_over
from tests.engine.fakes import NOON, FakeSpeech

KEY = "sk-right"
URL = "ws://memory/v1/realtime"
Event = dict[str, Any]
Lie = Callable[[Event], Event | None]  # what is told in place of an event; None: nothing


def truth(event: Event) -> Event:
    """What an honest server says."""
    return event


@attrs.define(eq=False)
class Liar:
    """A socket that tells other things than the server."""

    socket: Socket
    lie: Lie
    subprotocol: str | None

    async def send_message(self, message: str | bytes) -> None:
        await self.socket.send_message(message)

    async def get_message(self) -> str | bytes:
        while True:
            told = self.lie(msgspec.json.decode(await self.socket.get_message()))
            if told is not None:
                return msgspec.json.encode(told).decode()


@attrs.define(eq=False)
class Memory:
    """Dials, as `websocket.opener.open_websocket`, without a network."""

    house: House
    engine: Engine
    nursery: trio.Nursery
    lie: Lie | None = None

    @asynccontextmanager
    async def dial(self, url: str, upgrade: Upgrade, *, tls: ssl.SSLContext | None) -> AsyncIterator[Socket]:
        near, far = memory_stream_pair()
        sockets = Sockets(self.house, self.engine.converse, self.engine.transcribe)
        self.nursery.start_soon(serve_connection, far, Routes(self.house), sockets)
        async with websocket_over(near, url, upgrade, trio.current_time() + upgrade.connect_s) as socket:
            if self.lie is None:
                yield socket
            else:
                picked = None if socket.subprotocol else "realtime"
                yield Liar(socket, self.lie, picked)


def choose(model: str) -> OpenBrain:
    """Every model but one."""
    if model == NO_MODEL:
        raise BadMessage("There is no such brain here.", "model", "invalid_model")
    return shared(RulesBrain())


@asynccontextmanager
async def server(lie: Lie | None = None, *, deaf: bool = False) -> AsyncIterator[Server]:
    """octi's engine, by rules, behind the simulator's door."""
    engine = Engine(None if deaf else FakeSpeech(), choose, lambda: NOON)
    async with trio.open_nursery() as nursery:
        house = build(Script(), nursery, key=KEY, pace_s=0.0, now=lambda: NOON)
        memory = Memory(house, engine, nursery, lie)
        yield Server(url=URL, model="gpt-realtime", key=KEY, dial=memory.dial)
        nursery.cancel_scope.cancel()


async def tapes() -> list[Tape]:
    """What an honest server said while some rules were tried: events of nearly every kind."""
    async with server() as found:
        for rule in SAID:
            assert (await tried(found, rule, {})).outcome is Outcome.PASSED, rule.name
        return found.tapes


SAID: Sequence[Dialogue] = (
    errors.an_error_names_the_event_at_fault,
    items.an_item_can_be_deleted,
    items.a_history_can_be_written_again,
    responses.an_answer_aside_leaves_no_trace,
    responses.metadata_comes_back,
    stopping.an_answer_can_be_cancelled,
    calls.the_output_of_a_call_is_answered,
    speaking.a_spoken_item_can_be_truncated,
    hearing.the_words_of_a_turn_are_kept,
    hearing.a_turn_is_answered,
)


async def honest(rule: Dialogue) -> Result:
    """What comes of a rule where all is right."""
    async with server() as found:
        return await tried(found, rule, {})


async def lied(rule: Dialogue) -> list[Outcome]:
    """What comes of it with each who lies, up to the first one who is found out."""
    outcomes: list[Outcome] = []
    for lie in LIES:
        async with server(lie) as found:
            outcomes.append((await tried(found, rule, {})).outcome)
        if outcomes[-1] is Outcome.FAILED:
            break
    return outcomes


def mute(event: Event) -> Event | None:
    """Says nothing but how a session begins."""
    return event if event["type"] == "session.created" else None


def dead(event: Event) -> Event | None:
    """Says nothing."""
    return None


def vague(event: Event) -> Event:
    """Says no more than what happens."""
    return {"type": event["type"]}


def gentle(event: Event) -> Event | None:
    """Never says what is wrong."""
    return None if event["type"] == "error" else event


def monotonous(event: Event) -> Event:
    """Says "one" for every text."""
    return {**_monotonous(event), "type": event["type"]}


def _monotonous(value: Any) -> Any:
    match value:
        case dict():
            return {name: _monotonous(each) for name, each in value.items()}
        case list():
            return [_monotonous(each) for each in value]
        case str():
            return "one"
        case _:
            return value


LIES: Sequence[Lie] = (monotonous, vague, gentle, mute, dead)
