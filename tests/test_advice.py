"""What octi advises of settings that it can use."""

from datetime import date
from pathlib import Path

from octi.advice import env_example, unknown_settings, warnings
from octi.config import PERSONA, Config, read_config
from octi.settings import all_settings

OPENAI = {"OPENAI_API_KEY": "sk-secret", "OCTI_SYSTEM_PROMPT": "Be kind."}


def test_a_language_model_that_is_not_the_usual_brain_is_told() -> None:
    """Whoever sets its address means to; neither key nor password is told, there and in the tree's repr."""
    env = {"OCTI_CHAT_URL": "http://me:hush@h/v1", "OCTI_CHAT_MODEL": "m", "OCTI_CHAT_KEY": "sk-chat"}
    assert warnings(read_config(env), date(2026, 11, 21)) == [
        "OCTI_CHAT_URL='http://me:***@h/v1': is only for sessions with the model 'chat'; for all set OCTI_BRAIN=chat"
    ]
    assert warnings(used := read_config({**env, "OCTI_BRAIN": "chat"}), date(2026, 11, 21)) == []
    assert "hush" not in repr(used)
    assert "sk-chat" not in repr(used)


def test_a_scenario_that_is_not_the_usual_brain_is_told() -> None:
    """Until it is."""
    env = {"OCTI_SCENARIO": "s.toml"}
    assert warnings(read_config(env), date(2026, 11, 21)) == [
        "OCTI_SCENARIO='s.toml': is only for sessions with the model 'scenario'; for all set OCTI_BRAIN=scenario"
    ]
    assert warnings(read_config({**env, "OCTI_BRAIN": "scenario"}), date(2026, 11, 21)) == []


def test_what_recordings_do_not_do_is_told() -> None:
    """Words are redacted, voices are not; and a bound that another one makes void."""
    env = {"OCTI_RECORD": "audio", "OCTI_REDACT": "email", "OCTI_RECORD_BUDGET_BYTES": "2000000"}
    assert warnings(read_config(env), date(2026, 11, 21)) == [
        "OCTI_RECORD has audio in it: what OCTI_REDACT takes out of words stays in the sound",
        "OCTI_RECORD_SESSION_BYTES=536870912: no recording becomes larger than OCTI_RECORD_BUDGET_BYTES=2000000",
    ]
    assert warnings(read_config({**env, "OCTI_RECORD": "wire"}), date(2026, 11, 21)) == []


def test_a_models_announced_end_is_told_with_date_and_successor() -> None:
    """For both models, before and after the day."""
    config = read_config(OPENAI)
    assert warnings(config, date(2026, 11, 21)) == [
        "OPENAI_REALTIME_MODEL='gpt-realtime': OpenAI ends this model on 2027-01-20; "
        "its successor is OPENAI_REALTIME_MODEL=gpt-realtime-2.1",
        "OCTI_TRANSCRIPTION_MODEL='gpt-4o-mini-transcribe': OpenAI ends this model on 2027-02-26; "
        "its successor is OCTI_TRANSCRIPTION_MODEL=gpt-live-transcribe",
    ]
    assert "OpenAI has ended this model on 2027-01-20" in warnings(config, date(2027, 1, 20))[0]


def test_models_that_stay_and_other_providers_models_bring_no_warning() -> None:
    """Another provider's model may have the same name and a longer life."""
    lasting = {"OPENAI_REALTIME_MODEL": "gpt-realtime-2.1", "OCTI_TRANSCRIPTION_MODEL": "gpt-live-transcribe"}
    other = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://localhost:8000", "OCTI_SYSTEM_PROMPT": "x"}
    for env in ({**OPENAI, **lasting}, other, {}):
        assert warnings(read_config(env), date(2026, 11, 21)) == []


def test_a_prompt_id_for_the_embedded_engine_is_told() -> None:
    """It starts all the same, with the built-in persona."""
    config = read_config({"OCTI_PROMPT_ID": "pmpt_1"})
    assert config.agent.prompt == PERSONA
    assert "OCTI_PROMPT_ID" in warnings(config, date(2026, 11, 21))[0]


def test_an_unknown_setting_is_told_with_the_nearest_known_name() -> None:
    """Without its value, and only if it is one of octi's names at all."""
    env = {"OCTI_PROMT_ID": "hush", "OCTI_QQQQQQQQ": "", "HOSTNAME": "x", "OCTI_BRAIN": "echo"}
    assert unknown_settings(env) == [
        "OCTI_PROMT_ID: octi has no such setting; is OCTI_PROMPT_ID meant?",
        "OCTI_QQQQQQQQ: octi has no such setting",
    ]


def test_the_example_file_is_current() -> None:
    """`.env.example` is what `env_example` writes; octi reads it as no setting at all."""
    written = (Path(__file__).parent.parent / ".env.example").read_text(encoding="utf-8")
    assert written == env_example(), (
        "run: python -c 'from octi.advice import *; print(env_example(), end=\"\")' > .env.example"
    )
    assert [line for line in written.splitlines() if line and not line.startswith("#")] == []


def test_the_example_file_tells_every_setting_and_its_default() -> None:
    """And an example that is taken over as it stands changes nothing."""
    lines = [line[1:] for line in env_example().splitlines() if line.startswith("#") and line[1] != " "]
    filled = dict(line.split("=", 1) for line in lines)
    assert filled.keys() == {spec.name for spec in all_settings(Config)}
    assert read_config(filled) == Config()
