"""The frame of the command line: commands that are loaded when they are named, and how one ends that cannot go on."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from octi.errors import BadConfig

BAD_CONFIG, FAILED = 2, 1
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
HELP = {"help_option_names": ["-h", "--help"]}

Load = Callable[[str], click.Command]  # a command by its name


class Commands(click.Group):
    """A group whose commands are loaded when they are named, for each brings much with it; to list them loads none.

    lines: what the list says of each. load: gives one of these.
    """

    def __init__(self, *args: Any, lines: Mapping[str, str], load: Load, **more: Any) -> None:
        super().__init__(*args, **more)
        self._lines, self._load = lines, load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(self._lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        return self._load(cmd_name) if cmd_name in self._lines else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, for `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self._lines.items()))


def give_up(why: str) -> NoReturn:
    """End the process with a sentence."""
    click.echo(why, err=True)
    sys.exit(FAILED)


def refuse_settings(error: BadConfig) -> NoReturn:
    """End the process with every mistake in the settings."""
    click.echo(f"octi cannot start, these settings are wrong:\n{_indented(error.problems)}", err=True)
    click.echo("They are read from the environment and from .env; .env.example explains each.", err=True)
    sys.exit(BAD_CONFIG)


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
