"""A session's effective configuration, as far as octi depends on it. Field names: the provider's reference."""

from typing import Any

import msgspec


class TurnDetection(msgspec.Struct, frozen=True):
    """How the provider hears the end of a turn."""

    type: str = ""
    interrupt_response: bool = True
    create_response: bool = True
    silence_duration_ms: Any = None

    @property
    def silence_ms(self) -> int:
        """How much silence ends a turn; 0 where something else does."""
        told = self.silence_duration_ms
        return told if self.type == "server_vad" and isinstance(told, int) and told > 0 else 0


class Format(msgspec.Struct, frozen=True):
    """One direction's audio."""

    type: str = "audio/pcm"


class AudioInput(msgspec.Struct, frozen=True):
    """The user's side of the session's audio."""

    turn_detection: TurnDetection | None = None
    format: Format | None = None
    transcription: Any = None


class AudioOutput(msgspec.Struct, frozen=True):
    """The agent's side of the session's audio."""

    format: Format | None = None
    voice: Any = None


class Audio(msgspec.Struct, frozen=True):
    """Both sides."""

    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class SessionSettings(msgspec.Struct, frozen=True):
    """The effective configuration, as far as octi depends on it."""

    id: str = ""
    model: str = ""
    instructions: str = ""
    audio: Audio = Audio()
    type: str = "realtime"

    @property
    def turn_detection(self) -> TurnDetection | None:
        """None: the client says when a turn ends. In a session that only transcribes no turn is answered."""
        detection = self.audio.input.turn_detection
        if detection is None or self.type != "transcription":
            return detection
        return msgspec.structs.replace(detection, create_response=False, interrupt_response=False)

    @property
    def transcribes(self) -> bool:
        """Are the user's words told?"""
        return self.audio.input.transcription is not None

    @property
    def transcription_model(self) -> str:
        """Who tells them; "" if it has no name."""
        told = self.audio.input.transcription
        name = told.get("model") if isinstance(told, dict) else None
        return name if isinstance(name, str) else ""

    @property
    def input_format(self) -> str:
        """The audio format that the provider hears."""
        return self.audio.input.format.type if self.audio.input.format else "audio/pcm"

    @property
    def output_format(self) -> str:
        """The audio format that the provider speaks."""
        return self.audio.output.format.type if self.audio.output.format else "audio/pcm"
