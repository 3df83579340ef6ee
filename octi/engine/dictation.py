"""A session that only transcribes: what its user says becomes items and words, and nobody answers."""

from typing import Any

import trio

from octi.clock import Now
from octi.engine import requests as ask
from octi.engine.complaints import unsupported
from octi.engine.deaf import Deaf
from octi.engine.exchange import Exchange
from octi.engine.hearer import Hearer
from octi.engine.items import Conversation, Entry
from octi.engine.listener import Listener
from octi.engine.settings import Settings
from octi.engine.share import Share
from octi.engine.transcribing import TYPES, initial_transcription, updated_transcription
from octi.errors import BadMessage
from octi.websocket.base import Leg


class Dictation:
    """One of the engine's. `speech` None: nothing can be heard. `language`: of those that name none."""

    def __init__(
        self, leg: Leg, session: str, nursery: trio.Nursery, speech: Share | None, *, now: Now, language: str
    ) -> None:
        self._exchange, self._nursery = Exchange(leg), nursery
        self._settings = Settings(initial_transcription(session, now()), language)
        self._language = language
        self._conversation = Conversation()
        self._hearer = self._open_hearer(speech) if speech else Deaf(self._exchange.emit)

    def _open_hearer(self, speech: Share) -> Hearer:
        return Hearer(
            speech,
            Listener(speech.open_ear(), self._settings.patience),
            self._conversation,
            self._nursery,
            self._exchange.emit,
            on_speech=_nobody_speaks,
            on_turn=_nobody_answers,
            on_words=_nobody_answers,
            listening=self._settings.listening,
        )

    async def serve(self) -> None:
        """Greet, then write down what is said. Raises LegClosed at the end."""
        self._exchange.emit("session.created", session=self._settings.values)
        await self._exchange.serve(self._do)

    async def _do(self, request: ask.Request) -> None:
        match request:
            case ask.Append():
                await self._hearer.append(request.audio, over_agent=False)
            case ask.Update():
                self._update(request.session)
            case ask.Commit():
                self._hearer.commit()
            case ask.Clear():
                self._hearer.clear()
            case _:
                kind = str(type(request).__struct_config__.tag)
                raise BadMessage(unsupported(f"'{kind}'", TYPES), "type")

    def _update(self, change: dict[str, Any]) -> None:
        self._settings = Settings(updated_transcription(self._settings.values, change), self._language)
        self._hearer.listen(self._settings.listening)
        self._exchange.emit("session.updated", session=self._settings.values)


def _nobody_speaks() -> None:
    """There is nobody to interrupt."""


def _nobody_answers(turn: Entry, answerable: bool = False) -> None:
    """A turn is written down, and that is all."""
