"""`octi replay`."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import trio

from octi.cassette.playing import PATIENCE_S, How
from octi.cassette.reading import Cassette, read_cassette
from octi.cassette.replaying import Replay, replay_client, report
from octi.cassette.retelling import as_scenario
from octi.cassette.serving import serve_replay
from octi.commands import FAILED, HELP, give_up
from octi.errors import OctiError


@click.command(context_settings=HELP)
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
        give_up(f"octi replay: {error}")
    except OSError as error:
        give_up(f"octi replay cannot serve at {options['host']}:{options['port']}: {error}. Use --host and --port.")
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
