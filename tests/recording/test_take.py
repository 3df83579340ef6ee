"""One session's recording in the writer's thread."""

from pathlib import Path

import pytest

from octi.recording.shelf import Shelf
from octi.recording.sounds import Note, OctiSounds
from octi.recording.take import Take, TooLong
from octi.units import SessionId
from tests.recording.listening import only, spans
from tests.recording.test_track import sound

NOBODY: frozenset[SessionId] = frozenset()


def take(folder: Path, most: int = 1 << 20) -> Take:
    return Take(SessionId("s"), Shelf(folder, 1 << 30), most, OctiSounds())


def test_notes_become_a_file(tmp_path: Path) -> None:
    """Written as time goes on, and whole at the end."""
    made = take(tmp_path)
    made.write([Note(2, True, sound(24_000, 5000), False)], 2.5, 100.0, NOBODY)
    assert made.written_bytes == round(1.5 * 96_000)
    made.end(3.0, 100.0, NOBODY)
    made.close()
    assert (only(tmp_path).seconds, spans(only(tmp_path).user)) == (3, [(1, 2)])


def test_silence_alone_is_no_recording(tmp_path: Path) -> None:
    """There is no file, and nothing to close."""
    made = take(tmp_path)
    made.write([], 5.0, 100.0, NOBODY)
    made.end(6.0, 100.0, NOBODY)
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_too_soon_is_taken_back(tmp_path: Path) -> None:
    """The client says late that it had stopped long ago."""
    made = take(tmp_path)
    made.write([Note(0, False, sound(5 * 24_000, 5000), False)], 4.0, 100.0, NOBODY)
    interrupt = Note(4.0, True, b'{"type":"interrupt","played_ms":500}')
    made.write([interrupt, Note(4.0, False, None)], 4.5, 100.0, NOBODY)
    made.end(5.0, 100.0, NOBODY)
    made.close()
    assert spans(only(tmp_path).agent) == [(0, 0.5)]


def test_it_has_its_most(tmp_path: Path) -> None:
    """What does not fit is not written."""
    made = take(tmp_path, most=1000)
    with pytest.raises(TooLong):
        made.write([Note(5, True, sound(2400), False)], 5.0, 100.0, NOBODY)
    made.close()
