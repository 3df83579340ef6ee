"""The command line, and the only reader of the environment."""
# ruff: noqa: PLC0415 - what a command brings is only loaded for that command

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import click
from dotenv import dotenv_values

from octi import __version__
from octi.commands import HELP, Commands, refuse_settings
from octi.config import Config, read_config
from octi.errors import BadConfig
from octi.secret_files import MOST_BYTES


def environment() -> dict[str, str]:
    """The process's variables over those of `.env` in the working directory. Raises BadConfig if that is no text."""
    try:
        written = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([f".env cannot be read: {error}"]) from error
    return {name: value for name, value in written.items() if value is not None} | dict(os.environ)


def configured() -> Config:
    """The settings, or the end of the process with every mistake in them."""
    try:
        return read_config(environment(), can_read=_can_read, read=_read_secret)
    except BadConfig as error:
        refuse_settings(error)


def _can_read(path: str) -> bool:
    return os.access(path, os.R_OK) and Path(path).is_file()


def _read_secret(path: str) -> bytes:
    """What is in a file, or more than a secret may be. Raises OSError; also for a pipe, which may never end."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise OSError("it is no regular file")
    with Path(path).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def embedded_with(brain: str) -> Config:
    """The embedded engine's settings, with octi's own for a language model; the others do not count."""
    try:
        chat = {name: value for name, value in environment().items() if name.startswith("OCTI_CHAT_")}
        return read_config({**chat, "OCTI_UPSTREAM": "embedded", "OCTI_BRAIN": brain}, read=_read_secret)
    except BadConfig as error:
        refuse_settings(error)


LINES: Mapping[str, str] = {
    "census": "Count what a running octi holds: tasks, threads, descriptors, memory, sessions and what waits in them.",
    "check": "Check whether the server at URL (ws://… or wss://…) speaks the Realtime protocol.",
    "health": "Ask the octi on this machine whether it is alive; the exit code is 0 if it is, else 1.",
    "keys": "Make keys for servers that use octi.",
    "replay": "Play a CASSETTE (a folder that OCTI_RECORD=wire made) again: the provider's side to whoever connects.",
    "serve": "Serve voice conversations until Ctrl-C or SIGTERM.",
    "simulate": "Play a provider of the Realtime API by a SCRIPT or a scenario (TOML or JSON), until Ctrl-C or "
    "SIGTERM.",
    "talk": "Speak to a voice agent in real time: recordings (WAV FILES), or yourself (--mic).",
    "transcripts": "Print or delete what is kept: export (may go unnamed), purge.",
}


def load(name: str) -> click.Command:
    """A command by its name. What the others bring is not loaded: octi is to be ready within a second."""
    match name:
        case "serve":
            from octi.serve_command import serve_command

            return serve_command(configured, environment)
        case "talk":
            from octi.talk_command import talk

            return talk
        case "simulate":
            from octi.simulate_command import simulate_command

            return simulate_command(embedded_with)
        case "replay":
            from octi.replay_command import replay

            return replay
        case "transcripts":
            from octi.transcripts import transcripts_group

            return transcripts_group(configured)
        case "census":
            from octi.census import census

            return census
        case "check":
            from octi.conformance.command import check_command

            return check_command
        case "keys":
            from octi.api_keys import keys_group

            return keys_group
        case _:
            from octi.health import health

            return health


@click.group(cls=Commands, lines=LINES, load=load, context_settings=HELP)
@click.version_option(__version__, prog_name="octi")
def main() -> None:
    """octi, a self-hosted gateway for voice agents.

    `octi serve` starts it. With no key set it answers by itself, offline; with OPENAI_API_KEY and OCTI_SYSTEM_PROMPT
    set it talks to OpenAI's Realtime API. Settings come from the environment and from a file .env.
    """
