"""The Realtime API's client events: what a client may send to `/v1/realtime`."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from octi.realtime.wire.change import SessionChange
from octi.realtime.wire.fields import ClientEventId, ContentIndex, ItemId, Milliseconds, ResponseId, Sound
from octi.realtime.wire.items import AddedItem
from octi.realtime.wire.responses import ResponseWish


class ClientEvent(Struct, tag_field="type", kw_only=True):
    """What all of a client's events have."""

    event_id: ClientEventId | UnsetType | None = UNSET


class SessionUpdate(ClientEvent, kw_only=True, tag="session.update"):
    """Change the session. Answered by `session.updated` with the whole of it, or by an `error`: then none of it counts.

    It may be sent before `session.created` was read.
    """

    session: SessionChange


class InputAudioBufferAppend(ClientEvent, kw_only=True, tag="input_audio_buffer.append"):
    """More of the user's voice. It is not answered. At most 15 MiB of audio in one event."""

    audio: Sound


class InputAudioBufferCommit(ClientEvent, kw_only=True, tag="input_audio_buffer.commit"):
    """The buffered voice is a turn: at least 100 ms of it. Nothing is answered before a `response.create`."""


class InputAudioBufferClear(ClientEvent, kw_only=True, tag="input_audio_buffer.clear"):
    """Forget the buffered voice."""


class OutputAudioBufferClear(ClientEvent, kw_only=True, tag="output_audio_buffer.clear"):
    """For WebRTC calls only: on a socket it is refused as if there were no such event."""


class ConversationItemCreate(ClientEvent, kw_only=True, tag="conversation.item.create"):
    """Add an item to the conversation. Answered by `conversation.item.added` and `.done`."""

    item: AddedItem
    previous_item_id: Annotated[
        Annotated[str, Meta(max_length=512)] | UnsetType | None,
        Meta(description='Behind which item it stands; `"root"`: first; left out: last.'),
    ] = UNSET


class ConversationItemRetrieve(ClientEvent, kw_only=True, tag="conversation.item.retrieve"):
    """Tell an item again."""

    item_id: ItemId


class ConversationItemTruncate(ClientEvent, kw_only=True, tag="conversation.item.truncate"):
    """Only so much of what the agent said was heard: for a client that stopped playing it."""

    item_id: ItemId
    content_index: ContentIndex
    audio_end_ms: Annotated[Milliseconds, Meta(description="How much of it was played; not more than there is.")]


class ConversationItemDelete(ClientEvent, kw_only=True, tag="conversation.item.delete"):
    """Take an item out of the conversation."""

    item_id: ItemId


class ResponseCreate(ClientEvent, kw_only=True, tag="response.create"):
    """Answer now. An error while another response of the conversation is in progress."""

    response: Annotated[
        ResponseWish | UnsetType | None,
        Meta(description="What it is to be like.", examples=[{"instructions": "Be brief.", "metadata": {"by": "me"}}]),
    ] = UNSET


class ResponseCancel(ClientEvent, kw_only=True, tag="response.cancel"):
    """Stop answering. The response ends with `response.done`, its status `cancelled`."""

    response_id: Annotated[
        ResponseId | UnsetType | None, Meta(description="Left out: the conversation's own response.")
    ] = UNSET


AnyClientEvent = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | OutputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
)
CLIENT_EVENTS: tuple[type[ClientEvent], ...] = AnyClientEvent.__args__
IN_TRANSCRIPTION_SESSIONS = (SessionUpdate, InputAudioBufferAppend, InputAudioBufferCommit, InputAudioBufferClear)
