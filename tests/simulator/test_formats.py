"""Formats, by the events that tell them."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from octi.simulator.formats import Formats


def told(kind: str, at: str, **more: Any) -> dict[str, Any]:
    return {"type": at, at.partition(".")[0]: {"audio": {"output": {"format": {"type": kind}}}, **more}}


def delta(sound: bytes, answer: str = "resp_1") -> dict[str, Any]:
    return {"type": "response.output_audio.delta", "response_id": answer, "delta": b64encode(sound).decode()}


def test_an_answer_is_in_the_format_that_it_began_with() -> None:
    """Whatever becomes of the session; an answer that nobody saw begin is in the session's."""
    formats = Formats()
    assert formats.of(delta(b"")) == "audio/pcm"
    formats.note(told("audio/pcma", "session.created"))
    formats.note(told("audio/pcmu", "response.created", id="resp_1"))
    formats.note(told("audio/pcm", "session.updated"))
    formats.note({"type": "response.done", "response": {"id": "resp_2"}})
    assert [formats.of(delta(b"", answer)) for answer in ("resp_1", "resp_2")] == ["audio/pcmu", "audio/pcm"]


@pytest.mark.parametrize(("kind", "length"), [("audio/pcm", 480), ("audio/pcmu", 80), ("audio/pcma", 80)])
def test_sound_is_as_long_as_its_format_says(kind: str, length: int) -> None:
    """Ten milliseconds."""
    formats = Formats()
    formats.note(told(kind, "response.created", id="resp_1"))
    assert formats.sounds_ms(delta(bytes(length))) == 10


@pytest.mark.parametrize(
    ("kind", "rate_hz", "sound", "wrong"),
    [
        ("audio/pcm", 12_000, b"aabbccdd", b"aacc"),
        ("audio/pcm", 48_000, b"aabb", b"aaaabbbb"),
        ("audio/pcm", 16_000, b"aabbcc", b"aabb"),
        ("audio/pcmu", 16_000, b"abc", b"aabbcc"),
        ("audio/pcma", 4_000, b"abcd", b"ac"),
        ("audio/pcm", 16_000, b"", b""),
    ],
)
def test_sound_has_another_rate_than_its_format(kind: str, rate_hz: int, sound: bytes, wrong: bytes) -> None:
    """By whole samples; all else is as it was."""
    formats = Formats()
    formats.note(told(kind, "response.created", id="resp_1"))
    changed = formats.at_rate(delta(sound), rate_hz)
    assert b64decode(changed["delta"]) == wrong
    assert {**changed, "delta": ""} == delta(b"")
