"""What is sound on a client's leg, and what cuts the agent off, at both doors."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from octi.engine.g711 import LAWS
from octi.realtime.octi_protocol import SMALLEST_CHUNK as DOORS_SMALLEST
from octi.recording.sounds import SMALLEST_CHUNK, Note, OctiSounds, RealtimeSounds, Sounds, sounds_of
from octi.recording.timeline import Timeline
from octi.units import SAMPLE_RATE_HZ
from tests.recording.test_agent import audible
from tests.recording.test_timeline import sides
from tests.recording.test_track import sound

SECOND = SAMPLE_RATE_HZ


def played(sounds: Sounds, *notes: Note, end: float = 20.0) -> tuple[int, int]:
    """How many samples sound on either side, after some notes."""
    line = Timeline()
    for note in notes:
        sounds.take(note, line)
    left, right = sides(line.end(end))
    return audible(left.tobytes()), audible(right.tobytes())


def told(at: float, *, came: bool, **event: Any) -> Note:
    return Note(at, came, msgspec.json.encode(event))


def delta(at: float, pcm: bytes, item: str = "i") -> Note:
    return told(at, came=False, type="response.output_audio.delta", item_id=item, delta=b64encode(pcm).decode())


def append(at: float, pcm: bytes) -> Note:
    return told(at, came=True, type="input_audio_buffer.append", audio=b64encode(pcm).decode())


def test_each_door_has_its_own() -> None:
    """A call's, too, though no sound passes there."""
    assert isinstance(sounds_of("octi"), OctiSounds)
    assert isinstance(sounds_of("realtime"), RealtimeSounds)
    assert isinstance(sounds_of("call"), RealtimeSounds)


def test_binary_messages_are_sound_at_the_octi_door() -> None:
    """Either way, samples that are parted too; what the door ignores is not heard."""
    pcm = sound(SECOND)
    notes = [Note(1, True, pcm[:2001], False), Note(2, True, pcm[2001:], False), Note(1, False, pcm, False)]
    assert played(OctiSounds(), *notes) == (SECOND, SECOND)
    assert played(OctiSounds(), Note(1, True, sound(20), False)) == (0, 0)
    assert SMALLEST_CHUNK == DOORS_SMALLEST


def test_the_agent_is_cut_off_where_octi_takes_it_back() -> None:
    """By the clock."""
    notes = [Note(1, False, sound(5 * SECOND), False), Note(2.5, False, None)]
    assert played(OctiSounds(), *notes) == (0, round(1.5 * SECOND))


@pytest.mark.parametrize("heard_ms", [0, 700, 1500.5, 2900])
def test_the_client_knows_better_how_much_was_played(heard_ms: float) -> None:
    """Of the current answer, with what is still to be played of the earlier one before it."""
    notes = [
        Note(1, False, sound(SECOND), False),
        told(1, came=False, type="bot_audio_end"),
        Note(3, False, sound(5 * SECOND), False),
        told(5, came=True, type="interrupt", played_ms=heard_ms),
        Note(5, False, None),
        told(5, came=False, type="interrupted"),
        Note(6, False, sound(10), False),
    ]
    assert played(OctiSounds(), *notes) == (0, SECOND + round(heard_ms * SECOND / 1000) + 10)


def test_an_interruption_long_ago_says_nothing_of_the_next() -> None:
    """When it came nothing was heard, so octi took nothing back; and words that are none cut nothing off."""
    notes = [
        told(0.5, came=True, type="interrupt", played_ms=1.0),
        Note(0.6, True, b"{", True),
        Note(1, False, sound(5 * SECOND), False),
        Note(2, False, None),
    ]
    assert played(OctiSounds(), *notes) == (0, SECOND)


def test_events_hold_sound_at_the_realtime_door() -> None:
    """As base64, by either name; binary messages are refused there, and not heard."""
    old = told(3, came=False, type="response.audio.delta", item_id="j", delta=b64encode(sound(10)).decode())
    notes = [append(1, sound(SECOND)), delta(1, sound(2 * SECOND)), old, Note(1, True, sound(SECOND), False)]
    assert played(RealtimeSounds(), *notes) == (SECOND, 2 * SECOND + 10)


def test_a_realtime_client_says_what_it_played() -> None:
    """Or the provider says what is left of it: octi may have had it truncated."""
    cut = told(4, came=True, type="conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=500)
    confirmed = told(4, came=False, type="conversation.item.truncated", item_id="j", audio_end_ms=0)
    notes = [delta(1, sound(5 * SECOND)), delta(1, sound(SECOND, 2), "j"), cut, confirmed]
    assert played(RealtimeSounds(), *notes) == (0, SECOND // 2)
    assert played(RealtimeSounds(), notes[0], Note(3, False, None)) == (0, 2 * SECOND)


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_telephone_sound_is_made_octis(kind: str) -> None:
    """Once the session that is in force says so; as long as it was, and about as loud."""
    session = {"audio": {"input": {"format": {"type": kind}}, "output": {"format": {"type": kind}}}}
    configured = told(0, came=False, type="session.created", session=session)
    spoken = LAWS[kind]().encode([8000] * 8000)
    line, sounds = Timeline(), RealtimeSounds()
    for note in (configured, append(1, spoken), delta(2, spoken)):
        sounds.take(note, line)
    left, right = sides(line.end(3))
    assert len(left) == 3 * SECOND
    assert left[12_000] == pytest.approx(8000, rel=0.05)
    assert right[2 * SECOND + 12_000] == pytest.approx(8000, rel=0.05)
    assert audible(right[: 2 * SECOND].tobytes()) == 0


@pytest.mark.parametrize(
    "data",
    [b'{"audio', b'{"type":"input_audio_buffer.append","audio":7}', b'{"audio":"\xff"}', b"[" * 9000 + b'"audio"'],
)
def test_what_nobody_can_read_is_not_heard(data: bytes) -> None:
    """It goes on behind it."""
    notes = [Note(1, True, data), Note(1, False, data), append(2, sound(10))]
    assert played(RealtimeSounds(), *notes) == (10, 0)
    broken = told(1, came=True, type="input_audio_buffer.append", audio="a")
    assert played(RealtimeSounds(), broken, append(2, sound(10))) == (10, 0)
