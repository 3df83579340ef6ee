"""Two ways to talk with a voice agent, as values: what to say to its server, and what the server's messages mean."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

import attrs

from octi.units import SAMPLE_RATE_HZ, Milliseconds

Message = str | bytes  # one WebSocket message, text or binary


@attrs.frozen
class Ready:
    """The session is set up: one may speak."""


@attrs.frozen
class UserWords:
    """All that was understood of one turn of ours."""

    text: str


@attrs.frozen
class UserSpeaks:
    """The server hears us begin to speak."""


@attrs.frozen
class AgentAudio:
    """A piece of the agent's voice, PCM16. `item` names what it is part of, where the server says it."""

    pcm: bytes = attrs.field(repr=lambda pcm: f"<{len(pcm)} bytes>")
    item: str = ""


@attrs.frozen
class AgentWords:
    """The next words of the agent, with the space around them."""

    text: str


@attrs.frozen
class AgentDone:
    """The answer is complete; it may still be playing."""


@attrs.frozen
class Interrupted:
    """We spoke over the agent: what is not played yet will not be."""


@attrs.frozen
class Problem:
    """Something the server complains of, or that is wrong with what it says. The conversation goes on."""

    text: str


Event = Ready | UserSpeaks | UserWords | AgentAudio | AgentWords | AgentDone | Interrupted | Problem


class Dialect(Protocol):
    """A protocol in which one can talk."""

    def hello(self) -> list[Message]:
        """What to say first."""

    def begin(self) -> list[Message]:
        """What to say when the server is ready, each time that it says so."""

    def audio(self, pcm: bytes) -> Message:
        """A piece of our voice."""

    def cut(self, item: str, played_ms: Milliseconds) -> list[Message]:
        """What to say when the agent was interrupted, having been heard for so long."""

    def read(self, message: Message) -> list[Event]:
        """What a message means: nothing, mostly one event, now and then two."""


@attrs.frozen
class Octi:
    """The OCTI protocol: audio is binary, and a dozen small messages."""

    def hello(self) -> list[Message]:
        """Nothing: the server is ready by itself."""
        return []

    def begin(self) -> list[Message]:
        """Open the conversation."""
        return [json.dumps({"type": "start_conversation"})]

    def audio(self, pcm: bytes) -> Message:
        """The sound itself."""
        return pcm

    def cut(self, item: str, played_ms: Milliseconds) -> list[Message]:
        """Nothing: octi itself said that the agent was interrupted, and keeps count."""
        return []

    def read(self, message: Message) -> list[Event]:
        """Sound, or one of octi's messages."""
        return [AgentAudio(message)] if isinstance(message, bytes) else read_json(message, octi_events)


def octi_events(message: Any) -> list[Event]:
    """What one of octi's messages means."""
    match message:
        case {"type": "ready"}:
            return [Ready()]
        case {"type": "user_transcript", "text": str(words)}:
            return [UserWords(words)]
        case {"type": "transcript_delta", "text": str(words)}:
            return [AgentWords(words)]
        case {"type": "bot_audio_end"}:
            return [AgentDone()]
        case {"type": "user_speech_started"}:
            return [UserSpeaks()]
        case {"type": "interrupted"}:
            return [Interrupted()]
        case {"type": "error", "message": str(text)}:
            return [Problem(text)]
        case {"type": str()}:
            return []
        case _:
            return [Problem(f"the server said what is no OCTI message: {shown(message)}")]


@attrs.frozen(kw_only=True)
class Realtime:
    """The Realtime API: JSON events, audio in base64 within them. The server finds the ends of our turns."""

    silence_ms: int = 500
    transcription_model: str = "gpt-4o-mini-transcribe"

    def hello(self) -> list[Message]:
        """How the session is to be; the server's answer to it means that it is ready."""
        shape = {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}
        detection = {
            "type": "server_vad",
            "silence_duration_ms": self.silence_ms,
            "create_response": True,
            "interrupt_response": True,
        }
        hears = {"format": shape, "transcription": {"model": self.transcription_model}, "turn_detection": detection}
        audio = {"input": hears, "output": {"format": shape}}
        session = {"type": "realtime", "output_modalities": ["audio"], "audio": audio}
        return [json.dumps({"type": "session.update", "session": session})]

    def begin(self) -> list[Message]:
        """Nothing: one just speaks."""
        return []

    def audio(self, pcm: bytes) -> Message:
        """A piece for the input buffer."""
        return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})

    def cut(self, item: str, played_ms: Milliseconds) -> list[Message]:
        """How much of the item was heard, so that the agent knows what it did not get to say."""
        heard = {"item_id": item, "content_index": 0, "audio_end_ms": played_ms}
        return [json.dumps({"type": "conversation.item.truncate", **heard})]

    def read(self, message: Message) -> list[Event]:
        """One of the events that matter here."""
        return read_json(message, realtime_events)


def realtime_events(event: Any) -> list[Event]:
    """What a Realtime event means to somebody who talks."""
    match event:
        case {"type": "session.updated"}:
            return [Ready()]
        case {"type": "conversation.item.input_audio_transcription.completed", "transcript": str(words)}:
            return [UserWords(words)]
        case {"type": "response.output_audio.delta", "delta": str(sound), **more}:
            return decoded(sound, str(more.get("item_id", "")))
        case {"type": "response.output_audio_transcript.delta" | "response.output_text.delta", "delta": str(words)}:
            return [AgentWords(words)]
        case {"type": "response.done", "response": response}:
            return ended(response)
        case {"type": "input_audio_buffer.speech_started"}:
            return [UserSpeaks(), Interrupted()]
        case {"type": "error", "error": {"message": str(text)}}:
            return [Problem(text)]
        case {"type": str()}:
            return []
        case _:
            return [Problem(f"the server said what is no Realtime event: {shown(event)}")]


def ended(response: Any) -> list[Event]:
    """How a response ended: well, cut short, or not at all."""
    match response:
        case {"status": "cancelled"}:
            return []  # because we spoke: that was told before
        case {"status": "failed", "status_details": {"error": error}}:
            return [Problem(f"the answer failed: {shown(error)}"), AgentDone()]
        case _:
            return [AgentDone()]


def decoded(sound: str, item: str) -> list[Event]:
    """Sound out of base64."""
    try:
        return [AgentAudio(base64.b64decode(sound, validate=True), item)]
    except binascii.Error:
        return [Problem("the server sent sound that is no base64")]


def read_json(message: Message, meaning: Callable[[Any], list[Event]]) -> list[Event]:
    """What a JSON text means; anything else is a problem."""
    if isinstance(message, bytes):
        return [Problem(f"the server sent {len(message)} bytes where text belongs")]
    try:
        return meaning(json.loads(message))
    except (ValueError, RecursionError):
        return [Problem(f"the server sent what is no JSON: {shown(message)}")]


def shown(value: object) -> str:
    """The start of something, as it may be printed."""
    return (value if isinstance(value, str) else json.dumps(value))[:200]


OCTI_PATH = "/ws/realtime"


def socket_address(url: str) -> str:
    """The WebSocket address that is meant by a ws(s) or http(s) one. A host alone means octi's own door."""
    url = re.sub("^http(s?)://", r"ws\1://", url)
    host = re.fullmatch("(wss?://[^/?#]+)/?", url)
    return host[1] + OCTI_PATH if host else url


def speaks_octi(url: str) -> bool:
    """Whether an address is octi's own door; any other speaks the Realtime API."""
    return re.split("[?#]", socket_address(url))[0].rstrip("/").endswith(OCTI_PATH)
