"""A conversation over octi's doors whose every turn is known beforehand, and how far its client has seen it come."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import attrs
import httpx2
import msgspec
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection

from octi.records import Role, Turn
from octi.websocket.opener import Unreachable, Upgrade, open_websocket
from tests.engine.wire import Event
from tests.simulator.talking import COMMIT, RESPOND, output_of, sound, typed, update

STORY = "Once upon a time there was a fox who lived in a wood and had no shoes."
PATIENCE_S = 20.0
GONE = (ConnectionClosed, Unreachable, ConnectionRejected, HandshakeError, OSError, trio.BrokenResourceError)
LOST, DOUBLED, MISPLACED, OTHERS = "turns lost", "doubled", "out of place", "other than was said"
HEARD_ALL: Event = {"type": "interrupt", "played_ms": 60_000}  # its loudspeaker is quick

# The provider's side. Two turns are left out by a client that has no functions.
SCENARIO = f"""
name = "kills"
latency = {{ first_audio_ms = 15, pace = 40.0, heard_ms = 10 }}

[[turn]]
hear = "hello"
say = "Good day, how can I help?"

[[turn]]
hear = "weather"
heard = "What is the weather like?"
say = "It is sunny all day."

[[turn]]
hear = "table"
optional = true
call = {{ name = "find_table", arguments = {{ people = 2 }} }}

[[turn]]
on = "find_table"
optional = true
say = "There is one at eight."

[[turn]]
hear = "story"
say = "{STORY}"

[[turn]]
hear = "goodbye"
say = "Goodbye, and thank you."
"""


@attrs.frozen
class Known:
    """A turn of the truth: who says it, and the texts that it may have on its way to the last one."""

    role: Role
    text: str
    earlier: tuple[str, ...] = ()

    def may_be(self, turn: Turn) -> bool:
        """Is a stored turn this one, settled or not?"""
        return turn.role is self.role and turn.text in (self.text, *self.earlier)

    def is_settled(self, turn: Turn) -> bool:
        """Is a stored turn this one as it stays?"""
        return turn.role is self.role and turn.text == self.text


def user(text: str, *, spoken: bool = False) -> Known:
    """A user's turn; spoken: its words come after it."""
    return Known(Role.USER, text, ("",) if spoken else ())


def agent(text: str, *earlier: str) -> Known:
    return Known(Role.ASSISTANT, text, earlier)


HELLO = (user("Hello"), agent("Good day, how can I help?"))
WEATHER = (user("What is the weather like?", spoken=True), agent("It is sunny all day."))
TABLE = (user("A table for two"), agent("There is one at eight."))
FOX = (user("Tell me a story"), agent("Once upon a time", STORY))
BYE = (user("Now goodbye"), agent("Goodbye, and thank you."))


@attrs.define(eq=False)
class Talk:
    """One session, as its client knows it. `settled`: turns that the client was told to the end, and what followed."""

    id: str
    secret: str
    truth: tuple[Known, ...]
    play: Callable[["Talk", WebSocketConnection], Awaitable[None]]
    path: str
    settled: int = 0

    async def hold(self, base: str) -> None:
        """Until it is over, or octi is gone."""
        offered = ("realtime", f"openai-insecure-api-key.{self.secret}")
        url = base.replace("http", "ws", 1) + self.path
        with suppress(*GONE), trio.fail_after(PATIENCE_S):
            async with open_websocket(url, Upgrade(subprotocols=offered)) as socket:
                await self.play(self, socket)

    def findings(self, turns: list[Turn]) -> Counter[str]:
        """What is wrong with what is kept: it should be a prefix of the truth, with all in it that was settled."""
        pairs = list(zip(self.truth, turns, strict=False))
        right = [known.is_settled(turn) for known, turn in pairs[: self.settled]]
        right += [known.may_be(turn) for known, turn in pairs[self.settled :]]
        return Counter(
            {
                LOST: max(0, self.settled - len(turns)),
                DOUBLED: len(turns) - len({turn.item for turn in turns}),
                MISPLACED: sum(turn.position != place for place, turn in enumerate(turns)),
                OTHERS: right.count(False) + max(0, len(turns) - len(self.truth)),
            }
        )


async def say(socket: WebSocketConnection, *events: Event) -> None:
    for event in events:
        await socket.send_message(msgspec.json.encode(event).decode())


async def until(socket: WebSocketConnection, kind: str) -> Event:
    """The next message of a kind."""
    with trio.fail_after(PATIENCE_S):
        while True:
            message = await socket.get_message()
            if isinstance(message, str) and (event := msgspec.json.decode(message))["type"] == kind:
                return dict(event)


async def play_realtime(talk: Talk, socket: WebSocketConnection) -> None:
    """Typed, spoken, with a function, and a story that the user cuts off."""
    quiet: Any = {"input": {"turn_detection": None, "transcription": {"model": "m"}}}
    await say(socket, update(audio=quiet), typed("Hello"), RESPOND)
    await until(socket, "response.done")
    await say(socket, sound(300), COMMIT, RESPOND)
    await until(socket, "response.done")
    talk.settled = 2
    await say(socket, typed("A table for two"), RESPOND)
    called = await until(socket, "response.done")
    talk.settled = 4
    await say(socket, output_of(called["response"]["output"][0]["call_id"], '{"tables": 1}'), RESPOND)
    await until(socket, "response.done")
    await say(socket, typed("Tell me a story"), RESPOND)
    told = await until(socket, "response.done")
    talk.settled = 6
    story = told["response"]["output"][0]["id"]
    await say(socket, {"type": "conversation.item.truncate", "item_id": story, "content_index": 0, "audio_end_ms": 800})
    await say(socket, typed("Now goodbye"), RESPOND)
    await until(socket, "response.done")
    talk.settled = 8


async def play_octi(talk: Talk, socket: WebSocketConnection) -> None:
    """The same without the function, over binary audio."""
    await until(socket, "ready")
    await say(socket, {"type": "user_text", "text": "Hello"})
    await until(socket, "bot_audio_end")
    await say(socket, HEARD_ALL)
    await socket.send_message(b"\x00\x10" * 12_000)
    await say(socket, {"type": "user_audio_commit"})
    await until(socket, "bot_audio_end")
    await say(socket, HEARD_ALL)
    talk.settled = 2
    await say(socket, {"type": "user_text", "text": "Tell me a story"})
    await until(socket, "bot_audio_end")
    talk.settled = 4
    await say(socket, {"type": "interrupt", "played_ms": 800})
    await say(socket, {"type": "user_text", "text": "Now goodbye"})
    await until(socket, "bot_audio_end")
    talk.settled = 6


async def new_talk(http: httpx2.AsyncClient, base: str, *, octi: bool) -> Talk:
    """A session that is made, and not yet opened."""
    made = (await http.post(f"{base}/sessions", json={"extraction": "request"})).raise_for_status().json()
    if octi:
        path, truth = "/ws/realtime?turn_detection=none", (*HELLO, *WEATHER, *FOX, *BYE)
        return Talk(made["id"], made["clientSecret"], truth, play_octi, path)
    return Talk(made["id"], made["clientSecret"], (*HELLO, *WEATHER, *TABLE, *FOX, *BYE), play_realtime, "/v1/realtime")
