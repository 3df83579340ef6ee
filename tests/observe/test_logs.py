"""What is logged, as it comes out."""

import ast
import json
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, TypeGuard

import attrs
import pytest
import structlog

import octi
from octi.log_config import LogLevel, LogPart
from octi.observe.logs import NO_LEVELS, OCTI, QUIET, hear_strays, set_up_logs
from tests.logs import restored_logs

KEY = "sk-" + "very-secret"


@attrs.define
class Output:
    """Where the log goes."""

    stream: StringIO = attrs.field(factory=StringIO)

    def set_up(self, level: str, *, as_json: bool, levels: Mapping[LogPart, LogLevel] = NO_LEVELS) -> None:
        set_up_logs(level, json=as_json, levels=levels, secrets=["correct horse battery"], stream=self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        """Every line, parsed."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def output() -> Iterator[Output]:
    """A log of the test's own; afterwards everything is as it was."""
    with restored_logs():
        yield Output()


def test_json_lines_have_the_event_and_its_fields(output: Output) -> None:
    """And who said it, when, and how important it is."""
    output.set_up("info", as_json=True)
    structlog.get_logger("octi.test").info("session ended", session="s-1", turns=2, text="é\n\x1b[31m")
    (line,) = output.lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "session ended",
        "level": "info",
        "logger": "octi.test",
        "session": "s-1",
        "turns": 2,
        "text": "é\n\x1b[31m",
    }


def test_the_standard_library_logs_in_the_same_shape(output: Output) -> None:
    """So do the libraries under octi."""
    output.set_up("info", as_json=True)
    logging.getLogger("some.library").warning("took %d ms", 7)
    (line,) = output.lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "took 7 ms", "level": "warning", "logger": "some.library"}


def test_text_lines_can_be_read(output: Output) -> None:
    """The event first, its fields behind it."""
    output.set_up("info", as_json=False)
    structlog.get_logger("octi.test").info("session ended", session="s-1", turns=2)
    logging.getLogger("some.library").warning("took %d ms", 7)
    first, second = output.text.splitlines()
    assert "[info     ] session ended" in first
    assert "session='s-1'" in first
    assert "turns=2" in first
    assert "[warning  ] took 7 ms" in second
    assert "\x1b" not in output.text


def test_a_field_from_outside_cannot_steer_the_terminal(output: Output) -> None:
    """Nor make a line of its own: a path is chosen by whoever asks for it."""
    output.set_up("info", as_json=False)
    structlog.get_logger("octi.test").info("request", path="/\x1b[2J\n2026 [info] session ended")
    assert len(output.text.splitlines()) == 1
    assert "\x1b" not in output.text


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["d", "i", "w", "e"]),
        ("info", ["i", "w", "e"]),
        ("warning", ["w", "e"]),
        ("error", ["e"]),
    ],
)
def test_the_level_is_respected(output: Output, level: str, said: list[str]) -> None:
    """By octi's loggers. Libraries are heard from their warnings on: below, they may log what they are sent."""
    output.set_up(level, as_json=True)
    for logger in (structlog.get_logger("octi.test"), logging.getLogger("some.library")):
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
    assert [line["event"] for line in output.lines()] == said + [each for each in said if each in "we"]


def test_a_part_may_have_a_level_of_its_own(output: Output) -> None:
    """Higher or lower than the others', whichever way it logs."""
    output.set_up("info", as_json=True, levels={LogPart.STORE: LogLevel.DEBUG, LogPart.HTTP: LogLevel.WARNING})
    for part in ("store", "http", "session"):
        structlog.get_logger(f"octi.{part}").debug(f"{part} d")
        logging.getLogger(f"octi.{part}").info(f"{part} i")
        structlog.get_logger(f"octi.{part}").warning(f"{part} w")
    said = [line["event"] for line in output.lines()]
    assert said == ["store d", "store i", "store w", "http w", "session i", "session w"]


def test_a_parts_level_is_forgotten_when_logs_are_set_up_again(output: Output) -> None:
    """What was said last holds."""
    output.set_up("info", as_json=True, levels={LogPart.STORE: LogLevel.ERROR})
    output.set_up("info", as_json=True)
    structlog.get_logger("octi.store").info("heard")
    assert [line["event"] for line in output.lines()] == ["heard"]


def test_every_logger_of_octis_is_a_part_that_can_be_set() -> None:
    """And every part logs."""
    folder = Path(octi.__file__).parent
    calls = [node for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())) if is_call(node)]
    named = {str(node.args[0].value) for node in calls if node.args and isinstance(node.args[0], ast.Constant)}
    assert {name for name in named if name.startswith("octi")} == {f"{OCTI}.{part}" for part in LogPart}


def is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"structlog.get_logger", "logging.getLogger"}


@pytest.mark.parametrize("name", QUIET)
def test_libraries_that_complain_of_their_peers_are_not_heard(output: Output, name: str) -> None:
    """Octi says what came of it."""
    output.set_up("debug", as_json=True)
    logging.getLogger(name).error("e")
    assert output.lines() == []


@pytest.mark.parametrize("as_json", [True, False])
def test_exceptions_are_included(output: Output, as_json: bool) -> None:
    """With their places in the code, and without their words and variables: among those are keys."""
    output.set_up("info", as_json=as_json)
    key = KEY
    for logger in (structlog.get_logger("octi.test"), logging.getLogger("some.library")):
        try:
            raise ValueError(f"{key} was said")
        except ValueError:
            logger.exception("crashed")
    assert output.text.count("Traceback (most recent call last)") == 2
    assert output.text.count("in test_exceptions_are_included") == 2
    assert KEY not in output.text
    assert "was said\\n" not in output.text
    if as_json:
        assert [line["level"] for line in output.lines()] == ["error", "error"]
        assert [line["exception"].splitlines()[-1] for line in output.lines()] == ["ValueError", "ValueError"]


@pytest.mark.parametrize("as_json", [True, False])
def test_what_opens_doors_is_hidden_whoever_says_it(output: Output, as_json: bool) -> None:
    """What octi knows to be secret, and what looks like it; in a library's words, too."""
    output.set_up("info", as_json=as_json)
    structlog.get_logger("octi.test").info("one", path=f"/{KEY}", more=[{"deep": "correct horse battery"}])
    logging.getLogger("some.library").warning("correct%%20horse%%20battery and %s", KEY)
    assert output.text.count("***") == 4
    assert "very-secret" not in output.text
    assert "horse" not in output.text


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_no_plain_value_is_not_shown(output: Output, as_json: bool) -> None:
    """Nobody knows what its `repr` would tell."""
    output.set_up("info", as_json=as_json)
    structlog.get_logger("octi.test").info("one", row=Output(), nothing=None)
    assert "<Output>" in output.text
    assert "StringIO" not in output.text
    assert "nothing" not in output.text


def test_a_library_cannot_make_lines_either(output: Output) -> None:
    """What it says stands on one line; a trace may have several."""
    output.set_up("info", as_json=False)
    logging.getLogger("some.library").warning("one\n2026 [info] session ended \x1b[2J")
    assert len(output.text.splitlines()) == 1
    assert "\x1b" not in output.text


@pytest.mark.parametrize("as_json", [True, False])
def test_an_endless_field_is_cut(output: Output, as_json: bool) -> None:
    """A client may send a path of any length."""
    output.set_up("info", as_json=as_json)
    structlog.get_logger("octi.test").info("one", path="/" + "x" * 100_000)
    assert len(output.text) < 3000
    assert "98001 more" in output.text


def test_what_cannot_be_written_is_not_complained_of(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    """Python's own complaint would show all that is in the line."""
    output.set_up("info", as_json=True)
    logging.getLogger("some.library").warning("%d", "a user's words")
    output.stream.close()
    structlog.get_logger("octi.test").info("words", text="a user's words")
    assert "words" not in "".join(capsys.readouterr())


class Odd:
    """Fails where nobody can handle it."""

    def __del__(self) -> None:
        raise ValueError(KEY)


def test_errors_that_nobody_handles_are_logged_as_others(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    """Python would show their words: of the process, of a thread, of what is thrown away."""
    output.set_up("info", as_json=True)
    hear_strays()

    def crash() -> None:
        raise ValueError(KEY)

    thread = threading.Thread(target=crash, name="a thread")
    thread.start()
    thread.join()
    Odd()
    try:
        crash()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [line["event"] for line in output.lines()] == [
        "a thread crashed",
        "an error that nobody could handle",
        "octi crashed",
    ]
    assert [line["exception"].splitlines()[-1] for line in output.lines()] == ["ValueError"] * 3
    printed = "".join(capsys.readouterr())
    assert "very-secret" not in output.text + printed
    assert "KeyboardInterrupt" in printed


def test_what_is_bound_to_the_context_is_on_every_line(output: Output) -> None:
    """Ids are fields, never part of the sentence."""
    output.set_up("info", as_json=True)
    with structlog.contextvars.bound_contextvars(session="s-1"):
        structlog.get_logger("octi.test").info("one")
        logging.getLogger("some.library").warning("two")
    structlog.get_logger("octi.test").info("three")
    assert [line.get("session") for line in output.lines()] == ["s-1", "s-1", None]


def test_setting_up_again_replaces_the_output(output: Output) -> None:
    """Nothing is said twice."""
    output.set_up("info", as_json=True)
    output.set_up("info", as_json=True)
    logging.getLogger("some.library").warning("once")
    assert len(output.lines()) == 1
