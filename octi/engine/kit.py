"""What a worker works with: a recogniser and a speaker for each language, loaded when they are first needed.

Imports numpy; the models' libraries come with the models.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, assert_never

import attrs

from octi.engine.base import ENGLISH, FRENCH
from octi.engine.french_models import INSTALL_EXTRA, cache_folder, find_whisper, whole_whisper
from octi.engine.models import find_models, imports_named
from octi.engine.pipe import Heard, Packet, Recognise, Request, Spoken, Synthesise
from octi.engine.samples import Samples, samples_of
from octi.errors import EngineMissing


class Recogniser(Protocol):
    """Hears one language."""

    def recognise(self, samples: Samples) -> str:
        """The words in mono audio at 16 kHz; "" if there are none."""


class Speaker(Protocol):
    """Speaks one language."""

    def speak(self, text: str, *, voice: str, speed: float) -> bytes:
        """Text as PCM16 mono at 24 kHz; b"" if nothing in it can be said."""


@attrs.frozen
class Language:
    """Where a language's recogniser and speaker come from, and what is said once to warm them up."""

    open_recogniser: Callable[[], Recogniser]
    open_speaker: Callable[[], Speaker]
    warm_up: str


@attrs.define(eq=False)
class Kit:
    """Does what the pool asks for."""

    languages: Mapping[str, Language]
    _recognisers: dict[str, Recogniser] = attrs.field(init=False, factory=dict)
    _speakers: dict[str, Speaker] = attrs.field(init=False, factory=dict)

    def do(self, request: Request, sound: bytes) -> Packet:
        """The answer to one request. Raises whatever the models raise, and EngineMissing if they are not there."""
        match request:
            case Recognise(job, language):
                return Packet(Heard(job, self._recogniser(language).recognise(samples_of(sound))))
            case Synthesise(job, text, voice, speed, language):
                return Packet(Spoken(job), self._speaker(language).speak(text, voice=voice, speed=speed))
            case _:
                assert_never(request)

    def warm_up(self, language: str) -> None:
        """Load a language and do each thing once: the first time takes longer. Raises EngineMissing.

        French that is only spoken, for want of its recogniser, is French enough to begin with.
        """
        spoken = self.do(Synthesise(0, self._known(language).warm_up, "alloy", 1.0, language), b"").sound
        try:
            self.do(Recognise(0, language), spoken)
        except EngineMissing:
            if language != FRENCH:
                raise

    def _recogniser(self, language: str) -> Recogniser:
        if language not in self._recognisers:
            self._recognisers[language] = self._known(language).open_recogniser()
        return self._recognisers[language]

    def _speaker(self, language: str) -> Speaker:
        if language not in self._speakers:
            self._speakers[language] = self._known(language).open_speaker()
        return self._speakers[language]

    def _known(self, language: str) -> Language:
        try:
            return self.languages[language]
        except KeyError:
            raise ValueError(f"the language {language!r} is none of {', '.join(self.languages)}") from None


def open_english_recogniser() -> Recogniser:
    """Moonshine. Raises EngineMissing."""
    models = find_models()
    with imports_named():
        from octi.engine.stt import open_recogniser  # noqa: PLC0415  its libraries may be missing, or never be needed
    return open_recogniser(models)


def open_english_speaker() -> Speaker:
    """Hibari. Raises EngineMissing."""
    models = find_models()
    with imports_named():
        from octi.engine.tts import open_speaker  # noqa: PLC0415  the same
    return open_speaker(models)


def open_french_recogniser() -> Recogniser:
    """Whisper, joined in the cache folder. Raises EngineMissing."""
    try:
        folder = whole_whisper(find_whisper(), cache_folder())
        with imports_named(INSTALL_EXTRA):
            from octi.engine.whisper import open_whisper  # noqa: PLC0415  the same
    except EngineMissing as missing:
        what = f"French is not understood without {missing.what}, which"
        raise EngineMissing(what, missing.problem, missing.remedy) from missing
    return open_whisper(folder)


def open_french_speaker() -> Speaker:
    """Pico. Raises EngineMissing."""
    with imports_named():
        from octi.engine.pico import open_speaker  # noqa: PLC0415  the same
    return open_speaker()


LANGUAGES: Mapping[str, Language] = {
    # The name is in no dictionary: it loads the part that guesses how such words sound.
    ENGLISH: Language(open_english_recogniser, open_english_speaker, "Hello, Xanthippe."),
    FRENCH: Language(open_french_recogniser, open_french_speaker, "Bonjour tout le monde."),
}


def open_kit(language: str) -> Kit:
    """Check, load and warm up one language's models: about 1.5 s. The other's follow when asked for.

    Raises EngineMissing.
    """
    kit = Kit(LANGUAGES)
    kit.warm_up(language)
    return kit
