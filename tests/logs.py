"""Logs that a test sets up, and that are afterwards as they were."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from stamina.instrumentation import set_on_retry_hooks

from octi.log_config import LogPart
from octi.observe.logs import OCTI, QUIET

LOGGERS = ("", OCTI, *(f"{OCTI}.{part}" for part in LogPart), *QUIET)


@contextmanager
def restored_logs() -> Iterator[None]:
    """What the block sets up is forgotten, and pytest's handlers are there again."""
    handlers = logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        yield
    finally:
        structlog.reset_defaults()
        _forget_what_was_cached()
        logging.getLogger().handlers[:] = handlers
        logging.captureWarnings(False)
        set_on_retry_hooks(None)  # stamina's own
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _forget_what_was_cached() -> None:
    """Loggers that were used meanwhile would go on as they were set up then: structlog keeps that with each of them."""
    for name, module in list(sys.modules.items()):
        logger = getattr(module, "log", None) if name.startswith("octi.") else None
        if logger is not None:
            vars(logger).pop("bind", None)
