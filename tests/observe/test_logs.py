"""What is logged, as it comes out."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import attrs
import pytest
import structlog

from octi.observe.logs import QUIET, set_up_logs
from tests.logs import restored_logs


@attrs.define
class Output:
    """Where the log goes."""

    stream: StringIO = attrs.field(factory=StringIO)

    def set_up(self, level: str, *, as_json: bool) -> None:
        set_up_logs(level, json=as_json, stream=self.stream)

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
    """By octi's loggers and everybody else's."""
    output.set_up(level, as_json=True)
    for logger in (structlog.get_logger("octi.test"), logging.getLogger("some.library")):
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
    assert [line["event"] for line in output.lines()] == said * 2


@pytest.mark.parametrize("name", QUIET)
def test_chatty_libraries_are_heard_from_their_warnings_on(output: Output, name: str) -> None:
    """And above the level that was asked for, where that is higher."""
    output.set_up("debug", as_json=True)
    logging.getLogger(name).info("i")
    logging.getLogger(name).warning("w")
    assert [line["event"] for line in output.lines()] == ["w"]
    output.set_up("error", as_json=True)
    logging.getLogger(name).warning("w")
    assert len(output.lines()) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_exceptions_are_included(output: Output, as_json: bool) -> None:
    """With their trace, and without local variables: among those are keys."""
    output.set_up("info", as_json=as_json)
    key = "sk-" + "very-secret"
    for logger in (structlog.get_logger("octi.test"), logging.getLogger("some.library")):
        try:
            raise ZeroDivisionError(len(key))
        except ZeroDivisionError:
            logger.exception("crashed")
    assert output.text.count("Traceback (most recent call last)") == 2
    assert output.text.count("ZeroDivisionError: 14") == 2
    assert "sk-very-secret" not in output.text
    if as_json:
        assert [line["level"] for line in output.lines()] == ["error", "error"]


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
