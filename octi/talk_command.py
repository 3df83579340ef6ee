"""`octi talk`."""

import ssl
import sys
from pathlib import Path

import click
import trio

from octi.commands import FAILED, HELP, give_up
from octi.errors import OctiError
from octi.talk.client import TalkOptions
from octi.talk.client import talk as speak


@click.command(context_settings=HELP)
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
        give_up(f"octi talk: {error}")
    sys.exit(FAILED if result.problems else 0)
