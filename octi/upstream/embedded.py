"""The embedded engine, seen as an upstream: a leg in memory with the engine's conversation at its other end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
import structlog
import trio

from octi.errors import CallOver, UpstreamLost
from octi.websocket.base import Leg
from octi.websocket.memory import memory_legs

log = structlog.get_logger("octi.engine")

HUNG_UP = 1000  # the engine closes its legs with it for no other reason

Converse = Callable[[Leg, str], Awaitable[None]]  # a leg and a model's name; returns when the leg is closed


@attrs.frozen
class Embedded:
    """The engine in this process, as an `upstream.base.Upstream`."""

    converse: Converse
    name: str = "embedded"
    transcribe: Converse | None = None  # the same for sessions that only transcribe, which name no model

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """A leg to a conversation of its own. See `Upstream.open`. Raises CallOver when its agent has hung up."""
        near, far = memory_legs()
        problem: Exception | None = None
        async with trio.open_nursery() as conversing:
            conversing.start_soon(self._converse, far, model, name="engine conversation")
            try:
                yield near
            except Exception as error:  # it leaves bare: the nursery is our affair
                problem = CallOver(self.name) if hung_up(error) else error
            finally:
                await near.close(1000, "the session has ended")  # noqa: ASYNC102  in memory it never waits
            conversing.cancel_scope.cancel(reason="the session left the engine")
        if problem:
            raise problem

    async def _converse(self, leg: Leg, model: str) -> None:
        """A conversation that crashes is a provider that died: its session is told by the leg."""
        try:
            await self.converse(leg, model)
        except* Exception as errors:
            log.exception("the engine's conversation crashed", exc_info=errors)
            await leg.close(1011, "the speech engine failed")


def hung_up(error: Exception) -> bool:
    """Did the conversation end by itself, and as it should?"""
    return isinstance(error, UpstreamLost) and error.code == HUNG_UP
