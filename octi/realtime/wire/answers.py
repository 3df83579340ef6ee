"""The Realtime API's server events that tell of an answer: `response.…`, and the provider's own calls of tools."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.fields import (
    ArgumentsJson,
    CallId,
    ContentIndex,
    FunctionName,
    ItemId,
    Noise,
    OutputIndex,
    ResponseId,
    Sound,
    Words,
)
from octi.realtime.wire.items import AnyItem
from octi.realtime.wire.responses import BEGUN, DONE, SPOKEN, Response
from octi.realtime.wire.server import ServerEvent


class ResponseCreated(ServerEvent, kw_only=True, tag="response.created"):
    """An answer begins: it is `in_progress`."""

    response: Annotated[Response, Meta(examples=[BEGUN])]


class ResponseDone(ServerEvent, kw_only=True, tag="response.done"):
    """An answer has ended, one way or another; `status` says how. There is no other end, after a cancel neither."""

    response: Annotated[Response, Meta(examples=[DONE])]


class OfResponse(ServerEvent, kw_only=True):
    """A place in a response."""

    response_id: ResponseId
    output_index: OutputIndex


class OfItem(OfResponse, kw_only=True):
    """A place in one of its items."""

    item_id: ItemId


class OfPart(OfItem, kw_only=True):
    """A place in a part of an item."""

    content_index: ContentIndex


class OutputItemAdded(OfResponse, kw_only=True, tag="response.output_item.added"):
    """An item of the answer begins."""

    item: Annotated[AnyItem, Meta(examples=[{**SPOKEN, "status": "in_progress", "content": []}])]


class OutputItemDone(OfResponse, kw_only=True, tag="response.output_item.done"):
    """An item of the answer is complete."""

    item: Annotated[AnyItem, Meta(examples=[SPOKEN])]


class TextPart(Struct, tag_field="type", tag="text"):
    """Written words. In an item the same part is `output_text`."""

    text: Annotated[Words | UnsetType, Meta(examples=["That is 56."])] = UNSET


class AudioPart(Struct, tag_field="type", tag="audio", kw_only=True):
    """Spoken words. In an item the same part is `output_audio`."""

    transcript: Annotated[Words | UnsetType, Meta(examples=["That is 56."])] = UNSET
    audio: Sound | UnsetType = UNSET


Part = TextPart | AudioPart


class ContentPartAdded(OfPart, kw_only=True, tag="response.content_part.added"):
    """A part begins; it is empty."""

    part: Annotated[Part, Meta(examples=[{"type": "audio", "transcript": ""}])]


class ContentPartDone(OfPart, kw_only=True, tag="response.content_part.done"):
    """A part is complete."""

    part: Annotated[Part, Meta(examples=[{"type": "audio", "transcript": "That is 56."}])]


class OutputTextDelta(OfPart, kw_only=True, tag="response.output_text.delta"):
    """More of what the agent writes."""

    delta: Words
    obfuscation: Noise = UNSET


class OutputTextDone(OfPart, kw_only=True, tag="response.output_text.done"):
    """All that the agent writes in a part."""

    text: Words


class OutputAudioDelta(OfPart, kw_only=True, tag="response.output_audio.delta"):
    """More of the agent's voice: faster than it is heard, so keep a queue. A sample may be cut in two."""

    delta: Sound
    obfuscation: Noise = UNSET


class OutputAudioDone(OfPart, kw_only=True, tag="response.output_audio.done"):
    """All of the agent's voice in a part was sent."""


class OutputAudioTranscriptDelta(OfPart, kw_only=True, tag="response.output_audio_transcript.delta"):
    """More of what the agent says."""

    delta: Words
    obfuscation: Noise = UNSET


class OutputAudioTranscriptDone(OfPart, kw_only=True, tag="response.output_audio_transcript.done"):
    """All that the agent says in a part."""

    transcript: Words


class FunctionCallArgumentsDelta(OfItem, kw_only=True, tag="response.function_call_arguments.delta"):
    """More of a call's arguments."""

    call_id: CallId
    delta: ArgumentsJson
    obfuscation: Noise = UNSET


class FunctionCallArgumentsDone(OfItem, kw_only=True, tag="response.function_call_arguments.done"):
    """A call, complete. Run it once: its item and `response.done` tell of it again."""

    call_id: CallId
    name: FunctionName
    arguments: ArgumentsJson


class McpListToolsInProgress(ServerEvent, kw_only=True, tag="mcp_list_tools.in_progress"):
    """The provider asks a server for its tools."""

    item_id: ItemId


class McpListToolsCompleted(ServerEvent, kw_only=True, tag="mcp_list_tools.completed"):
    """It has them."""

    item_id: ItemId


class McpListToolsFailed(ServerEvent, kw_only=True, tag="mcp_list_tools.failed"):
    """It has them not."""

    item_id: ItemId


class McpCallArgumentsDelta(OfItem, kw_only=True, tag="response.mcp_call_arguments.delta"):
    """More of the arguments of a call that the provider makes itself."""

    delta: ArgumentsJson
    obfuscation: Noise = UNSET


class McpCallArgumentsDone(OfItem, kw_only=True, tag="response.mcp_call_arguments.done"):
    """All of them."""

    arguments: ArgumentsJson


class McpCallEvent(ServerEvent, kw_only=True):
    """The place of a call that the provider makes itself."""

    item_id: ItemId
    output_index: OutputIndex


class McpCallInProgress(McpCallEvent, kw_only=True, tag="response.mcp_call.in_progress"):
    """The call is made."""


class McpCallCompleted(McpCallEvent, kw_only=True, tag="response.mcp_call.completed"):
    """It was answered."""


class McpCallFailed(McpCallEvent, kw_only=True, tag="response.mcp_call.failed"):
    """It was not."""


OF_ANSWERS: tuple[type[ServerEvent], ...] = (
    ResponseCreated,
    ResponseDone,
    OutputItemAdded,
    OutputItemDone,
    ContentPartAdded,
    ContentPartDone,
    OutputTextDelta,
    OutputTextDone,
    OutputAudioDelta,
    OutputAudioDone,
    OutputAudioTranscriptDelta,
    OutputAudioTranscriptDone,
    FunctionCallArgumentsDelta,
    FunctionCallArgumentsDone,
    McpListToolsInProgress,
    McpListToolsCompleted,
    McpListToolsFailed,
    McpCallArgumentsDelta,
    McpCallArgumentsDone,
    McpCallInProgress,
    McpCallCompleted,
    McpCallFailed,
)
