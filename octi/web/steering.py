"""What steers one session over HTTP: the operator's note, an extraction on request, its client's signs of life.

And how its profile and its instructions came to be what they are.
"""

from typing import Annotated

import msgspec
from quart import Blueprint
from quart.typing import ResponseReturnValue

from octi.errors import SessionClosed
from octi.extraction.composer import Instructions, instructions_json
from octi.extraction.profile import profile_json
from octi.records import SessionRecord, SessionState
from octi.services import Services
from octi.steering.state import State, schema_of
from octi.steering.steering import Steered
from octi.web.bodies import asked
from octi.web.callers import current_caller
from octi.web.queries import known_session
from octi.web.shapes import Shape, development_shape

LONGEST_NOTE = 8000  # characters


class Note(msgspec.Struct):
    """What an operator wants the agent to know; "" takes it back."""

    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]


def steering_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/instructions`, `/extract`, `/history` and `/heartbeat`."""
    pages = Blueprint("steering", __name__)

    @pages.post("/sessions/<session_id>/instructions")
    async def instructions(session_id: str) -> ResponseReturnValue:
        note = (await asked(Note)).note
        record = await known_session(services.store, session_id, current_caller())
        return told_shape(await services.steering.note(record.id, note))

    @pages.post("/sessions/<session_id>/extract")
    async def extract(session_id: str) -> ResponseReturnValue:
        record = await known_session(services.store, session_id, current_caller())
        steered = await services.steering.extract(record.id)
        evidence = await services.steering.evidence(record)
        return {"profile": steered.profile, "evidence": evidence, **told_shape(steered)}

    @pages.get("/sessions/<session_id>/history")
    async def history(session_id: str) -> ResponseReturnValue:
        record = await known_session(services.store, session_id, current_caller())
        developments = await services.store.developments(record.id)
        return {"history": [{"type": each.kind.value, **development_shape(each)} for each in developments]}

    @pages.post("/sessions/<session_id>/heartbeat")
    async def heartbeat(session_id: str) -> ResponseReturnValue:
        record = await known_session(services.store, session_id, current_caller())
        if services.live.beat(record.id) or record.resumable or record.state is not SessionState.ENDED:
            return "", 204
        raise SessionClosed(record.id)  # so that its client stops

    return pages


def state_shape(record: SessionRecord, state: State) -> Shape:
    """What is known of a session's user, and what its agent is told."""
    return {
        "profile": state.profile.values(schema_of(record)),
        "evidence": profile_json(state.profile),
        "instructions": instructions_shape(state.instructions),
    }


def told_shape(steered: Steered) -> Shape:
    """What an agent is told after a change, which layers that changed, and whether a live session was told at once."""
    return {
        "instructions": instructions_shape(steered.instructions),
        "changed": [name.value for name in steered.changed],
        "pushed": steered.pushed,
    }


def instructions_shape(instructions: Instructions) -> Shape:
    """Instructions, whole and by their layers."""
    return {"text": instructions.text, "layers": instructions_json(instructions)}
