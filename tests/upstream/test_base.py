"""What octi asks of a leg before it is used."""

from typing import Any

import attrs
import msgspec

from octi.upstream.base import SETUP_ID, CallSetup, FreshSetup, Setup, TranscriptionSetup

SETUP = FreshSetup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="t-1")


def asked(setup: FreshSetup) -> Any:
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


TOOL = {"type": "function", "name": "extract_profile", "parameters": {"type": "object", "properties": {}}}
THEIRS = {"type": "function", "name": "book_table"}


def test_what_a_sessions_maker_wants_goes_over_the_defaults() -> None:
    """Field by field; the model is the address's, and the instructions are composed elsewhere."""
    preset = {"model": "x", "instructions": "no", "output_modalities": ["text"], "audio": {"output": {"speed": 1.2}}}
    session = asked(attrs.evolve(SETUP, preset=preset))
    assert session["output_modalities"] == ["text"]
    assert session["audio"]["output"]["speed"] == 1.2
    assert session["audio"]["output"]["voice"] == "alloy"
    assert session["instructions"] == "Be kind."
    assert "model" not in session


def test_octis_functions_stand_beside_the_makers() -> None:
    """None is overwritten."""
    session = asked(attrs.evolve(SETUP, preset={"tools": [THEIRS]}, tools=(TOOL,)))
    assert session["tools"] == [THEIRS, TOOL]


def test_without_functions_of_octis_none_are_declared() -> None:
    """Nobody is told of tools who wants none."""
    assert "tools" not in asked(SETUP)


def test_other_instructions_change_nothing_else() -> None:
    """Of a fresh leg, and of a call."""
    setup: Setup = SETUP.saying("Be brief.")
    assert setup == attrs.evolve(SETUP, instructions="Be brief.")
    assert CallSetup(instructions="a", tools=(TOOL,)).saying("b") == CallSetup(instructions="b", tools=(TOOL,))


def test_a_session_that_only_transcribes_is_asked_for_nothing_else() -> None:
    """Who writes, and how turns are heard, unless its maker wants it otherwise; there is nobody to be told anything."""
    setup: Setup = TranscriptionSetup(transcription_model="t-1", silence_ms=300)
    assert msgspec.json.decode(setup.update())["session"] == {
        "type": "transcription",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "t-1"},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 300,
                },
            }
        },
    }
    assert (setup.saying("Be brief."), setup.answers, setup.completion({})) == (setup, False, None)
    wanted = {"type": "transcription", "audio": {"input": {"turn_detection": None, "noise_reduction": {"type": "x"}}}}
    heard = msgspec.json.decode(TranscriptionSetup(transcription_model="t-1", preset=wanted).update())["session"]
    assert heard["audio"]["input"]["turn_detection"] is None
    assert heard["audio"]["input"]["transcription"] == {"model": "t-1"}
    assert heard["audio"]["input"]["noise_reduction"] == {"type": "x"}
    by_hand = TranscriptionSetup(transcription_model="t-1", turn_detection=None).update()
    assert msgspec.json.decode(by_hand)["session"]["audio"]["input"]["turn_detection"] is None


def test_a_call_is_first_asked_to_change_nothing() -> None:
    """Its answer says that octi is there, and what the call's session is."""
    assert asked_of(CallSetup(instructions="Be kind.", tools=(TOOL,)).update()) == {"type": "realtime"}


def asked_of(update: bytes | None) -> Any:
    """The session that an update asks for."""
    assert update is not None
    return msgspec.json.decode(update)["session"]


def test_a_call_gets_what_it_lacks() -> None:
    """Functions are merged with those of the browser, which may be anything."""
    setup = CallSetup(instructions="Be kind.", tools=(TOOL,))
    more = asked_of(setup.completion({"instructions": "Be rude.", "tools": [THEIRS]}))
    assert more == {"type": "realtime", "instructions": "Be kind.", "tools": [THEIRS, TOOL]}


def test_a_call_that_lacks_nothing_is_left_alone() -> None:
    """Every update is a risk and costs the provider's cache."""
    setup = CallSetup(instructions="Be kind.", tools=(TOOL,))
    assert setup.completion({"instructions": "Be kind.", "tools": [TOOL]}) is None
    assert CallSetup(instructions=None).completion({"instructions": "Be rude.", "tools": None}) is None


def test_only_a_fresh_leg_is_greeted() -> None:
    """A sideband is silent until it is asked something."""
    assert (SETUP.attached, CallSetup(instructions=None).attached) == (False, True)
    assert SETUP.completion({}) is None
