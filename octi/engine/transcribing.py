"""The configuration of a session that only transcribes: what is heard, and nothing about answers. Pure."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from octi.engine.complaints import complaint
from octi.engine.formats import PCM, SHOWN
from octi.engine.requests import Input, Strict
from octi.engine.settings import LIFETIME_S, SEMANTIC_VAD, VAD, check_size, completed_input
from octi.errors import BadMessage
from octi.realtime.merging import merged

TYPES = ("session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear")
FOR_ANSWERS = {"create_response", "interrupt_response", "idle_timeout_ms"}
DETECTIONS: Mapping[str, Mapping[str, Any]] = {
    kind: {name: value for name, value in whole.items() if name not in FOR_ANSWERS}
    for kind, whole in (("server_vad", VAD), ("semantic_vad", SEMANTIC_VAD))
}


class HeardSound(Strict):
    """There is no agent's side."""

    input: Input | UnsetType = UNSET


class TranscriptionChange(Strict):
    """What `session.update` may change; what is not named stays."""

    type: Literal["transcription"]
    audio: HeardSound | UnsetType = UNSET
    include: list[str] | UnsetType | None = UNSET


def initial_transcription(session_id: str, now: float) -> dict[str, Any]:
    """A fresh session's configuration. No model hears it until an update names one."""
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": session_id,
        "expires_at": int(now) + LIFETIME_S,
        "include": None,
        "audio": {
            "input": {
                "format": dict(SHOWN[PCM]),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(DETECTIONS["server_vad"]),
            },
        },
    }


def updated_transcription(settings: Mapping[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The configuration after a `session.update`. Raises BadMessage; then the old one stays in force."""
    if change.get("type") == "realtime":
        raise BadMessage("Passing a realtime session update event to a transcription session is not allowed.")
    try:
        checked = msgspec.convert(change, TranscriptionChange)
    except msgspec.ValidationError as error:
        raise complaint(error, "session", TYPES) from None
    result = merged(settings, msgspec.to_builtins(checked))
    result["audio"] = {"input": completed_input(result["audio"]["input"], DETECTIONS)}
    check_size(result, change)
    return result
