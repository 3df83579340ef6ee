"""The items of a Realtime conversation and their parts, as the server tells them and as a client adds them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.fields import ArgumentsJson, CallId, FunctionName, Id, ItemId, NewItemId, Sound, Words

Transcript = Annotated[
    str | None,
    Meta(description="Its words; null while nobody knows. The key is always there.", examples=["What time is it?"]),
]
Status = Annotated[
    Literal["completed", "incomplete", "in_progress"],
    Meta(description="`incomplete`: it was cut off.", examples=["completed"]),
]
Role = Annotated[
    Literal["user", "assistant", "system"],
    Meta(
        description="Who says it. `system`: `input_text` only; `user`: `input_text`, `input_audio`, `input_image`; "
        "`assistant`: `output_text`, `output_audio`.",
        examples=["user"],
    ),
]
Output = Annotated[str, Meta(description="What the function gave.", examples=['{"sky":"blue"}'])]


class InputText(Struct, tag_field="type", tag="input_text"):
    """What somebody typed."""

    text: Annotated[str, Meta(examples=["What is seven times eight?"])]


class InputAudio(Struct, tag_field="type", tag="input_audio", kw_only=True):
    """What the user said."""

    transcript: Transcript
    audio: Annotated[Sound | UnsetType, Meta(description="Only when an item is retrieved, and not by the engine.")] = (
        UNSET
    )


class InputImage(Struct, tag_field="type", tag="input_image", kw_only=True):
    """A picture. octi's engine keeps that there was one."""

    detail: Literal["auto", "low", "high"] | UnsetType = UNSET
    image_url: str | UnsetType = UNSET


class OutputText(Struct, tag_field="type", tag="output_text"):
    """What the agent wrote."""

    text: Words


class OutputAudio(Struct, tag_field="type", tag="output_audio", kw_only=True):
    """What the agent said."""

    transcript: Annotated[str, Meta(description="Its words; cut where it was truncated.", examples=["That is 56."])]
    audio: Sound | UnsetType = UNSET


Content = InputText | InputAudio | InputImage | OutputText | OutputAudio


class Item(Struct, tag_field="type", kw_only=True):
    """What all items have."""

    id: ItemId
    object: Literal["realtime.item"] | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class Message(Item, tag="message", kw_only=True):
    """Something said, typed or written."""

    role: Role
    content: list[Content]


class FunctionCall(Item, tag="function_call", kw_only=True):
    """The agent calls a function of the client's."""

    name: FunctionName
    arguments: Annotated[ArgumentsJson, Meta(description='An object as JSON in a string; "" until it is complete.')]
    call_id: CallId | UnsetType = UNSET


class FunctionCallOutput(Item, tag="function_call_output", kw_only=True):
    """What the client's function gave."""

    call_id: CallId
    output: Output


class McpListTools(Item, tag="mcp_list_tools", kw_only=True):
    """The tools of a server that the provider asked."""

    server_label: str
    tools: list[dict[str, Any]]


class McpCall(Item, tag="mcp_call", kw_only=True):
    """The provider calls a tool itself."""

    server_label: str
    name: str
    arguments: ArgumentsJson
    output: str | UnsetType | None = UNSET
    error: Annotated[Any | UnsetType, Meta(description="Why it gave nothing: an object.")] = UNSET
    approval_request_id: str | UnsetType | None = UNSET


class McpApprovalRequest(Item, tag="mcp_approval_request", kw_only=True):
    """May the provider call this tool?"""

    server_label: str
    name: str
    arguments: ArgumentsJson


class McpApprovalResponse(Item, tag="mcp_approval_response", kw_only=True):
    """Whether it may."""

    approval_request_id: str
    approve: bool
    reason: str | UnsetType | None = UNSET


AnyItem = (
    Message | FunctionCall | FunctionCallOutput | McpListTools | McpCall | McpApprovalRequest | McpApprovalResponse
)

# As a client adds them


class NewInputAudio(Struct, tag_field="type", tag="input_audio", kw_only=True):
    """The user's voice, or its words alone, or both."""

    audio: Sound | UnsetType | None = UNSET
    transcript: Annotated[str | UnsetType | None, Meta(description="Its words, if the client knows them.")] = UNSET


class NewOutputAudio(Struct, tag_field="type", tag="output_audio", kw_only=True):
    """What the agent said earlier: its words. A voice cannot be put back."""

    transcript: str | UnsetType | None = UNSET
    audio: Sound | UnsetType | None = UNSET


NewContent = InputText | NewInputAudio | InputImage | OutputText | NewOutputAudio


class NewItem(Struct, tag_field="type", kw_only=True):
    """What all new items may have."""

    id: NewItemId | UnsetType | None = UNSET


class NewMessage(NewItem, tag="message", kw_only=True):
    """Something said, typed or written."""

    role: Role
    content: Annotated[list[NewContent], Meta(min_length=1)]


class NewFunctionCall(NewItem, tag="function_call", kw_only=True):
    """A call that the agent made earlier."""

    name: FunctionName
    arguments: ArgumentsJson
    call_id: CallId | UnsetType | None = UNSET


class NewFunctionCallOutput(NewItem, tag="function_call_output", kw_only=True):
    """What the function gave that the agent called."""

    call_id: CallId
    output: Output


class NewMcpApprovalResponse(NewItem, tag="mcp_approval_response", kw_only=True):
    """Whether the provider may call a tool. Providers only."""

    approval_request_id: str
    approve: bool
    reason: str | UnsetType | None = UNSET


class ItemReference(Struct, tag_field="type", tag="item_reference"):
    """An item of the conversation, where a response is given its own input."""

    id: Annotated[Id, Meta(examples=["item_5c95b58a322f39f2b082"])]


TYPED: dict[str, Any] = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "What is seven times eight?"}],
}
AddedItem = Annotated[
    NewMessage | NewFunctionCall | NewFunctionCallOutput | NewMcpApprovalResponse,
    Meta(description="The item.", examples=[TYPED]),
]
InputItem = NewMessage | NewFunctionCall | NewFunctionCallOutput | NewMcpApprovalResponse | ItemReference
