"""Session objects that the origins asked the provider for. Pure."""

from typing import Any

from octi.config import Config
from octi.directory.wishes import Wish, session_config

SessionObject = dict[str, Any]


def token_session(config: Config, model: str | None, voice: str | None, transcribe: bool) -> SessionObject:
    """What the first origin minted a secret for. Without a voice, the agent writes."""
    wish = Wish(model=model or "", voice=voice or "", text_only=not voice, transcribe=transcribe)
    return session_config(wish, config.agent, config.upstream.model)


def agent_session(config: Config) -> SessionObject:
    """What the second origin minted a secret for: the configured agent, whose instructions the directory adds."""
    return session_config(Wish(), config.agent, config.upstream.model)


def voice_in(session: SessionObject) -> str:
    """The voice of a session object, by its name or id; "" if none is named."""
    audio = session.get("audio")
    output = audio.get("output") if isinstance(audio, dict) else None
    voice = output.get("voice") if isinstance(output, dict) else None
    said = voice.get("id") if isinstance(voice, dict) else voice
    return said if isinstance(said, str) else ""
