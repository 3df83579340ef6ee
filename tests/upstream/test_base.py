"""What octi asks of every fresh leg."""

from typing import Any

import attrs
import msgspec

from octi.upstream.base import SETUP_ID, Setup

SETUP = Setup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="t-1")


def asked(setup: Setup) -> Any:
    """The session that the update asks for."""
    return msgspec.json.decode(setup.update())["session"]


def test_the_update_is_a_session_update_with_an_id() -> None:
    """So that a refusal of it can be told from others."""
    update = msgspec.json.decode(SETUP.update())
    assert (update["type"], update["event_id"], update["session"]["type"]) == ("session.update", SETUP_ID, "realtime")


def test_the_update_says_who_the_agent_is() -> None:
    """Its instructions, its voice, and that it speaks."""
    session = asked(SETUP)
    assert session["instructions"] == "Be kind."
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"}
    assert "prompt" not in session


def test_the_update_says_how_the_agent_listens() -> None:
    """Always with the silence that ends a turn: what providers take by default is not what they document."""
    assert asked(SETUP)["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "transcription": {"model": "t-1"},
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "create_response": True,
            "interrupt_response": True,
        },
    }


def test_a_prompt_may_be_kept_by_the_provider() -> None:
    """Then there are no instructions, which would replace it."""
    session = asked(attrs.evolve(SETUP, instructions=None, prompt_id="pmpt_1"))
    assert session["prompt"] == {"id": "pmpt_1"}
    assert "instructions" not in session


def test_a_client_may_end_its_turns_itself() -> None:
    """The detection is explicitly none: left out, it would be the provider's default."""
    assert asked(attrs.evolve(SETUP, turn_detection=None))["audio"]["input"]["turn_detection"] is None


def test_the_silence_can_be_chosen() -> None:
    """In milliseconds."""
    detection = asked(attrs.evolve(SETUP, silence_ms=800))["audio"]["input"]["turn_detection"]
    assert detection["silence_duration_ms"] == 800
