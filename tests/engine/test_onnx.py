"""How models are run."""

import sys
import threading
from pathlib import Path
from subprocess import run

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
from octi.engine.models import find_models
from octi.engine.onnx import open_session, quiet_options

pytestmark = pytest.mark.engine


def test_a_session_keeps_to_one_thread_that_does_not_spin() -> None:
    """The defaults would double the cost."""
    options = quiet_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_session_is_opened_from_a_file() -> None:
    """Its inputs are there, and no thread of Python's is started for it."""
    threads = threading.active_count()
    names = [entry.name for entry in open_session(find_models().detector).get_inputs()]
    assert names == ["input", "state", "sr"]
    assert threading.active_count() == threads


LOADING = """
from octi.engine.models import find_models
from octi.engine.onnx import open_session
open_session(find_models().detector)
"""


@pytest.mark.slow
def test_nobody_is_told_that_a_model_is_run(tmp_path: Path) -> None:
    """ONNX Runtime would report the machine to its maker, and keep ids for that in the user's home and in /tmp."""
    env = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}  # nothing of CI's: there it reports nothing anyway
    run([sys.executable, "-c", LOADING], cwd=Path(__file__).parents[2], env=env, check=True)
    assert list(tmp_path.iterdir()) == []
