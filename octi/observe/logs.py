"""One shape for every log line: an event, ids as fields, as JSON or as text."""

import logging
import sys
from typing import TextIO

import structlog

# What the libraries under us log on every connection or request; octi's own lines say it better.
QUIET = ("websockets", "alembic", "trio-websocket", "hypercorn", "quart", "httpx2", "httpcore2")
SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def set_up_logs(level: str, *, json: bool, stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged in this process to one stream, in one shape. Called once, by the command line."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(json=json, colors=not json and stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def formatter(*, json: bool, colors: bool) -> logging.Formatter:
    """Lines as JSON objects, or as text for people."""
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json
        # Strings as they would be written in code: a path from outside must not steer the terminal. And traces without
        # the local variables that richer ones show: among them are keys.
        else [
            structlog.dev.ConsoleRenderer(
                colors=colors, repr_native_str=True, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(SHARED),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
