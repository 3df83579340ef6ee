"""octi/transcripts.py: `octi transcripts export` and `purge`, on a real store in a folder."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from time import time

import attrs
import pytest
import trio
from click.testing import CliRunner, Result

from octi.config import read_config
from octi.extraction.composer import LayerName
from octi.recording.wav import header
from octi.records import (
    Development,
    DevelopmentKind,
    Row,
    SessionRecord,
    SessionState,
    UsageKind,
    UsageRecord,
)
from octi.steering.state import State, instructed
from octi.store import open_store
from octi.store.base import Store
from octi.transcripts import Choice, chosen_by, transcripts_group
from octi.units import SessionId
from tests.contract.test_store import make_development, make_secret, make_session, make_turn
from tests.postgres import fresh_schema

DAY = 86_400.0
OLD, NEW, LIVE = SessionId("old"), SessionId("new"), SessionId("live")
PROFILE = '{"profile":{"city":{"value":"Lyon"}},"changes":[]}'


def ended(name: str, days_ago: float) -> SessionRecord:
    then = time() - days_ago * DAY
    return make_session(name, state=SessionState.ENDED, created_at=then - 60, ended_at=then, ended_by="client")


def knowing(session: SessionId) -> list[Row]:
    """A profile, and instructions that tell it."""
    told = State().saying({LayerName.BASE: "Be kind.", LayerName.PROFILE: "Lives in Lyon."})
    profile = make_development(f"p-{session}", session=session, kind=DevelopmentKind.PROFILE, body=PROFILE)
    return [profile, instructed(session, State().instructions, told.instructions, 1.0)]


async def fill(url: str) -> None:
    live = make_session(LIVE, state=SessionState.LIVE, created_at=time() - 90 * DAY)
    async with open_store(url) as store:
        for session in (ended(OLD, 60), ended(NEW, 1), live):
            words = make_turn(0, f"words of {session.id}", session=session.id)
            await store.save([session, words, *knowing(session.id), make_secret(session.id, session=session.id)])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store with a session that ended long ago, one that ended yesterday, and one that is live."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/octi.db"
        trio.run(fill, address)
        yield address
    else:
        with fresh_schema() as address:
            trio.run(fill, address)
            yield address


@pytest.fixture
def file(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/octi.db"
    trio.run(fill, address)
    return address


def transcripts(url: str, *args: str) -> Result:
    group = transcripts_group(lambda: read_config({"OCTI_STORE_URL": url}))
    return CliRunner().invoke(group, args)


def said(result: Result) -> set[str]:
    return set(re.findall(r"words of (\w+)", result.stdout))


async def _known(url: str) -> dict[str, int]:
    async with open_store(url) as store:
        return {session.id: len(await store.changes(session.id)) for session in await store.sessions()}


def known(url: str) -> dict[str, int]:
    """The sessions, and how many turns and developments each has."""
    return trio.run(_known, url)


def read(url: str, session: SessionId) -> list[Development]:
    async def ask(store_url: str) -> list[Development]:
        async with open_store(store_url) as store:
            return await store.developments(session)

    return trio.run(ask, url)


# Export


@pytest.mark.parametrize("args", [(), ("export",), ("--format", "jsonl"), ("export", "--format", "srt")])
def test_all_that_was_said_is_printed(file: str, args: tuple[str, ...]) -> None:
    """The command's name may be left out."""
    result = transcripts(file, *args)
    assert result.exit_code == 0
    assert said(result) == {"old", "new", "live"}


@pytest.mark.parametrize(
    ("args", "sessions"),
    [
        (["old"], {"old"}),
        (["export", "--older-than", "30d"], {"old", "live"}),
        (["--newer-than", "2w"], {"new"}),
        (["--state", "live"], {"live"}),
        (["--older-than", "12h", "--newer-than", "61d", "--state", "ended"], {"old", "new"}),
    ],
)
def test_sessions_are_chosen_by_name_age_and_state(file: str, args: list[str], sessions: set[str]) -> None:
    """An age is since the end, or the beginning of what has none."""
    assert said(transcripts(file, *args)) == sessions


def test_profiles_are_printed_instead(url: str) -> None:
    """The last of each session: a JSON object a line."""
    lines = [json.loads(line) for line in transcripts(url, "export", "--profiles").stdout.splitlines()]
    assert [line["session"] for line in lines] == ["live", "old", "new"]
    assert all(line["profile"] == {"city": {"value": "Lyon"}} for line in lines)


def test_what_was_counted_is_printed_instead(file: str) -> None:
    """With its cost, as exact as it is kept, and for whom it was: a JSON object a line."""
    row = UsageRecord(session=OLD, kind=UsageKind.RESPONSE, id="r", status="completed", usage='{"a":1}', cost="0.10")

    async def count() -> None:
        async with open_store(file) as store:
            await store.save([row])

    trio.run(count)
    (line,) = [json.loads(line) for line in transcripts(file, "export", "--usage").stdout.splitlines()]
    assert (line["session"], line["kind"], line["cost"], line["usage"], line["output"], line["user"]) == (
        "old",
        "response",
        "0.10",
        {"a": 1},
        [],
        "",
    )


def test_a_session_that_is_not_there_is_named(file: str) -> None:
    result = transcripts(file, "export", "nobody")
    assert result.exit_code == 1
    assert result.stderr == f"There is no session nobody in {file}.\n"


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", "1.5d", "0001234567d"])
def test_an_age_that_cannot_be_read_is_told_how_to_write_it(file: str, age: str) -> None:
    result = transcripts(file, "export", "--older-than", age)
    assert result.exit_code == 2
    assert "is no age: write 90m, 12h, 30d or 4w" in result.stderr


def test_help_explains_each_command(file: str) -> None:
    for args, words in (
        (["--help"], ["export", "purge", "--dry-run"]),
        (["-h"], ["octi transcripts purge --older-than 30d"]),
        (["export", "--help"], ["[SESSION]", "--format", "jsonl", "srt", "interrupted", "--profiles", "--older-than"]),
        (["purge", "--help"], ["--session", "--profiles", "--live", "--dry-run", "no way back"]),
    ):
        output = transcripts(file, *args).output
        assert [word for word in words if word not in output] == []


# Purge


def test_old_sessions_are_deleted_and_live_ones_are_left(url: str) -> None:
    """It says what went, of each kind, and how many were left."""
    result = transcripts(url, "purge", "--older-than", "30d")
    assert result.exit_code == 0
    assert result.stdout.startswith("Deleted: ")
    assert {"1 turns", "2 developments", "1 secrets", "1 sessions"} <= set(re.findall(r"\d \w+", result.stdout))
    assert result.stdout.endswith("; 1 live sessions are left.\n")
    assert known(url) == {"new": 3, "live": 3}


def test_a_dry_run_deletes_nothing(url: str) -> None:
    """And tells the same."""
    rehearsed = transcripts(url, "purge", "--older-than", "30d", "--dry-run")
    assert known(url) == {"old": 3, "new": 3, "live": 3}
    done = transcripts(url, "purge", "--older-than", "30d")
    assert rehearsed.stdout.replace("Would delete", "Deleted") == done.stdout


def test_sessions_are_deleted_by_name(file: str) -> None:
    """Those that are not there are told, and are a failure; the others go."""
    result = transcripts(file, "purge", "--session", "old", "--session", "nobody", "--session", "new")
    assert result.exit_code == 1
    assert "2 sessions" in result.stdout
    assert result.stderr == "There is no session nobody.\n"
    assert set(known(file)) == {"live"}


def test_a_live_session_is_refused_unless_it_is_meant(file: str) -> None:
    result = transcripts(file, "purge", "--session", "live")
    assert (result.exit_code, result.stdout) == (1, "Deleted: nothing.\n")
    assert result.stderr == "Session live is live; add --live.\n"
    assert transcripts(file, "purge", "--session", "live", "--live").exit_code == 0
    assert set(known(file)) == {"old", "new"}


def test_only_what_was_extracted_is_forgotten(url: str) -> None:
    """The profile, and what the agent is told of it; what was said stays, and who followed it misses nothing."""
    result = transcripts(url, "purge", "--profiles", "--session", "old")
    assert result.stdout == "Deleted: 1 developments.\n"
    (left,) = read(url, OLD)
    assert left.kind is DevelopmentKind.INSTRUCTIONS
    assert "Lyon" not in left.body
    assert "Be kind." in left.body
    assert len(read(url, NEW)) == 2
    assert said(transcripts(url, "old")) == {"old"}


def test_rehearsing_to_forget_profiles_changes_none(file: str) -> None:
    before = read(file, OLD)
    transcripts(file, "purge", "--profiles", "--session", "old", "--dry-run")
    assert read(file, OLD) == before


def test_the_sound_of_a_session_goes_with_its_words(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of those that go, and not where only profiles do, or nothing does."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("old", "new", "live"):
        (folder / f"{name}.wav").write_bytes(header(4) + bytes(4))
    assert "1 recordings" in transcripts(file, "purge", "--older-than", "30d", "--dry-run").stdout
    assert "recordings" not in transcripts(file, "purge", "--older-than", "30d", "--profiles").stdout
    assert len(list(folder.iterdir())) == 3
    assert "1 recordings" in transcripts(file, "purge", "--older-than", "30d").stdout
    assert sorted(path.name for path in folder.iterdir()) == ["live.wav", "new.wav"]
    assert "1 recordings" in transcripts(file, "purge", "--session", "live", "--live").stdout
    assert not (folder / "live.wav").exists()


def test_sound_that_cannot_be_deleted_keeps_its_session(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can be tried again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recordings" / "old.wav").mkdir(parents=True)
    result = transcripts(file, "purge", "--older-than", "30d")
    assert result.exit_code == 1
    assert "recordings in recordings: " in result.stderr
    assert "old" in known(file)


@pytest.mark.parametrize("args", [["purge"], ["purge", "--dry-run"], ["purge", "--profiles", "--live"]])
def test_without_a_choice_nothing_is_deleted(file: str, args: list[str]) -> None:
    """All of them must be said, too: --older-than 0d."""
    result = transcripts(file, *args)
    assert result.exit_code == 2
    assert "Say which: --session, --older-than" in result.stderr
    assert len(known(file)) == 3
    transcripts(file, "purge", "--older-than", "0d", "--live")
    assert known(file) == {}


def test_more_sessions_than_fit_into_one_transaction_are_deleted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/octi.db"

    async def fill_more() -> None:
        async with open_store(url) as store:
            await store.save([attrs.evolve(ended(str(number), 60)) for number in range(130)])

    trio.run(fill_more)
    assert "130 sessions" in transcripts(url, "purge", "--older-than", "30d").stdout


def test_it_is_deleted_while_octi_uses_the_store(url: str) -> None:
    """Its connections stay, and it writes on."""

    async def use() -> None:
        async with open_store(url) as store:
            await delete(store)

    async def delete(store: Store) -> None:
        purge = partial(transcripts, url, "purge", "--session", "old")
        assert (await trio.to_thread.run_sync(purge)).exit_code == 0
        assert await store.session(OLD) is None
        await store.save([make_turn(1, session=NEW)])

    trio.run(use)


def test_purging_again_removes_what_somebody_read(file: str, tmp_path: Path) -> None:
    """The rows are gone already then, and nobody is meant any more; what was said still stands in the log."""
    purge = partial(transcripts, file, "purge", "--older-than", "30d")
    with closing(sqlite3.connect(tmp_path / "octi.db", isolation_level=None)) as octi:  # it keeps the log
        octi.execute("UPDATE turns SET text = 'words of old, again' WHERE session = 'old'")
        octi.execute("BEGIN")
        octi.execute("SELECT * FROM turns").fetchall()
        assert "somebody reads it; try again" in purge().stderr
        octi.execute("COMMIT")
        assert (purge().stdout, purge().exit_code) == ("Deleted: nothing; 1 live sessions are left.\n", 0)
        assert [path.name for path in tmp_path.iterdir() if b"words of old" in path.read_bytes()] == []


def test_no_store_is_made_by_looking_for_one(tmp_path: Path) -> None:
    result = transcripts(f"sqlite:///{tmp_path}/octi.db", "purge", "--older-than", "1d")
    assert result.exit_code == 1
    assert "octi makes it when it serves" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_choice_of_nothing_fits_everything() -> None:
    chosen = chosen_by([], {"state": None, "older_than": None, "newer_than": None})
    assert chosen == Choice()
    assert chosen.fits(ended("s", 1), time())
