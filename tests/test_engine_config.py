"""The embedded engine's settings; how they are read with all others is tested with those."""

import pytest

from octi.engine_config import BrainKind, EngineConfig, Language, broken_brain_rules, http_address


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


@pytest.mark.parametrize(
    ("engine", "missing"),
    [
        (EngineConfig(), []),
        (EngineConfig(brain=BrainKind.CHAT), ["OCTI_CHAT_URL", "OCTI_CHAT_MODEL"]),
        (EngineConfig(brain=BrainKind.SCENARIO), ["OCTI_SCENARIO"]),
        (EngineConfig(scenario="no.toml"), ["OCTI_SCENARIO='no.toml'"]),
        (EngineConfig(brain=BrainKind.SCENARIO, scenario="s.toml"), []),
    ],
)
def test_a_brain_has_what_it_needs(engine: EngineConfig, missing: list[str]) -> None:
    """Else it is named; a scenario is to be had wherever it is named, as sessions may ask for it."""
    broken = broken_brain_rules((), engine, lambda path: path == "s.toml")
    assert [why.partition(" ")[0].rstrip(":") for why in broken] == missing


def test_what_is_set_and_wrong_is_not_told_as_missing() -> None:
    """It was told already, by whoever read it."""
    said = {"OCTI_CHAT_URL", "OCTI_CHAT_MODEL"}
    assert list(broken_brain_rules(said, EngineConfig(brain=BrainKind.CHAT), lambda path: True)) == []
