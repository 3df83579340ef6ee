"""octi's settings: one frozen tree, read once; all mistakes are reported at once, each by its variable's name.

Nothing here looks at the machine: the caller passes the environment, and may pass a function that knows whether a file
can be read. A setting is documented where it is declared, and `.env.example` is generated from that.
"""
# ruff: noqa: RUF009 - `setting` and `part` make attrs fields, but ruff only knows `attrs.field` by its name

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import attrs

from octi.access_config import AccessConfig, broken_access_rules
from octi.budget_config import BudgetConfig
from octi.engine_config import EngineConfig, broken_brain_rules
from octi.errors import BadConfig
from octi.guard_config import GuardConfig
from octi.hook_config import HookConfig, broken_hook_rules
from octi.limit_config import LimitConfig
from octi.listen_config import Listen, TlsFiles, broken_tls_rules
from octi.log_config import LogConfig
from octi.metrics_config import MetricsConfig
from octi.policy_config import PolicyConfig
from octi.record_config import RecordConfig
from octi.records import Extraction
from octi.redact_config import RedactConfig
from octi.secret_files import Read, no_files, with_files
from octi.settings import (
    all_settings,
    masked,
    one_of,
    part,
    read_part,
    seconds,
    setting,
    store_address,
    switch,
    text,
    web_address,
    whole,
    word,
)
from octi.trace_config import TraceConfig, broken_trace_rules

PERSONA = (
    "You are octi, a friendly voice assistant. Answer in one or two short sentences, the way people speak, "
    "in the language you are spoken to."
)
OPENAI_URL = "https://api.openai.com"


class UpstreamKind(StrEnum):
    """Who answers."""

    OPENAI = "openai"
    AZURE = "azure"
    COMPATIBLE = "compatible"
    EMBEDDED = "embedded"


class ExtractorKind(StrEnum):
    """Who reads a profile out of what was said."""

    MODEL = "model"
    RULES = "rules"


@attrs.frozen(kw_only=True)
class UpstreamConfig:
    """Who answers. `url` ends without a slash and is "" for the embedded engine; `key` is "" where there is none."""

    kind: UpstreamKind = setting(
        "OCTI_UPSTREAM",
        "Who answers: openai, azure, compatible (speaks the same protocol), embedded (octi's own engine).",
        one_of(UpstreamKind),
        "embedded",
        otherwise="openai with a key, embedded without",
    )
    url: str = setting(
        "OCTI_UPSTREAM_URL",
        "Base address of the provider, for azure and compatible.",
        web_address,
        otherwise="the provider's own",
    )
    key: str = setting("OPENAI_API_KEY", "The provider's key. It never leaves octi.", word, secret=True)
    model: str = setting(
        "OPENAI_REALTIME_MODEL",
        "The provider's model (for azure: your deployment's name). REALTIME_MODEL means the same.",
        word,
        "gpt-realtime",
        alias="REALTIME_MODEL",
    )
    connect_s: float = setting(
        "OCTI_CONNECT_SECONDS", "How long the provider may take to answer a new connection.", seconds(300), "10"
    )
    warm_legs: int = setting(
        "OCTI_WARM_LEGS",
        "How many connections to the provider wait for the next sessions, which then begin without setting one up; "
        "each is renewed after five minutes. The provider may count them as sessions. 0: none.",
        whole(0, 100),
        "0",
    )


@attrs.frozen(kw_only=True)
class Agent:
    """What the agent is and how it sounds. `prompt` is "" where the provider keeps it, under `prompt_id`."""

    prompt: str = setting(
        "OCTI_SYSTEM_PROMPT",
        "What the agent is told to be and do. A real provider needs this or OCTI_PROMPT_ID.",
        text,
        PERSONA,
        otherwise="a built-in persona for the embedded engine",
    )
    prompt_id: str = setting("OCTI_PROMPT_ID", "A prompt kept by the provider, instead of OCTI_SYSTEM_PROMPT.", word)
    voice: str = setting("OCTI_DEFAULT_VOICE", "The agent's voice, where a client names none.", word, "alloy")
    transcription_model: str = setting(
        "OCTI_TRANSCRIPTION_MODEL", "The provider's model for the user's words.", word, "gpt-4o-mini-transcribe"
    )
    silence_ms: int = setting(
        "OCTI_SILENCE_MS", "How much silence ends the user's turn, in milliseconds.", whole(10, 10_000), "500"
    )


@attrs.frozen(kw_only=True)
class SessionsConfig:
    """How sessions that are made over HTTP are opened and watched."""

    secret_s: int = setting(
        "OCTI_SECRET_SECONDS", "How long a client secret opens sessions, in seconds.", whole(10, 7200), "600"
    )
    call_idle_s: float = setting(
        "OCTI_CALL_IDLE_SECONDS",
        "How long a call whose audio does not pass octi may go on with nobody saying a word.",
        seconds(86_400),
        "300",
    )
    debug_events: bool = setting(
        "SIDEBAND_DEBUG_EVENTS", "Log the type of every event that a sideband hears: true, false.", switch, "false"
    )


@attrs.frozen(kw_only=True)
class ExtractionConfig:
    """How profiles are read out of what was said. `cooldown_s` is for the model's own calls."""

    when: Extraction = setting(
        "OCTI_EXTRACTION",
        "When a session made over HTTP has its profile extracted: request (only when asked for), tool (also when the "
        "agent calls extract_profile), turns (also after each of the user's turns).",
        one_of(Extraction),
        "turns",
        otherwise="tool with a provider, turns with the embedded engine",
    )
    by: ExtractorKind = setting(
        "OCTI_EXTRACTOR",
        "Who extracts: model (the provider's, by its Responses API), rules (octi's own, English and French).",
        one_of(ExtractorKind),
        "model",
        otherwise="model with a provider; the embedded engine always uses rules",
    )
    model: str = setting("OCTI_EXTRACTION_MODEL", "The provider's model that extracts profiles.", word, "gpt-5-mini")
    cooldown_s: float = setting(
        "EXTRACTION_COOLDOWN_SECONDS",
        "How long after one extraction there is none but on request.",
        seconds(86_400),
        "2",
        otherwise="60 with a provider, 2 with the embedded engine",
    )


@attrs.frozen(kw_only=True)
class Limits:
    """How large and how long things may be."""

    max_message_bytes: int = setting(
        "OCTI_MAX_MESSAGE_BYTES",
        "The largest WebSocket message that is taken from either side, in bytes.",
        whole(1024, 1 << 30),
        str(16 << 20),
    )
    max_sessions: int = setting(
        "OCTI_MAX_SESSIONS",
        "How many sessions may be live at once; more are refused with 503. 0: any number.",
        whole(0, 1_000_000),
        "0",
        otherwise="any number; with the embedded engine 12 for each of its workers",
    )
    max_session_s: float = setting(
        "OCTI_MAX_SESSION_SECONDS", "How long one session may last.", seconds(7 * 86_400), "3600"
    )
    drain_s: float = setting(
        "OCTI_DRAIN_SECONDS",
        "How long octi may take to end when it is told to (SIGTERM): the turns under way, goodbyes, the last rows.",
        seconds(3600),
        "30",
    )


@attrs.frozen(kw_only=True)
class Config:
    """Everything that can be set."""

    upstream: UpstreamConfig = part(UpstreamConfig)
    agent: Agent = part(Agent)
    listen: Listen = part(Listen)
    store_url: str = setting(
        "OCTI_STORE_URL",
        "Where sessions and transcripts are kept: sqlite:///FILE, postgresql://USER:PASSWORD@HOST/DATABASE.",
        store_address,
        "sqlite:///octi.db",
        by_file=True,  # there may be a password in it
    )
    redact: RedactConfig = part(RedactConfig)
    engine: EngineConfig = part(EngineConfig)
    sessions: SessionsConfig = part(SessionsConfig)
    extraction: ExtractionConfig = part(ExtractionConfig)
    record: RecordConfig = part(RecordConfig)
    log: LogConfig = part(LogConfig)
    metrics: MetricsConfig = part(MetricsConfig)
    traces: TraceConfig = part(TraceConfig)
    limits: Limits = part(Limits)
    client_limits: LimitConfig = part(LimitConfig)
    access: AccessConfig = part(AccessConfig)
    guard: GuardConfig = part(GuardConfig)
    budgets: BudgetConfig = part(BudgetConfig)
    policy: PolicyConfig = part(PolicyConfig)
    hooks: HookConfig = part(HookConfig)


def read_config(
    env: Mapping[str, str], *, can_read: Callable[[str], bool] = lambda path: True, read: Read = no_files
) -> Config:
    """The settings in an environment. A variable with an empty value counts as not set.

    can_read: whether a file exists and may be read. By default no file is looked at, and each is taken to be there.
    read: what is in the file of a secret. By default none is.

    Raises BadConfig with every mistake.
    """
    problems: list[str] = []
    said = {name: value for name, value in env.items() if value.strip()}
    said = with_files(said, all_settings(Config), read, problems)
    config = without_idle_prompt(Config(**read_part(Config, with_defaults(said), problems)))
    problems += broken_rules(said, config, can_read)
    if problems:
        raise BadConfig(problems)
    return config


# A provider's model costs something each time that it reads what was said. Octi's own rules, which the embedded engine
# uses, do not, and its brain seldom calls a function unasked: the fields' defaults are for that.
PROVIDER_DEFAULTS: Mapping[str, str] = {"OCTI_EXTRACTION": "tool", "EXTRACTION_COOLDOWN_SECONDS": "60"}


def with_defaults(said: Mapping[str, str]) -> dict[str, str]:
    """The variables, and those whose default depends on another."""
    kind = said.get("OCTI_UPSTREAM") or ("openai" if "OPENAI_API_KEY" in said else "embedded")
    match kind.strip().lower():
        case UpstreamKind.OPENAI:
            return {**PROVIDER_DEFAULTS, "OCTI_UPSTREAM_URL": OPENAI_URL, **said, "OCTI_UPSTREAM": kind}
        case UpstreamKind.EMBEDDED:  # a key and an address may stay in .env while one tries things offline
            unused = {"OPENAI_API_KEY", "OCTI_UPSTREAM_URL"}
            return {name: value for name, value in said.items() if name not in unused}
        case _:
            return {**PROVIDER_DEFAULTS, **said, "OCTI_UPSTREAM": kind}


def without_idle_prompt(config: Config) -> Config:
    """The built-in persona gives way to a prompt that a real provider keeps."""
    if config.upstream.kind is UpstreamKind.EMBEDDED or not config.agent.prompt_id:
        return config
    return attrs.evolve(config, agent=attrs.evolve(config.agent, prompt=""))


def broken_rules(said: Mapping[str, str], config: Config, can_read: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong between variables that may each be right alone."""
    yield from broken_upstream_rules(said, config.upstream.kind)
    if config.upstream.warm_legs and config.upstream.kind is UpstreamKind.EMBEDDED:
        yield f"OCTI_WARM_LEGS={said['OCTI_WARM_LEGS']!r}: should be 0 or left out: the embedded engine needs no legs"
    if config.upstream.kind is UpstreamKind.EMBEDDED:  # else they may stay as they are, for when it is tried again
        yield from broken_brain_rules(said.keys(), config.engine, can_read)
    yield from broken_prompt_rules(said, config.upstream.kind)
    yield from broken_tls_rules(config.listen.tls or TlsFiles(), can_read)
    yield from broken_model_rules(said)
    yield from broken_trace_rules(config.traces, can_read)
    yield from broken_access_rules(said, config.access, config.listen.host)
    yield from broken_hook_rules(config.hooks, can_read)
    if config.guard.rules and not can_read(config.guard.rules):
        yield f"OCTI_RULES={config.guard.rules!r}: should be a file that octi can read"


def broken_upstream_rules(said: Mapping[str, str], kind: UpstreamKind) -> Iterator[str]:
    """Key and address are there where they are needed, and an address is not set in vain."""
    if kind in {UpstreamKind.OPENAI, UpstreamKind.AZURE} and "OPENAI_API_KEY" not in said:
        yield f"OPENAI_API_KEY is not set: should be the key for OCTI_UPSTREAM={kind}"
    if kind in {UpstreamKind.AZURE, UpstreamKind.COMPATIBLE} and "OCTI_UPSTREAM_URL" not in said:
        yield f"OCTI_UPSTREAM_URL is not set: should be the base address for OCTI_UPSTREAM={kind}"
    if "OCTI_UPSTREAM_URL" in said and not said.keys() & {"OCTI_UPSTREAM", "OPENAI_API_KEY"}:
        url = masked(said["OCTI_UPSTREAM_URL"])
        yield f"OCTI_UPSTREAM_URL={url!r}: should come with OCTI_UPSTREAM=compatible or OCTI_UPSTREAM=azure"


def broken_prompt_rules(said: Mapping[str, str], kind: UpstreamKind) -> Iterator[str]:
    """A real provider gets a prompt or the id of one; nobody gets both."""
    prompts = said.keys() & {"OCTI_SYSTEM_PROMPT", "OCTI_PROMPT_ID"}
    if not prompts and kind is not UpstreamKind.EMBEDDED:
        yield f"OCTI_SYSTEM_PROMPT is not set: should be, or else OCTI_PROMPT_ID, for OCTI_UPSTREAM={kind}"
    if len(prompts) == 2:
        yield f"OCTI_PROMPT_ID={said['OCTI_PROMPT_ID']!r}: should not be set beside OCTI_SYSTEM_PROMPT"


def broken_model_rules(said: Mapping[str, str]) -> Iterator[str]:
    """The model's two names do not contradict each other."""
    models = [said[name].strip() for name in ("OPENAI_REALTIME_MODEL", "REALTIME_MODEL") if name in said]
    if len(set(models)) == 2:
        yield f"REALTIME_MODEL={models[1]!r}: should not contradict OPENAI_REALTIME_MODEL={models[0]!r}; set only one"
