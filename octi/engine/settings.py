"""A session's effective configuration as the protocol prints it, and how updates merge into it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from octi.engine.base import ENGLISH, FRENCH, Prompt, Tool
from octi.engine.complaints import unsupported
from octi.engine.formats import PCM, SHOWN
from octi.engine.items import Entry, history
from octi.engine.listening import Listening, eagerness_in, patience_in, streams_words
from octi.engine.requests import ResponseWish, VoiceName, read_session_change
from octi.engine.turn_taking import Patience
from octi.errors import BadMessage
from octi.realtime.merging import merged

PERSONA = (
    "You are octi, a friendly voice assistant. You run on this machine alone, without any language model: "
    "you can chat a little, tell the time and the date, do sums, and call the functions you are given."
)
LIFETIME_S = 3600
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
DETECTIONS: Mapping[str, Mapping[str, Any]] = {"server_vad": VAD, "semantic_vad": SEMANTIC_VAD}
LANGUAGES = (ENGLISH, FRENCH)
MOST_BYTES = 1 << 20  # of a session, as it is told with each update: some clients take no more


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
            "input": {
                "format": dict(SHOWN[PCM]),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(VAD),
            },
            "output": {"format": dict(SHOWN[PCM]), "voice": "alloy", "speed": 1.0},
        },
    }


def updated(settings: dict[str, Any], change: dict[str, Any], *, voice_locked: bool) -> dict[str, Any]:
    """The configuration after a `session.update`. Raises BadMessage; then the old one stays in force."""
    checked = read_session_change(change)
    if checked.model is not msgspec.UNSET and checked.model != settings["model"]:
        raise BadMessage("Cannot change a session's model; open another session.", "session.model")
    result = merged(settings, msgspec.to_builtins(checked))
    heard, spoken = completed_input(result["audio"]["input"]), dict(result["audio"]["output"])
    spoken["format"] = _whole_format(spoken["format"])
    result["audio"] = {"input": heard, "output": spoken}
    if voice_locked and spoken["voice"] != settings["audio"]["output"]["voice"]:
        raise voice_is_locked("session.audio.output.voice")
    check_size(result, change)
    return result


def completed_input(
    heard: Mapping[str, Any], detections: Mapping[str, Mapping[str, Any]] = DETECTIONS
) -> dict[str, Any]:
    """The user's side, with every field of its format and its turn detection. Raises BadMessage for a language."""
    _check_language(heard["transcription"])
    detection = heard["turn_detection"]
    return {
        **heard,
        "format": _whole_format(heard["format"]),
        "turn_detection": None if detection is None else _filled(detection, detections[detection["type"]]),
    }


def check_size(result: Mapping[str, Any], change: Mapping[str, Any]) -> None:
    """Not more than can be told. Raises BadMessage naming the change's largest field."""
    size = len(msgspec.json.encode(result))
    if size > MOST_BYTES:
        largest = max(change, key=lambda name: len(msgspec.json.encode(change[name])))
        problem = f"Invalid 'session.{largest}': too long. A session takes at most {MOST_BYTES} bytes, not {size}."
        raise BadMessage(problem, f"session.{largest}", "string_above_max_length")


def voice_is_locked(param: str) -> BadMessage:
    """Another voice came too late."""
    problem = "Cannot update a conversation's voice if assistant audio is present."
    return BadMessage(problem, param, "cannot_update_voice")


def _whole_format(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """A format with the fields of its kind, and none that the one before it had."""
    return dict(SHOWN[value["type"] if value else PCM])


def _check_language(transcription: Mapping[str, Any] | None) -> None:
    language = (transcription or {}).get("language")
    if language and language_in(language) is None:
        problem = unsupported(f"'{language}'", [f"'{name}'" for name in LANGUAGES])
        raise BadMessage(problem, "session.audio.input.transcription.language")


def language_in(tag: str) -> str | None:
    """The language that a tag names, whatever its region: "en-GB" is English. None: the engine does not speak it."""
    name = tag.lower().replace("_", "-").partition("-")[0]
    return name if name in LANGUAGES else None


def _filled(detection: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """A turn detection with every field of its kind, and none of the other kind's."""
    given = {name: value for name, value in detection.items() if name in whole and value is not None}
    return {**whole, **given}


class Settings:
    """Reads a session's configuration. `default`: the language where it names none."""

    def __init__(self, values: dict[str, Any], default: str = ENGLISH) -> None:
        self.values, self._default = values, default

    @property
    def detection(self) -> dict[str, Any] | None:
        """The turn detection; None: the client commits."""
        found: dict[str, Any] | None = self.values["audio"]["input"]["turn_detection"]
        return found

    @property
    def patience(self) -> Patience | None:
        """The turn detection's numbers."""
        return patience_in(self.detection)

    @property
    def listening(self) -> Listening:
        """All there is to know for hearing the user."""
        transcription = self.values["audio"]["input"]["transcription"]
        return Listening(
            patience=self.patience,
            eagerness=eagerness_in(self.detection),
            format=self.input_format,
            language=self.language,
            transcribes=self.transcribes,
            streams=streams_words((transcription or {}).get("model") or ""),
        )

    @property
    def language(self) -> str:
        """Of the conversation: what the user is transcribed in, else the engine's own."""
        transcription = self.values["audio"]["input"]["transcription"]
        return language_in((transcription or {}).get("language") or "") or self._default

    @property
    def input_format(self) -> str:
        """The audio format that the client sends."""
        return str(self.values["audio"]["input"]["format"]["type"])

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

    def format_for(self, wish: ResponseWish) -> str:
        """The audio format of this answer."""
        wished = wish.audio.output.format if wish.audio and wish.audio.output else None
        own = self.values["audio"]["output"]["format"]["type"]
        return str(wished.__struct_config__.tag if wished else own)

    def prompt(self, wish: ResponseWish, entries: Sequence[Entry], now: float) -> Prompt:
        """What the brain is told for this answer."""
        tools = self.values["tools"] if wish.tools is None else msgspec.to_builtins(wish.tools)
        choice = self.values["tool_choice"] if wish.tool_choice is None else msgspec.to_builtins(wish.tool_choice)
        return Prompt(
            instructions=self.values["instructions"] if wish.instructions is None else wish.instructions,
            history=history(entries),
            tools=tools_in(tools),
            tool_choice=choice_in(choice),
            language=self.language,
            now=datetime.fromtimestamp(now).astimezone(),
        )


def tools_in(values: list[dict[str, Any]]) -> tuple[Tool, ...]:
    """Declared functions as the brain sees them."""
    return tuple(Tool(tool["name"], tool.get("description") or "", tool.get("parameters") or {}) for tool in values)


def choice_in(value: str | dict[str, Any]) -> str:
    """`auto`, `none`, `required`, or a function's name."""
    return value if isinstance(value, str) else str(value["name"])
