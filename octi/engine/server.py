"""The embedded engine as a Realtime server: one conversation for each leg, over a voice and a brain that all share."""

import attrs
import trio

from octi.clock import Now
from octi.engine.base import ENGLISH, Brain, Speech
from octi.engine.conversation import EngineConversation, Means
from octi.engine.counted import Counted
from octi.websocket.base import Leg, LegClosed, LegStalled

STALLED = 1008  # as `errors.REPLIES` has it for a client that stalled


def _means(engine: "Engine") -> Means:
    counted = None if engine.speech is None else Counted(engine.speech)
    return Means(speech=counted, brain=engine.brain, now=engine.now, language=engine.language)


@attrs.frozen
class Engine:
    """The embedded engine: everything its conversations share. `speech` None: typed conversations only.

    language: of conversations that name none.
    """

    speech: Speech | None
    brain: Brain
    now: Now
    language: str = ENGLISH
    _means: Means = attrs.field(init=False, default=attrs.Factory(_means, takes_self=True))

    async def converse(self, leg: Leg, model: str) -> None:
        """Serve one leg until it is closed. One that takes nothing is closed here: its other end may still be read."""
        try:
            async with trio.open_nursery() as nursery:
                conversation = EngineConversation(self._means, leg, model, nursery)
                nursery.start_soon(conversation.keep_company, name="engine idle watch")
                try:
                    await conversation.serve()
                except LegClosed:
                    nursery.cancel_scope.cancel(reason="the leg was closed")
        except* LegStalled as stalled:  # of any task: they all send
            await leg.close(STALLED, str(stalled.exceptions[0]))
