"""`octi census`: what a running octi on this machine holds just now, for people or as JSON."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import httpx2
import msgspec

PATIENCE_S = 10.0
FAILED = 1
NAMED = re.compile(r"^(s-[0-9a-f]{8}|[0-9a-f-]{36}) ")  # a task's session


class NoCensus(Exception):
    """Why there is none, as a sentence."""


class Told(msgspec.Struct, kw_only=True):
    """What `/debug/census` answers."""

    tasks: dict[str, int]
    threads: dict[str, int]
    descriptors: dict[str, int] | None
    memory_bytes: int
    totals: dict[str, int]
    sessions: dict[str, dict[str, int]]
    followers: int
    parts: dict[str, dict[str, Any]]


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where octi is, on this machine.")
@click.option("--key", envvar="CENSUS_KEY", default="", help="A server key with the scope operate, where octi asks for "
              "keys; better as CENSUS_KEY.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def census(url: str, key: str, as_json: bool) -> None:
    """Count what a running octi holds: tasks, threads, descriptors, memory, sessions and what waits in them.

    Two counts with the same sessions between them should be alike: what grows and does not come back is a leak.
    Where octi asks for no keys it is told only to whoever asks from the same machine.
    """
    url = url.rstrip("/")
    try:
        told = ask(url, key=key)
    except NoCensus as error:
        click.echo(f"octi census: {error}", err=True)
        sys.exit(FAILED)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        click.echo(printable("\n".join(lines(url, told))))


def ask(url: str, transport: httpx2.BaseTransport | None = None, *, key: str = "") -> Told:
    """The census of the octi at an address. Raises NoCensus."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        # Its certificate is for the name by which others know it, and it is asked on its own machine.
        with httpx2.Client(trust_env=False, timeout=PATIENCE_S, verify=False, transport=transport) as http:
            answer = http.get(f"{url}/debug/census", headers=headers)
    except (httpx2.RequestError, httpx2.InvalidURL, UnicodeError) as error:
        why = str(error) or type(error).__name__
        raise NoCensus(f"nobody answers at {url} ({why}); `octi serve` starts octi, --url says where it is") from error
    if answer.status_code == 401:
        raise NoCensus(f"{url} asks who you are: --key, a server key with the scope operate")
    if answer.status_code == 403:
        raise NoCensus(f"{url} refuses: ask on the machine that octi runs on, at 127.0.0.1 and past any proxy (--url)")
    try:
        return msgspec.json.decode(answer.content if answer.is_success else b"", type=Told)
    except msgspec.DecodeError as error:
        what = f"HTTP {answer.status_code}, and no census"
        raise NoCensus(f"{url} answers {what}: it is another program, or another version of octi") from error


def lines(url: str, told: Told) -> Iterator[str]:
    """A census for people."""
    counted = f"{len(told.sessions)} sessions, {told.followers} followers of sessions"
    yield f"{url}: {counted}, {told.memory_bytes / (1 << 20):.1f} MiB of memory"
    roles: Counter[str] = Counter()
    for name, count in told.tasks.items():
        roles[NAMED.sub("(session) ", name)] += count
    for title, figures in {"tasks": roles, "threads": told.threads, "descriptors": told.descriptors or {}}.items():
        yield ""
        yield from table([[title, str(told.totals.get(title, ""))], *rows(figures)])
    for part, gauges in told.parts.items():
        yield ""
        yield from table([[part, ""], *rows(gauges)])
    if told.sessions:
        yield ""
        yield from table(list(session_rows(told.sessions)))


def rows(figures: Mapping[str, Any]) -> list[list[str]]:
    """A name and a figure each, indented."""
    return [[f"  {name}", "-" if figure is None else str(figure)] for name, figure in sorted(figures.items())]


def session_rows(sessions: Mapping[str, Mapping[str, int]]) -> Iterator[list[str]]:
    """A row for each session, a column for each of its queues; a session that is only entering has none yet."""
    columns = list(dict.fromkeys(name for depths in sessions.values() for name in depths))
    yield ["session", *columns]
    for session, depths in sessions.items():
        yield [session, *(str(depths.get(name, "-")) for name in columns)]


def table(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of equal length as aligned lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        aligned = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *aligned]).rstrip()


def printable(text: str) -> str:
    """What may be anybody's answer must not steer the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
