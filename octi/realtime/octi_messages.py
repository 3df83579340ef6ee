"""The messages of the OCTI protocol besides audio: what a client may say, and how octi says its own."""

from typing import Annotated

import msgspec

from octi.errors import BadMessage
from octi.nesting import tangle_in

LONGEST_TEXT = 32_768  # characters of a typed message


class StartConversation(msgspec.Struct, tag="start_conversation"):
    """The conversation begins: nothing to do, listening began with `ready`."""


class UserAudioEnd(msgspec.Struct, tag="user_audio_end"):
    """The user stopped talking. Nothing to do while turn detection is on; without it the audio so far is a turn."""


class ResetSession(msgspec.Struct, tag="reset_session"):
    """Drop the conversation and begin another: `ready` comes again."""


class UserText(msgspec.Struct, tag="user_text"):
    """The user typed something. An agent that speaks is interrupted, and answers it."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, examples=["what is seven times eight"])]


class Interrupt(msgspec.Struct, tag="interrupt"):
    """Stop the agent."""

    played_ms: Annotated[
        Annotated[float, msgspec.Meta(ge=0, extra_json_schema={"x-unit": "ms"})] | None,
        msgspec.Meta(
            description="So much of its current answer was heard; left out: octi takes the time since its first sound.",
            examples=[1480],
        ),
    ] = None


class UserAudioClear(msgspec.Struct, tag="user_audio_clear"):
    """Forget what was said since the last turn."""


class UserAudioCommit(msgspec.Struct, tag="user_audio_commit"):
    """What was said since the last turn is a turn, and is answered: at least 100 ms of it."""


ClientMessage = (
    StartConversation | UserAudioEnd | ResetSession | UserText | Interrupt | UserAudioClear | UserAudioCommit
)
_client_message: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_KINDS = ", ".join(str(kind.__struct_config__.tag) for kind in ClientMessage.__args__)


def read_client_message(data: bytes) -> ClientMessage:
    """A client's JSON message. Raises BadMessage that says what would be right."""
    if tangle := tangle_in(data):
        raise BadMessage(f"not JSON: {tangle}")
    try:
        return _client_message.decode(data)
    except msgspec.ValidationError as error:
        text = str(error)
        if "`$.type`" in text or "`type`" in text:
            raise BadMessage(f"{text}; the types are: {_KINDS}") from None
        raise BadMessage(text) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None


def say(kind: str, **fields: str) -> bytes:
    """One of octi's messages."""
    return msgspec.json.encode({"type": kind, **fields})
