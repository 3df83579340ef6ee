"""`octi check`, as a person calls it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from octi.cli import main
from octi.conformance.command import NAMES, chosen
from octi.conformance.rules import RULES
from tests.origins.processes import ROOT, free_port, running

KEY = "sk-octi-check"


def called(*args: str) -> Result:
    """`octi check` in this process."""
    return CliRunner().invoke(main, ["check", *args])


def test_a_rule_that_there_is_not_is_a_mistake() -> None:
    """And so is a choice that leaves none."""
    result = called("ws://127.0.0.1:9/v1/realtime", "--only", "no-such-rule")
    assert (result.exit_code, "There is no rule no-such-rule" in result.output) == (2, True)
    assert called("ws://127.0.0.1:9", "--only", NAMES[0], "--skip", NAMES[0]).exit_code == 2


def test_rules_can_be_chosen_and_left_out() -> None:
    """In the order that they have."""
    assert chosen((), ()) == list(RULES)
    assert [rule.name for rule in chosen([NAMES[3], NAMES[1]], [])] == [NAMES[1], NAMES[3]]
    assert len(chosen([], [NAMES[0]])) == len(RULES) - 1


def test_where_nobody_answers_nothing_is_checked() -> None:
    """It is said in one line, and the exit code is neither of the others."""
    result = called(f"ws://127.0.0.1:{free_port()}/v1/realtime")
    assert result.exit_code == 2
    assert "octi check: ws://127.0.0.1:" in result.output
    assert "cannot be reached" in result.output


def test_an_address_that_is_none_is_told() -> None:
    """Without what may be a key in it."""
    result = called("http://host/v1/realtime?key=secret")
    assert result.exit_code == 2
    assert "it should be a ws:// or wss:// address" in result.output
    assert "secret" not in result.output


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A provider that plays a script, and has a key."""
    folder = tmp_path_factory.mktemp("simulator")
    args = ["simulate", "--port", "0", "--pace", "0", "--key", KEY]
    with running(folder, args, {}, r"provider is ready: (http://\S+)") as base:
        yield f"{base.replace('http', 'ws')}/v1/realtime"


@pytest.mark.slow
def test_what_passed_is_told_rule_by_rule(simulator: str) -> None:
    """And summed up; the key is nowhere."""
    wrong = "a-wrong-key-is-told-where-a-browser-can-read-it"
    result = called(simulator, "--key", KEY, "--only", "metadata-comes-back", "--only", wrong)
    assert result.output.splitlines() == [
        f"passed   {wrong}",
        "passed   metadata-comes-back",
        "",
        simulator,
        "2 rules: 2 passed",
    ]
    assert result.exit_code == 0


@pytest.mark.slow
def test_what_failed_is_told_with_the_event_that_shows_it(simulator: str) -> None:
    """And the exit code says so. Here nobody has the key."""
    result = called(simulator, "--only", "metadata-comes-back", "--timeout", "2")
    assert result.exit_code == 1
    assert "FAILED   metadata-comes-back" in result.output
    assert "an error came in place of `session.created`" in result.output
    assert '"Missing bearer authentication in header."' in result.output


@pytest.mark.slow
def test_ctrl_c_ends_it_in_one_line(tmp_path: Path) -> None:
    """Whatever it is waiting for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/v1/realtime"
        command = [sys.executable, "-m", "octi", "check", url, "--timeout", "60"]
        # Who runs the tests in the background may have had SIGINT ignored, and that is inherited.
        heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
        try:
            silent.settimeout(30)
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                time.sleep(0.1)
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, said) == (130, "octi check: stopped\n")
