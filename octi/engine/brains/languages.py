"""The languages that the brains speak."""

from collections.abc import Mapping

from octi.engine import base
from octi.engine.brains.english import ENGLISH
from octi.engine.brains.french import FRENCH
from octi.engine.brains.language import Language

LANGUAGES: Mapping[str, Language] = {base.ENGLISH: ENGLISH, base.FRENCH: FRENCH}


def language_of(code: str, languages: Mapping[str, Language] = LANGUAGES) -> Language:
    """The language of an ISO 639-1 code, with or without a region ("fr-CA"); English, if it is unknown."""
    return languages.get(code[:2].lower(), languages[base.ENGLISH])
