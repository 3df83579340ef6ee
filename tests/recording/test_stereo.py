"""A file that can be played at any moment."""

import os
import wave
from pathlib import Path

import pytest

from octi.recording.stereo import PAUSE_MOST_S, open_stereo
from octi.recording.wav import FRAME_BYTES, header
from octi.units import SAMPLE_RATE_HZ

FRAME = b"\1\0\2\0"


def read(path: Path) -> bytes:
    """What a player finds."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, SAMPLE_RATE_HZ)
        return bytes(file.readframes(file.getnframes()))


def test_it_can_be_played_while_it_grows(tmp_path: Path) -> None:
    """After each piece, and before the first; nobody else can read it."""
    path = tmp_path / "s.wav"
    file = open_stereo(path, 0.0)
    assert read(path) == b""
    for count in (1, 2, 3):
        file.append(FRAME)
        assert read(path) == FRAME * count
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_side_is_silenced(tmp_path: Path) -> None:
    """Between two places; the other side stays."""
    path = tmp_path / "s.wav"
    file = open_stereo(path, 0.0)
    file.append(FRAME * 4)
    file.silence(1, 1, 3)
    file.close()
    assert read(path) == FRAME + b"\1\0\0\0" * 2 + FRAME


@pytest.mark.parametrize(("pause", "silent"), [(2.0, 2.0), (3600.0, PAUSE_MOST_S), (-5.0, 0.0)])
def test_a_session_that_is_taken_up_again_goes_on_behind(tmp_path: Path, pause: float, silent: float) -> None:
    """With the pause between, up to ten seconds of it; places count from where its new life begins."""
    path = tmp_path / "s.wav"
    file = open_stereo(path, 0.0)
    file.append(FRAME * 10)
    file.close()
    os.utime(path, (1000, 1000))
    again = open_stereo(path, 1000 + pause)
    gap = round(silent * SAMPLE_RATE_HZ)
    again.append(FRAME * 2)
    again.silence(0, 0, 1)
    again.close()
    assert again.begins == 10 + gap
    assert read(path) == FRAME * 10 + bytes(gap * FRAME_BYTES) + b"\0\0\2\0" + FRAME


def test_what_is_deleted_meanwhile_stays_deleted(tmp_path: Path) -> None:
    """Its session goes on in another file, with silence for what was said before."""
    path = tmp_path / "s.wav"
    file = open_stereo(path, 0.0)
    file.append(FRAME * 3)
    path.unlink()
    file.append(FRAME)
    file.close()
    assert read(path) == bytes(3 * FRAME_BYTES) + FRAME


def test_another_file_is_not_written_over(tmp_path: Path) -> None:
    """It is no recording of octi's."""
    (tmp_path / "s.wav").write_bytes(b"mine")
    with pytest.raises(OSError, match=r"s\.wav is no recording"):
        open_stereo(tmp_path / "s.wav", 0.0)
    assert (tmp_path / "s.wav").read_bytes() == b"mine"


def test_what_a_killed_octi_had_not_claimed_is_not_lost(tmp_path: Path) -> None:
    """The next life of the session begins behind it."""
    path = tmp_path / "s.wav"
    path.write_bytes(header(4) + FRAME * 2 + b"\1")
    os.utime(path, (5, 5))
    file = open_stereo(path, 5.0)
    file.append(FRAME)
    file.close()
    assert read(path) == FRAME * 3
