"""What clients and operators do in the scenes that are cut. Who finds that octi is gone goes home."""

from collections.abc import Awaitable, Callable, Iterator

import trio

from octi.errors import StoreFailed
from octi.services import Services
from octi.upstream.api import NewCall
from octi.web.realtime_api import attached
from tests.engine.fakes import SILENCE
from tests.engine.fakes import sound as marked
from tests.engine.wire import Event
from tests.proofs.invariants import LEAKS, Finding
from tests.proofs.matrix.caller import REALTIME, Caller, Dialect, sound
from tests.proofs.matrix.wires import Wire
from tests.proofs.world import SESSION, World
from tests.providers import SPEECH, VOICE

Play = Callable[[World], Awaitable[None]]

# What clients do


async def begun(world: World, dialect: Dialect, query: str = "") -> Caller:
    """A client whose conversation has begun, or who was told that there is none."""
    caller = world.dial(dialect, query)
    await caller.wait(dialect.ready)
    return caller


async def asks(caller: Caller, *texts: str) -> None:
    """Type, and await each answer."""
    for text in texts:
        before = caller.count(caller.dialect.answered)
        await caller.type(text)
        await caller.wait(caller.dialect.answered, more_than=before)


async def speaks(caller: Caller) -> None:
    """Say something, and await the answer."""
    before = caller.count(caller.dialect.answered)
    await caller.say(sound(caller.dialect, VOICE))
    await caller.wait(caller.dialect.answered, more_than=before)


async def hears_some(caller: Caller, seconds: float = 0.5) -> None:
    """Listen to the beginning of an answer."""
    await caller.wait(caller.dialect.voice, more_than=caller.count(caller.dialect.voice))
    await trio.sleep(seconds)


async def speaks_loudly(caller: Caller) -> None:
    """The same for the engine's ear in tests, which reads off the samples how likely they are speech."""
    await caller.say(sound(caller.dialect, marked(640) + marked(640, SILENCE)))
    await caller.wait(caller.dialect.answered)


def talk(dialect: Dialect, *steps: Callable[[Caller], Awaitable[None]], query: str = "") -> Play:
    """One client, who does these things and leaves."""

    async def play(world: World) -> None:
        caller = await begun(world, dialect, query)
        for step in steps:
            await step(caller)
        await world.leave(caller)

    return play


def comes_late(rest: Play) -> Play:
    """The same, once octi has had a second to itself."""

    async def play(world: World) -> None:
        await trio.sleep(1)
        await rest(world)

    return play


async def types(caller: Caller) -> None:
    await asks(caller, "hello")


async def cuts_in(caller: Caller) -> None:
    """Speak into the answer to a question; who keeps the playback himself says what was heard."""
    await caller.say(sound(caller.dialect, VOICE))
    await hears_some(caller)
    await caller.say(sound(caller.dialect, SPEECH))
    await caller.wait(caller.dialect.hears, more_than=1)
    if caller.dialect is REALTIME:
        delta = next((event for event in caller.told if event["type"] == REALTIME.voice), None)
        if delta is not None:
            await caller.say(truncation(delta["item_id"], 300))
    await caller.say(sound(caller.dialect, bytes(48 * 640)))
    await caller.wait(caller.dialect.answered, more_than=1)


def truncation(item: str, heard_ms: int) -> Event:
    return {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": heard_ms}


async def stops(caller: Caller) -> None:
    """Stop a typed question's answer, and type on into the next."""
    await caller.type("story")
    await hears_some(caller)
    await caller.say({"type": "interrupt", "played_ms": 300})
    await caller.type("hello")
    await caller.wait(caller.dialect.answered, more_than=1)


async def has_a_table(caller: Caller) -> None:
    """Have the agent use a function of the client's."""
    await caller.offer_function()
    await caller.type("a table")
    await caller.wait(caller.dialect.answered, more_than=1)


async def is_noted(caller: Caller) -> None:
    """Have the agent use octi's own function."""
    await asks(caller, "My name is Anna Berg.")
    if caller.dialect is REALTIME:
        await caller.wait(caller.dialect.answered, more_than=1)


async def is_noted_and_asks(caller: Caller) -> None:
    """The function is done while the agent speaks: what comes of it has to wait its turn."""
    await caller.type("My name is Anna Berg.")
    await trio.sleep(0.2)
    await caller.type("And the weather?")
    await caller.wait(caller.dialect.answered, more_than=1)


async def starts_again(caller: Caller) -> None:
    """Drop a conversation, and have another one."""
    await caller.type("story")
    await hears_some(caller)
    await caller.say({"type": "reset_session"})
    await caller.wait("ready", more_than=1)
    await asks(caller, "hello")


async def survives(caller: Caller) -> None:
    """Lose the provider in the middle of an answer, and go on with a fresh one."""
    await caller.type("story")
    await caller.wait("ready", more_than=1)
    await asks(caller, "hello")


# What others do


async def is_renewed(world: World) -> None:
    """A fresh secret is made while the session is live; with it the next client takes the session up."""
    secrets: list[str] = []

    async def renew(services: Services) -> None:
        secrets.append((await services.directory.renew(SESSION, direct=False)).minted.value)

    first = await begun(world, REALTIME, f"session={SESSION}")
    await asks(first, "hello")
    await world.ask(renew)
    await world.leave(first)
    if secrets:
        second = world.dial(REALTIME, secret=secrets[0])
        await second.wait(REALTIME.ready)
        await asks(second, "hello")
        await world.leave(second)


def is_drained(dialect: Dialect) -> Play:
    """octi is told to stop in the middle of an answer."""

    async def play(world: World) -> None:
        caller = await begun(world, dialect)
        await caller.type("story")
        await hears_some(caller)
        world.live.draining.set()
        await world.wait_over(caller)

    return play


async def is_called(world: World) -> None:
    """A call that octi made for somebody is listened to, steered, and hung up by an operator."""
    call = world.net.ring()

    async def attach(services: Services) -> None:
        record = await services.directory.find(SESSION)
        assert services.api
        world.has_call = True
        await attached(services, services.api, record, NewCall(call_id=call.id, answer_sdp=""))

    async def steer(services: Services) -> None:
        await services.steering.note(SESSION, "Be brief.")

    async def end(services: Services) -> None:
        await services.directory.end(SESSION)

    await world.ask(attach)
    await trio.sleep(1.0)
    await world.ask(steer)
    await trio.sleep(3.0)
    await world.ask(end)


def calls_on(world: World) -> Iterator[Finding]:
    """A call that octi made must not go on without it."""
    on = [call for call in world.net.house.calls.wire() if call["state"] != "over"]
    if on and world.has_call:
        yield Finding(LEAKS, "a call goes on")


class SlowWire(Wire):
    """Its client takes what it is sent in sips."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        await trio.sleep(0.1)
        return await super().receive_some(2048)


def is_slow(dialect: Dialect) -> Play:
    """A client that takes a while for everything."""

    async def play(world: World) -> None:
        caller = world.dial(dialect, wire=SlowWire)
        await caller.wait(dialect.ready)
        await asks(caller, "hello")
        await world.leave(caller)

    return play


async def loses_its_store(world: World) -> None:
    """The store fails in the middle of a conversation, and is well again before its end."""
    caller = await begun(world, REALTIME)
    await asks(caller, "hello")
    world.store.failure = StoreFailed("it is away")
    await asks(caller, "hello")
    await trio.sleep(1.5)
    world.store.heal()
    await asks(caller, "hello")
    await world.leave(caller)
