"""A Realtime response: as a client wishes it, as the server tells it, and what it took."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.change import AlawChange, PcmChange, Strict, UlawChange
from octi.realtime.wire.fields import Id, Metadata, ResponseId, Tokens
from octi.realtime.wire.items import AnyItem, InputItem
from octi.realtime.wire.session import (
    Format,
    Instructions,
    Modalities,
    MostTokens,
    PromptOrNone,
    Reasoning,
    ToolChoice,
    Tools,
    Voice,
)

# As a client wishes it


class WishedOutput(Strict):
    """The agent's side of one response's audio."""

    format: PcmChange | UlawChange | AlawChange | UnsetType | None = UNSET
    voice: Voice | UnsetType | None = UNSET


class WishedAudio(Strict):
    """One response has no user's side."""

    output: WishedOutput | UnsetType | None = UNSET


class ResponseWish(Strict):
    """What one response is to be like; what is not named is as in the session. Unknown names are an error."""

    conversation: Annotated[
        Literal["auto", "none"] | UnsetType,
        Meta(description="`none`: out of band. It is answered beside the conversation, and leaves no item in it."),
    ] = UNSET
    input: Annotated[
        list[InputItem] | UnsetType | None,
        Meta(description="What is answered to, in place of the conversation; `[]`: to nothing."),
    ] = UNSET
    instructions: Instructions | UnsetType | None = UNSET
    output_modalities: Modalities | UnsetType | None = UNSET
    audio: WishedAudio | UnsetType | None = UNSET
    tools: Tools | UnsetType | None = UNSET
    tool_choice: ToolChoice | UnsetType | None = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    max_output_tokens: MostTokens | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    prompt: PromptOrNone | UnsetType = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET


# As the server tells it


class CachedTokens(Struct, kw_only=True):
    """Which of the input's tokens were known already. They are among the others, not besides."""

    text_tokens: Tokens | UnsetType = UNSET
    audio_tokens: Tokens | UnsetType = UNSET
    image_tokens: Tokens | UnsetType = UNSET


class InputTokens(Struct, kw_only=True):
    """What the input's tokens are."""

    text_tokens: Tokens | UnsetType = UNSET
    audio_tokens: Tokens | UnsetType = UNSET
    image_tokens: Tokens | UnsetType = UNSET
    cached_tokens: Tokens | UnsetType = UNSET
    cached_tokens_details: CachedTokens | UnsetType = UNSET


class OutputTokens(Struct, kw_only=True):
    """What the output's tokens are."""

    text_tokens: Tokens | UnsetType = UNSET
    audio_tokens: Tokens | UnsetType = UNSET


class Usage(Struct, kw_only=True):
    """What a response took. octi's engine computes it, and bills nothing."""

    total_tokens: Tokens
    input_tokens: Tokens
    output_tokens: Tokens
    input_token_details: InputTokens
    output_token_details: OutputTokens


class ResponseFailure(Struct, kw_only=True):
    """Why a response failed. It is no `error` event."""

    type: Annotated[str | UnsetType | None, Meta(examples=["server_error"])] = UNSET
    code: Annotated[str | UnsetType | None, Meta(examples=["engine_failed"])] = UNSET
    message: str | UnsetType | None = UNSET


class StatusDetails(Struct, kw_only=True):
    """Why a response is not complete."""

    type: Literal["completed", "cancelled", "failed", "incomplete"]
    reason: Annotated[
        Literal["turn_detected", "client_cancelled", "max_output_tokens", "content_filter"] | UnsetType,
        Meta(description="`turn_detected`: the user spoke."),
    ] = UNSET
    error: ResponseFailure | UnsetType | None = UNSET


class ResponseAudioOutput(Struct, kw_only=True):
    """The agent's side."""

    format: Format
    voice: Voice


class ResponseAudio(Struct):
    """How it is spoken."""

    output: ResponseAudioOutput


class Response(Struct, kw_only=True):
    """An answer of the agent's."""

    object: Literal["realtime.response"]
    id: ResponseId
    status: Literal["in_progress", "completed", "cancelled", "failed", "incomplete"]
    status_details: Annotated[StatusDetails | None, Meta(description="null unless it was cut.", examples=[None])]
    output: Annotated[
        list[AnyItem], Meta(description="Its items, without their audio; none in `response.created`.", examples=[[]])
    ]
    conversation_id: Annotated[
        Id | None, Meta(description="null: it is out of band.", examples=["conv_6f1d0c2b3a4958677685"])
    ]
    output_modalities: Modalities
    max_output_tokens: MostTokens
    usage: Annotated[Usage | None, Meta(description="null in `response.created`.", examples=[None])]
    metadata: Annotated[Metadata | None, Meta(description="What the client gave it.", examples=[None])]
    audio: ResponseAudio | UnsetType = UNSET


SPOKEN: dict[str, Any] = {
    "id": "item_857baeb43541f5b7fc96",
    "object": "realtime.item",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_audio", "transcript": "That is 56."}],
}
BEGUN: dict[str, Any] = {
    "object": "realtime.response",
    "id": "resp_1c0e6b0a9d8f7e6c5b4a",
    "status": "in_progress",
    "status_details": None,
    "output": [],
    "conversation_id": "conv_6f1d0c2b3a4958677685",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "usage": None,
    "metadata": None,
    "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}},
}
USED: dict[str, Any] = {
    "total_tokens": 92,
    "input_tokens": 54,
    "output_tokens": 38,
    "input_token_details": {"text_tokens": 54, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 3, "audio_tokens": 35},
}
DONE = {**BEGUN, "status": "completed", "output": [SPOKEN], "usage": USED}
