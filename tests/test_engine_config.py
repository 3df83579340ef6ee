"""The embedded engine's settings; how they are read with all others is tested with those."""

import pytest

from octi.engine_config import BrainKind, EngineConfig, Language, http_address


def test_without_a_word_the_engine_answers_by_its_rules_in_english() -> None:
    """A bare machine can talk."""
    engine = EngineConfig()
    assert (engine.brain, engine.language, engine.workers) == (BrainKind.RULES, Language.ENGLISH, 0)
    assert (engine.chat.url, engine.chat.model, engine.chat.key, engine.scenario) == ("", "", "", "")


def test_a_language_models_key_is_not_shown() -> None:
    """Should the settings ever stand in a log."""
    assert "key" not in repr(EngineConfig().chat)


@pytest.mark.parametrize("said", [" http://localhost:11434/v1/ ", "https://h.example/v1"])
def test_a_language_models_address_is_an_http_one(said: str) -> None:
    """Without its last slash."""
    assert http_address(said) == said.strip().rstrip("/")


@pytest.mark.parametrize("said", ["ws://h/v1", "h.example", "http://h?x", ""])
def test_what_is_no_such_address_is_told_what_would_be_right(said: str) -> None:
    with pytest.raises(ValueError, match="such as http://localhost"):
        http_address(said)
