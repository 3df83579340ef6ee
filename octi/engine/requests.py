"""What a client may ask of the engine: every client event, its fields checked, and errors that name the field."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from octi.engine.complaints import complaint, unsupported
from octi.errors import BadMessage
from octi.nesting import tangle_in

Positive = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Modalities = Annotated[list[Literal["audio", "text"]], Meta(min_length=1, max_length=1)]
ItemName = Annotated[str, Meta(min_length=1, max_length=32)]
Text = Annotated[str, Meta(max_length=262_144)]  # what is told again stays below a MiB: some clients take no more
Name = Annotated[str, Meta(max_length=512)]
GivenName = Annotated[str, Meta(min_length=1, max_length=512)]  # of a voice, a call, a function
Tokens = Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"]
Metadata = Annotated[dict[Annotated[str, Meta(max_length=64)], Name], Meta(max_length=16)]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A place where an unknown field is a mistake."""


class Pcm(Strict, tag_field="type", tag="audio/pcm"):
    """PCM16 at the one rate that there is."""

    rate: Literal[24000] = 24000


class Ulaw(Strict, tag_field="type", tag="audio/pcmu"):
    """The telephone's, at 8 kHz."""


class Alaw(Strict, tag_field="type", tag="audio/pcma"):
    """The other telephone's."""


Format = Pcm | Ulaw | Alaw


class Vad(Strict):
    """How the end of a turn is heard; `None` in its place: the client commits."""

    type: Literal["server_vad", "semantic_vad"]
    threshold: Share | UnsetType | None = UNSET
    prefix_padding_ms: Positive | UnsetType | None = UNSET
    silence_duration_ms: Positive | UnsetType | None = UNSET
    idle_timeout_ms: Annotated[int, Meta(ge=5000, le=30000)] | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET
    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType | None = UNSET


class Transcription(Strict):
    """The user's words. The engine's own model hears them; the name says if they are told while they are spoken."""

    model: str | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    languages: list[str] | UnsetType | None = UNSET
    prompt: str | UnsetType | None = UNSET
    keywords: list[str] | UnsetType | None = UNSET
    delay: str | UnsetType | None = UNSET


class NoiseReduction(Strict):
    """Taken and shown; the engine hears well enough without."""

    type: Literal["near_field", "far_field"]
    strength: Any = UNSET


class Input(Strict):
    """The user's side."""

    format: Format | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    turn_detection: Vad | UnsetType | None = UNSET


class VoiceName(Strict):
    """A voice by its id, as the provider names those that a customer had made."""

    id: GivenName


class Output(Strict):
    """The agent's side."""

    format: Format | UnsetType | None = UNSET
    voice: GivenName | VoiceName | UnsetType = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType = UNSET


class Sound(Strict):
    """Both sides."""

    input: Input | UnsetType = UNSET
    output: Output | UnsetType = UNSET


class ResponseOutput(Strict):
    """The agent's side of one response."""

    format: Format | None = None
    voice: GivenName | VoiceName | None = None


class ResponseSound(Strict):
    """One response has no user's side."""

    output: ResponseOutput | None = None


class Function(Strict, omit_defaults=True):
    """A tool that the client runs."""

    type: Literal["function"]
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class NamedChoice(Strict):
    """One function that has to be called."""

    type: Literal["function"]
    name: str


Choice = Literal["none", "auto", "required"] | NamedChoice


class Trace(Strict, omit_defaults=True):
    """Where the provider would show the session. The engine keeps no traces."""

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


class Retention(Strict):
    """How much of a long conversation is kept. The engine keeps all of it."""

    type: Literal["retention_ratio"]
    retention_ratio: Share
    token_limits: dict[str, Any] | UnsetType = UNSET


class SessionChange(Strict):
    """What `session.update` may change; what is not named stays."""

    type: Literal["realtime"]
    model: str | UnsetType = UNSET
    output_modalities: Modalities | UnsetType = UNSET
    instructions: Text | UnsetType = UNSET
    audio: Sound | UnsetType = UNSET
    tools: list[Function] | UnsetType = UNSET
    tool_choice: Choice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    max_output_tokens: Tokens | UnsetType = UNSET
    prompt: dict[str, Any] | UnsetType | None = UNSET
    tracing: Literal["auto"] | Trace | UnsetType | None = UNSET
    truncation: Literal["auto", "disabled"] | Retention | UnsetType = UNSET
    include: list[str] | UnsetType | None = UNSET
    reasoning: dict[str, Any] | UnsetType | None = UNSET


class NewPart(msgspec.Struct):
    """A part of an item that the client adds."""

    type: Literal["input_text", "output_text", "input_audio", "output_audio", "input_image"]
    text: Text | None = None
    audio: str | None = None
    transcript: Text | None = None
    detail: Literal["auto", "low", "high"] | None = None


class NewItem(msgspec.Struct):
    """An item that the client adds."""

    type: Literal["message", "function_call", "function_call_output", "item_reference"]
    id: ItemName | None = None
    role: Literal["user", "assistant", "system"] | None = None
    content: list[NewPart] = []
    call_id: GivenName | None = None
    name: GivenName | None = None
    arguments: Text | None = None
    output: Text | None = None


class ResponseWish(Strict):
    """What one response is to be like; what is not named is as in the session."""

    conversation: Literal["auto", "none"] = "auto"
    input: list[NewItem] | None = None
    instructions: Text | None = None
    output_modalities: Modalities | None = None
    audio: ResponseSound | None = None
    tools: list[Function] | None = None
    tool_choice: Choice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Tokens | None = None
    metadata: Metadata | None = None
    prompt: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None


class _Request(msgspec.Struct, tag_field="type", kw_only=True):
    event_id: Name | None = None


class Update(_Request, kw_only=True, tag="session.update"):
    """Change the session."""

    session: dict[str, Any]


class Append(_Request, kw_only=True, tag="input_audio_buffer.append"):
    """More of the user's voice, base64."""

    audio: str


class Commit(_Request, kw_only=True, tag="input_audio_buffer.commit"):
    """The buffered voice is a turn."""


class Clear(_Request, kw_only=True, tag="input_audio_buffer.clear"):
    """Forget the buffered voice."""


class ClearOutput(_Request, kw_only=True, tag="output_audio_buffer.clear"):
    """For calls only: refused as if there were no such event, as the provider does on a socket."""


class CreateItem(_Request, kw_only=True, tag="conversation.item.create"):
    """Add a line to the conversation."""

    item: NewItem
    previous_item_id: Name | None = None


class RetrieveItem(_Request, kw_only=True, tag="conversation.item.retrieve"):
    """Tell an item again."""

    item_id: Name


class TruncateItem(_Request, kw_only=True, tag="conversation.item.truncate"):
    """Only so much of an answer was heard."""

    item_id: Name
    content_index: Positive
    audio_end_ms: Positive


class DeleteItem(_Request, kw_only=True, tag="conversation.item.delete"):
    """Take a line out of the conversation."""

    item_id: Name


class CreateResponse(_Request, kw_only=True, tag="response.create"):
    """Answer now."""

    response: ResponseWish | None = None


class CancelResponse(_Request, kw_only=True, tag="response.cancel"):
    """Stop answering."""

    response_id: Name | None = None


Request = (
    Update
    | Append
    | Commit
    | Clear
    | ClearOutput
    | CreateItem
    | RetrieveItem
    | TruncateItem
    | DeleteItem
    | CreateResponse
    | CancelResponse
)

_request: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
TYPES = [str(kind.__struct_config__.tag) for kind in Request.__args__ if kind is not ClearOutput]


def read_request(data: bytes) -> Request:
    """A client's event. Raises BadMessage with the provider's code and words, and the field at fault."""
    if tangle := tangle_in(data):
        raise BadMessage(f"Invalid event: {tangle}.", code="invalid_json")
    try:
        request = _request.decode(data)
    except msgspec.ValidationError as error:
        raise complaint(error, "", TYPES) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadMessage(f"Invalid event: failed to parse JSON value. {error}", code="invalid_json") from None
    if isinstance(request, ClearOutput):
        raise BadMessage(unsupported("'output_audio_buffer.clear'", TYPES), "type")
    return request


def read_session_change(session: dict[str, Any]) -> SessionChange:
    """The checked fields of a `session.update`. Raises BadMessage; then none of it counts."""
    if session.get("type") == "transcription":
        raise BadMessage("Passing a transcription session update event to a realtime session is not allowed.")
    try:
        return msgspec.convert(session, SessionChange)
    except msgspec.ValidationError as error:
        raise complaint(error, "session", TYPES) from None


def client_event_id(data: bytes) -> str | None:
    """The id that a client gave its event, so that an error can name it; None if that cannot be read."""
    if tangle_in(data):
        return None
    try:
        return msgspec.json.decode(data, type=_Named).event_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Named(msgspec.Struct):
    event_id: Name | None = None
