"""The folder of recordings: who has one, and what goes when there are too many."""

import os
from pathlib import Path

import pytest

from octi.recording.shelf import STILL_S, Extent, Shelf, ShelfFull, measure, read_part
from octi.recording.stereo import open_stereo
from octi.recording.wav import HEADER_BYTES, claimed, header
from octi.units import SessionId

A, B, C = map(SessionId, "abc")
NOW = 1_000_000.0


def shelf_with(folder: Path, *names: str, budget: int = 1000) -> Shelf:
    """Recordings of a hundred bytes each, the first an hour old, the next less by a minute."""
    for number, name in enumerate(names):
        path = folder / f"{name}.wav"
        path.write_bytes(header(56) + bytes(56))
        os.utime(path, (NOW - 3600 + 60 * number,) * 2)
    shelf = Shelf(folder, budget)
    shelf.look()
    return shelf


def test_it_knows_who_has_a_recording(tmp_path: Path) -> None:
    """Other files are none of its own; where there is no folder nobody has one."""
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "é.wav").write_text("x")
    shelf = shelf_with(tmp_path, "a", "b")
    assert (A in shelf, C in shelf, shelf.bytes) == (True, False, 200)
    empty = Shelf(tmp_path / "none", 10)
    empty.look()
    assert empty.bytes == 0


def test_its_folder_is_its_owners(tmp_path: Path) -> None:
    """It is made when something is to be kept in it."""
    shelf = Shelf(tmp_path / "deep" / "down", 10)
    shelf.open(A, NOW).close()
    assert (tmp_path / "deep" / "down").stat().st_mode & 0o777 == 0o700


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    """Whatever a session's id is."""
    shelf = Shelf(tmp_path, 10)
    for name in ("../x", "a/b", "", "x" * 65, "a\n", "."):
        assert shelf.path_of(SessionId(name)) is None
        assert not shelf.remove(SessionId(name))
    with pytest.raises(OSError, match="no file's name"):
        shelf.open(SessionId("../x"), NOW)


def test_the_oldest_make_room(tmp_path: Path) -> None:
    """As many as must."""
    shelf = shelf_with(tmp_path, "a", "b", "c", budget=300)
    assert shelf.make_room(0, (), NOW) == []
    assert shelf.make_room(150, (), NOW) == [A, B]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.wav"]
    assert shelf.bytes == 100


def test_sessions_that_are_live_keep_theirs(tmp_path: Path) -> None:
    """Of this octi and of another one, whose file has just been written to."""
    shelf = shelf_with(tmp_path, "a", "b", "c", budget=300)
    shelf.grown(B, 100, NOW - STILL_S / 2)
    assert shelf.make_room(100, {A}, NOW) == [C]
    with pytest.raises(ShelfFull, match="OCTI_RECORD_BUDGET_BYTES"):
        shelf.make_room(200, {A}, NOW)


def test_it_counts_what_grows(tmp_path: Path) -> None:
    """And what goes."""
    shelf = shelf_with(tmp_path, "a")
    shelf.grown(A, 150, NOW)
    shelf.grown(B, 50, NOW)
    assert shelf.bytes == 200
    assert shelf.remove(A)
    assert not shelf.remove(A)
    assert (shelf.bytes, A in shelf) == (50, False)


def test_what_a_killed_octi_left_is_mended(tmp_path: Path) -> None:
    """Each says what is in it."""
    shelf = shelf_with(tmp_path, "a", "b")
    with (tmp_path / "a.wav").open("ab") as file:
        file.write(bytes(9))
    (tmp_path / "c.wav").write_bytes(b"no sound")
    shelf.look()
    assert shelf.mend() == 1
    assert claimed((tmp_path / "a.wav").read_bytes()) == 64
    assert shelf.mend() == 0


def test_a_recording_is_measured_as_it_is_now(tmp_path: Path) -> None:
    """By its header; one without sound is none, and its tag changes as it grows."""
    path = tmp_path / "a.wav"
    assert measure(path) is None
    file = open_stereo(path, NOW)
    assert measure(path) is None
    file.append(bytes(8))
    one = measure(path)
    file.append(bytes(4))
    other = measure(path)
    file.close()
    assert isinstance(one, Extent)
    assert isinstance(other, Extent)
    assert (one.size, other.size) == (HEADER_BYTES + 8, HEADER_BYTES + 12)
    assert one.tag != other.tag
    assert read_part(path, HEADER_BYTES + 4, 100) == bytes(8)
