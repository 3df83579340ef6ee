"""A chat model's server by a script, in memory on virtual time; and what to ask it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any

import attrs
import msgspec
import trio

from octi.engine.base import Call, Line, Prompt, Say, Tool
from octi.engine.brains.chat import ChatBrain, open_chat
from octi.engine.brains.chat_link import ChatModel
from tests.scripted_api import Behaviour, MemoryNetwork, ScriptedApi
from tests.scripted_provider import Caller

KEY = "sk-very-secret"
NOON = datetime(2026, 10, 2, 12)  # noqa: DTZ001 -- the local time of day
TOOL = Tool("book", "Books a table.", {"type": "object", "properties": {"people": {"type": "integer"}}})
PROMPT = Prompt(instructions="Be kind.", history=(Line("user", "Hello"),), tools=(TOOL,), now=NOON)
MODEL = ChatModel(url="http://model.test/v1", name="m", key=KEY)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
STOP = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
DONE = "[DONE]"


def words(text: str) -> dict[str, Any]:
    """A piece of an answer."""
    return {"choices": [{"delta": {"content": text}}]}


def event(said: object) -> bytes:
    """A server-sent event, as one chunk of a body."""
    data = said.encode() if isinstance(said, str) else msgspec.json.encode(said)
    return chunk(b"data: " + data + b"\n\n")


def chunk(data: bytes) -> bytes:
    """A chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def streams(*script: object, head: bytes = HEAD, end: bytes = b"0\r\n\r\n") -> Behaviour:
    """Answer with a stream: numbers are seconds to wait, bytes are sent as they are, all else is an event's data."""

    async def stream(connection: Caller) -> None:
        await connection.send_all(head)
        for step in script:
            if isinstance(step, (int, float)):
                await trio.sleep(step)
            else:
                await connection.send_all(step if isinstance(step, bytes) else event(step))
        await connection.send_all(end)

    return stream


@attrs.frozen
class Talk:
    """A brain, the server that it asks, and the network between them."""

    brain: ChatBrain
    api: ScriptedApi
    network: MemoryNetwork

    async def answer(self, prompt: Prompt = PROMPT) -> list[Say | Call]:
        """All of an answer."""
        return [piece async for piece in self.brain.answer(prompt)]

    async def said_until(self, wanted: type[Exception], prompt: Prompt = PROMPT) -> tuple[list[Say | Call], Exception]:
        """What was said before it failed, and how it did."""
        said: list[Say | Call] = []
        try:
            async with aclosing(self.brain.answer(prompt)) as pieces:
                async for piece in pieces:
                    said.append(piece)  # noqa: PERF401  what came before a failure is wanted
        except wanted as error:
            return said, error
        raise AssertionError(f"no {wanted.__name__} after {said}")


@asynccontextmanager
async def talking(*behaviours: Behaviour, model: ChatModel = MODEL, **changes: Any) -> AsyncIterator[Talk]:
    """A brain with a server that answers each request by the next behaviour, the last one again and again."""
    async with trio.open_nursery() as nursery:
        api = ScriptedApi(list(behaviours))
        network = MemoryNetwork(nursery, api)
        async with open_chat(attrs.evolve(model, **changes), transport=network.transport()) as brain:
            yield Talk(brain, api, network)
        nursery.cancel_scope.cancel(reason="the test is over")
