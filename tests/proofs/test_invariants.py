"""The judge of what is left of a cut octi: it must find what is wrong, or its silence says nothing."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import attrs
import msgspec
import pytest
from websockets.frames import Frame, Opcode

from octi.records import Role, SessionRecord, SessionState, Turn
from octi.units import ItemId, Milliseconds, SessionId
from tests.engine.wire import Event
from tests.proofs.invariants import (
    BROKEN,
    LOST,
    TORN,
    UNTOLD,
    Finding,
    Kept,
    broken,
    missed,
    shown,
    torn,
    unkept,
    untidy,
    untold,
)
from tests.proofs.matrix.caller import DROPPED, OCTI, REALTIME, Caller, Dialect
from tests.proofs.wiretap import NotFrames, Said, Side, Tapped, read_side
from tests.streams import WindowStream, window_stream_pair

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
LIVE = SessionRecord(
    id=SessionId("s"), state=SessionState.LIVE, door="d", upstream="u", model="m", voice="v", created_at=1.0
)
ENDED = LIVE.end(at=2.0, by="octi", reason="it was time")


def kinds(findings: Iterable[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def turns(*texts: str) -> list[Turn]:
    """Turns with these texts, of both sides in turn."""
    return [
        Turn(
            session=SessionId("s"),
            item=ItemId(f"i{place}"),
            position=place,
            role=(Role.USER, Role.ASSISTANT)[place % 2],
            text=text,
            start_ms=Milliseconds(0),
            end_ms=Milliseconds(0),
        )
        for place, text in enumerate(texts)
    ]


@attrs.define
class Client:
    """What the judge looks at of a client."""

    dialect: Dialect = OCTI
    told: Sequence[Event] = ()
    over: bool = True
    close: int | None = 1000


def client(**fields: Any) -> Caller:
    return cast(Caller, Client(**fields))


# What was written


def text(event: object) -> bytes:
    return Frame(Opcode.TEXT, msgspec.json.encode(event)).serialize(mask=False)


def read(*pieces: bytes) -> Side:
    return read_side([(float(at), piece) for at, piece in enumerate(pieces)], masked=False)


def test_events_are_read_with_the_time_of_their_last_byte() -> None:
    """However they came."""
    frames = text({"type": "a"}) + text({"type": "b"})
    side = read(SWITCHED[:7], SWITCHED[7:] + frames[:20], frames[20:])
    assert [(said.at, said.event["type"]) for said in side.said] == [(1.0, "a"), (2.0, "b")]
    assert side.rest == 0


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_half_of_something_is_seen(cut: int) -> None:
    """Half a head, the head of a frame, and half a frame."""
    assert read(SWITCHED[:cut]).rest == cut
    assert read(SWITCHED + text({"type": "a"})[:cut]).rest == cut


def test_half_a_frame_with_another_behind_it_is_no_text() -> None:
    """The other's bytes stand where the half one's should."""
    half = text({"type": "x" * 40})
    with pytest.raises(NotFrames, match="not JSON"):
        read(SWITCHED + half[:20] + text({"type": "y" * 40}))


def test_nothing_follows_a_close() -> None:
    """Not even a pong."""
    with pytest.raises(NotFrames, match="PONG behind a close"):
        read(SWITCHED, Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False), b"\x8a\x00")


def test_what_is_no_frame_is_said() -> None:
    """As the library has it."""
    with pytest.raises(NotFrames, match="invalid opcode"):
        read(SWITCHED, b"\x83\x00")


def tapped(octi: Side | None = None, peer: Side | None = None) -> Tapped:
    stream, _ = window_stream_pair()
    return Tapped(stream, octi or Side(masked=True), peer or Side(masked=False))


def test_a_send_that_was_given_up_is_the_last() -> None:
    """More behind it is found, and so is half of something that nobody gave up."""
    stream = cast(WindowStream, attrs.make_class("Stream", ["torn_at", "sent_bytes"])(10, 12))
    assert kinds(torn([Tapped(stream, Side(masked=True), Side(masked=False))])) == [TORN]
    assert kinds(torn([tapped(Side(masked=True, rest=3))])) == [TORN]
    assert kinds(torn([tapped()])) == []


# What peers were told


@pytest.mark.parametrize(("close", "found"), [(1000, []), (DROPPED, []), (None, []), (1011, [UNTOLD])])
def test_a_client_is_closed_for_a_plain_reason(close: int | None, found: list[str]) -> None:
    """An internal error is none."""
    assert kinds(untold([client(close=close)], (1000, DROPPED))) == found


def test_a_client_that_still_waits_is_found() -> None:
    """Nobody told it."""
    assert kinds(untold([client(over=False)], (1000,))) == [UNTOLD]


def test_what_is_octis_own_is_shown_to_nobody() -> None:
    """Neither its events' ids nor its function."""
    told = [{"type": "error", "error": {"event_id": "octi_ask"}}, {"type": "x", "item": {"name": "extract_profile"}}]
    assert kinds(shown(client(dialect=REALTIME, told=told))) == [BROKEN, BROKEN]
    assert kinds(shown(client(told=[{"type": "ready"}]))) == []


# What is kept


def test_a_session_that_has_ended_says_by_whom_and_why() -> None:
    """One that never began may stay as it was made."""
    assert kinds(untidy(Kept(ENDED, turns("Hello")))) == []
    assert kinds(untidy(Kept(attrs.evolve(LIVE, state=SessionState.CREATED), []))) == []
    assert kinds(untidy(Kept(LIVE, []))) == [LOST]
    assert kinds(untidy(Kept(attrs.evolve(ENDED, end_reason=None), []))) == [LOST]


def test_turns_are_dense_and_each_is_there_once() -> None:
    """A hole, and one item twice."""
    one, two = turns("Hello", "Good day")
    assert kinds(untidy(Kept(ENDED, [one, attrs.evolve(two, position=2)]))) == [LOST]
    assert kinds(untidy(Kept(ENDED, [one, attrs.evolve(two, item=one.item)]))) == [LOST]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (["Good day", "Bye"], []),
        (["Good day"], []),
        (["Good day", "Lost"], [LOST]),
        (["Bye", "Good day"], [LOST]),
        (["Good day", "Good day"], [LOST]),
    ],
)
def test_what_a_client_was_told_to_the_end_is_kept_in_that_order(told: list[str], found: list[str]) -> None:
    """Through the OCTI door, by the words."""
    heard = [{"type": "transcript", "text": words} for words in told]
    assert kinds(missed(client(told=heard), turns("Hello", "Good day", "See you", "Bye"))) == found


def item(name: str, words: str, role: str = "assistant") -> Event:
    return {"id": name, "type": "message", "role": role, "content": [{"transcript": words}]}


def finished(*items: Event) -> list[Event]:
    done = {"type": "response.done", "response": {"status": "completed", "output": [*items]}}
    return [*({"type": "conversation.item.added", "item": each} for each in items), done]


def test_what_a_provider_finished_is_kept_as_it_was_said() -> None:
    """By the item; of an answer that was cut short all that was generated."""
    kept = turns("Hello", "Good")
    assert kinds(unkept(finished(item("i1", "Good day")), kept)) == [LOST]
    kept[1] = attrs.evolve(kept[1], generated="Good day")
    assert kinds(unkept(finished(item("i1", "Good day")), kept)) == []
    assert kinds(unkept(finished(item("i2", "Lost")), kept)) == [LOST]
    user: Event = {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i0"}
    added: Event = {"type": "conversation.item.added", "item": item("i0", "", "user")}
    assert kinds(unkept([added, user | {"transcript": "Hello\n"}], kept)) == []
    assert kinds(unkept([added, user | {"transcript": "Other words"}], kept)) == [LOST]


# The arbiter's promises


def said(*events: Event, masked: bool = True) -> Side:
    return Side(masked, [Said(0.0, event) for event in events])


ASK: Event = {"type": "response.create", "event_id": "octi_ask"}
BEGUN: Event = {"type": "response.created"}
OUTPUT: Event = {
    "type": "conversation.item.create",
    "event_id": "octi_tool_output",
    "item": {"type": "function_call_output", "call_id": "c1"},
}


@pytest.mark.parametrize(
    ("asked", "begun", "found"),
    [
        ([ASK], [], []),
        ([ASK, ASK], [], [BROKEN]),
        ([ASK, ASK], [BEGUN], []),
        ([{"type": "response.cancel", "event_id": "octi_unasked"}], [], [BROKEN]),
        ([{"type": "response.create"}] * 3, [], []),
        ([OUTPUT], [], []),
        ([OUTPUT, OUTPUT], [], [BROKEN]),
        ([], [{"type": "error", "error": {"event_id": "octi_ask", "code": "no"}}], [BROKEN]),
        ([], [{"type": "error", "error": {"event_id": None, "code": "no"}}], []),
    ],
)
def test_octi_asks_once_and_only_when_nothing_is_in_the_way(
    asked: list[Event], begun: list[Event], found: list[str]
) -> None:
    """What a client asks is its own affair."""
    assert kinds(broken(tapped(said(*asked), said(*begun)))) == found


@pytest.mark.parametrize(("ms", "found"), [(0, [BROKEN]), (100, []), (200, []), (201, [BROKEN])])
def test_nothing_is_cut_beyond_what_was_sent(ms: int, found: list[str]) -> None:
    """Nor at 0, which the provider refuses."""
    cut = {"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": ms}
    sent = {"type": "response.output_audio.delta", "item_id": "a", "delta": "A" * (9600 * 4 // 3)}
    assert kinds(broken(tapped(said(cut), said(sent)))) == found
