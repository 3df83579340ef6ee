"""The embedded engine's settings; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` and `part` make attrs fields, but ruff only knows `attrs.field` by its name

from collections.abc import Callable, Collection, Iterator
from enum import StrEnum

import attrs

from octi.settings import one_of, part, seconds, setting, text, web_address, whole, word


class BrainKind(StrEnum):
    """What the embedded engine answers with."""

    RULES = "rules"
    ECHO = "echo"
    CHAT = "chat"
    SCENARIO = "scenario"


class Language(StrEnum):
    """What the embedded engine hears and speaks, as ISO 639-1 has it."""

    ENGLISH = "en"
    FRENCH = "fr"


def http_address(said: str) -> str:
    """An http address to which a path can be added; without its last slash."""
    right = "an http(s):// address without a query, such as http://localhost:11434/v1"
    try:
        if (address := web_address(said)).startswith("http"):
            return address
    except ValueError:
        raise ValueError(right) from None
    raise ValueError(right)


@attrs.frozen(kw_only=True)
class ChatConfig:
    """The language model of the brain `chat`. `key` is "" for a server that wants none."""

    url: str = setting(
        "OCTI_CHAT_URL", "For OCTI_BRAIN=chat: an OpenAI-compatible address, up to its /v1.", http_address
    )
    model: str = setting("OCTI_CHAT_MODEL", "For OCTI_BRAIN=chat: the model's name, as that server has it.", word)
    key: str = setting("OCTI_CHAT_KEY", "For OCTI_BRAIN=chat: that server's key, if it wants one.", word, secret=True)
    answer_s: float = setting(
        "OCTI_CHAT_SECONDS", "How long that server may be waited for over one answer.", seconds(600), "60"
    )


@attrs.frozen(kw_only=True)
class EngineConfig:
    """The embedded engine. `workers` 0: one for each core, at most 4."""

    brain: BrainKind = setting(
        "OCTI_BRAIN",
        "What the embedded engine answers with: rules, echo, chat, scenario. A session that asks for a model of one of "
        "these names has that one.",
        one_of(BrainKind),
        "rules",
    )
    chat: ChatConfig = part(ChatConfig)
    scenario: str = setting("OCTI_SCENARIO", "For OCTI_BRAIN=scenario: a file with a scenario (TOML or JSON).", text)
    language: Language = setting(
        "OCTI_LANGUAGE",
        "What the embedded engine hears and speaks in sessions that name no language: en, fr. To understand French it "
        "needs the extra engine-fr (make french).",
        one_of(Language),
        "en",
    )
    workers: int = setting(
        "OCTI_ENGINE_WORKERS", "Processes that hear and speak; 0 for one per core, at most 4.", whole(0, 64), "0"
    )


def broken_brain_rules(said: Collection[str], engine: EngineConfig, can_read: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong between a brain and what it needs: a language model, or a scenario that can be read.

    said: the variables that are set.
    """
    if engine.brain is BrainKind.CHAT and "OCTI_CHAT_URL" not in said:
        yield "OCTI_CHAT_URL is not set: should be the address of a language model for OCTI_BRAIN=chat"
    if engine.brain is BrainKind.CHAT and "OCTI_CHAT_MODEL" not in said:
        yield "OCTI_CHAT_MODEL is not set: should be the language model's name for OCTI_BRAIN=chat"
    if engine.brain is BrainKind.SCENARIO and not engine.scenario:
        yield "OCTI_SCENARIO is not set: should be a scenario's file for OCTI_BRAIN=scenario"
    if engine.scenario and not can_read(engine.scenario):
        yield f"OCTI_SCENARIO={engine.scenario!r}: should be a file that octi can read"
