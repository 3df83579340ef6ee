"""The settings of logs; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` makes attrs fields, but ruff only knows `attrs.field` by its name

from collections.abc import Mapping
from enum import StrEnum

import attrs

from octi.settings import one_of, setting, switch


class LogLevel(StrEnum):
    """The least important message that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks. AUTO: text on a terminal, JSON otherwise."""

    TEXT = "text"
    JSON = "json"
    AUTO = "auto"


class LogPart(StrEnum):
    """A part of octi that logs; its logger is `octi.` and this."""

    CASSETTE = "cassette"
    CLI = "cli"
    DIRECTORY = "directory"
    DRAIN = "drain"
    ENGINE = "engine"
    FRONT = "front"
    GUARD = "guard"
    HTTP = "http"
    LOOP = "loop"
    PROVIDER = "upstream"
    RECORDING = "recording"
    SERVE = "serve"
    SESSION = "session"
    SIMULATOR = "simulator"
    STEERING = "steering"
    STORE = "store"
    TRACES = "traces"
    VITALS = "vitals"


Levels = Mapping[LogPart, LogLevel]


def levels(said: str) -> Levels:
    """Parts and their levels, with commas between them."""
    found: dict[LogPart, LogLevel] = {}
    for pair in filter(None, map(str.strip, said.split(","))):
        part, equals, level = (each.strip().lower() for each in pair.partition("="))
        if part not in set(LogPart):
            raise ValueError(f"PART=LEVEL with commas between, such as store=debug; parts are {', '.join(LogPart)}")
        if not equals or level not in set(LogLevel):
            raise ValueError(f"PART=LEVEL with commas between; levels are {', '.join(LogLevel)}")
        found[LogPart(part)] = LogLevel(level)
    return found


@attrs.frozen(kw_only=True)
class LogConfig:
    """What is logged, and how. `levels` is "" where no part has a level of its own."""

    level: LogLevel = setting(
        "OCTI_LOG_LEVEL", "What is logged at least: debug, info, warning, error.", one_of(LogLevel), "info"
    )
    levels: Levels | str = setting(
        "OCTI_LOG_LEVELS",
        "Parts of octi whose level is another, such as store=debug,http=warning. docs/operations.md names them.",
        levels,
    )
    format: LogFormat = setting(
        "OCTI_LOG_FORMAT",
        "How a log line looks: text, json, auto.",
        one_of(LogFormat),
        "auto",
        otherwise="auto, which is text on a terminal and json otherwise",
    )
    transcripts: bool = setting(
        "OCTI_LOG_TRANSCRIPTS",
        "Log what is said, each turn with its words, as OCTI_REDACT leaves them: true, false.",
        switch,
        "false",
    )

    @property
    def by_part(self) -> Levels:
        """The parts' own levels."""
        return {} if isinstance(self.levels, str) else self.levels
