"""What a `session.update` may change of a session: what is not named stays, unknown names discard it whole."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.session import (
    CreateResponse,
    Denoised,
    Eagerness,
    IdleTimeout,
    Include,
    Instructions,
    InterruptResponse,
    Modalities,
    MostTokens,
    Padding,
    PromptOrNone,
    Reasoning,
    Silence,
    Speed,
    Threshold,
    ToolChoice,
    Tools,
    TracingOrNone,
    Truncation,
    Voice,
    WrittenDown,
)


class Strict(Struct, forbid_unknown_fields=True, kw_only=True):
    """A place where an unknown field is an error."""


class PcmChange(Strict, tag_field="type", tag="audio/pcm"):
    """PCM16, little-endian, mono."""

    rate: Annotated[Literal[24000], Meta(description="The only one.", extra_json_schema={"x-unit": "Hz"})] = 24000


class UlawChange(Strict, tag_field="type", tag="audio/pcmu"):
    """G.711 mu-law, mono, 8 kHz."""


class AlawChange(Strict, tag_field="type", tag="audio/pcma"):
    """G.711 A-law, mono, 8 kHz."""


FormatChange = Annotated[
    PcmChange | UlawChange | AlawChange | None, Meta(description="How audio is written; null: as at first.")
]


class ServerVadChange(Strict, tag_field="type", tag="server_vad"):
    """A turn ends with silence."""

    threshold: Threshold | UnsetType | None = UNSET
    prefix_padding_ms: Padding | UnsetType | None = UNSET
    silence_duration_ms: Silence | UnsetType | None = UNSET
    idle_timeout_ms: IdleTimeout | UnsetType = UNSET
    create_response: CreateResponse | UnsetType | None = UNSET
    interrupt_response: InterruptResponse | UnsetType | None = UNSET


class SemanticVadChange(Strict, tag_field="type", tag="semantic_vad"):
    """A turn ends where what was said is complete."""

    eagerness: Eagerness | UnsetType | None = UNSET
    create_response: CreateResponse | UnsetType | None = UNSET
    interrupt_response: InterruptResponse | UnsetType | None = UNSET


DetectionChange = Annotated[
    ServerVadChange | SemanticVadChange | None, Meta(description="How the end of a turn is heard; null: you commit.")
]


class AudioInputChange(Strict):
    """The user's side of the audio."""

    format: FormatChange | UnsetType = UNSET
    transcription: WrittenDown | UnsetType = UNSET
    noise_reduction: Denoised | UnsetType = UNSET
    turn_detection: DetectionChange | UnsetType = UNSET


class AudioOutputChange(Strict):
    """The agent's side of the audio."""

    format: FormatChange | UnsetType = UNSET
    voice: Voice | UnsetType = UNSET
    speed: Speed | UnsetType = UNSET


class AudioChange(Strict):
    """Both sides."""

    input: AudioInputChange | UnsetType = UNSET
    output: AudioOutputChange | UnsetType = UNSET


class RealtimeChange(Strict, tag_field="type", tag="realtime"):
    """Of a session with an agent that answers."""

    model: Annotated[str | UnsetType, Meta(description="The session's own, if it is named at all.")] = UNSET
    output_modalities: Modalities | UnsetType = UNSET
    instructions: Instructions | UnsetType = UNSET
    audio: AudioChange | UnsetType = UNSET
    tools: Tools | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: Annotated[bool | UnsetType, Meta(description="May one response call several?")] = UNSET
    max_output_tokens: MostTokens | UnsetType = UNSET
    prompt: PromptOrNone | UnsetType = UNSET
    tracing: TracingOrNone | UnsetType = UNSET
    truncation: Truncation | UnsetType = UNSET
    include: Include | UnsetType = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


class HeardAudioChange(Strict):
    """There is no agent's side."""

    input: AudioInputChange | UnsetType = UNSET


class TranscriptionChange(Strict, tag_field="type", tag="transcription"):
    """Of a session that only writes down what is said."""

    audio: HeardAudioChange | UnsetType = UNSET
    include: Include | UnsetType = UNSET


EXAMPLE: dict[str, Any] = {
    "type": "realtime",
    "instructions": "You are a kind assistant.",
    "audio": {
        "input": {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "semantic_vad"}},
        "output": {"voice": "alloy"},
    },
}
SessionChange = Annotated[
    RealtimeChange | TranscriptionChange,
    Meta(description="What changes. `type` is required, and the session's own.", examples=[EXAMPLE]),
]
