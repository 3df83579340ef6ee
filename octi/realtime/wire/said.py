"""What octi says in the OCTI protocol. What its clients say: `octi.realtime.octi_messages`."""

from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(examples=["That is 56."])]
UserText = Annotated[str, Meta(examples=["what is seven times eight"])]


class OctiMessage(Struct, tag_field="type"):
    """What octi says besides audio."""


class Ready(OctiMessage, tag="ready"):
    """The agent is configured and listens; again after a reset, and after a reconnection."""


class TranscriptDelta(OctiMessage, tag="transcript_delta"):
    """The agent's words as it speaks."""

    text: Text


class BotAudioEnd(OctiMessage, tag="bot_audio_end"):
    """All audio of this answer was sent: once per answer."""


class Transcript(OctiMessage, tag="transcript"):
    """The agent's words of one answer as they were heard, once per answer.

    When its audio has played, or at the interruption, cut there.
    """

    text: Text


class Interrupted(OctiMessage, tag="interrupted"):
    """The agent was cut off: throw away the audio that is queued."""


class UserSpeechStarted(OctiMessage, tag="user_speech_started"):
    """The user speaks."""


class UserSpeechStopped(OctiMessage, tag="user_speech_stopped"):
    """The user fell silent."""


class UserTranscriptDelta(OctiMessage, tag="user_transcript_delta"):
    """More of the user's words."""

    text: UserText


class UserTranscript(OctiMessage, tag="user_transcript"):
    """All of the user's words in one turn."""

    text: UserText


class Trouble(OctiMessage, tag="error"):
    """A message that was not understood (nothing else happens), a failure upstream, a reconnection under way."""

    message: Annotated[str, Meta(description="A sentence for a person.", examples=["octi is restarting"])]


SAID: tuple[type[OctiMessage], ...] = (
    Ready,
    TranscriptDelta,
    BotAudioEnd,
    Transcript,
    Interrupted,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscriptDelta,
    UserTranscript,
    Trouble,
)
