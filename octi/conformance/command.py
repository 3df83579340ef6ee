"""`octi check`: does a server speak the Realtime protocol?"""

import ssl
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click
import trio

from octi.conformance.checking import check
from octi.conformance.dialogue import Server
from octi.conformance.report import Report, as_json, lines, summary
from octi.conformance.rule import Result, Rule
from octi.conformance.rules import RULES
from octi.errors import OctiError
from octi.talk.client import bare_interrupt
from octi.websocket.opener import shown

FAILED, UNCHECKED, STOPPED = 1, 2, 130
NAMES = [each.name for each in RULES]


@click.command(name="check", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("url")
@click.option("--key", envvar="CHECK_KEY", default="", help="The key to send; better as CHECK_KEY.")
@click.option("--model", default="gpt-realtime", show_default=True, help="The model to ask for.")
@click.option("--transcription-model", default="gpt-4o-mini-transcribe", show_default=True, help="Who writes down.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this rule; may be given again.")
@click.option("--skip", multiple=True, metavar="NAME", help="Not this rule; may be given again.")
@click.option("--timeout", default=15.0, show_default=True, type=click.FloatRange(0.1, 600),
              help="Seconds to wait for an event.")  # fmt: skip
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="A CA certificate (PEM) to trust for wss.")
@click.option("--json", "json", is_flag=True, help="Report as JSON.")
def check_command(url: str, json: bool, only: Sequence[str], skip: Sequence[str], **options: Any) -> None:
    """Check whether the server at URL (ws://… or wss://…) speaks the Realtime protocol.

    Each rule of the wire is tried on sockets of its own, and passed, failed, not applicable (the server need not do
    it) or skipped (it said that it cannot). The exit code is 0 if none failed, 1 if some did, and 2 if nobody could be
    asked. A provider bills for it: some hundred short answers. docs/check.md lists the rules.

    \b
    octi check ws://127.0.0.1:8080/v1/realtime
    CHECK_KEY=sk-… octi check wss://api.openai.com/v1/realtime --model gpt-realtime-mini
    octi check ws://localhost:8080/v1/realtime --only metadata-comes-back --json
    """
    rules = chosen(only, skip)
    server = Server(
        url=url,
        model=options["model"],
        key=options["key"],
        tls=ssl.create_default_context(cafile=options["ca"]) if options["ca"] else None,
        patience_s=options["timeout"],
        transcription_model=options["transcription_model"],
    )
    report = Report(shown(url), server.model, _checked(server, rules, quiet=json))
    click.echo(as_json(report) if json else f"\n{report.url}\n{summary(report)}")
    sys.exit(0 if report.passed else FAILED)


def chosen(only: Sequence[str], skip: Sequence[str]) -> list[Rule]:
    """The rules that are meant. Raises click.UsageError for a name that there is not."""
    if unknown := [name for name in (*only, *skip) if name not in NAMES]:
        raise click.UsageError(f"There is no rule {', '.join(unknown)}; docs/check.md lists them.")
    rules = [each for each in RULES if (not only or each.name in only) and each.name not in skip]
    if not rules:
        raise click.UsageError("No rule is left to be checked.")
    return rules


def _checked(server: Server, rules: Sequence[Rule], *, quiet: bool) -> list[Result]:
    def say(result: Result) -> None:
        for line in () if quiet else lines(result):
            click.echo(line)

    try:
        return trio.run(_check, server, rules, say)
    except OctiError as error:
        _give_up(f"octi check: {error}", UNCHECKED)
    except KeyboardInterrupt:
        _give_up("octi check: stopped", STOPPED)


async def _check(server: Server, rules: Sequence[Rule], say: Any) -> list[Result]:
    with bare_interrupt():
        return await check(server, rules, say)


def _give_up(why: str, code: int) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(code)
