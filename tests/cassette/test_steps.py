"""A leg as steps, and what counts as the same message."""

from typing import Any

import msgspec
import pytest

from octi.cassette.format import Goodbye
from octi.cassette.reading import Cassette, Happening
from octi.cassette.steps import SOUND, Step, difference, differences, is_piece, kind_of, steps_of, streams, unplayed
from octi.websocket.base import Message
from tests.cassette.tapes import HEADER


def event(**fields: Any) -> Message:
    return Message(msgspec.json.encode(fields), True)


def test_a_leg_is_played_from_either_side() -> None:
    """What one sends the other waits for; that it was opened is no step."""
    happenings = (
        Happening(0, "provider", 1, "in"),
        Happening(1000, "provider", 1, "in", b"{}"),
        Happening(2000, "provider", 1, "out", b"x", False),
        Happening(3000, "provider", 1, "out", close=Goodbye(1000)),
        Happening(3000, "provider", 2, "in", b"other"),
    )
    cassette = Cassette(HEADER, happenings, "complete")
    provider, octi = (steps_of(cassette, "provider", 1, way) for way in ("in", "out"))
    assert [(step.at_s, step.ours, step.kind) for step in provider] == [
        (1.0, True, "text without a type"),
        (2.0, False, SOUND),
        (3.0, False, "close"),
    ]
    assert [step.ours for step in octi] == [False, True, True]


def test_a_message_is_called_by_its_type() -> None:
    """What has none, by what it is."""
    messages = [event(type="a"), Message(b"\0", False), Message(b"nonsense", True), Message(b"\xff", True)]
    assert [kind_of(each) for each in messages] == ["a", SOUND, "text without a type", "text without a type"]


def test_pieces_are_known_by_their_type() -> None:
    """Their number says nothing."""
    assert [streams(kind) for kind in (SOUND, "input_audio_buffer.append", "x.delta", "x.done")] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("was", "came", "says"),
    [
        (event(type="a", n=1), event(type="a", n=1), None),
        (event(type="a", event_id="1"), event(type="a", event_id="2"), None),
        (event(type="a", event_id="1"), event(type="a"), None),
        (event(type="a", n=1), event(type="a", n=2), "n is 2 (was 1)"),
        (event(type="a", b={"c": [1, 2]}), event(type="a", b={"c": [1, 3]}), "b.c[1] is 3 (was 2)"),
        (event(type="a", b=[1]), event(type="a", b=[]), "b is [] (was [1])"),
        (event(type="a", b=1), event(type="a"), "b is missing (was 1)"),
        (event(type="a"), event(type="a", b="x" * 100), f'b is new ("{"x" * 78}…)'),
        (event(type="a", key="***"), event(type="a", key="sk-1"), None),
        (event(type="a", key="my *** here"), event(type="a", key="my sk-1 here"), None),
        (event(type="a", key="my *** here"), event(type="a", key="nothing"), 'key is "nothing" (was "my *** here")'),
        (event(type="a", key="***"), event(type="a", key=1), 'key is 1 (was "***")'),
        (Message(b"1", False), Message(b"1", False), None),
        (Message(b"1", False), Message(b"22", False), "sound of 2 bytes in place of 1"),
        (Message(b"1", False), event(type="a"), "a of 12 bytes in place of 1"),
        (Message(b"x", True), Message(b"x", True), None),
        (Message(b"x", True), Message(b"y", True), 'other text: "y"'),
        (Message(b"[1]", True), Message(b"[2]", True), "[0] is 2 (was 1)"),
    ],
)
def test_messages_are_compared(was: Message, came: Message, says: str | None) -> None:
    """By their values; ids of events and scrubbed secrets may be any."""
    assert difference(was, came) == says


def test_left_out_voices_are_not_compared() -> None:
    """Nobody knows what they were."""
    was, came = (event(type="input_audio_buffer.append", audio=audio) for audio in ("AAAA", "BBBB"))
    assert difference(was, came) is not None
    assert difference(was, came, voices=False) is None
    assert difference(Message(b"1", False), Message(b"2", False), voices=False) is None


def test_the_whole_event_may_differ() -> None:
    """A list where there was an object."""
    assert list(differences({}, [], "")) == ["the event is [] (was {})"]


def test_what_they_had_still_to_send_is_named() -> None:
    """Pieces aside."""
    steps = [
        Step(0, False, event(type="a")),
        Step(0, False, Message(b"", False)),
        Step(0, True, event(type="b")),
        Step(0, False, close=Goodbye(1000)),
    ]
    assert unplayed(steps) == ["a"]


def test_pieces_of_what_is_told_whole_need_no_waiting() -> None:
    """In either protocol; sound is not told again."""
    assert [is_piece(kind) for kind in ("response.output_text.delta", "transcript_delta", SOUND, "x.append")] == [
        True,
        True,
        False,
        False,
    ]


def test_what_is_nested_too_deep_is_compared_by_its_bytes() -> None:
    """No reason for a replay to end."""
    frames = (b'{"type":"x","a":' + b"[" * levels + b"]" * levels + b"}" for levels in (3000, 3001))
    deep, other = (Message(frame, True) for frame in frames)
    assert difference(deep, deep) is None
    assert (difference(deep, other) or "").startswith("other text: ")
    assert kind_of(deep) == "text without a type"
