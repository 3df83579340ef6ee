"""The Realtime events that octi reads from a provider, as values; every other event is Opaque and passes as it came.

Field names and meanings: the provider's reference. Unknown fields are ignored here and travel on in the frame itself.
"""

from typing import Any

import msgspec

from octi.realtime.session_settings import SessionSettings


class Part(msgspec.Struct, frozen=True):
    """A piece of an item's content: text that was typed or written, or audio with its transcript."""

    type: str = ""
    text: str | None = None
    transcript: str | None = None

    @property
    def words(self) -> str:
        """What was said or written; "" while nobody knows."""
        return self.text or self.transcript or ""


class Item(msgspec.Struct, frozen=True):
    """One line of the provider's conversation."""

    id: str = ""
    type: str = "message"
    role: str = ""
    status: str | None = None
    content: list[Part] = []
    name: str = ""  # of the function that a `function_call` or an `mcp_call` wants
    call_id: str = ""
    arguments: str = ""  # JSON
    output: Any = None  # what a function gave: a text
    error: Any = None  # why the provider's own call gave nothing

    @property
    def words(self) -> str:
        """All its parts' words."""
        return " ".join(part.words for part in self.content if part.words)


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong, in the provider's words."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class StatusDetails(msgspec.Struct, frozen=True):
    """Why a response ended as it did."""

    type: str | None = None
    reason: str | None = None
    error: ErrorBody | None = None


class Response(msgspec.Struct, frozen=True):
    """An answer of the model's, from `in_progress` to its end."""

    id: str = ""
    status: str | None = None
    # a string at one provider
    status_details: StatusDetails | str | None = None
    # explicitly null: out of band, no part of the conversation
    conversation_id: str | msgspec.UnsetType | None = msgspec.UNSET
    output: list[Item] = []
    usage: Any = None

    @property
    def in_band(self) -> bool:
        """Is it part of the conversation?"""
        return self.conversation_id is not None

    @property
    def error(self) -> ErrorBody | None:
        """The failure, if it failed."""
        if self.status != "failed":
            return None
        if isinstance(self.status_details, str):
            return ErrorBody(self.status_details)
        return (self.status_details and self.status_details.error) or ErrorBody("the agent's answer failed")


class _Event(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class SessionCreated(_Event, frozen=True, tag="session.created"):
    """The provider is there."""

    session: SessionSettings = SessionSettings()


class SessionUpdated(_Event, frozen=True, tag="session.updated"):
    """A new configuration is in force."""

    session: SessionSettings = SessionSettings()


class ErrorEvent(_Event, frozen=True, tag="error"):
    """Something the provider did not like; the socket stays open."""

    error: ErrorBody = ErrorBody()


class ItemAdded(_Event, frozen=True, tag="conversation.item.added"):
    """An item has its place in the conversation; `previous_item_id` None is read as: behind those before it."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(_Event, frozen=True, tag="conversation.item.done"):
    """An item will not change any more, but for the words of what the user said."""

    item: Item
    previous_item_id: str | None = None


class ItemDeleted(_Event, frozen=True, tag="conversation.item.deleted"):
    """An item is no longer part of the conversation; said it was."""

    item_id: str


class ItemRetrieved(_Event, frozen=True, tag="conversation.item.retrieved"):
    """An item as it stands now, for whoever asked."""

    item: Item


class ItemTruncated(_Event, frozen=True, tag="conversation.item.truncated"):
    """Only so much of an assistant's audio counts as heard."""

    item_id: str
    audio_end_ms: int


class SpeechStarted(_Event, frozen=True, tag="input_audio_buffer.speech_started"):
    """The user speaks. Milliseconds of audio that this leg was sent."""

    audio_start_ms: int
    item_id: str


class SpeechStopped(_Event, frozen=True, tag="input_audio_buffer.speech_stopped"):
    """The user fell silent."""

    audio_end_ms: int
    item_id: str


class Committed(_Event, frozen=True, tag="input_audio_buffer.committed"):
    """The buffered audio became an item."""

    item_id: str
    previous_item_id: str | None = None


class Cleared(_Event, frozen=True, tag="input_audio_buffer.cleared"):
    """The buffered audio was thrown away."""


class UserWordsDelta(_Event, frozen=True, tag="conversation.item.input_audio_transcription.delta"):
    """More of what the user said."""

    item_id: str
    delta: str = ""


class UserWords(_Event, frozen=True, tag="conversation.item.input_audio_transcription.completed"):
    """All that the user said."""

    item_id: str
    transcript: str = ""
    usage: Any = None


class UserWordsFailed(_Event, frozen=True, tag="conversation.item.input_audio_transcription.failed"):
    """What the user said stays unknown."""

    item_id: str
    error: ErrorBody = ErrorBody()


class ResponseCreated(_Event, frozen=True, tag="response.created"):
    """An answer begins."""

    response: Response


class ResponseDone(_Event, frozen=True, tag="response.done"):
    """An answer has ended, one way or another."""

    response: Response


class AudioDelta(_Event, frozen=True, tag="response.output_audio.delta"):
    """More of the agent's voice, base64."""

    response_id: str
    item_id: str
    delta: str = ""


class AudioDone(_Event, frozen=True, tag="response.output_audio.done"):
    """All of the agent's voice for one item was sent."""

    response_id: str
    item_id: str


class AgentWordsDelta(_Event, frozen=True, tag="response.output_audio_transcript.delta"):
    """More of what the agent says."""

    response_id: str
    item_id: str
    delta: str = ""


class AgentWords(_Event, frozen=True, tag="response.output_audio_transcript.done"):
    """All that the agent says in one part of an item."""

    response_id: str
    item_id: str
    transcript: str = ""
    content_index: int = 0


class AgentTextDelta(_Event, frozen=True, tag="response.output_text.delta"):
    """More of what the agent writes."""

    response_id: str
    item_id: str
    delta: str = ""


class AgentText(_Event, frozen=True, tag="response.output_text.done"):
    """All that the agent writes in one part of an item."""

    response_id: str
    item_id: str
    text: str = ""
    content_index: int = 0


class Opaque(msgspec.Struct, frozen=True):
    """An event that octi does not read."""

    type: str


Known = (
    SessionCreated
    | SessionUpdated
    | ErrorEvent
    | ItemAdded
    | ItemDone
    | ItemDeleted
    | ItemRetrieved
    | ItemTruncated
    | SpeechStarted
    | SpeechStopped
    | Committed
    | Cleared
    | UserWordsDelta
    | UserWords
    | UserWordsFailed
    | ResponseCreated
    | ResponseDone
    | AudioDelta
    | AudioDone
    | AgentWordsDelta
    | AgentWords
    | AgentTextDelta
    | AgentText
)
ServerEvent = Known | Opaque

STREAMED = frozenset({AudioDelta, AgentWordsDelta, AgentTextDelta, UserWordsDelta})
"""Pieces of what is said, which come many times a second: they begin nothing and end nothing."""
