"""A Realtime session's configuration as `session.created` and `session.updated` tell it: whole."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.fields import FunctionName, Id, Milliseconds, Share, UnixTime

Modalities = Annotated[
    list[Literal["audio", "text"]],
    Meta(
        min_length=1,
        max_length=1,
        description="`audio`: the agent speaks, and its words are told. `text`: it writes.",
        examples=[["audio"]],
    ),
]
MostTokens = Annotated[
    Annotated[int, Meta(ge=1, le=4096, extra_json_schema={"x-unit": "tokens"})] | Literal["inf"],
    Meta(description="How long one response may be.", examples=["inf"]),
]
Speed = Annotated[float, Meta(ge=0.25, le=1.5, description="How fast the agent speaks.", examples=[1.0])]
Language = Annotated[str, Meta(description="What the user speaks, as ISO 639-1 has it.", examples=["en"])]


class Pcm(Struct, tag_field="type", tag="audio/pcm"):
    """PCM16, little-endian, mono."""

    rate: Annotated[Literal[24000], Meta(description="The only one.", extra_json_schema={"x-unit": "Hz"})]


class Ulaw(Struct, tag_field="type", tag="audio/pcmu"):
    """G.711 mu-law, mono, 8 kHz."""


class Alaw(Struct, tag_field="type", tag="audio/pcma"):
    """G.711 A-law, mono, 8 kHz."""


Format = Annotated[Pcm | Ulaw | Alaw, Meta(description="How audio is written.")]
CreateResponse = Annotated[bool, Meta(description="Is the end of a turn answered by itself?", examples=[True])]
InterruptResponse = Annotated[
    bool, Meta(description="Does speech cut the agent's answer off by itself?", examples=[True])
]
Threshold = Annotated[Share, Meta(description="How sure it must be that somebody speaks.", examples=[0.5])]
Padding = Annotated[Milliseconds, Meta(description="How much before the speech belongs to it.", examples=[300])]
Silence = Annotated[Milliseconds, Meta(description="How much silence ends a turn.", examples=[500])]
IdleTimeout = Annotated[
    Annotated[int, Meta(ge=5000, le=30000, extra_json_schema={"x-unit": "ms"})] | None,
    Meta(description="After so much silence behind its answer the agent speaks up; null: never."),
]
Eagerness = Annotated[
    Literal["low", "medium", "high", "auto"],
    Meta(description="How soon the user is taken to have finished; `auto` is `medium`.", examples=["auto"]),
]


class ServerVad(Struct, tag_field="type", tag="server_vad", kw_only=True):
    """A turn ends with silence. In a transcription session the last three fields are absent."""

    threshold: Threshold
    prefix_padding_ms: Padding
    silence_duration_ms: Silence
    idle_timeout_ms: IdleTimeout | UnsetType = UNSET
    create_response: CreateResponse | UnsetType = UNSET
    interrupt_response: InterruptResponse | UnsetType = UNSET


class SemanticVad(Struct, tag_field="type", tag="semantic_vad", kw_only=True):
    """A turn ends where what was said is complete. In a transcription session the last two fields are absent."""

    eagerness: Eagerness
    create_response: CreateResponse | UnsetType = UNSET
    interrupt_response: InterruptResponse | UnsetType = UNSET


Detection = Annotated[
    ServerVad | SemanticVad | None, Meta(description="How the end of a turn is heard; null: the client commits.")
]


class Transcription(Struct, kw_only=True):
    """How the user's words are written down, beside the model that hears them."""

    model: Annotated[
        str | UnsetType | None, Meta(description="Which model writes.", examples=["gpt-4o-mini-transcribe"])
    ] = UNSET
    language: Language | UnsetType | None = UNSET
    languages: Annotated[list[str] | UnsetType | None, Meta(description="Several that may be spoken.")] = UNSET
    prompt: Annotated[str | UnsetType | None, Meta(description="What the talk is about.")] = UNSET
    keywords: Annotated[list[str] | UnsetType | None, Meta(description="Words to listen for.")] = UNSET
    delay: Annotated[str | UnsetType | None, Meta(description="How long words may take, for better ones.")] = UNSET


class NoiseReduction(Struct, kw_only=True):
    """What is done about noise, before anybody listens. octi's engine takes it and needs none."""

    type: Annotated[Literal["near_field", "far_field"], Meta(description="Where the microphone is.")]
    strength: Annotated[Any | UnsetType, Meta(description="How much is done.")] = UNSET


WrittenDown = Annotated[
    Transcription | None, Meta(description="null: the user's words are not told.", examples=[{"model": "whisper-1"}])
]
Denoised = Annotated[NoiseReduction | None, Meta(description="null: nothing is done about noise.", examples=[None])]


class AudioInput(Struct, kw_only=True):
    """The user's side of the audio."""

    format: Format
    transcription: WrittenDown
    noise_reduction: Denoised
    turn_detection: Detection


class VoiceById(Struct):
    """A voice that a customer had made."""

    id: Annotated[Id, Meta(examples=["voice_1"])]


Voice = Annotated[
    Id | VoiceById,
    Meta(description="Whose voice. It cannot be changed once the agent has spoken.", examples=["alloy"]),
]


class AudioOutput(Struct, kw_only=True):
    """The agent's side of the audio."""

    format: Format
    voice: Voice
    speed: Speed


class Audio(Struct, kw_only=True):
    """Both sides."""

    input: AudioInput
    output: AudioOutput


class FunctionTool(Struct, tag_field="type", tag="function", kw_only=True):
    """A function that the client runs when the agent calls it."""

    name: Annotated[str, Meta(min_length=1, max_length=64, examples=["get_weather"])]
    description: Annotated[str | UnsetType | None, Meta(description="What it does, for the agent.")] = UNSET
    parameters: Annotated[
        dict[str, Any] | UnsetType | None,
        Meta(description="JSON Schema of its arguments.", examples=[{"type": "object", "properties": {}}]),
    ] = UNSET


class McpTool(Struct, tag_field="type", tag="mcp", kw_only=True):
    """A server of tools that the provider calls itself. octi's engine calls none."""

    server_label: Annotated[str, Meta(description="What its items call it.", examples=["docs"])]
    server_url: str | UnsetType = UNSET
    connector_id: str | UnsetType = UNSET
    tunnel_id: str | UnsetType = UNSET
    server_description: str | UnsetType | None = UNSET
    authorization: Annotated[str | UnsetType | None, Meta(description="The key for it.")] = UNSET
    headers: dict[str, str] | UnsetType | None = UNSET
    allowed_tools: Any | UnsetType = UNSET
    require_approval: Any | UnsetType = UNSET


Tool = FunctionTool | McpTool


class NamedFunction(Struct, tag_field="type", tag="function"):
    """This function has to be called."""

    name: FunctionName


class NamedMcp(Struct, tag_field="type", tag="mcp", kw_only=True):
    """This server's tools, or this one of them, have to be called."""

    server_label: str
    name: str | UnsetType | None = UNSET


ToolChoice = Annotated[
    Literal["none", "auto", "required"] | NamedFunction | NamedMcp,
    Meta(description="May, must or must not the agent call a function?", examples=["auto"]),
]


class Prompt(Struct, kw_only=True):
    """A prompt that is kept with the provider."""

    id: str
    version: str | UnsetType | None = UNSET
    variables: dict[str, Any] | UnsetType | None = UNSET


class Tracing(Struct, kw_only=True):
    """Where the provider shows the session to its customer."""

    workflow_name: str | UnsetType | None = UNSET
    group_id: str | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET


class RetentionRatio(Struct, kw_only=True):
    """Keep this share of a conversation that has become too long."""

    type: Literal["retention_ratio"]
    retention_ratio: Share
    token_limits: dict[str, Any] | UnsetType = UNSET


class Reasoning(Struct):
    """How much the model thinks first. Only some models do."""

    effort: Literal["minimal", "low", "medium", "high", "xhigh"]


Tools = Annotated[list[Tool], Meta(description="What the agent may call.", examples=[[]])]
Instructions = Annotated[str, Meta(description="What the agent is told.", examples=["You are a kind assistant."])]
PromptOrNone = Annotated[Prompt | None, Meta(description="Instructions kept with the provider.", examples=[None])]
TracingOrNone = Annotated[
    Literal["auto"] | Tracing | None, Meta(description="null: no traces. Cannot be changed once on.", examples=[None])
]
Truncation = Annotated[
    Literal["auto", "disabled"] | RetentionRatio,
    Meta(description="What is forgotten of a conversation that has become too long.", examples=["auto"]),
]
Include = Annotated[
    list[str] | None,
    Meta(description="What is told besides: `item.input_audio_transcription.logprobs`.", examples=[None]),
]
ExpiresAt = Annotated[UnixTime, Meta(description="When the session ends at the latest.")]
SessionId = Annotated[Id, Meta(description="The session with the server.", examples=["sess_0f3b2c9d8e7a65412233"])]


class RealtimeSession(Struct, tag_field="type", tag="realtime", kw_only=True):
    """A session with an agent that answers."""

    object: Literal["realtime.session"]
    id: SessionId
    model: Annotated[Id, Meta(description="Who answers. Fixed by the socket's address.", examples=["gpt-realtime"])]
    output_modalities: Modalities
    instructions: Instructions
    tools: Tools
    tool_choice: ToolChoice
    max_output_tokens: MostTokens
    tracing: TracingOrNone
    truncation: Truncation
    prompt: PromptOrNone
    include: Include
    expires_at: ExpiresAt
    audio: Audio
    parallel_tool_calls: Annotated[bool | UnsetType, Meta(description="May one response call several?")] = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


class HeardAudio(Struct):
    """There is no agent's side."""

    input: AudioInput


class TranscriptionSession(Struct, tag_field="type", tag="transcription", kw_only=True):
    """A session that only writes down what is said."""

    object: Literal["realtime.transcription_session"]
    id: SessionId
    expires_at: ExpiresAt
    audio: HeardAudio
    include: Include


Session = RealtimeSession | TranscriptionSession
