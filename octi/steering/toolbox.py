"""What octi does for a session's agent while it talks: the functions that it may call, and extraction unasked."""

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
import structlog
import trio

from octi.errors import OctiError
from octi.extraction.composer import EXTRACT_PROFILE
from octi.extraction.schema import JsonObject
from octi.observe.plain import fault
from octi.records import Extraction, SessionRecord
from octi.steering.steering import Steering
from octi.units import SessionId

log = structlog.get_logger("octi.steering")

LIMIT_S = 30.0
DECLARATION = {
    "type": "function",
    "name": EXTRACT_PROFILE,
    "description": "Note the personal details that the user gave or corrected. Call it after they were said.",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
}


@attrs.frozen
class Toolbox:
    """The port `Toolbox` of a session, over Steering. Nothing waits longer than `limit_s` seconds."""

    _steering: Steering
    _limit_s: float = LIMIT_S

    def declarations(self, session: SessionRecord) -> Sequence[dict[str, Any]]:
        """The functions that a session's agent may call, as the protocol declares them."""
        return (DECLARATION,) if session.extraction is Extraction.TOOL else ()

    async def call(self, session: SessionId, name: str, arguments: str) -> str:
        """What a function gives, as JSON text. Never raises OctiError; the function here takes no arguments."""
        if name != EXTRACT_PROFILE:
            return _text({"ok": False, "reason": "unknown_function"})
        return _text(await self._extraction(session))

    async def heard(self, session: SessionRecord) -> None:
        """The user said something: extract, if that is wanted and not being done already, once the cooldown is over."""
        if session.extraction is Extraction.TURNS:
            await self._steering.rested(session.id)
            await self._extraction(session.id)

    async def instructed(self, session: SessionRecord, text: str) -> str | None:
        """The client gave the agent instructions of its own: with octi's layers behind them, what it is to be told.

        What cannot be kept is logged, and holds until the leg ends.
        """
        with trio.move_on_after(self._limit_s):
            try:
                return (await self._steering.set_session(session.id, text)).instructions.text
            except OctiError as error:
                log.warning("the client's instructions were not kept", session=session.id, **fault(error))
        return None

    def over(self, session: SessionRecord) -> None:
        """The session has ended: what its user said in the cooldown is read now, without a wait. Errors are logged."""
        if session.extraction is Extraction.TURNS:
            self._steering.extract_later(session.id)

    async def _extraction(self, session: SessionId) -> JsonObject:
        with trio.move_on_after(self._limit_s):
            return await self._steering.tool_call(session)
        log.warning("no profile in time, the agent does not wait", session=session, seconds=self._limit_s)
        return {"ok": False, "reason": "error"}


def _text(answer: JsonObject) -> str:
    return msgspec.json.encode(answer).decode()
