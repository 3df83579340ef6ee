"""How octi runs a model: on one thread that never spins. Imports onnxruntime: only for modules that are loaded late."""

import os
from pathlib import Path
from typing import Any

# Else it reports to its maker what it runs, and on what machine, with an id that it keeps. It asks when it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime


def open_session(model: Path) -> Any:  # an InferenceSession, which has no types
    """Load a model. The session may be used from several threads; its memory goes when the last reference does."""
    return onnxruntime.InferenceSession(str(model), quiet_options(), providers=["CPUExecutionProvider"])


def quiet_options() -> Any:
    """One thread, no spinning: the default pools wait in a busy loop and double the cost of the same work."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors; its warnings are about our models, which nobody here can change
    return options
