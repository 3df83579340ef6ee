"""Logs that a test sets up, and that are afterwards as they were."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from octi.observe.logs import QUIET

LOGGERS = ("", *QUIET)


@contextmanager
def restored_logs() -> Iterator[None]:
    """What the block sets up is forgotten, and pytest's handlers are there again."""
    handlers = logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
