"""Wishes, as the provider's session object."""

from typing import Any

import pytest

from octi.config import Agent, read_config
from octi.directory.wishes import (
    Wish,
    check_schema,
    completed,
    composed,
    decoded,
    encoded,
    preset_with,
    read_preset,
    session_config,
    without_instructions,
)
from octi.errors import BadMessage

AGENT: Agent = read_config({"OCTI_SYSTEM_PROMPT": "Be kind."}).agent


def config_of(**wish: Any) -> dict[str, Any]:
    return session_config(Wish(**{"transcribe": False, **wish}), AGENT, "m1")


def test_who_wishes_nothing_gets_what_is_configured() -> None:
    """Model and voice."""
    assert config_of() == {"type": "realtime", "model": "m1", "audio": {"output": {"voice": "alloy"}}}


def test_a_text_session_has_no_voice() -> None:
    """Nothing is said of audio that goes out."""
    assert config_of(text_only=True, voice="marin") == {
        "type": "realtime",
        "model": "m1",
        "output_modalities": ["text"],
    }


def test_model_and_voice_are_as_wished() -> None:
    """In the protocol's places."""
    config = config_of(model="m2", voice="marin", instructions="Be brief.")
    assert (config["model"], config["audio"]["output"]["voice"]) == ("m2", "marin")
    assert config["instructions"] == "Be brief."


def test_the_user_s_words_are_asked_for() -> None:
    """With the configured model, in the user's language if that is known."""
    assert config_of(transcribe=True)["audio"]["input"] == {"transcription": {"model": "gpt-4o-mini-transcribe"}}
    assert config_of(transcribe=True, language="fr")["audio"]["input"]["transcription"]["language"] == "fr"
    assert "input" not in config_of(language="fr")["audio"]


def test_more_of_the_session_object_is_merged_in() -> None:
    """Field by field, the nested ones too; it has the last word."""
    config = config_of(transcribe=True, config={"tools": [], "audio": {"output": {"speed": 1.2}}})
    assert config["tools"] == []
    assert config["audio"]["output"] == {"voice": "alloy", "speed": 1.2}
    assert config["audio"]["input"]["transcription"]
    assert "audio" not in config_of(config={"output_modalities": ["text"]})


def test_the_prompt_that_a_provider_keeps_is_named() -> None:
    """Unless another one is."""
    agent = read_config({"OPENAI_API_KEY": "sk", "OCTI_PROMPT_ID": "pmpt_1"}).agent
    assert session_config(Wish(), agent, "m")["prompt"] == {"id": "pmpt_1"}
    assert session_config(Wish(config={"prompt": None}), agent, "m")["prompt"] is None


def test_completing_what_is_complete_changes_nothing() -> None:
    """And an empty model is none."""
    config = config_of(voice="marin", instructions="so")
    assert completed(config, AGENT, "other") == config
    assert completed({"model": None}, AGENT, "m1")["model"] == "m1"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"audio": 5}, "session.audio"),
        ({"audio": {"output": {"voice": 5}}}, "session.audio.output.voice"),
        ({"output_modalities": "text"}, "session.output_modalities"),
        ({"instructions": []}, "session.instructions"),
        ({"type": None}, "session.type"),
    ],
)
def test_a_session_object_that_octi_cannot_read_is_refused(config: dict[str, Any], field: str) -> None:
    """With the field at fault."""
    with pytest.raises(BadMessage) as caught:
        config_of(config=config)
    assert caught.value.param == field


def test_what_octi_does_not_read_is_the_provider_s_affair() -> None:
    """Unknown fields, and new kinds of known ones."""
    config = {"tracing": {"x": 1}, "audio": {"input": {"noise_reduction": 7}}, "fresh": True}
    assert config_of(config=config)["fresh"] is True


def test_voice_and_language_are_read_back() -> None:
    """A voice of one's own has an id."""
    preset = read_preset({"audio": {"output": {"voice": {"id": "v1"}}, "input": {"transcription": {"language": "fr"}}}})
    assert (preset.voice, preset.language) == ("v1", "fr")
    assert (read_preset({}).voice, read_preset({}).language) == ("", "")
    assert read_preset({"output_modalities": ["text"], "audio": {"output": {"voice": "x"}}}).voice == ""


def test_the_agent_is_told_the_base_prompt_and_the_maker_s() -> None:
    """In layers."""
    assert composed(AGENT, "Be brief.") == "Be kind.\n\nBe brief."
    assert composed(AGENT, "") == "Be kind."


def test_a_secret_presets_composed_instructions_and_octi_s_tools() -> None:
    """Tools are merged: those of the session stay."""
    theirs, own = {"type": "function", "name": "theirs"}, {"type": "function", "name": "own"}
    preset = preset_with({"model": "m", "instructions": "raw", "tools": [theirs]}, "composed", [own])
    assert preset == {"model": "m", "instructions": "composed", "tools": [theirs, own]}
    assert preset_with({"instructions": "raw"}, "") == {}


def test_a_record_keeps_a_session_object_without_its_instructions() -> None:
    """They are kept in layers; the rest comes back as it was."""
    config = {"model": "m", "instructions": "so"}
    assert decoded(encoded(without_instructions(config))) == {"model": "m"}


@pytest.mark.parametrize(("schema", "field"), [("{", "schema"), ("[]", "schema"), ("{}", "schema.properties")])
def test_a_schema_that_cannot_be_used_is_refused(schema: str, field: str) -> None:
    """With the field at fault."""
    with pytest.raises(BadMessage) as caught:
        check_schema(schema)
    assert caught.value.param == field


def test_no_schema_is_the_default_one() -> None:
    """And one that can be used is taken."""
    check_schema("")
    check_schema('{"type": "object", "properties": {"city": {"type": "string"}}}')


def test_what_an_agent_is_told_is_not_in_a_repr() -> None:
    """Wishes may be logged."""
    assert "hidden" not in repr(Wish(instructions="hidden", config={"instructions": "hidden"}))
