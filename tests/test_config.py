"""What octi makes of its environment, and what it says when it cannot."""

import pytest

from octi.config import (
    OPENAI_URL,
    PERSONA,
    Config,
    UpstreamKind,
    read_config,
)
from octi.engine_config import BrainKind, EngineConfig
from octi.errors import BadConfig
from octi.listen_config import TlsFiles
from octi.log_config import LogFormat, LogLevel
from octi.records import Extraction

OPENAI = {"OPENAI_API_KEY": "sk-secret", "OCTI_SYSTEM_PROMPT": "Be kind."}


def problems(env: dict[str, str], missing_files: frozenset[str] = frozenset()) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        read_config(env, can_read=lambda path: path not in missing_files)
    return list(caught.value.problems)


def test_nothing_set_is_a_gateway_with_its_own_engine() -> None:
    """The defaults of the table, and a persona, so that a bare machine can talk."""
    config = read_config({})
    assert config == Config()
    assert (config.upstream.kind, config.upstream.url, config.upstream.key) == (UpstreamKind.EMBEDDED, "", "")
    assert (config.listen.host, config.listen.port, config.listen.tls) == ("127.0.0.1", 8080, None)
    assert (config.agent.prompt, config.agent.voice, config.agent.silence_ms) == (PERSONA, "alloy", 500)
    assert config.store_url == "sqlite:///octi.db"
    assert (config.limits.max_message_bytes, config.limits.max_session_s) == (16 * 1024 * 1024, 3600.0)


def test_every_variable_reaches_its_place() -> None:
    """Each name of the table, with a value that is not its default."""
    config = read_config(
        {
            "OPENAI_API_KEY": "k",
            "OCTI_UPSTREAM": "azure",
            "OCTI_UPSTREAM_URL": "https://r.example/base/",
            "OPENAI_REALTIME_MODEL": "deployed",
            "OCTI_CONNECT_SECONDS": "2.5",
            "OCTI_SYSTEM_PROMPT": " Be brief.\nBe kind. ",
            "OCTI_DEFAULT_VOICE": "marin",
            "OCTI_TRANSCRIPTION_MODEL": "gpt-live-transcribe",
            "OCTI_SILENCE_MS": "700",
            "HOST": "::",
            "OCTI_AUTH": "none",
            "PORT": "0",
            "OCTI_TLS_CERT": "cert.pem",
            "OCTI_TLS_KEY": "key.pem",
            "OCTI_STORE_URL": "sqlite:////var/lib/octi/octi.db",
            "OCTI_BRAIN": "echo",
            "OCTI_CHAT_URL": "http://localhost:11434/v1/",
            "OCTI_CHAT_MODEL": "qwen3:8b",
            "OCTI_CHAT_KEY": "c",
            "OCTI_CHAT_SECONDS": "20",
            "OCTI_LANGUAGE": "fr",
            "OCTI_ENGINE_WORKERS": "3",
            "OCTI_LOG_LEVEL": "DEBUG",
            "OCTI_LOG_FORMAT": "json",
            "OCTI_MAX_MESSAGE_BYTES": "65536",
            "OCTI_MAX_SESSION_SECONDS": "60",
            "OCTI_MAX_SESSIONS": "9",
        }
    )
    upstream, agent, listen = config.upstream, config.agent, config.listen
    assert (upstream.kind, upstream.url, upstream.key) == (UpstreamKind.AZURE, "https://r.example/base", "k")
    assert (upstream.model, upstream.connect_s) == ("deployed", 2.5)
    assert (agent.prompt, agent.prompt_id, agent.voice) == ("Be brief.\nBe kind.", "", "marin")
    assert (agent.transcription_model, agent.silence_ms) == ("gpt-live-transcribe", 700)
    assert (listen.host, listen.port, listen.tls) == ("::", 0, TlsFiles(cert="cert.pem", key="key.pem"))
    assert config.store_url == "sqlite:////var/lib/octi/octi.db"
    assert (config.engine.brain, config.engine.workers) == (BrainKind.ECHO, 3)
    assert (config.engine.language, EngineConfig().language) == ("fr", "en")
    chat = config.engine.chat
    assert (chat.url, chat.model, chat.key, chat.answer_s) == ("http://localhost:11434/v1", "qwen3:8b", "c", 20.0)
    assert (config.log.level, config.log.format) == (LogLevel.DEBUG, LogFormat.JSON)
    limits = config.limits
    assert (limits.max_message_bytes, limits.max_session_s, limits.max_sessions) == (65_536, 60.0, 9)


def test_a_key_makes_openai_the_upstream() -> None:
    """At the provider's own address; another address of the provider's may be named."""
    assert read_config(OPENAI).upstream.kind is UpstreamKind.OPENAI
    assert read_config(OPENAI).upstream.url == OPENAI_URL
    elsewhere = read_config({**OPENAI, "OCTI_UPSTREAM_URL": "https://eu.api.openai.com"})
    assert (elsewhere.upstream.kind, elsewhere.upstream.url) == (UpstreamKind.OPENAI, "https://eu.api.openai.com")


def test_the_embedded_engine_can_be_chosen_beside_a_key() -> None:
    """So a filled .env does no harm while one works offline: the key and the address are not even read."""
    config = read_config({"OCTI_UPSTREAM": "embedded", "OPENAI_API_KEY": "not a key", "OCTI_UPSTREAM_URL": "nonsense"})
    assert config == Config()


def test_profiles_are_extracted_as_suits_who_answers() -> None:
    """A provider's model costs, octi's own rules do not; what is set holds with both."""
    with_provider = {"OPENAI_API_KEY": "k", "OCTI_SYSTEM_PROMPT": "x"}
    for env, when, cooldown_s in (({}, Extraction.TURNS, 2), (with_provider, Extraction.TOOL, 60)):
        said = read_config(env).extraction
        assert (said.when, said.cooldown_s) == (when, cooldown_s)
        said = read_config({**env, "OCTI_EXTRACTION": "request", "EXTRACTION_COOLDOWN_SECONDS": "7"}).extraction
        assert (said.when, said.cooldown_s) == (Extraction.REQUEST, 7)


def test_a_compatible_server_needs_no_key() -> None:
    """It needs an address and a prompt."""
    env = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "ws://localhost:8000", "OCTI_PROMPT_ID": "pmpt_1"}
    config = read_config(env)
    assert (config.upstream.key, config.agent.prompt, config.agent.prompt_id) == ("", "", "pmpt_1")


def test_an_empty_value_counts_as_none() -> None:
    """As `export X=` and unfilled lines of .env leave it."""
    assert read_config({"OPENAI_API_KEY": "", "PORT": " ", "OCTI_STORE_URL": ""}) == Config()


def test_the_first_origins_name_for_the_model_is_understood() -> None:
    """Either name, or both with one value."""
    assert read_config({"REALTIME_MODEL": "a"}).upstream.model == "a"
    assert read_config({"REALTIME_MODEL": "a", "OPENAI_REALTIME_MODEL": "a"}).upstream.model == "a"
    [line] = problems({"REALTIME_MODEL": "a", "OPENAI_REALTIME_MODEL": "b"})
    assert "REALTIME_MODEL='a'" in line
    assert "OPENAI_REALTIME_MODEL='b'" in line
    assert problems({"REALTIME_MODEL": "a b"}) == ["REALTIME_MODEL='a b': should be printable ASCII without spaces"]


def test_all_mistakes_are_told_at_once() -> None:
    """One line each, with variable, value and what would be right."""
    assert problems(
        {"PORT": "eighty", "OCTI_BRAIN": "large", "OCTI_SILENCE_MS": "-1", "OCTI_CONNECT_SECONDS": "0"}
    ) == [
        "OCTI_CONNECT_SECONDS='0': should be a number of seconds above 0, at most 300",
        "OCTI_SILENCE_MS='-1': should be a whole number from 10 to 10000",
        "PORT='eighty': should be a whole number from 0 to 65535",
        "OCTI_BRAIN='large': should be one of rules, echo, chat, scenario",
    ]


def test_a_secret_is_not_told() -> None:
    """Neither in a mistake's line nor in the tree's repr."""
    [line] = problems({"OPENAI_API_KEY": "sk secret", "OCTI_SYSTEM_PROMPT": "Be kind."})
    assert line == "OPENAI_API_KEY=***: should be printable ASCII without spaces"
    assert "sk-secret" not in repr(read_config(OPENAI))


def test_a_password_in_an_address_is_not_told() -> None:
    """In no line and no repr; the rest of the address is."""
    env = {"OCTI_UPSTREAM": "compatible", "OCTI_PROMPT_ID": "p", "OCTI_UPSTREAM_URL": "https://me:hush@host"}
    assert "me:***@host" in repr(read_config(env))
    assert "hush" not in repr(read_config(env))
    assert "hush" not in problems({**env, "OCTI_UPSTREAM_URL": "ftp://me:hush@host"})[0]
    assert "hush" not in problems({"OCTI_UPSTREAM_URL": "https://me:hush@host"})[0]


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"OCTI_UPSTREAM": "openai", "OCTI_SYSTEM_PROMPT": "x"}, "OPENAI_API_KEY is not set"),
        ({"OCTI_UPSTREAM": "azure", "OCTI_UPSTREAM_URL": "https://h", "OCTI_PROMPT_ID": "x"}, "OPENAI_API_KEY is not"),
        ({"OCTI_UPSTREAM": "azure", **OPENAI}, "OCTI_UPSTREAM_URL is not set"),
        ({"OCTI_UPSTREAM": "compatible", "OCTI_PROMPT_ID": "x"}, "OCTI_UPSTREAM_URL is not set"),
        ({"OCTI_UPSTREAM_URL": "https://h"}, "OCTI_UPSTREAM=compatible"),
        ({"OCTI_WARM_LEGS": "2"}, "OCTI_WARM_LEGS='2': should be 0 or left out: the embedded engine needs no legs"),
        ({**OPENAI, "OCTI_WARM_LEGS": "101"}, "OCTI_WARM_LEGS='101': should be a whole number from 0 to 100"),
        ({"OPENAI_API_KEY": "k"}, "OCTI_SYSTEM_PROMPT is not set"),
        ({**OPENAI, "OCTI_PROMPT_ID": "p"}, "OCTI_PROMPT_ID='p': should not be set beside OCTI_SYSTEM_PROMPT"),
        ({"OCTI_TLS_CERT": "c.pem"}, "OCTI_TLS_KEY is not set"),
        ({"OCTI_TLS_KEY": "k.pem"}, "OCTI_TLS_CERT is not set"),
        ({"OCTI_BRAIN": "chat", "OCTI_CHAT_MODEL": "m"}, "OCTI_CHAT_URL is not set"),
        ({"OCTI_BRAIN": "chat", "OCTI_CHAT_URL": "http://h/v1"}, "OCTI_CHAT_MODEL is not set"),
        ({"OCTI_BRAIN": "scenario"}, "OCTI_SCENARIO is not set"),
        ({"OCTI_CHAT_URL": "ws://h/v1"}, "OCTI_CHAT_URL='ws://h/v1': should be an http(s):// address"),
        ({"OCTI_CHAT_URL": "http://h?x"}, "OCTI_CHAT_URL='http://h?x': should be an http(s):// address"),
        ({"OCTI_UPSTREAM": "opnai"}, "OCTI_UPSTREAM='opnai': should be one of openai, azure, compatible, embedded"),
        ({"OCTI_STORE_URL": "mysql://h/db"}, "sqlite:///FILE"),
    ],
)
def test_what_does_not_fit_together_is_told(env: dict[str, str], named: str) -> None:
    """One mistake, one line, which names the variable to change."""
    [line] = problems(env)
    assert named in line


def test_a_brain_of_ones_own_is_not_asked_for_while_a_provider_answers() -> None:
    """So a filled .env does no harm the other way round either."""
    for brain in (BrainKind.CHAT, BrainKind.SCENARIO):
        assert read_config({**OPENAI, "OCTI_BRAIN": brain}).engine.brain is brain


def test_a_scenarios_file_is_looked_at_by_the_caller() -> None:
    """Whichever brain is the usual one: a session may ask for it. While a provider answers nobody looks."""
    for brain in BrainKind.RULES, BrainKind.SCENARIO:
        env = {"OCTI_SCENARIO": " s.toml ", "OCTI_BRAIN": brain}
        assert read_config(env).engine.scenario == "s.toml"
        assert problems(env, frozenset({"s.toml"})) == ["OCTI_SCENARIO='s.toml': should be a file that octi can read"]
    assert read_config({**OPENAI, "OCTI_SCENARIO": "s.toml"}, can_read=lambda path: False).engine.scenario == "s.toml"


def test_tls_files_are_looked_at_by_the_caller_alone() -> None:
    """The caller's function says which can be read; without one none is looked at."""
    env = {"OCTI_TLS_CERT": "/no/cert.pem", "OCTI_TLS_KEY": "/no/key.pem"}
    assert read_config(env).listen.tls == TlsFiles(cert="/no/cert.pem", key="/no/key.pem")
    assert problems(env, frozenset({"/no/key.pem"})) == [
        "OCTI_TLS_KEY='/no/key.pem': should be a file that octi can read"
    ]
