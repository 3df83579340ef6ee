"""What the origins' secrets are preset to."""

from typing import Any

from octi.config import read_config
from octi.web.presets import agent_session, token_session, voice_in


def test_a_token_without_a_voice_is_for_a_session_that_writes() -> None:
    """And of the configured model."""
    assert token_session(read_config({}), None, None, False) == {
        "type": "realtime",
        "model": "gpt-realtime",
        "output_modalities": ["text"],
    }


def test_a_token_asks_for_its_voice_and_the_users_words() -> None:
    """The latter from the configured model."""
    session = token_session(read_config({"OCTI_TRANSCRIPTION_MODEL": "ears"}), "m", "marin", True)
    assert session == {
        "type": "realtime",
        "model": "m",
        "audio": {"output": {"voice": "marin"}, "input": {"transcription": {"model": "ears"}}},
    }


def test_the_agents_session_is_the_configured_one() -> None:
    """Its instructions are the directory's to add."""
    session = agent_session(read_config({"OCTI_DEFAULT_VOICE": "cedar"}))
    assert voice_in(session) == "cedar"
    assert "instructions" not in session


def test_a_voice_is_found_wherever_it_may_stand() -> None:
    """A voice by its id too; in what is no session, none."""
    assert voice_in({"audio": {"output": {"voice": {"id": "voice_1"}}}}) == "voice_1"
    odds: list[dict[str, Any]] = [{}, {"audio": 1}, {"audio": {"output": []}}, {"audio": {"output": {"voice": 7}}}]
    for odd in odds:
        assert voice_in(odd) == ""
