"""Whoever answers, as a session sees it: a port that opens legs, and what is asked of a fresh one."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import attrs
import msgspec

from octi.websocket.base import Leg


class Upstream(Protocol):
    """Opens legs to a provider. Errors of its leave it as ProviderFault."""

    @property
    def name(self) -> str:
        """Who it is, for people: `openai`, `embedded`, a host name."""

    def open(self, model: str) -> AbstractAsyncContextManager[Leg]:
        """One leg, connected and not yet configured; closed with a goodbye when the block ends.

        Raises UpstreamRefused, UpstreamBusy, UpstreamLost, UpstreamNonsense.
        """


@attrs.frozen(kw_only=True)
class Minted:
    """An ephemeral key and the session that it opens."""

    value: str = attrs.field(repr=False)
    expires_at: int  # seconds since 1970
    session: dict[str, Any] = attrs.field(repr=False)  # effective; some providers repeat the key in it
    raw: dict[str, Any] = attrs.field(repr=False)  # the whole answer
    request_id: str | None = None  # the provider's


@attrs.frozen(kw_only=True)
class Setup:
    """What octi asks of every fresh leg: who the agent is, and how it listens."""

    instructions: str | None  # one of the two, or neither for a client that brings its own
    prompt_id: str | None
    voice: str
    transcription_model: str
    turn_detection: str | None = "server_vad"  # None: the client says when a turn ends
    silence_ms: int = 500

    def update(self) -> bytes:
        """The `session.update` that asks for it."""
        return msgspec.json.encode({"type": "session.update", "event_id": SETUP_ID, "session": self.session()})

    def session(self) -> dict[str, Any]:
        """The session object that it asks for."""
        session: dict[str, Any] = {"type": "realtime", "output_modalities": ["audio"], "audio": self._audio()}
        if self.instructions is not None:
            session["instructions"] = self.instructions
        if self.prompt_id is not None:
            session["prompt"] = {"id": self.prompt_id}
        return session

    def _audio(self) -> dict[str, Any]:
        pcm = {"type": "audio/pcm", "rate": 24_000}
        return {
            "input": {
                "format": pcm,
                "transcription": {"model": self.transcription_model},
                "turn_detection": self._turn_detection(),
            },
            "output": {"format": pcm, "voice": self.voice},
        }

    def _turn_detection(self) -> dict[str, Any] | None:
        if self.turn_detection is None:
            return None
        # Always with its silence: documented as 500 ms, seen live as 200 (protocol trap 35).
        return {
            "type": self.turn_detection,
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": self.silence_ms,
            "create_response": True,
            "interrupt_response": True,
        }


SETUP_ID = "octi_setup"
