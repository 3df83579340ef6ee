"""Fresh sessions as records."""

import uuid

import pytest

from octi.config import read_config
from octi.directory.opening import Opening, new_id
from octi.directory.wishes import Wish, decoded
from octi.errors import BadMessage
from octi.records import Extraction, SessionState
from tests.directory.scenes import counting


def opening() -> Opening:
    return Opening(config=read_config({}), upstream="scripted", random=counting())


def test_a_session_s_id_is_a_uuid() -> None:
    """As the first origin's clients expect."""
    assert uuid.UUID(new_id(counting())).version == 4


def test_a_wished_session_outlives_its_legs() -> None:
    """With everything that was wished."""
    wish = Wish(
        door="/session",
        model="m2",
        voice="marin",
        language="fr",
        instructions="Be brief.",
        schema="{}",
        extraction=Extraction.TURNS,
    )
    fresh = opening().wished(wish, 5.0)
    record = fresh.record
    assert (record.state, record.resumable, record.created_at) == (SessionState.CREATED, True, 5.0)
    assert (record.door, record.upstream, record.model, record.voice) == ("/session", "scripted", "m2", "marin")
    assert (record.language, record.schema, record.extraction) == ("fr", "{}", Extraction.TURNS)
    assert fresh.instructions == "Be brief."
    assert "instructions" not in decoded(record.config)
    assert decoded(record.config)["audio"]["output"]["voice"] == "marin"


def test_what_is_not_wished_is_as_configured() -> None:
    """Model, voice, and when a profile is extracted."""
    record = opening().wished(Wish(), 5.0).record
    assert (record.model, record.voice, record.extraction) == ("gpt-realtime", "alloy", Extraction.TURNS)


def test_a_text_session_has_no_voice() -> None:
    """However that was wished."""
    assert not opening().wished(Wish(text_only=True), 5.0).record.voice
    assert not opening().preset({"output_modalities": ["text"]}, "d", 5.0).record.voice


def test_a_preset_session_is_for_one_leg() -> None:
    """Its preset's model counts before the leg's; its profile is extracted when somebody asks."""
    fresh = opening().preset({"model": "m1", "instructions": "so"}, "octi", 5.0, "m2")
    assert (fresh.record.model, fresh.record.resumable, fresh.instructions) == ("m1", False, "so")
    assert fresh.record.extraction is Extraction.REQUEST
    assert opening().preset({}, "octi", 5.0, "m2").record.model == "m2"


def test_a_plain_session_is_as_the_settings_want_it() -> None:
    """And nothing else."""
    record = opening().plain("octi", 5.0).record
    assert (record.model, record.voice, record.config, record.door) == ("gpt-realtime", "alloy", "{}", "octi")


def test_a_preset_that_cannot_be_read_is_refused() -> None:
    """With the field at fault."""
    with pytest.raises(BadMessage):
        opening().wished(Wish(config={"audio": 5}), 5.0)
