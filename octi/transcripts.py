"""`octi transcripts`: what is kept is printed, or deleted, also while octi runs on the same store."""

import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import time
from typing import Any, NoReturn, TypeVar

import attrs
import click
import msgspec
import trio

from octi.config import Config
from octi.errors import StoreFailed
from octi.recording.shelf import Shelf
from octi.records import DevelopmentKind, SessionRecord, SessionState
from octi.settings import masked
from octi.steering.forgetting import without_profile
from octi.store import open_store
from octi.store.base import Forgetting, Store
from octi.store.sqlite import sqlite_path
from octi.store.transcripts import as_jsonl, as_srt, as_text
from octi.units import SessionId

T = TypeVar("T")
Configured = Callable[[], Config]

FAILED = 1
AT_ONCE = 50  # sessions in one transaction: an octi that writes waits for it
UNITS: Mapping[str, float] = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
FORMATS = {"text": as_text, "jsonl": as_jsonl, "srt": as_srt}


class Age(click.ParamType[float]):
    """A length of time such as 30d, in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """See click."""
        if isinstance(value, float):
            return value
        if not (said := re.fullmatch(r"([0-9]{1,6})([mhdw])", value)):
            self.fail(f"{value!r} is no age: write 90m, 12h, 30d or 4w", param, ctx)
        return int(said[1]) * UNITS[said[2]]


@attrs.frozen(kw_only=True)
class Choice:
    """Which sessions are meant. Ages are in seconds, since a session's end, or its beginning if it has none."""

    ids: Sequence[str] = ()
    older_than: float | None = None
    newer_than: float | None = None
    state: SessionState | None = None

    def fits(self, record: SessionRecord, now: float) -> bool:
        """Whether this session is one of them."""
        age = now - (record.created_at if record.ended_at is None else record.ended_at)
        return (
            (not self.ids or record.id in self.ids)
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age <= self.newer_than)
            and self.state in {None, record.state}
        )


class Exporting(click.Group):
    """A group whose first command may go unnamed: `octi transcripts ID` is `octi transcripts export ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        named = args and args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if named else ["export", *args])


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    states = click.Choice([state.value for state in SessionState])
    for option in (
        click.option("--state", type=states, help="Only sessions in this state."),
        click.option("--newer-than", type=Age(), help="Only sessions that ended since: 90m, 12h, 30d, 4w."),
        click.option("--older-than", type=Age(), help="Only sessions that ended longer ago: 90m, 12h, 30d, 4w."),
    ):
        command = option(command)
    return command


def transcripts_group(configured: Configured) -> click.Group:
    """The commands, over whatever settings there are when one runs."""

    @click.group(cls=Exporting, context_settings={"help_option_names": ["-h", "--help"]})
    def transcripts() -> None:
        """Print or delete what is kept: export (may go unnamed), purge.

        \b
        octi transcripts                        all that was said, oldest first
        octi transcripts SESSION --format jsonl
        octi transcripts export --profiles
        octi transcripts purge --older-than 30d --dry-run
        """

    @transcripts.command()
    @click.argument("session", required=False)
    @click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="text", show_default=True)
    @click.option("--profiles", is_flag=True, help="What was extracted instead: a JSON object a session.")
    @click.option("--usage", is_flag=True, help="What was counted instead, and what it cost: a JSON object a response.")
    @choosing
    def export(session: str | None, format_: str, profiles: bool, usage: bool, **choice: Any) -> None:
        """Print what was said: one SESSION, or all of them, oldest first.

        \b
        text    for reading
        jsonl   one JSON object a turn: session, item, role, text, start_ms, end_ms, interrupted …
        srt     subtitles, timed by the session's audio
        """
        chosen = chosen_by([session] if session else [], choice)
        url = configured().store_url
        read = usage_lines if usage else profile_lines if profiles else partial(conversations, FORMATS[format_])
        found, text = _run(url, partial(read, chosen))
        if session and not found:
            _give_up(f"There is no session {session} in {masked(url)}.")
        click.echo(text, nl=False)

    @transcripts.command()
    @click.option("--session", "sessions", multiple=True, metavar="ID", help="This session; may be given again.")
    @click.option("--profiles", is_flag=True, help="Forget what was extracted of the user, and keep what was said.")
    @click.option("--live", is_flag=True, help="Sessions that are live as well; what they say later is kept again.")
    @click.option("--dry-run", is_flag=True, help="Delete nothing, and say what would be deleted.")
    @choosing
    def purge(sessions: Sequence[str], profiles: bool, live: bool, dry_run: bool, **choice: Any) -> None:
        """Delete sessions with all that belongs to them, for good: there is no way back but a backup.

        Live sessions are left out. Their sound in OCTI_RECORD_AUDIO_FOLDER goes as well, as far as it is on this
        machine. With SQLite what is deleted is gone from the file as well (docs/store.md).

        \b
        octi transcripts purge --older-than 30d
        octi transcripts purge --session ID --session ID
        octi transcripts purge --profiles --older-than 1d
        """
        chosen = chosen_by(sessions, choice)
        if chosen == Choice():
            raise click.UsageError("Say which: --session, --older-than, --newer-than or --state.")
        config = configured()
        how = Forgetting(sessions=(), profiles_only=profiles, live=live, dry_run=dry_run)
        shelf = Shelf(Path(config.record.audio_folder), config.record.budget_bytes)
        told, missing = _run(config.store_url, partial(forget, chosen, how, shelf))
        click.echo(told)
        if missing:
            _give_up(missing)

    return transcripts


def chosen_by(ids: Sequence[str], options: Mapping[str, Any]) -> Choice:
    """The sessions that options mean."""
    state = options["state"] and SessionState(options["state"])
    return Choice(ids=tuple(ids), older_than=options["older_than"], newer_than=options["newer_than"], state=state)


async def conversations(shown: Callable[..., str], choice: Choice, store: Store) -> tuple[int, str]:
    """How many sessions were found, and what was said in them."""
    records = await meant(choice, store)
    return len(records), shown([(record, await store.turns(record.id)) for record in records])


async def profile_lines(choice: Choice, store: Store) -> tuple[int, str]:
    """How many sessions were found, and the profiles of those that have one: a JSON object each."""
    records, lines = await meant(choice, store), list[bytes]()
    for record in records:
        found = [made for made in await store.developments(record.id) if made.kind is DevelopmentKind.PROFILE]
        if found:
            profile = msgspec.json.decode(found[-1].body, type=dict[str, object]).get("profile")
            lines.append(msgspec.json.encode({"session": record.id, "at": found[-1].at, "profile": profile}) + b"\n")
    return len(records), b"".join(lines).decode()


async def usage_lines(choice: Choice, store: Store) -> tuple[int, str]:
    """How many sessions were found, and what was counted in them: a JSON object for each of it, its cost as text."""
    records, lines = await meant(choice, store), list[bytes]()
    for record in records:
        whose = {"tenant": record.tenant, "user": record.user}
        for row in await store.usages(record.id):
            said = {**whose, **attrs.asdict(row), "usage": msgspec.Raw(row.usage.encode())}
            lines.append(msgspec.json.encode(said | {"output": msgspec.Raw(row.output.encode())}) + b"\n")
    return len(records), b"".join(lines).decode()


async def forget(choice: Choice, how: Forgetting, shelf: Shelf, store: Store) -> tuple[str, str]:
    """Delete; what was deleted, and why not all that was named.

    Sound goes first: if it cannot be deleted its session is still there, to be tried again.
    """
    records, gone = await meant(choice, store), Counter[str]()
    going = [record for record in records if how.live or record.state is not SessionState.LIVE]
    for some in _batches([record.id for record in going]):
        if how.profiles_only and not how.dry_run:
            await _silence(some, store)
        if not how.profiles_only:
            gone["recordings"] += await trio.to_thread.run_sync(partial(_erase, some, shelf, dry_run=how.dry_run))
        gone.update(await store.forget(attrs.evolve(how, sessions=some)))
    known = {record.id for record in records}
    missing = [f"There is no session {name}." for name in choice.ids if name not in known]
    missing += [f"Session {record.id} is live; add --live." for record in records if record not in going and choice.ids]
    left = 0 if choice.ids else len(records) - len(going)
    return _told(gone, how.dry_run, left), "\n".join(missing)


async def _silence(sessions: Sequence[SessionId], store: Store) -> None:
    """First, so that what is left of a session has later revisions than what goes."""
    for name in sessions:
        if rows := list(without_profile(await store.developments(name))):
            await store.save(rows)


def _erase(sessions: Sequence[SessionId], shelf: Shelf, *, dry_run: bool) -> int:
    """Delete recordings, or only count them; how many. Blocks; raises StoreFailed."""
    try:
        shelf.look()
        return sum(name in shelf if dry_run else shelf.remove(name) for name in sessions)
    except OSError as error:
        raise StoreFailed(f"recordings in {shelf.folder}: {error}", retryable=False) from error


def _told(gone: Mapping[str, int], dry_run: bool, left: int) -> str:
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in gone.items() if count) or "nothing"
    behind = f"; {left} live sessions are left" if left else ""
    return f"{'Would delete' if dry_run else 'Deleted'}: {counts}{behind}."


async def meant(choice: Choice, store: Store) -> list[SessionRecord]:
    """The sessions that are meant, oldest first."""
    if len(choice.ids) == 1:
        found = await store.session(SessionId(choice.ids[0]))
        return [found] if found and choice.fits(found, time()) else []
    return [record for record in await store.sessions() if choice.fits(record, time())]


def _batches(names: Sequence[SessionId]) -> Iterator[Sequence[SessionId]]:
    """At least one, though there be none: what an earlier purge could not scrub is scrubbed then."""
    for start in range(0, max(1, len(names)), AT_ONCE):
        yield names[start : start + AT_ONCE]


def _run(url: str, use: Callable[[Store], Awaitable[T]]) -> T:
    """Use the store, or end the process with the reason why not."""
    try:
        return trio.run(_use, url, use)
    except StoreFailed as error:
        _give_up(str(error))


async def _use(url: str, use: Callable[[Store], Awaitable[T]]) -> T:
    """Raises StoreFailed, also where there is no store yet."""
    file = sqlite_path(url) if url.startswith("sqlite:") else None
    if file is not None and not await trio.Path(file).exists():
        raise StoreFailed(f"there is no {file}: octi makes it when it serves; see OCTI_STORE_URL")
    async with open_store(url) as store:
        return await use(store)


def _give_up(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(FAILED)
