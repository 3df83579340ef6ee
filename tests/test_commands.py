"""The frame of the command line."""

import click
import pytest
from click.testing import CliRunner

from octi.cli import LINES, load
from octi.commands import BAD_CONFIG, FAILED, HELP, Commands, give_up, refuse_settings
from octi.errors import BadConfig


def group(loaded: list[str]) -> click.Group:
    """Two commands, of which it is noted when they are loaded."""

    def load(name: str) -> click.Command:
        loaded.append(name)
        return click.Command(name, callback=lambda: click.echo(f"this is {name}"))

    return Commands("octi", lines={"two": "The second.", "one": "The first."}, load=load, context_settings=HELP)


def test_a_command_is_loaded_when_it_is_named() -> None:
    """And no other."""
    loaded: list[str] = []
    assert CliRunner().invoke(group(loaded), ["two"]).output == "this is two\n"
    assert loaded == ["two"]


def test_the_list_loads_none() -> None:
    """It has a line for each."""
    loaded: list[str] = []
    listed = CliRunner().invoke(group(loaded), ["-h"]).output
    assert [line.split(maxsplit=1) for line in listed.splitlines()[-2:]] == [
        ["one", "The first."],
        ["two", "The second."],
    ]
    assert loaded == []


def test_a_command_that_there_is_not_is_told() -> None:
    """By click, as in any group."""
    loaded: list[str] = []
    result = CliRunner().invoke(group(loaded), ["three"])
    assert (result.exit_code, loaded) == (2, [])
    assert "No such command" in result.output


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_the_list_is_the_commands_own(name: str) -> None:
    """It is written down a second time; this is what keeps it true."""
    assert load(name).get_short_help_str(limit=200) == LINES[name]
    assert load(name).name == name


def test_who_cannot_go_on_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with a code for scripts."""
    with pytest.raises(SystemExit) as ended:
        give_up("no room")
    assert (ended.value.code, capsys.readouterr().err) == (FAILED, "no room\n")
    with pytest.raises(SystemExit) as ended:
        refuse_settings(BadConfig(["PORT='x'", "HOST='y'"]))
    assert ended.value.code == BAD_CONFIG
    assert "\n  PORT='x'\n  HOST='y'\n" in capsys.readouterr().err
