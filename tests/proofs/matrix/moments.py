"""The moments of a session at which something may go wrong: how they are come to, and how they go on."""

from enum import StrEnum

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from tests.proofs.matrix.caller import OCTI
from tests.proofs.matrix.stage import Stage
from tests.proofs.matrix.wires import always
from tests.providers import SPEECH

SILENCE = bytes(48 * 700)  # enough to end a turn
LISTENING_S = 0.5  # to an answer, before something happens
GOODBYE_S = 1.0  # how long a client takes to answer a close, where that is the moment
CLOSE_FRAME = 0x88
HALF_A_HEAD = 100  # bytes of an upgrade's request, in the middle of a header's name


class Side(StrEnum):
    """Whose fault it is."""

    CLIENT = "client"
    PROVIDER = "provider"
    STORE = "store"
    ENGINE = "engine"
    CLOCK = "clock"


class Moment(StrEnum):
    """Where a session is when it happens."""

    CONNECTING = "connecting"
    CONFIGURING = "configuring"
    IDLE = "idle"
    USER = "user speaking"
    AGENT = "agent speaking"
    TOOL = "tool running"
    DRAINING = "draining"


TALKING = frozenset({Moment.IDLE, Moment.USER, Moment.AGENT, Moment.TOOL, Moment.DRAINING})  # something was said


def is_no_news(data: bytes) -> bool:
    """What a provider says before a session is configured passes; what it says then is held up."""
    return b'"session.updated"' not in data


def is_no_goodbye(data: bytes) -> bool:
    """All that a peer says passes but its goodbye."""
    return data[:1] != bytes([CLOSE_FRAME])


def is_nothing(data: bytes) -> bool:
    """Nothing passes."""
    return False


@attrs.frozen
class Arrival:
    """Brings a session to a moment. `side`: whose connection it is about, where both have such a moment."""

    stage: Stage
    side: Side

    async def come_to(self, moment: Moment) -> None:
        """Return when the session is there, and everybody waits."""
        match moment:
            case Moment.CONNECTING:
                self._connecting()
            case Moment.CONFIGURING:
                self.stage.net.passes = is_no_news
                self.stage.dial()
            case _:
                await self._talk()
                await self._go_on_to(moment)
        await wait_all_tasks_blocked()

    def _connecting(self) -> None:
        """On the client's side: half of the request is sent. On the provider's: octi's is, and is not answered."""
        stage = self.stage
        if self.side is Side.CLIENT:
            stage.dial(HALF_A_HEAD)
        elif self.side is Side.PROVIDER:
            stage.net.passes = is_nothing
            stage.dial()

    async def _talk(self) -> None:
        """A first exchange, whole and heard."""
        stage = self.stage
        stage.dial()
        await stage.caller.wait(stage.dialect.ready)
        if stage.dialect is not OCTI:
            await stage.caller.offer_function()
        await stage.caller.type("Hello")
        await stage.caller.wait(stage.dialect.answered)
        await trio.sleep(1.0)

    async def _go_on_to(self, moment: Moment) -> None:
        stage, caller = self.stage, self.stage.caller
        match moment:
            case Moment.USER:
                await caller.speak(SPEECH * 3)
                await caller.wait(stage.dialect.hears)
            case Moment.AGENT:
                await caller.type("Tell me a story")
                await caller.wait(stage.dialect.voice, more_than=caller.count(stage.dialect.voice))
                await trio.sleep(LISTENING_S)
            case Moment.TOOL:
                await caller.type("My own table" if stage.dialect is OCTI else "Please find your table")
            case Moment.DRAINING:
                await self._drain()
            case _:
                pass

    async def _drain(self) -> None:
        """octi says goodbye, and whoever is about to go wrong has not answered it yet."""
        stage = self.stage
        if self.side is Side.CLIENT:
            stage.caller.goodbye_s = GOODBYE_S
        elif self.side is Side.PROVIDER:
            stage.upstream_wire.passes = is_no_goodbye
        if self.side in {Side.CLIENT, Side.PROVIDER}:
            _restart(stage)

    async def go_on_from(self, moment: Moment) -> None:
        """It has happened: who can goes on as if it had not."""
        stage = self.stage
        for wire in stage.net.wires:
            wire.release()
        stage.net.passes = always
        match moment:
            case Moment.CONNECTING if self.side not in {Side.CLIENT, Side.PROVIDER}:
                stage.dial()
            case Moment.USER if not stage.caller.wire.dead:
                await stage.caller.speak(SILENCE)
            case Moment.DRAINING:
                _restart(stage)
            case _:
                pass


def _restart(stage: Stage) -> None:
    """octi ends in a hurry: at once it says goodbye."""
    stage.services.live.draining.set()
    stage.services.live.hurrying.set()
