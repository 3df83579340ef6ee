"""The command line, and the only reader of the environment."""

import os
import ssl
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import click
import structlog
import trio
from dotenv import dotenv_values

from octi import __version__
from octi.advice import unknown_settings, warnings
from octi.answerer import open_answerer
from octi.api_keys import keys_group
from octi.cassette.playing import PATIENCE_S, How
from octi.cassette.reading import Cassette, read_cassette
from octi.cassette.replaying import Replay, replay_client, report
from octi.cassette.retelling import as_scenario
from octi.cassette.serving import serve_replay
from octi.census import census
from octi.config import Config, read_config
from octi.conformance.command import check_command
from octi.errors import BadConfig, BadMessage, OctiError, StoreFailed
from octi.health import health
from octi.log_config import LogFormat
from octi.observe.logs import hear_strays, set_up_logs
from octi.secret_files import MOST_BYTES
from octi.serve import run
from octi.settings import secrets_in
from octi.simulator.reading import read_file
from octi.simulator.report import FORMATS as REPORTS
from octi.simulator.script import SAMPLE, Script
from octi.simulator.server import WAIT_S, Outcome, Serving
from octi.simulator.server import simulate as play
from octi.simulator.tls import context_of, sign_for
from octi.talk.client import TalkOptions
from octi.talk.client import talk as speak
from octi.transcripts import transcripts_group
from octi.upstream.embedded import Embedded

log = structlog.get_logger("octi.cli")

BAD_CONFIG, FAILED = 2, 1
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
        _refuse_settings(error)


def _can_read(path: str) -> bool:
    return os.access(path, os.R_OK) and Path(path).is_file()


def _read_secret(path: str) -> bytes:
    """What is in a file, or more than a secret may be. Raises OSError; also for a pipe, which may never end."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise OSError("it is no regular file")
    with Path(path).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _refuse_settings(error: BadConfig) -> NoReturn:
    click.echo(f"octi cannot start, these settings are wrong:\n{_indented(error.problems)}", err=True)
    click.echo("They are read from the environment and from .env; .env.example explains each.", err=True)
    sys.exit(BAD_CONFIG)


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="octi")
def main() -> None:
    """octi, a self-hosted gateway for voice agents.

    `octi serve` starts it. With no key set it answers by itself, offline; with OPENAI_API_KEY and OCTI_SYSTEM_PROMPT
    set it talks to OpenAI's Realtime API. Settings come from the environment and from a file .env.
    """


@main.command()
def serve() -> None:
    """Serve voice conversations until Ctrl-C or SIGTERM.

    \b
    Clients speak the OCTI protocol at   ws://127.0.0.1:8080/ws/realtime
    or the Realtime API at               ws://127.0.0.1:8080/v1/realtime
    HOST, PORT and the other settings: .env.example
    """
    config = configured()
    as_json, hidden = _as_json(config.log.format), list(secrets_in(config))
    set_up_logs(config.log.level, json=as_json, levels=config.log.by_part, secrets=hidden)
    hear_strays()
    for warning in [*warnings(config, datetime.now(UTC).date()), *unknown_settings(environment())]:
        log.warning(warning)
    try:
        sys.exit(trio.run(run, config, partial(click.echo, err=False)))
    except BadConfig as error:
        _refuse_settings(error)
    except OSError as error:
        where = f"{config.listen.host}:{config.listen.port}"
        _give_up(f"octi cannot serve at {where}: {error}. Set HOST and PORT (and OCTI_TLS_CERT, OCTI_TLS_KEY).")
    except StoreFailed as error:
        _give_up(f"{error}. Set OCTI_STORE_URL.")


def _as_json(format_: LogFormat) -> bool:
    return format_ is LogFormat.JSON or (format_ is LogFormat.AUTO and not sys.stderr.isatty())


def _give_up(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(FAILED)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mic", is_flag=True, help="Speak yourself: microphone and loudspeaker, until Ctrl-C.")
@click.option("--url", default="ws://127.0.0.1:8080/ws/realtime", show_default=True, help="Whom to speak to.")
@click.option("--key", envvar="TALK_KEY", default="", help="A key to send along; better as TALK_KEY.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="A CA certificate (PEM) to trust for wss.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the agent's voice to this WAV.")
def talk(files: tuple[Path, ...], mic: bool, url: str, key: str, ca: str | None, save: Path | None) -> None:
    """Speak to a voice agent in real time: recordings (WAV FILES), or yourself (--mic).

    Prints what was understood and what is answered as it comes, and for each answer the time from the end of speech to
    its first sound. Speaks the OCTI protocol to addresses that end in /ws/realtime, the Realtime API to all others.

    \b
    octi talk question.wav
    octi talk --mic
    octi talk question.wav --url wss://host/v1/realtime --save reply.wav
    """
    tls = ssl.create_default_context(cafile=ca) if ca else None
    options = TalkOptions(url=url, files=files, mic=mic, save=save, key=key, tls=tls)
    try:
        result = trio.run(speak, options, click.echo)
    except OctiError as error:
        _give_up(f"octi talk: {error}")
    sys.exit(FAILED if result.problems else 0)


@main.command()
@click.argument("script", required=False, type=READABLE)
@click.option("--scenario", type=READABLE, help="The same as SCRIPT.")
@click.option("--brain", type=click.Choice(["rules", "echo", "chat"]),
              help="Let the embedded engine answer, by no script; chat: see OCTI_CHAT_URL.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65_535), help="0: any that is free.")
@click.option("--key", envvar="SIMULATOR_KEY", default="", help="The only key to take; better as SIMULATOR_KEY.")
@click.option("--pace", default=0.05, show_default=True, type=click.FloatRange(0, 60), help="Seconds between words.")
@click.option("--tls", is_flag=True, help="Serve https and wss, with a certificate that signs itself.")
@click.option("--tls-cert", type=READABLE, help="Serve https and wss with this certificate (PEM).")
@click.option("--tls-key", type=READABLE, help="Its key (PEM).")
@click.option("--once", is_flag=True, help="End when the first session has ended.")
@click.option("--wait", default=WAIT_S, show_default=True, type=click.FloatRange(0.1, 86_400),
              help="With --once: seconds until the first session must have begun.")  # fmt: skip
@click.option("--report", type=click.Choice(list(REPORTS)), default="text", show_default=True)
def simulate(script: Path | None, scenario: Path | None, brain: str | None, **options: Any) -> None:
    """Play a provider of the Realtime API by a SCRIPT or a scenario (TOML or JSON), until Ctrl-C or SIGTERM.

    It mints client secrets, takes WebRTC offers (no media flows), lets sidebands in, answers extraction requests, and
    fails where the script says so. Without a SCRIPT a caller tells name and income, and corrects it. A scenario passes
    or fails: its report is printed at the end, and the exit code is 1 if a client did not do what it says.
    docs/simulator.md has the script's fields, docs/scenarios.md the scenario's.

    \b
    octi simulate
    octi simulate script.json --port 9000 --pace 0
    octi simulate --scenario booking.toml --once --report json
    octi simulate --brain rules --tls
    """
    if sum(map(bool, (script, scenario, brain))) > 1:
        raise click.UsageError("Give one of SCRIPT, --scenario and --brain.")
    if (options["tls_cert"] is None) != (options["tls_key"] is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    with TemporaryDirectory(prefix="octi-simulate-") as folder:
        _simulate(script or scenario, brain, options, Path(folder))


def _simulate(file: Path | None, brain: str | None, options: Mapping[str, Any], folder: Path) -> None:
    host, port = options["host"], options["port"]
    try:
        script = read_file(file.read_bytes(), str(file)) if file else SAMPLE
    except (OSError, BadMessage) as error:
        _give_up(f"octi simulate: {error}")
    say = partial(click.echo, err=script.scenario is not None)  # the report is alone on its stream
    try:
        tls = _tls_for(options, folder, say)
    except (OSError, OctiError) as error:
        _give_up(f"octi simulate: {error}")
    serving = Serving(key=options["key"], host=host, port=port, pace_s=options["pace"], tls=tls,
                      once=options["once"], wait_s=options["wait"])  # fmt: skip
    playing = partial(play, script, serving, say)
    if brain:
        playing = partial(play_with_brain, script, serving, say, _with_brain(brain))
    try:
        outcome = trio.run(playing)
    except OSError as error:
        _give_up(f"octi simulate cannot serve at {host}:{port}: {error}. Use --host and --port.")
    if outcome.report:
        click.echo(REPORTS[options["report"]](outcome.report), nl=False)
    if outcome.missed:
        _give_up(f"octi simulate: nobody came; to wait longer than {serving.wait_s:g} s there is --wait")
    sys.exit(0 if outcome.passed else FAILED)


def _tls_for(options: Mapping[str, Any], folder: Path, say: Callable[[str], None]) -> ssl.SSLContext | None:
    """As it is asked for. Raises OSError, Unserved."""
    if options["tls_cert"]:
        return context_of(options["tls_cert"], options["tls_key"])
    if not options["tls"]:
        return None
    certificate, key = sign_for(options["host"], folder)
    say(f"the certificate to trust, as long as this runs:\n  export SSL_CERT_FILE={certificate}")
    return context_of(certificate, key)


def _with_brain(brain: str) -> Config:
    """The embedded engine's settings, with octi's own for a language model; the others do not count."""
    try:
        chat = {name: value for name, value in environment().items() if name.startswith("OCTI_CHAT_")}
        return read_config({**chat, "OCTI_UPSTREAM": "embedded", "OCTI_BRAIN": brain}, read=_read_secret)
    except BadConfig as error:
        _refuse_settings(error)


async def play_with_brain(script: Script, serving: Serving, say: Callable[[str], None], config: Config) -> Outcome:
    """Serve with the embedded engine in the script's place. Raises OSError."""
    async with AsyncExitStack() as opened:
        answerer = await open_answerer(config, opened)
        if answerer.problem:
            say(f"typed conversations only: {answerer.problem}")
        upstream = answerer.upstream
        if not isinstance(upstream, Embedded):
            return await play(script, serving, say)
        return await play(script, serving, say, upstream.converse, upstream.transcribe)


@main.command()
@click.argument("cassette", type=click.Path(exists=True, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65_535), help="0: any that is free.")
@click.option("--leg", type=click.Choice(["provider", "client"]), default="provider", show_default=True,
              help="What to serve: what octi heard from its provider, or what it sent to its client.")  # fmt: skip
@click.option("--client", "url", help="Play the client's side instead, to the server at this ws:// or wss:// address.")
@click.option("--key", envvar="REPLAY_KEY", default="", help="With --client: a key to send; better as REPLAY_KEY.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0, 1000), help="0: without pauses.")
@click.option("--strict/--match", default=None, help="The same messages, or only the same types. Default: --strict; "
              "with --client --match.")  # fmt: skip
@click.option("--patience", default=PATIENCE_S, show_default=True, type=click.FloatRange(0.1, 3600),
              help="Seconds to wait for a message.")  # fmt: skip
@click.option("--to-scenario", is_flag=True, help="Print a scenario of what was said and went wrong; play nothing.")
@click.option("--number", type=click.IntRange(1), help="With --to-scenario: which leg. Default: the first one.")
def replay(cassette: Path, url: str | None, strict: bool | None, to_scenario: bool, **options: Any) -> None:
    """Play a CASSETTE (a folder that OCTI_RECORD=wire made) again: the provider's side to whoever connects.

    Ends when all its legs were played, with a report; the exit code is 1 if anybody did otherwise than they did then.
    docs/cassettes.md tells more.

    \b
    octi replay cassettes/20260102T030405-…
    octi replay cassettes/… --client ws://127.0.0.1:8080/ws/realtime --speed 0
    octi replay cassettes/… --to-scenario > incident.toml
    """
    try:
        recorded = read_cassette(cassette)
        if to_scenario:
            click.echo(as_scenario(recorded, options["number"]), nl=False)
            return
        strict = url is None if strict is None else strict
        how = How(strict=strict, speed=options["speed"], patience_s=options["patience"])
        passed, told = _replay_to(recorded, url, how, options) if url else _replay(recorded, how, options)
    except OctiError as error:
        _give_up(f"octi replay: {error}")
    except OSError as error:
        _give_up(f"octi replay cannot serve at {options['host']}:{options['port']}: {error}. Use --host and --port.")
    click.echo(told, nl=False)
    sys.exit(0 if passed else FAILED)


def _replay(recorded: Cassette, how: How, options: Mapping[str, Any]) -> tuple[bool, str]:
    """Serve; whether it passed, and the report. Raises OctiError, OSError."""
    replaying = Replay(recorded, how, options["leg"])
    say = partial(click.echo, err=True)  # the report is alone on its stream
    trio.run(partial(serve_replay, replaying, say, host=options["host"], port=options["port"]))
    return replaying.passed, replaying.report()


def _replay_to(recorded: Cassette, url: str, how: How, options: Mapping[str, Any]) -> tuple[bool, str]:
    """Play to a server; whether it passed, and the report. Raises OctiError."""
    played = trio.run(partial(replay_client, recorded, url, how, key=options["key"]))
    return played.passed, report(recorded, [played])


main.add_command(transcripts_group(configured))
main.add_command(census)
main.add_command(check_command)
main.add_command(health)
main.add_command(keys_group)
