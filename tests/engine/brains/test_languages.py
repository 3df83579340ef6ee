"""The languages that the brains speak."""

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.french import FRENCH
from octi.engine.brains.language import Language
from octi.engine.brains.languages import LANGUAGES, language_of


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", ENGLISH), ("fr", FRENCH), ("fr-CA", FRENCH), ("FR", FRENCH), ("de", ENGLISH), ("", ENGLISH)],
)
def test_a_language_is_found_by_its_code(code: str, language: Language) -> None:
    """With or without a region. Whoever asks for one that is not there gets English."""
    assert language_of(code) is language


def test_a_session_speaks_what_it_is_given() -> None:
    """Also languages of somebody else's."""
    assert language_of("fr", {"en": FRENCH}) is FRENCH
    assert list(LANGUAGES) == ["en", "fr"]
