"""Finding the models of French, and putting the recogniser's together."""

import hashlib
import multiprocessing
from collections.abc import Mapping
from pathlib import Path

import pytest

from octi.engine.french_models import (
    WHOLE,
    Whisper,
    cache_folder,
    check_voice,
    find_whisper,
    is_whole,
    own_folder,
    whole_whisper,
)
from octi.errors import EngineMissing
from tests.engine.extras import needs_french

FILES = {"model.bin": b"one half, the other half", "config.json": b"{}", "vocabulary.txt": b"words"}


def hashes(files: Mapping[str, bytes] = FILES) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@pytest.fixture
def packages(tmp_path: Path) -> Whisper:
    """Two installed halves, and what belongs to them."""
    for name, content in (("1", b"one half"), ("2", b", the other half"), ("c", b"{}"), ("v", b"words")):
        (tmp_path / name).write_bytes(content)
    halves = (tmp_path / "1", tmp_path / "2")
    return Whisper(halves=halves, config=tmp_path / "c", vocabulary=tmp_path / "v")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (folder := tmp_path / "cache").mkdir()
    return folder


def test_the_halves_are_made_one(packages: Whisper, cache: Path) -> None:
    """With the two small files beside it, in a folder named after it."""
    folder = whole_whisper(packages, cache, hashes())
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert folder.parent == cache


def test_what_was_made_is_used_again(packages: Whisper, cache: Path) -> None:
    """It is not written anew."""
    folder = whole_whisper(packages, cache, hashes())
    before = (folder / "model.bin").stat().st_mtime_ns
    assert whole_whisper(packages, cache, hashes()) == folder
    assert (folder / "model.bin").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", FILES)
def test_what_was_spoilt_meanwhile_is_made_anew(packages: Whisper, cache: Path, name: str) -> None:
    """Every file's hash is looked at each time."""
    folder = whole_whisper(packages, cache, hashes())
    (folder / name).write_bytes(b"rubbish")
    whole_whisper(packages, cache, hashes())
    assert is_whole(folder, hashes())


def test_a_worker_that_died_at_it_does_no_harm(packages: Whisper, cache: Path) -> None:
    """What it left is overwritten."""
    folder = whole_whisper(packages, cache, hashes())
    (folder / "model.bin").rename(folder / "model.bin.half-done")
    whole_whisper(packages, cache, hashes())
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "lock", "model.bin", "vocabulary.txt"]


def test_another_model_is_refused(packages: Whisper, cache: Path) -> None:
    """With what to install."""
    with pytest.raises(EngineMissing, match=r"does not make the model .*octi\[engine-fr\].*--force-reinstall"):
        whole_whisper(packages, cache, hashes(FILES | {"model.bin": b"another"}))


def test_a_full_disk_is_told(packages: Whisper, cache: Path) -> None:
    """Or a folder that cannot be written."""
    cache.rmdir()
    cache.write_text("no folder")
    with pytest.raises(EngineMissing, match=r"cannot be put together in .*145 MB"):
        whole_whisper(packages, cache, hashes())


def test_workers_that_start_together_do_not_disturb_each_other(packages: Whisper, cache: Path) -> None:
    """One makes it, the other waits."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        folders = pool.starmap(whole_whisper, [(packages, cache, hashes())] * 4)
    assert len(set(folders)) == 1
    assert is_whole(folders[0], hashes())


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the home folder, and nobody else reads it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "octi"
    assert cache_folder().stat().st_mode & 0o77 == 0


def test_without_a_home_it_is_with_temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container whose files are read-only; and if even that will not do, it is told."""
    (nowhere := tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HOME", str(nowhere))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder().parent == tmp_path
    monkeypatch.setattr("tempfile.tempdir", str(nowhere))
    with pytest.raises(EngineMissing, match="can be put together nowhere"):
        cache_folder()


def test_a_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Anybody can make one where the temporary files are."""
    monkeypatch.setattr("os.getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="not ours"):
        own_folder(tmp_path)


@pytest.mark.engine
def test_the_installed_voice_is_the_right_one() -> None:
    """Its files have the hashes that octi was tried with."""
    check_voice()


@pytest.mark.engine
@needs_french
def test_the_installed_recogniser_is_the_right_one() -> None:
    """Its halves make the model whose hash many projects pin."""
    assert is_whole(whole_whisper(find_whisper(), cache_folder()), WHOLE)
