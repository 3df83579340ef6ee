"""One shape for every log line: an event, ids as fields, as JSON or as text.

What is said in a conversation is in no line, unless it is asked for; what opens doors is in none at all. Octi's own
lines do not say such things, and behind them stand three that hold for libraries' lines, too: exceptions are logged
without their words (`octi.observe.plain`), keys are hidden wherever they stand and fields are cut
(`octi.observe.tidy`), and a library is heard from its warnings on: below, it may log what it is sent.
"""

import logging
import sys
import threading
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from stamina.instrumentation import set_on_retry_hooks

from octi.log_config import LogLevel, LogPart
from octi.observe.plain import trace
from octi.observe.tidy import Hide, Line, hides, printable, tidied

OCTI = "octi"  # the logger above all of octi's own
QUIET = (
    "websockets",
    "opentelemetry",
    "urllib3",
)  # libraries that log errors of their peers as errors: octi says what came of them
NO_LEVELS: Mapping[LogPart, LogLevel] = {}
SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def set_up_logs(
    level: str,
    *,
    json: bool,
    levels: Mapping[LogPart, LogLevel] = NO_LEVELS,
    secrets: Collection[str] = (),
    stream: TextIO = sys.stderr,
) -> None:
    """Send everything that is logged in this process to one stream, in one shape. Called once, by the command line.

    levels: of parts that have their own. secrets: what must never stand in a line, wherever it comes from.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    set_on_retry_hooks([])  # stamina's own repeats an error's words; who tries again logs it
    handler = Handler(stream)
    handler.setFormatter(formatter(json=json, colors=not json and stream.isatty(), hide=hides(secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_number(level), logging.WARNING))
    set_levels(level, levels)


def set_levels(level: str, levels: Mapping[LogPart, LogLevel]) -> None:
    """From which level on octi and its parts are heard."""
    for name in list(logging.getLogger().manager.loggerDict):
        if name.startswith(f"{OCTI}."):
            logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger(OCTI).setLevel(_number(level))
    for part, own in levels.items():
        logging.getLogger(f"{OCTI}.{part}").setLevel(_number(own))
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def hear_strays() -> None:
    """Have Python's own words about errors that nobody handles in the log, too: they would be shown in full."""
    loud, log = sys.excepthook, structlog.get_logger(f"{OCTI}.serve")

    def crashed(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
        if isinstance(error, Exception):
            log.critical("octi crashed", exc_info=error)
        else:  # Ctrl-C
            loud(kind, error, place)

    def thread_crashed(what: threading.ExceptHookArgs) -> None:
        log.error("a thread crashed", thread=what.thread and what.thread.name, exc_info=what.exc_value)

    def unheard(what: "sys.UnraisableHookArgs") -> None:
        log.error("an error that nobody could handle", exc_info=what.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = crashed, thread_crashed, unheard
    logging.captureWarnings(True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


class Handler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be written is lost: logging's own complaint would show all that is in it."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing."""


def formatter(*, json: bool, colors: bool, hide: Hide) -> logging.Formatter:
    """Lines as JSON objects, or as text for people."""
    last: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if json
        # Strings as they would be written in code: a path from outside must not steer the terminal.
        else [_unsteering, structlog.dev.ConsoleRenderer(colors=colors, repr_native_str=True, sort_keys=False)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(SHARED),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, traced, tidied(hide), *last],
    )


def traced(_logger: object, _method: str, line: Line) -> Line:
    """A structlog processor: an exception as `exception`, its trace without its words."""
    found = line.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = trace(error)
    return line


def _unsteering(_logger: object, _method: str, line: Line) -> Line:
    """The texts that are shown as they are."""
    shown: dict[str, Any] = {"event": printable(str(line.get("event", "")))}
    if "exception" in line:
        shown["exception"] = printable(line["exception"], lines=True)
    return {**line, **shown}
