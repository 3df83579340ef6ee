"""One conversation over one socket: a task that listens, whoever speaks, and what they share."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
import trio
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection

from octi.errors import OctiError
from octi.talk.conversation import Conversation, Spoken
from octi.talk.dialect import AgentAudio, Dialect, Event, Interrupted, Message, Ready
from octi.talk.mic import Loudspeaker

Say = Callable[[str], None]  # prints one line, given without its end
STALL_S = 10.0  # how long the server may take nothing of what we say


@attrs.frozen
class TalkFailed(OctiError):
    """The conversation could not be held, or not to its end."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.define
class Call:
    """A conversation under way. Whoever finds that it cannot go on says so with `fail`, and `scope` ends all tasks."""

    socket: WebSocketConnection
    dialect: Dialect
    say: Say
    conversation: Conversation = attrs.field(factory=Conversation)
    spoken: list[Spoken] = attrs.field(factory=list)
    speaker: Loudspeaker | None = None
    failure: TalkFailed | None = None
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    changed: trio.Event = attrs.field(factory=trio.Event)

    def fail(self, why: str) -> None:
        """End the conversation for a reason; the first one counts."""
        self.failure = self.failure or TalkFailed(why)
        self.scope.cancel(reason=why)

    def complain(self, problem: str) -> None:
        """Note what went wrong, and go on."""
        self.conversation.problems.append(problem)
        self.say(f"error: {problem}")

    async def send(self, messages: Sequence[Message]) -> None:
        """Say something to the server. If it has left, that is the listener's to tell."""
        try:
            with trio.fail_after(STALL_S):
                for message in messages:
                    await self.socket.send_message(message)
        except trio.TooSlowError:
            self.fail(f"the server took nothing for {STALL_S:g} s")
        except ConnectionClosed:
            pass

    async def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Return when something is so that only the server's events can bring about."""
        while not is_so():
            await self.changed.wait()

    async def listen(self) -> None:
        """Take what the server says, until it leaves."""
        try:
            while True:
                for event in self.dialect.read(await self.socket.get_message()):
                    await self.take(event)
        except ConnectionClosed as closed:
            self.fail(f"the server closed the conversation{said(closed.reason)}{last(self.conversation.problems)}")

    async def take(self, event: Event) -> None:
        """One event: into the conversation, to the screen and the loudspeaker, and back to the server if need be."""
        for line in self.conversation.take(event, trio.current_time()):
            self.say(line)
        match event:
            case Ready():
                await self.send(self.dialect.begin())
            case AgentAudio(pcm, item) if self.speaker and item not in self.conversation.playback.dropped:
                self.speaker.play(pcm)
            case Interrupted():
                await self.cut()
            case _:
                pass
        self.changed.set()
        self.changed = trio.Event()

    async def cut(self) -> None:
        """Fall silent in the agent's stead, and tell the server how much of it was heard."""
        if self.speaker:
            self.speaker.stop()
        playback = self.conversation.playback
        if (played_ms := playback.cut(trio.current_time())) is not None:
            await self.send(self.dialect.cut(playback.item, played_ms))

    async def greet(self, limit_s: float) -> None:
        """Say how the session is to be, and wait until the server is ready."""
        with trio.move_on_after(limit_s) as waiting:
            await self.send(self.dialect.hello())
            await self.wait_until(lambda: self.conversation.ready)
        if waiting.cancelled_caught:
            self.fail(f"the server was not ready within {limit_s:g} s{last(self.conversation.problems)}")
        await trio.lowlevel.checkpoint()  # a call that failed ends here


async def hold(call: Call, work: Callable[[Call], Awaitable[None]], ready_s: float) -> None:
    """Listen while `work` speaks, from the server's readiness until it returns. Raises TalkFailed."""
    with call.scope:
        async with trio.open_nursery() as listening:
            listening.start_soon(call.listen, name="talk listener")
            await call.greet(ready_s)
            await work(call)
            listening.cancel_scope.cancel(reason="all is said")
    if call.failure:
        raise call.failure


def said(reason: CloseReason | None) -> str:
    """What the server said when it left, to be put behind a sentence."""
    return f" with {reason.code}{': ' + reason.reason if reason.reason else ''}" if reason else ""


def last(problems: Sequence[str]) -> str:
    """What the server last complained of, to be put behind a sentence."""
    return f" (before that: {problems[-1]})" if problems else ""
