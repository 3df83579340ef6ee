"""The embedded engine as a Realtime server: one conversation for each leg, over a voice that all share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import msgspec
import trio

from octi.clock import Now
from octi.engine.base import ENGLISH, Brain, OpenBrain, Speech
from octi.engine.complaints import error_body
from octi.engine.conversation import EngineConversation
from octi.engine.counted import Counted
from octi.engine.dictation import Dictation
from octi.engine.items import new_id
from octi.engine.means import Means
from octi.engine.share import Share
from octi.errors import BadMessage
from octi.websocket.base import Leg, LegClosed, LegStalled

STALLED = 1008  # as `errors.REPLIES` has it for a client that stalled
REFUSED = 4000  # as the provider closes what it refuses (protocol 4.3)


def _counted(engine: "Engine") -> Counted | None:
    return None if engine.speech is None else Counted(engine.speech)


@attrs.frozen
class Engine:
    """The embedded engine: everything its conversations share. `speech` None: typed conversations only.

    choose: which brain a model's name means; raises BadMessage. language: of conversations that name none.
    """

    speech: Speech | None
    choose: Callable[[str], OpenBrain]
    now: Now
    language: str = ENGLISH
    _counted: Counted | None = attrs.field(init=False, default=attrs.Factory(_counted, takes_self=True))

    async def converse(self, leg: Leg, model: str) -> None:
        """Serve one leg until it is closed. One that takes nothing is closed here: its other end may still be read."""
        try:
            opened = self.choose(model)
        except BadMessage as error:
            await _turn_away(leg, error)
            return
        session = new_id("sess")
        with opened(session) as brain:
            await self._converse(leg, session, model, brain)

    async def transcribe(self, leg: Leg, model: str = "") -> None:
        """Serve one leg that only transcribes (`?intent=transcription`), in the same way. No model is asked for."""
        if model:
            problem = "You must not provide a model parameter for transcription sessions."
            await _turn_away(leg, BadMessage(problem, "model", "invalid_model"))
            return
        speech = Share(self._counted) if self._counted else None
        async with _serving(leg) as nursery:
            session = new_id("sess")
            await Dictation(leg, session, nursery, speech, now=self.now, language=self.language).serve()

    async def _converse(self, leg: Leg, session: str, model: str, brain: Brain) -> None:
        speech = Share(self._counted) if self._counted else None
        means = Means(speech=speech, brain=brain, now=self.now, language=self.language)
        async with _serving(leg) as nursery:
            conversation = EngineConversation(means, leg, session, model, nursery)
            nursery.start_soon(conversation.keep_company, name="engine idle watch")
            nursery.start_soon(conversation.keep_leaving, name="engine hang-up")
            await conversation.serve()


@asynccontextmanager
async def _serving(leg: Leg) -> AsyncIterator[trio.Nursery]:
    """Around what serves a leg: its tasks end with it, and it is closed where its client takes nothing."""
    try:
        async with trio.open_nursery() as nursery:
            try:
                yield nursery
            except LegClosed:
                nursery.cancel_scope.cancel(reason="the leg was closed")
    except* LegStalled as stalled:  # of any task: they all send
        await leg.close(STALLED, str(stalled.exceptions[0]))


async def _turn_away(leg: Leg, error: BadMessage) -> None:
    """Say in band why there is no conversation, as the provider does."""
    leg.send(msgspec.json.encode({"type": "error", "event_id": "event_000001", "error": error_body(error)}))
    await leg.close(REFUSED, f"invalid_request_error.{error.code}")
