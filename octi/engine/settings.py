"""A session's effective configuration as the protocol prints it, and how updates merge into it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from octi.engine.base import Prompt, Tool
from octi.engine.items import Entry, history
from octi.engine.requests import ResponseWish, VoiceName, read_session_change
from octi.engine.turn_taking import Patience
from octi.errors import BadMessage
from octi.realtime.merging import merged

PERSONA = (
    "You are octi, a friendly voice assistant. You run on this machine alone, without any language model: "
    "you can chat a little, tell the time and the date, do sums, and call the functions you are given."
)
LIFETIME_S = 3600
PCM = {"type": "audio/pcm", "rate": 24000}
VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
SEMANTIC_VAD = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
# A first approximation of `semantic_vad`: the silence that each eagerness waits for, whatever was said.
EAGERNESS_MS = {"low": 1200, "medium": 700, "auto": 700, "high": 300}


def initial(session_id: str, model: str, now: float) -> dict[str, Any]:
    """A fresh session's configuration."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": PERSONA,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "expires_at": int(now) + LIFETIME_S,
        "audio": {
            "input": {"format": dict(PCM), "transcription": None, "noise_reduction": None, "turn_detection": dict(VAD)},
            "output": {"format": dict(PCM), "voice": "alloy", "speed": 1.0},
        },
    }


def updated(settings: dict[str, Any], change: dict[str, Any], *, voice_locked: bool) -> dict[str, Any]:
    """The configuration after a `session.update`. Raises BadMessage; then the old one stays in force."""
    checked = read_session_change(change)
    if checked.model is not msgspec.UNSET and checked.model != settings["model"]:
        raise BadMessage("Cannot change a session's model; open another session.", "session.model")
    result = merged(settings, msgspec.to_builtins(checked))
    result["audio"] = {side: dict(values) for side, values in result["audio"].items()}
    heard, spoken = result["audio"]["input"], result["audio"]["output"]
    heard["format"], spoken["format"] = heard["format"] or dict(PCM), spoken["format"] or dict(PCM)
    if heard["turn_detection"] is not None:
        heard["turn_detection"] = _filled(heard["turn_detection"])
    if voice_locked and spoken["voice"] != settings["audio"]["output"]["voice"]:
        raise voice_is_locked("session.audio.output.voice")
    return result


def voice_is_locked(param: str) -> BadMessage:
    """Another voice came too late."""
    problem = "Cannot update a conversation's voice if assistant audio is present."
    return BadMessage(problem, param, "cannot_update_voice")


def _filled(detection: Mapping[str, Any]) -> dict[str, Any]:
    """A turn detection with every field of its kind, and none of the other kind's."""
    whole = VAD if detection["type"] == "server_vad" else SEMANTIC_VAD
    given = {name: value for name, value in detection.items() if name in whole and value is not None}
    return {**whole, **given}


class Settings:
    """Reads a session's configuration."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @property
    def detection(self) -> dict[str, Any] | None:
        """The turn detection; None: the client commits."""
        found: dict[str, Any] | None = self.values["audio"]["input"]["turn_detection"]
        return found

    @property
    def patience(self) -> Patience | None:
        """The turn detection's numbers."""
        vad = self.detection
        if vad is None:
            return None
        if vad["type"] == "semantic_vad":
            return Patience(silence_duration_ms=EAGERNESS_MS[vad["eagerness"]])
        return Patience(
            threshold=vad["threshold"],
            prefix_padding_ms=vad["prefix_padding_ms"],
            silence_duration_ms=vad["silence_duration_ms"],
        )

    def detects(self, name: str) -> bool:
        """A switch of the turn detection: `create_response`, `interrupt_response`."""
        return self.detection is not None and bool(self.detection[name])

    @property
    def idle_timeout_ms(self) -> int | None:
        """How long the agent waits for the user before it speaks up; None: for ever."""
        return self.detection.get("idle_timeout_ms") if self.detection else None

    @property
    def transcribes(self) -> bool:
        """Does the client want to read the user's words?"""
        return self.values["audio"]["input"]["transcription"] is not None

    @property
    def voice(self) -> str:
        """Whose voice answers."""
        voice = self.values["audio"]["output"]["voice"]
        return voice if isinstance(voice, str) else str(voice["id"])

    @property
    def speed(self) -> float:
        """How fast it speaks."""
        return float(self.values["audio"]["output"]["speed"])

    def voice_for(self, wish: ResponseWish) -> str:
        """Whose voice gives this answer."""
        wished = wish.audio.output.voice if wish.audio and wish.audio.output else None
        return (wished.id if isinstance(wished, VoiceName) else wished) or self.voice

    def prompt(self, wish: ResponseWish, entries: Sequence[Entry], now: float) -> Prompt:
        """What the brain is told for this answer."""
        tools = self.values["tools"] if wish.tools is None else msgspec.to_builtins(wish.tools)
        choice = self.values["tool_choice"] if wish.tool_choice is None else msgspec.to_builtins(wish.tool_choice)
        return Prompt(
            instructions=self.values["instructions"] if wish.instructions is None else wish.instructions,
            history=history(entries),
            tools=tools_in(tools),
            tool_choice=choice_in(choice),
            now=datetime.fromtimestamp(now).astimezone(),
        )


def tools_in(values: list[dict[str, Any]]) -> tuple[Tool, ...]:
    """Declared functions as the brain sees them."""
    return tuple(Tool(tool["name"], tool.get("description") or "", tool.get("parameters") or {}) for tool in values)


def choice_in(value: str | dict[str, Any]) -> str:
    """`auto`, `none`, `required`, or a function's name."""
    return value if isinstance(value, str) else str(value["name"])
