"""octi keeps to the rules: its engine alone, and through `octi serve`; checked as anybody would check it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from octi.conformance.rules import RULES
from tests.origins.processes import ROOT, running, serving

KEY = "sk-octi-check"
CHECK_S = 120


def checked(url: str, *options: str) -> tuple[int, dict[str, Any]]:
    """`octi check` as a process: its exit code and its report."""
    command = [sys.executable, "-m", "octi", "check", url, "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CHECK_S, check=False)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)


def ended(report: dict[str, Any], outcome: str) -> dict[str, str]:
    """The rules that ended so, and why."""
    return {row["name"]: row["why"] for row in report["rules"] if row["outcome"] == outcome}


@pytest.mark.slow
@pytest.mark.engine
def test_the_engine_alone_keeps_to_every_rule(tmp_path: Path) -> None:
    """With voice, ears and transcription sessions, behind a key; it takes any model's name."""
    args = ["simulate", "--brain", "rules", "--port", "0", "--key", KEY]
    with running(tmp_path, args, {"OCTI_ENGINE_WORKERS": "1"}, r"provider is ready: (http://\S+)") as base:
        code, report = checked(f"{base.replace('http', 'ws')}/v1/realtime", "--key", KEY)
    assert ended(report, "failed") == {}
    assert (code, len(report["rules"])) == (0, len(RULES))
    assert ended(report, "skipped") == {}
    assert ended(report, "not applicable").keys() <= {"an-unknown-model-is-told-in-band", *TOO_QUICK}


# Where an answer may be over before it can be cancelled: on a machine that is busy with the check itself.
TOO_QUICK = {"a-cancelled-answer-is-closed-first", "who-speaks-interrupts-the-answer"}


@pytest.mark.slow
@pytest.mark.engine
def test_the_realtime_door_keeps_to_the_same_rules(tmp_path: Path) -> None:
    """Over the engine. It asks for no key."""
    with serving(tmp_path, settings={"OCTI_MAX_SESSIONS": "100"}) as node:
        code, report = checked(f"{node.base.replace('http', 'ws')}/v1/realtime")
    assert ended(report, "failed") == {}
    assert (code, len(report["rules"])) == (0, len(RULES))
    assert ended(report, "skipped") == {}
