"""The Realtime API's server events that a socket may bring: of a session, its conversation, and the user's side."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.fields import ContentIndex, EventId, Id, ItemId, Milliseconds, Noise, PreviousItemId, Tokens
from octi.realtime.wire.items import AnyItem
from octi.realtime.wire.session import Session


class ServerEvent(Struct, tag_field="type", kw_only=True):
    """What all of the server's events have."""

    event_id: EventId


class ErrorBody(Struct, kw_only=True):
    """What is wrong."""

    type: Annotated[
        str, Meta(description="`invalid_request_error`, `server_error`, …", examples=["invalid_request_error"])
    ]
    message: Annotated[str, Meta(description="A sentence.", examples=["Missing required parameter: 'session.type'."])]
    code: Annotated[
        str | UnsetType | None, Meta(description="For programs: see below.", examples=["missing_required_parameter"])
    ] = UNSET
    param: Annotated[
        str | UnsetType | None, Meta(description="The field at fault, dotted.", examples=["session.type"])
    ] = UNSET
    event_id: Annotated[str | UnsetType | None, Meta(description="The client's event that is at fault.")] = UNSET


class Error(ServerEvent, kw_only=True, tag="error"):
    """Something is wrong. The socket stays open, unless a close follows."""

    error: ErrorBody


class SessionCreated(ServerEvent, kw_only=True, tag="session.created"):
    """The session is there: always the first event."""

    session: Session


class SessionUpdated(ServerEvent, kw_only=True, tag="session.updated"):
    """A configuration is in force: all of it."""

    session: Session


class ConversationObject(Struct, kw_only=True):
    """A conversation."""

    id: Annotated[Id | UnsetType | None, Meta(examples=["conv_6f1d0c2b3a4958677685"])] = UNSET
    object: Annotated[str | UnsetType | None, Meta(examples=["realtime.conversation"])] = UNSET


class ConversationCreated(ServerEvent, kw_only=True, tag="conversation.created"):
    """The conversation begins. Some providers say it."""

    conversation: ConversationObject


class ConversationItemAdded(ServerEvent, kw_only=True, tag="conversation.item.added"):
    """An item has its place in the conversation."""

    item: AnyItem
    previous_item_id: PreviousItemId | UnsetType = UNSET


class ConversationItemDone(ServerEvent, kw_only=True, tag="conversation.item.done"):
    """An item is complete, but for the words of what the user said: they may come later."""

    item: AnyItem
    previous_item_id: PreviousItemId | UnsetType = UNSET


class ConversationItemRetrieved(ServerEvent, kw_only=True, tag="conversation.item.retrieved"):
    """An item as it stands now."""

    item: AnyItem


class ConversationItemDeleted(ServerEvent, kw_only=True, tag="conversation.item.deleted"):
    """An item is out of the conversation."""

    item_id: ItemId


class ConversationItemTruncated(ServerEvent, kw_only=True, tag="conversation.item.truncated"):
    """Only so much of what the agent said counts; its transcript is cut there."""

    item_id: ItemId
    content_index: ContentIndex
    audio_end_ms: Annotated[Milliseconds, Meta(description="How much of it was heard.")]


class LogProbability(Struct, kw_only=True):
    """How sure a word is."""

    token: str
    logprob: float
    bytes: list[int] | UnsetType | None = UNSET


class TranscriptionInputTokens(Struct, kw_only=True):
    """What the input's tokens are."""

    text_tokens: Tokens | UnsetType = UNSET
    audio_tokens: Tokens | UnsetType = UNSET


class TokenUsage(Struct, tag_field="type", tag="tokens", kw_only=True):
    """What writing the words down took, by tokens. It is not in the response's usage."""

    total_tokens: Tokens
    input_tokens: Tokens
    output_tokens: Tokens
    input_token_details: TranscriptionInputTokens | UnsetType = UNSET


class DurationUsage(Struct, tag_field="type", tag="duration"):
    """What writing the words down took, by time."""

    seconds: Annotated[float, Meta(ge=0, extra_json_schema={"x-unit": "s"})]


class SpokenLanguage(Struct):
    """A language that was heard."""

    code: str


USED: dict[str, Any] = {
    "type": "tokens",
    "total_tokens": 17,
    "input_tokens": 13,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 13},
    "output_tokens": 4,
}
LogProbabilities = Annotated[
    list[LogProbability] | UnsetType | None, Meta(description="If the session's `include` asks for them.")
]


class UserWordsDelta(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.delta"):
    """More of the user's words."""

    item_id: ItemId
    content_index: ContentIndex | UnsetType = UNSET
    delta: Annotated[str | UnsetType, Meta(examples=["What time"])] = UNSET
    logprobs: LogProbabilities = UNSET
    obfuscation: Noise = UNSET


class UserWords(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.completed"):
    """All of the user's words in one part of an item: at any time after it, even behind the answer."""

    item_id: ItemId
    content_index: ContentIndex
    transcript: Annotated[str, Meta(examples=["What time is it?"])]
    usage: Annotated[TokenUsage | DurationUsage, Meta(examples=[USED])]
    languages: list[SpokenLanguage] | UnsetType | None = UNSET
    logprobs: LogProbabilities = UNSET


class TranscriptionFailure(Struct, kw_only=True):
    """Why the words are not known."""

    type: Annotated[str | UnsetType, Meta(examples=["server_error"])] = UNSET
    code: Annotated[str | UnsetType, Meta(examples=["transcription_failed"])] = UNSET
    message: Annotated[str | UnsetType, Meta(examples=["the speech engine failed"])] = UNSET
    param: str | UnsetType = UNSET


class UserWordsFailed(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.failed"):
    """What the user said stays unwritten. The turn is answered all the same."""

    item_id: ItemId
    content_index: ContentIndex
    error: TranscriptionFailure


class UserWordsSegment(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.segment"):
    """A piece of what was said, and who of several said it."""

    id: Annotated[Id, Meta(description="Of the piece.", examples=["seg_1"])]
    item_id: ItemId
    content_index: ContentIndex
    start: Annotated[float, Meta(ge=0, extra_json_schema={"x-unit": "s"}, examples=[0.4])]
    end: Annotated[float, Meta(ge=0, extra_json_schema={"x-unit": "s"}, examples=[1.9])]
    speaker: Annotated[str, Meta(examples=["A"])]
    text: Annotated[str, Meta(examples=["What time is it?"])]


class InputAudioBufferCommitted(ServerEvent, kw_only=True, tag="input_audio_buffer.committed"):
    """The buffered voice is an item."""

    item_id: ItemId
    previous_item_id: PreviousItemId | UnsetType = UNSET


class InputAudioBufferCleared(ServerEvent, kw_only=True, tag="input_audio_buffer.cleared"):
    """The buffered voice is forgotten."""


OfInput = "Where in the audio that the client sent, counted from the session's first."


class SpeechStarted(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_started"):
    """The user speaks. A client that plays the agent's voice stops now."""

    audio_start_ms: Annotated[Milliseconds, Meta(description=OfInput)]
    item_id: Annotated[ItemId, Meta(description="Of the item that the turn will be.")]


class SpeechStopped(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_stopped"):
    """The user has finished."""

    audio_end_ms: Annotated[Milliseconds, Meta(description=OfInput)]
    item_id: ItemId


class TimeoutTriggered(ServerEvent, kw_only=True, tag="input_audio_buffer.timeout_triggered"):
    """The user said nothing for `idle_timeout_ms`: an empty turn follows, and the agent speaks up."""

    audio_start_ms: Annotated[Milliseconds, Meta(description=OfInput)]
    audio_end_ms: Annotated[Milliseconds, Meta(description=OfInput)]
    item_id: ItemId


class RateLimit(Struct, kw_only=True):
    """How much is left of something."""

    name: Annotated[Literal["requests", "tokens"], Meta(examples=["tokens"])]
    limit: Annotated[int, Meta(ge=0, examples=[1000000])]
    remaining: Annotated[int, Meta(ge=0, examples=[999000])]
    reset_seconds: Annotated[float, Meta(ge=0, extra_json_schema={"x-unit": "s"}, examples=[0])]


class RateLimitsUpdated(ServerEvent, kw_only=True, tag="rate_limits.updated"):
    """What the provider's limits are now; behind `response.done`. octi's engine has none, and says so."""

    rate_limits: list[RateLimit]


OF_SESSIONS: tuple[type[ServerEvent], ...] = (
    Error,
    SessionCreated,
    SessionUpdated,
    ConversationCreated,
    ConversationItemAdded,
    ConversationItemDone,
    ConversationItemRetrieved,
    ConversationItemDeleted,
    ConversationItemTruncated,
    UserWordsDelta,
    UserWords,
    UserWordsFailed,
    UserWordsSegment,
    InputAudioBufferCommitted,
    InputAudioBufferCleared,
    SpeechStarted,
    SpeechStopped,
    TimeoutTriggered,
    RateLimitsUpdated,
)
