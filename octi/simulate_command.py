"""`octi simulate`."""

import ssl
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import trio

from octi.answering import open_answerer
from octi.commands import FAILED, HELP, READABLE, give_up
from octi.config import Config
from octi.errors import BadMessage, OctiError
from octi.simulator.reading import read_file
from octi.simulator.report import FORMATS as REPORTS
from octi.simulator.script import SAMPLE, Script
from octi.simulator.server import WAIT_S, Outcome, Serving
from octi.simulator.server import simulate as play
from octi.simulator.tls import context_of, sign_for
from octi.upstream.embedded import Embedded

Embedding = Callable[[str], Config]  # the embedded engine's settings, with this brain


def simulate_command(embedded: Embedding) -> click.Command:
    """The command, with whoever reads the settings."""

    @click.command(context_settings=HELP)
    @click.argument("script", required=False, type=READABLE)
    @click.option("--scenario", type=READABLE, help="The same as SCRIPT.")
    @click.option("--brain", type=click.Choice(["rules", "echo", "chat"]),
                  help="Let the embedded engine answer, by no script; chat: see OCTI_CHAT_URL.")  # fmt: skip
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
    @click.option(
        "--port", default=8090, show_default=True, type=click.IntRange(0, 65_535), help="0: any that is free."
    )
    @click.option("--key", envvar="SIMULATOR_KEY", default="", help="The only key to take; better as SIMULATOR_KEY.")
    @click.option(
        "--pace", default=0.05, show_default=True, type=click.FloatRange(0, 60), help="Seconds between words."
    )
    @click.option("--tls", is_flag=True, help="Serve https and wss, with a certificate that signs itself.")
    @click.option("--tls-cert", type=READABLE, help="Serve https and wss with this certificate (PEM).")
    @click.option("--tls-key", type=READABLE, help="Its key (PEM).")
    @click.option("--once", is_flag=True, help="End when the first session has ended.")
    @click.option("--wait", default=WAIT_S, show_default=True, type=click.FloatRange(0.1, 86_400),
                  help="With --once: seconds until the first session must have begun.")  # fmt: skip
    @click.option("--report", type=click.Choice(list(REPORTS)), default="text", show_default=True)
    def simulate(script: Path | None, scenario: Path | None, brain: str | None, **options: Any) -> None:
        """Play a provider of the Realtime API by a SCRIPT or a scenario (TOML or JSON), until Ctrl-C or SIGTERM.

        It mints client secrets, takes WebRTC offers (no media flows), lets sidebands in, answers extraction requests,
        and fails where the script says so. Without a SCRIPT a caller tells name and income, and corrects it. A scenario
        passes or fails: its report is printed at the end, and the exit code is 1 if a client did not do what it says.
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
            _simulate(script or scenario, brain, options, Path(folder), embedded)

    return simulate


def _simulate(
    file: Path | None, brain: str | None, options: Mapping[str, Any], folder: Path, embedded: Embedding
) -> None:
    host, port = options["host"], options["port"]
    try:
        script = read_file(file.read_bytes(), str(file)) if file else SAMPLE
    except (OSError, BadMessage) as error:
        give_up(f"octi simulate: {error}")
    say = partial(click.echo, err=script.scenario is not None)  # the report is alone on its stream
    try:
        tls = _tls_for(options, folder, say)
    except (OSError, OctiError) as error:
        give_up(f"octi simulate: {error}")
    serving = Serving(key=options["key"], host=host, port=port, pace_s=options["pace"], tls=tls,
                      once=options["once"], wait_s=options["wait"])  # fmt: skip
    playing = partial(play, script, serving, say)
    if brain:
        playing = partial(play_with_brain, script, serving, say, embedded(brain))
    try:
        outcome = trio.run(playing)
    except OSError as error:
        give_up(f"octi simulate cannot serve at {host}:{port}: {error}. Use --host and --port.")
    if outcome.report:
        click.echo(REPORTS[options["report"]](outcome.report), nl=False)
    if outcome.missed:
        give_up(f"octi simulate: nobody came; to wait longer than {serving.wait_s:g} s there is --wait")
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
