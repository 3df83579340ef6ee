"""A session's configuration, and how updates merge into it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.base import Line, Tool
from octi.engine.items import Entry
from octi.engine.patience import EAGERNESS
from octi.engine.requests import Alaw, ResponseOutput, ResponseSound, ResponseWish, VoiceName
from octi.engine.settings import (
    MOST_BYTES,
    SEMANTIC_VAD,
    VAD,
    Settings,
    choice_in,
    initial,
    language_in,
    tools_in,
    updated,
)
from octi.engine.turn_taking import Patience
from octi.errors import BadMessage
from tests.engine.wire import SESSION

NOON = 1_790_000_000.7


def session(*changes: dict[str, Any]) -> dict[str, Any]:
    """A fresh session after some updates."""
    values = initial("sess_1", "gpt-realtime", NOON)
    for change in changes:
        values = updated(values, {"type": "realtime", **change}, voice_locked=False)
    SESSION(values)
    return values


def heard(**audio_input: Any) -> dict[str, Any]:
    return {"audio": {"input": audio_input}}


def refusal(change: dict[str, Any], *, voice_locked: bool = False) -> BadMessage:
    with pytest.raises(BadMessage) as found:
        updated(session(), change, voice_locked=voice_locked)
    return found.value


def test_a_fresh_session_is_whole() -> None:
    """As protocol 2 prints it; the padding, the silence and both switches always said (traps 11 and 35)."""
    values = session()
    assert values["audio"]["input"]["turn_detection"] == VAD
    assert values["expires_at"] == 1_790_000_000 + 3600
    assert (values["id"], values["model"], values["tool_choice"]) == ("sess_1", "gpt-realtime", "auto")


def test_what_is_not_named_stays() -> None:
    """Field by field, inside audio and turn detection too."""
    values = session(
        heard(transcription={"model": "whisper-1", "language": "en"}),
        heard(turn_detection={"type": "server_vad", "silence_duration_ms": 200}),
        heard(turn_detection={"type": "server_vad", "threshold": 0.7}, transcription={"model": "other"}),
    )
    sound = values["audio"]["input"]
    assert sound["turn_detection"] == {**VAD, "silence_duration_ms": 200, "threshold": 0.7}
    assert sound["transcription"] == {"model": "other", "language": "en"}
    assert sound["format"] == {"type": "audio/pcm", "rate": 24000}
    assert values["audio"]["output"]["voice"] == "alloy"


def test_nothing_clears() -> None:
    """null, "" and []; what cannot be without a value gets its usual one."""
    tool = {"type": "function", "name": "f"}
    values = session(
        {"instructions": "Be brief.", "tools": [tool], "prompt": {"id": "p"}},
        {"instructions": "", "tools": [], "prompt": None},
        heard(turn_detection=None, transcription={}, noise_reduction={"type": "near_field"}),
        heard(transcription=None, noise_reduction=None, format=None),
        {"audio": {"output": {"format": None}}},
    )
    assert (values["instructions"], values["tools"], values["prompt"]) == ("", [], None)
    sound = values["audio"]["input"]
    assert (sound["turn_detection"], sound["transcription"], sound["noise_reduction"]) == (None, None, None)
    assert sound["format"] == values["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


def test_a_turn_detection_has_the_fields_of_its_kind() -> None:
    """All of them, and none of the other's; the switches survive a change of kind."""
    patient = heard(turn_detection={"type": "semantic_vad", "eagerness": "low"})
    off = heard(turn_detection={"type": "server_vad", "create_response": False, "threshold": 0.9})
    assert session(off, patient)["audio"]["input"]["turn_detection"] == {
        **SEMANTIC_VAD,
        "eagerness": "low",
        "create_response": False,
    }
    again = heard(turn_detection={"type": "server_vad", "threshold": None})
    assert session(heard(turn_detection=None), again)["audio"]["input"]["turn_detection"] == VAD


def test_a_format_without_its_rate_has_the_one_there_is() -> None:
    """24 000 samples a second (trap 13)."""
    assert session(heard(format={"type": "audio/pcm"}))["audio"]["input"]["format"]["rate"] == 24000


def test_a_tool_is_shown_as_it_was_declared() -> None:
    """Without nulls for what was left out."""
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    assert session({"tools": [tool]})["tools"] == [tool]


def test_an_update_leaves_the_old_configuration_alone() -> None:
    """A session that is refused an update goes on with what it had."""
    before = session()
    updated(
        before,
        {"type": "realtime", **heard(turn_detection={"type": "server_vad", "threshold": 0.9}, format=None)},
        voice_locked=False,
    )
    assert before == session()


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({}, "session.type", "missing_required_parameter"),
        ({"type": "nope"}, "session.type", "invalid_value"),
        ({"type": "transcription"}, None, "invalid_value"),
        ({"type": "realtime", "bogus_field": 1}, "session.bogus_field", "unknown_parameter"),
        ({"type": "realtime", "voice": "ash"}, "session.voice", "unknown_parameter"),
        ({"type": "realtime", "temperature": 0.8}, "session.temperature", "unknown_parameter"),
        ({"type": "realtime", "model": "other"}, "session.model", "invalid_value"),
        ({"type": "realtime", "model": ""}, "session.model", "invalid_value"),
        (
            {"type": "realtime", **heard(format={"type": "audio/pcm", "rate": 16000})},
            "session.audio.input.format.rate",
            "integer_below_min_value",
        ),
        (
            {"type": "realtime", **heard(turn_detection={"type": "server_vad", "nope": 1})},
            "session.audio.input.turn_detection.nope",
            "unknown_parameter",
        ),
        (
            {"type": "realtime", **heard(turn_detection={"type": "client_vad"})},
            "session.audio.input.turn_detection.type",
            "invalid_value",
        ),
        (
            {"type": "realtime", **heard(noise_reduction={"type": "none"})},
            "session.audio.input.noise_reduction.type",
            "invalid_value",
        ),
        (
            {"type": "realtime", **heard(format={"type": "audio/pcmu", "rate": 8000})},
            "session.audio.input.format.rate",
            "unknown_parameter",
        ),
        (
            {"type": "realtime", **heard(format={"type": "audio/opus"})},
            "session.audio.input.format.type",
            "invalid_value",
        ),
        (
            {"type": "realtime", **heard(transcription={"language": "de"})},
            "session.audio.input.transcription.language",
            "invalid_value",
        ),
        (
            {"type": "realtime", **heard(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999})},
            "session.audio.input.turn_detection.idle_timeout_ms",
            "integer_below_min_value",
        ),
        ({"type": "realtime", "max_output_tokens": 0}, "session.max_output_tokens", "integer_below_min_value"),
        ({"type": "realtime", "truncation": {"type": "x"}}, "session.truncation.type", "invalid_value"),
        ({"type": "realtime", "tracing": 7}, "session.tracing", "invalid_type"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], param: str | None, code: str) -> None:
    """With the provider's code and the field at fault."""
    found = refusal(change)
    assert (found.param, found.code) == (param, code)


def test_the_model_may_be_repeated() -> None:
    """Three official clients do (protocol 2)."""
    assert session({"model": "gpt-realtime"})["model"] == "gpt-realtime"


def test_a_locked_voice_can_only_be_repeated() -> None:
    """In whatever way it is named."""
    assert (
        refusal({"type": "realtime", "audio": {"output": {"voice": "ash"}}}, voice_locked=True).code
        == "cannot_update_voice"
    )
    same = {"type": "realtime", "audio": {"output": {"voice": "alloy", "speed": 1.5}}}
    assert updated(session(), same, voice_locked=True)["audio"]["output"]["speed"] == 1.5


def test_patience_is_what_the_turn_detection_says() -> None:
    """Its own numbers, eagerness as a silence, or nothing."""
    numbers = {"threshold": 0.6, "prefix_padding_ms": 100, "silence_duration_ms": 700}
    server = Settings(session(heard(turn_detection={"type": "server_vad", **numbers})))
    assert server.patience == Patience(**numbers)  # type: ignore[arg-type]  # whole where they have to be
    eager = Settings(session(heard(turn_detection={"type": "semantic_vad", "eagerness": "high"})))
    assert eager.patience == Patience(silence_duration_ms=EAGERNESS["high"].unclear)
    assert eager.listening.eagerness == EAGERNESS["high"]
    assert server.listening.eagerness is None
    assert eager.idle_timeout_ms is None
    assert Settings(session(heard(turn_detection=None))).patience is None


def test_a_format_of_the_telephones_has_no_rate() -> None:
    """Nor does the rate of the one before it stay."""
    values = session(
        {"audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcma"}}}}
    )
    assert values["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    settings = Settings(values)
    assert (settings.listening.format, settings.format_for(ResponseWish())) == ("audio/pcmu", "audio/pcma")
    assert session({"audio": values["audio"]}, heard(format={"type": "audio/pcm"})) == session(
        {"audio": {"output": {"format": {"type": "audio/pcma"}}}}
    )
    wish = ResponseWish(audio=ResponseSound(output=ResponseOutput(format=Alaw())))
    assert Settings(session()).format_for(wish) == "audio/pcma"


def test_the_language_is_the_transcriptions_or_the_engines_own() -> None:
    """Whatever its region."""
    assert Settings(session()).language == "en"
    assert Settings(session(), "fr").language == "fr"
    french = session(heard(transcription={"model": "whisper-1", "language": "fr-CA"}))
    assert Settings(french).language == Settings(french).listening.language == "fr"
    assert Settings(french).prompt(ResponseWish(), [], NOON).language == "fr"
    assert Settings(session(heard(transcription={"language": ""})), "fr").language == "fr"
    assert [language_in(tag) for tag in ("EN", "en_GB", "german", "")] == ["en", "en", None, None]


def test_the_transcriptions_model_says_whether_words_are_told_while_they_are_spoken() -> None:
    """Without one they are not."""
    for transcription, streams in ((None, False), ({}, False), ({"model": "gpt-4o-transcribe"}, True)):
        listening = Settings(session(heard(transcription=transcription))).listening
        assert (listening.transcribes, listening.streams) == (transcription is not None, streams)


def test_switches_are_off_without_turn_detection() -> None:
    """The client commits, asks and cancels."""
    by_hand = Settings(session(heard(turn_detection=None)))
    assert not by_hand.detects("create_response")
    assert by_hand.idle_timeout_ms is None
    quiet = Settings(session(heard(turn_detection={"type": "server_vad", "interrupt_response": False})))
    assert (quiet.detects("create_response"), quiet.detects("interrupt_response")) == (True, False)


def test_a_voice_has_a_name() -> None:
    """Its own id if it was made for a customer; another one for one response."""
    settings = Settings(session({"audio": {"output": {"voice": {"id": "voice_1"}}}}))
    assert settings.voice == "voice_1"
    for wished, voice in ((None, "voice_1"), ("ash", "ash"), (VoiceName("voice_2"), "voice_2")):
        wish = ResponseWish(audio=ResponseSound(output=ResponseOutput(voice=wished)))
        assert settings.voice_for(wish) == voice
    assert settings.voice_for(ResponseWish()) == "voice_1"


def test_a_prompt_is_the_sessions_or_the_responses_own() -> None:
    """Field by field."""
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
    settings = Settings(session({"instructions": "Be brief.", "tools": [tool], "tool_choice": "required"}))
    line = Entry("a", "message", "user", content=[{"type": "input_text", "text": "Hi"}])
    usual = settings.prompt(ResponseWish(), [line], NOON)
    assert (usual.instructions, usual.history, usual.tool_choice) == ("Be brief.", (Line("user", "Hi"),), "required")
    assert usual.tools == (Tool("f", "d", {"type": "object"}),)
    assert usual.now.timestamp() == NOON
    assert usual.now.tzinfo is not None
    own = settings.prompt(ResponseWish(instructions="", tools=[], tool_choice="none"), [], NOON)
    assert (own.instructions, own.tools, own.tool_choice) == ("", (), "none")


def test_a_choice_may_name_a_function() -> None:
    """By its name alone, for the brain."""
    assert choice_in({"type": "function", "name": "f"}) == "f"
    assert choice_in("auto") == "auto"
    assert tools_in([{"type": "function", "name": "f"}]) == (Tool("f", "", {}),)


CHANGES = some.fixed_dictionaries(
    {},
    optional={
        "instructions": some.text(max_size=3),
        "output_modalities": some.sampled_from([["audio"], ["text"], []]),
        "max_output_tokens": some.sampled_from([1, 4096, 4097, "inf"]),
        "tracing": some.sampled_from(["auto", None, {"workflow_name": "w"}]),
        "audio": some.fixed_dictionaries(
            {},
            optional={
                "input": some.fixed_dictionaries(
                    {},
                    optional={
                        "format": some.sampled_from([None, {"type": "audio/pcm"}, {"type": "audio/pcmu"}]),
                        "turn_detection": some.sampled_from(
                            [
                                None,
                                {"type": "server_vad"},
                                {"type": "server_vad", "idle_timeout_ms": 5000, "silence_duration_ms": None},
                                {"type": "semantic_vad", "eagerness": None},
                                {"threshold": 1},
                            ]
                        ),
                        "transcription": some.sampled_from([None, {}, {"language": "en"}]),
                    },
                ),
                "output": some.fixed_dictionaries(
                    {}, optional={"voice": some.sampled_from(["ash", {"id": "v"}, 7]), "speed": some.floats(0, 2)}
                ),
            },
        ),
    },
)


@given(some.lists(CHANGES, max_size=6))
def test_whatever_is_changed_the_session_stays_whole(changes: list[dict[str, Any]]) -> None:
    """Each update is taken, and shows, or is refused."""
    values = session()
    for change in changes:
        try:
            values = updated(values, {"type": "realtime", **change}, voice_locked=False)
        except BadMessage:
            continue
        SESSION(values)
        assert values["instructions"] == change.get("instructions", values["instructions"])
        settings = Settings(values)
        assert (settings.patience is None) == (settings.detection is None)
        assert 0.25 <= settings.speed <= 1.5
        assert settings.voice


def test_a_session_is_no_longer_than_can_be_told() -> None:
    """It is told with each update. The error names the largest of what was sent, and the limit."""
    tools = [{"type": "function", "name": "f", "description": "x" * MOST_BYTES}]
    with pytest.raises(BadMessage, match=str(MOST_BYTES)) as caught:
        updated(session(), {"type": "realtime", "instructions": "Be kind.", "tools": tools}, voice_locked=False)
    assert (caught.value.param, caught.value.code) == ("session.tools", "string_above_max_length")
