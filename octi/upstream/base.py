"""Whoever answers, as a session sees it: a port that opens legs, and what is asked of a fresh one."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import attrs
import msgspec

from octi.realtime.merging import merged
from octi.realtime.own_calls import merged_tools
from octi.websocket.base import Leg

Tools = tuple[Mapping[str, Any], ...]  # functions, as a session declares them
SETUP_ID = "octi_setup"
VAD: Mapping[str, Any] = {"threshold": 0.5, "prefix_padding_ms": 300}  # as the provider has it by itself


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


class Setup(Protocol):
    """What octi asks of a leg before it is used."""

    @property
    def attached(self) -> bool:
        """Was the conversation there before the leg, and will it be there after it? Then nobody greets."""

    @property
    def answers(self) -> bool:
        """Is there an agent, who can be told something?"""

    @property
    def instructions(self) -> str | None:
        """What the agent is told."""

    def saying(self, instructions: str) -> "Setup":
        """The same with other instructions."""

    def update(self) -> bytes:
        """The first `session.update`."""

    def completion(self, session: Mapping[str, Any]) -> bytes | None:
        """What is still to be asked for, where the session in force is this one; None: nothing."""


@attrs.frozen(kw_only=True)
class FreshSetup:
    """What octi asks of every fresh leg: who the agent is, and how it listens."""

    attached = False
    answers = True
    instructions: str | None  # one of the two, or neither for a client that brings its own
    prompt_id: str | None
    voice: str
    transcription_model: str
    turn_detection: str | None = "server_vad"  # None: the client says when a turn ends
    silence_ms: int = 500
    preset: Mapping[str, Any] = attrs.field(factory=dict)  # what the session's maker wants otherwise: a session object
    tools: Tools = ()  # octi's own, beside the maker's

    def saying(self, instructions: str) -> "FreshSetup":
        """See `Setup.saying`."""
        return attrs.evolve(self, instructions=instructions)

    def update(self) -> bytes:
        """See `Setup.update`."""
        return update_for(self.session())

    def completion(self, session: Mapping[str, Any]) -> bytes | None:
        """See `Setup.completion`: the update asked for everything."""
        return None

    def session(self) -> dict[str, Any]:
        """The session object that it asks for."""
        wanted = {name: value for name, value in self.preset.items() if name not in {"model", "instructions"}}
        session = merged(self._session(), wanted)
        if self.tools:
            session["tools"] = merged_tools(session.get("tools") or (), self.tools)
        return session

    def _session(self) -> dict[str, Any]:
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
            **VAD,
            "silence_duration_ms": self.silence_ms,
            "create_response": True,
            "interrupt_response": True,
        }


@attrs.frozen(kw_only=True)
class CallSetup:
    """What octi asks of a call that it joins: its instructions and its functions, beside what is there."""

    attached = True
    answers = True
    instructions: str | None
    tools: Tools = ()

    def saying(self, instructions: str) -> "CallSetup":
        """See `Setup.saying`."""
        return attrs.evolve(self, instructions=instructions)

    def update(self) -> bytes:
        """See `Setup.update`. It changes nothing: its answer says that octi is there, and what is (peers 5.2, 5.10)."""
        return update_for({"type": "realtime"})

    def completion(self, session: Mapping[str, Any]) -> bytes | None:
        """See `Setup.completion`."""
        wanted: dict[str, Any] = {}
        if self.instructions and self.instructions != session.get("instructions"):
            wanted["instructions"] = self.instructions
        there = [tool for tool in session.get("tools") or () if isinstance(tool, Mapping)]
        named = {tool.get("name") for tool in there}
        if any(tool["name"] not in named for tool in self.tools):
            wanted["tools"] = merged_tools(there, self.tools)
        return update_for({"type": "realtime", **wanted}) if wanted else None


@attrs.frozen(kw_only=True)
class TranscriptionSetup:
    """What octi asks of a leg that only transcribes: who writes down what is said, and how turns are heard."""

    attached = False
    answers = False
    instructions = None
    transcription_model: str
    turn_detection: str | None = "server_vad"  # None: the client says when a turn ends
    silence_ms: int = 500
    preset: Mapping[str, Any] = attrs.field(factory=dict)  # what the session's maker wants otherwise: a session object

    def saying(self, instructions: str) -> "TranscriptionSetup":
        """See `Setup.saying`: there is nobody to be told."""
        return self

    def update(self) -> bytes:
        """See `Setup.update`."""
        return update_for(merged({"type": "transcription", "audio": {"input": self._input()}}, self.preset))

    def completion(self, session: Mapping[str, Any]) -> bytes | None:
        """See `Setup.completion`: the update asked for everything."""
        return None

    def _input(self) -> dict[str, Any]:
        return {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": self.transcription_model},
            "turn_detection": self._turn_detection(),
        }

    def _turn_detection(self) -> dict[str, Any] | None:
        if self.turn_detection is None:
            return None
        return {"type": self.turn_detection, **VAD, "silence_duration_ms": self.silence_ms}


def update_for(session: Mapping[str, Any], event_id: str = SETUP_ID) -> bytes:
    """A `session.update`."""
    return msgspec.json.encode({"type": "session.update", "event_id": event_id, "session": session})
