"""A session's lines in the log."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import attrs
import msgspec
import pytest
import structlog
import trio
from structlog.contextvars import bind_contextvars
from trio.testing import MockClock

from octi.errors import CallOver, UpstreamLost
from octi.observe.base import Observer
from octi.observe.logs import set_up_logs
from octi.observe.plain import Own
from octi.records import Role, Row, SessionRecord, SessionState, Transcription, Turn
from octi.session.ending import client_gone, too_long
from octi.session.lines import LegLines, TurnLines, ended, named, noticed, started
from octi.units import ItemId, Milliseconds, SessionId
from octi.websocket.base import LegClosed
from tests.logs import restored_logs

RECORD = SessionRecord(id=SessionId("s-1"), door="octi", upstream="openai", model="m", voice="v", created_at=1.0)


@attrs.frozen
class Log:
    """What was logged."""

    stream: StringIO = attrs.field(factory=StringIO)

    def lines(self, *left_out: str) -> list[dict[str, Any]]:
        written = [msgspec.json.decode(line) for line in self.stream.getvalue().splitlines()]
        return [{k: v for k, v in line.items() if k not in {"timestamp", "logger", *left_out}} for line in written]


@pytest.fixture
def log() -> Iterator[Log]:
    """The whole log, as it would be written."""
    with restored_logs():
        found = Log()
        set_up_logs("debug", json=True, stream=found.stream)
        yield found


def test_a_session_begins_with_a_line(log: Log) -> None:
    """Who came, by which door, for which model, what they may say; and whether it is taken up again."""
    with named(RECORD):
        started(RECORD, "203.0.113.7", "speak")
    started(attrs.evolve(RECORD, state=SessionState.ENDED), "")
    first, second = log.lines()
    about = {"level": "info", "event": "session started", "door": "octi", "upstream": "openai", "model": "m"}
    assert first == {**about, "session": "s-1", "client": "203.0.113.7", "policy": "speak", "resumed": False}
    assert second == {**about, "resumed": True}


def test_a_session_ends_with_a_line(log: Log) -> None:
    """With the reason that metrics have, and in words; and what it came to. What a client said is not in it."""
    ended(RECORD, too_long(3600), {"turns": 2})
    ended(RECORD, client_gone(LegClosed(4000, "my card is 4111")), {"turns": 3})
    first, second = log.lines("level", "event", "door", "upstream")
    words = "the session reached its maximum length"
    assert first == {"ended_by": "octi", "reason": "too_long", "why": words, "code": 1001, "turns": 2}
    assert (second["reason"], second["why"]) == ("left", "the client left (closed with 4000)")
    assert "4111" not in log.stream.getvalue()


async def test_what_is_logged_in_a_sessions_tasks_has_its_id(log: Log) -> None:
    """In those of other sessions theirs; in threads, too."""

    async def say(what: str) -> None:
        await trio.to_thread.run_sync(structlog.get_logger("octi.test").info, what)

    async def hold(record: SessionRecord) -> None:
        with named(record, "rtc_1"):
            async with trio.open_nursery() as nursery:  # noqa: ASYNC112  as a session has its tasks
                nursery.start_soon(say, str(record.id))
        await say("after")

    async with trio.open_nursery() as sessions:
        sessions.start_soon(hold, RECORD)
        sessions.start_soon(hold, attrs.evolve(RECORD, id=SessionId("s-2")))
    said = sorted((line["event"], line.get("session"), line.get("call")) for line in log.lines())
    assert said == [("after", None, None), ("after", None, None), ("s-1", "s-1", "rtc_1"), ("s-2", "s-2", "rtc_1")]


async def test_a_leg_is_told_with_the_providers_ids(autojump_clock: MockClock, log: Log) -> None:
    """When it is in use, and when it is lost; the next one has others."""
    leg = LegLines("openai", 2)
    with leg.named():
        await trio.sleep(0.25)
        bind_contextvars(provider_request="req_1")
        leg.opened("sess_1")
        await trio.sleep(8)
        leg.lost(UpstreamLost("openai", Own("closed with 1011", ": my card is 4111")))
    structlog.get_logger("octi.test").info("after")
    ids = {"provider_request": "req_1", "provider_session": "sess_1", "upstream": "openai", "tries": 2}
    first, second, third = log.lines()
    assert first == {"level": "info", "event": "leg opened", "seconds": 0.25, **ids}
    why = {"error": "upstream_lost", "why": "openai is not there: closed with 1011"}
    assert second == {"level": "warning", "event": "leg lost", "seconds": 8.0, **why, **ids}
    assert third == {"level": "info", "event": "after"}


async def test_a_leg_that_never_was_is_told_as_such(autojump_clock: MockClock, log: Log) -> None:
    """And a call that is over has not failed."""
    leg = LegLines("openai", 1)
    await trio.sleep(10)
    leg.lost(UpstreamLost("openai", Own("no connection within 10 s")))
    leg.opened("")
    leg.lost(CallOver("openai"))
    told = [(line["level"], line["event"], line["seconds"]) for line in log.lines()]
    assert told == [("warning", "leg not opened", 10.0), ("info", "leg opened", 10.0), ("info", "leg lost", 0.0)]


def test_an_event_is_told_by_its_type(log: Log) -> None:
    """If that is one."""
    noticed("response.output_audio.done")
    noticed("my card is 4111")
    assert [line["type"] for line in log.lines()] == ["response.output_audio.done", "…"]


def turn(text: str, **more: Any) -> Turn:
    said = {"item": ItemId("i"), "position": 0, "start_ms": Milliseconds(0), "end_ms": Milliseconds(9), **more}
    return Turn(session=SessionId("s-1"), role=Role.USER, text=text, **said)


def test_a_turn_is_told_without_its_words(log: Log) -> None:
    """For whoever looks closely: once for each version of it."""
    lines = TurnLines(Observer())
    lines.kept(
        [
            turn(""),
            turn("my card", transcription=Transcription.AWAITED),
            turn("my card is 4111"),
            turn("my card is 4111"),
            turn("my card is", interrupted=True),
        ]
    )
    about = {"level": "debug", "event": "turn", "item": "i", "role": "user"}
    assert log.lines() == [
        {**about, "interrupted": False, "characters": 15},
        {**about, "interrupted": True, "characters": 10},
    ]


def test_where_words_are_asked_for_they_are_told_as_they_are_stored(log: Log) -> None:
    """Without what is redacted in rows."""

    def redact(row: Row) -> Row:
        assert isinstance(row, Turn)
        return attrs.evolve(row, text=row.text.replace("4111", "[card]"))

    TurnLines(Observer(words=True, redact=redact)).kept([turn("my card is 4111"), RECORD])
    (line,) = log.lines()
    assert (line["level"], line["text"]) == ("info", "my card is [card]")
