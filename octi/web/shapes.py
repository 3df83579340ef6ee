"""octi's records as its HTTP API shows them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict, TypeVar

import msgspec

from octi.accounts import written
from octi.clock import iso_time
from octi.errors import StoreFailed
from octi.records import Development, DevelopmentKind, FunctionCall, SessionRecord, Turn, UsageRecord

Shape = dict[str, object]
Read = TypeVar("Read")


class ProfileBody(TypedDict):
    """What is shown of a development of the profile."""

    profile: dict[str, object]
    changes: list[object]


class InstructionsBody(TypedDict):
    """What is shown of new instructions: not the layers, whose words are in the whole text already."""

    changed: list[str]
    diff: str
    text: str


GapBody = TypedDict("GapBody", {"from": float, "to": float, "why": str})


class VerdictBody(TypedDict):
    """As a verdict is kept."""

    item: str
    side: str
    action: str
    by: str
    reason: str
    failed: str


class RecordingBody(TypedDict):
    """What happened to a recording."""

    state: str
    why: str


def session_shape(session: SessionRecord) -> Shape:
    """A session. Raises StoreFailed if it was kept as something else."""
    return {
        "id": session.id,
        "state": session.state.value,
        "door": session.door,
        "upstream": session.upstream,
        "model": session.model,
        "voice": session.voice,
        "language": session.language,
        "callId": session.call_id,
        "extraction": session.extraction.value,
        "usage": _read(session.usage, dict[str, object], f"usage of session {session.id}"),
        "resumable": session.resumable,
        "createdAt": iso_time(session.created_at),
        **end_shape(session),
    }


def end_shape(session: SessionRecord) -> Shape:
    """How a session ended; nothing but null while it has not."""
    return {
        "endedAt": _time(session.ended_at),
        "endedBy": session.ended_by,
        "endReason": session.end_reason,
    }


def turn_shape(turn: Turn) -> Shape:
    """A turn. Its times stand on the session's audio, see `octi.records.Turn`."""
    return {
        "item": turn.item,
        "role": turn.role.value,
        "text": turn.text,
        "startMs": turn.start_ms,
        "endMs": turn.end_ms,
        "interrupted": turn.interrupted,
        "position": turn.position,
        "saidAt": _time(turn.said_at),
        "generated": turn.generated,
        "sent": turn.sent,
        "transcription": turn.transcription and turn.transcription.value,
    }


def call_shape(call: FunctionCall) -> Shape:
    """A function's call, and its answer."""
    return {
        "item": call.item,
        "callId": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
        "output": call.output,
        "status": call.status.value,
        "own": call.own,
        "cut": call.cut,
        "response": call.response,
        "position": call.position,
        "turnsBefore": call.turns_before,
        "calledAt": _time(call.called_at),
    }


def usage_shape(record: UsageRecord) -> Shape:
    """What was counted once. Raises StoreFailed if it was kept as something else."""
    about = f"usage of {record.kind.value} {record.id}"
    return {
        "kind": record.kind.value,
        "id": record.id,
        "status": record.status,
        "reason": record.reason,
        "outOfBand": record.out_of_band,
        "model": record.model,
        "usage": _read(record.usage, dict[str, object], about),
        "output": _read(record.output, list[object], about),
        "countedAt": _time(record.counted_at),
        "cost": record.cost or None,
    }


def cost_shape(records: Sequence[UsageRecord], currency: str) -> Shape:
    """What records come to: null where nothing of it has a price."""
    costs = [Decimal(record.cost) for record in records if record.cost]
    return {"cost": written(sum(costs, Decimal(0))) if costs else None, "currency": currency}


def development_shape(development: Development) -> Shape:
    """What came of a conversation, by its kind. Raises StoreFailed if it was kept as something else."""
    about, at = f"development {development.id}", {"at": iso_time(development.at)}
    match development.kind:
        case DevelopmentKind.PROFILE:
            return {**at, **_read(development.body, ProfileBody, about)}
        case DevelopmentKind.INSTRUCTIONS:
            return {**at, **_read(development.body, InstructionsBody, about)}
        case DevelopmentKind.GAP:
            gap = _read(development.body, GapBody, about)
            return {**at, "from": iso_time(gap["from"]), "to": iso_time(gap["to"]), "why": gap["why"]}
        case DevelopmentKind.VERDICT:
            return {**at, **_read(development.body, VerdictBody, about)}
        case DevelopmentKind.RECORDING:
            return {**at, **_read(development.body, RecordingBody, about)}


def _time(at: float | None) -> str | None:
    return None if at is None else iso_time(at)


def _read(kept: str, kind: type[Read], about: str) -> Read:
    """What was kept as JSON. The error does not hold any of it: it is logged."""
    try:
        return msgspec.json.decode(kept, type=kind)
    except msgspec.DecodeError as error:
        raise StoreFailed(f"{about}: {error}", retryable=False) from None
