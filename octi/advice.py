"""What a person who sets octi up should know: settings that will not last, or that octi does not know; and an example.

Pure, as `octi.config` is.
"""

import difflib
from collections.abc import Iterator, Mapping
from datetime import date

from octi.config import Config, UpstreamKind
from octi.engine_config import BrainKind
from octi.settings import Setting, all_settings, masked

# OpenAI's models whose end is announced: when, and what to use instead.
REALTIME_ENDS = date(2027, 1, 20)
TRANSCRIPTION_ENDS = date(2027, 2, 26)
ENDINGS: Mapping[str, tuple[date, str]] = {
    "gpt-realtime": (REALTIME_ENDS, "gpt-realtime-2.1"),
    "gpt-realtime-2025-08-28": (REALTIME_ENDS, "gpt-realtime-2.1"),
    "gpt-realtime-mini": (REALTIME_ENDS, "gpt-realtime-2.1-mini"),
    "gpt-realtime-mini-2025-12-15": (REALTIME_ENDS, "gpt-realtime-2.1-mini"),
    "gpt-audio-mini": (REALTIME_ENDS, "gpt-realtime-2.1-mini"),
    "gpt-audio-mini-2025-10-06": (REALTIME_ENDS, "gpt-realtime-2.1-mini"),
    "gpt-audio-mini-2025-12-15": (REALTIME_ENDS, "gpt-realtime-2.1-mini"),
    "whisper-1": (TRANSCRIPTION_ENDS, "gpt-live-transcribe"),
    "gpt-4o-transcribe": (TRANSCRIPTION_ENDS, "gpt-live-transcribe"),
    "gpt-4o-transcribe-diarize": (TRANSCRIPTION_ENDS, "gpt-live-transcribe"),
    "gpt-4o-mini-transcribe": (TRANSCRIPTION_ENDS, "gpt-live-transcribe"),
    "gpt-4o-mini-transcribe-2025-12-15": (TRANSCRIPTION_ENDS, "gpt-live-transcribe"),
}


def warnings(config: Config, today: date) -> list[str]:
    """What can be used, but not for long, or not as it is meant: a line each."""
    return [*upstream_warnings(config, today), *recording_warnings(config)]


def upstream_warnings(config: Config, today: date) -> list[str]:
    """What is about who answers."""
    kind, agent = config.upstream.kind, config.agent
    if kind is UpstreamKind.EMBEDDED:
        return list(engine_warnings(config))
    if kind is not UpstreamKind.OPENAI:
        return []  # another provider's models end when that provider says so
    models = {"OPENAI_REALTIME_MODEL": config.upstream.model, "OCTI_TRANSCRIPTION_MODEL": agent.transcription_model}
    return [ending(name, model, today) for name, model in models.items() if model in ENDINGS]


def recording_warnings(config: Config) -> Iterator[str]:
    """What recordings of sound do not do."""
    record = config.record
    if not record.audio:
        return
    if config.redact.kinds or config.redact.file:
        yield "OCTI_RECORD has audio in it: what OCTI_REDACT takes out of words stays in the sound"
    if record.session_bytes > record.budget_bytes:
        most = f"OCTI_RECORD_SESSION_BYTES={record.session_bytes}"
        yield f"{most}: no recording becomes larger than OCTI_RECORD_BUDGET_BYTES={record.budget_bytes}"


def engine_warnings(config: Config) -> Iterator[str]:
    """What the embedded engine does not use."""
    agent, engine = config.agent, config.engine
    if agent.prompt_id:
        yield f"OCTI_PROMPT_ID={agent.prompt_id!r}: the embedded engine has no prompts by id, and uses its own"
    if engine.chat.url and engine.brain is not BrainKind.CHAT:
        url = masked(engine.chat.url)
        yield f"OCTI_CHAT_URL={url!r}: is only for sessions with the model 'chat'; for all set OCTI_BRAIN=chat"
    if engine.scenario and engine.brain is not BrainKind.SCENARIO:
        who = f"OCTI_SCENARIO={engine.scenario!r}: is only for sessions with the model 'scenario'"
        yield f"{who}; for all set OCTI_BRAIN=scenario"


def ending(name: str, model: str, today: date) -> str:
    """The warning about one model whose end is announced."""
    when, successor = ENDINGS[model]
    ends = "has ended this model on" if when <= today else "ends this model on"
    return f"{name}={model!r}: OpenAI {ends} {when}; its successor is {name}={successor}"


def unknown_settings(env: Mapping[str, str]) -> list[str]:
    """A warning for each OCTI_… variable that octi does not know. Values are not shown: one may be a secret."""
    known = [name for spec in all_settings(Config) for name in (spec.name, spec.file_name) if name]
    unknown = sorted(name for name in env if name.startswith("OCTI_") and name not in known)
    return [unknown_setting(name, difflib.get_close_matches(name, known, n=1)) for name in unknown]


def unknown_setting(name: str, near: list[str]) -> str:
    """The warning about one variable, with the known name that is nearest to it."""
    return f"{name}: octi has no such setting" + (f"; is {near[0]} meant?" if near else "")


def env_example() -> str:
    """The text of `.env.example`: every setting with its meaning and default, commented out."""
    head = "# octi reads these from its environment, and from a file .env in its folder. None is needed to try it.\n"
    return "\n".join([head, *map(example_of, all_settings(Config))])


def example_of(spec: Setting) -> str:
    """One setting's lines in `.env.example`."""
    value = "" if spec.otherwise else spec.default
    filed = f"# Or in a file, whose path is in {spec.file_name}.\n" if spec.file_name else ""
    return f"# {spec.meaning}\n{filed}# Default: {spec.otherwise or spec.default or 'none'}\n#{spec.name}={value}\n"
