"""The page in English and in French, and French spoken to it."""

import re
from collections.abc import Callable

import pytest

from tests.browser.servers import Server
from tests.browser.visit import Visit
from tests.engine.extras import needs_french
from tests.recordings import AUDIO, RECORDINGS_FR, word_error_rate

pytestmark = [pytest.mark.slow, pytest.mark.engine]

TABLE = AUDIO / "synth-fr-pico-table.wav"


def texts(visit: Visit) -> list[str]:
    """All words that stand on the page, but for names that are the same everywhere."""
    return visit.find("[data-say]").all_inner_texts()


def test_a_page_speaks_the_readers_language(octi: Server, page_for: Callable[..., Visit]) -> None:
    """As the browser tells it, and another where one is chosen; screen readers are told which."""
    visit = page_for(octi, locale="fr-CA")
    assert visit.find("html").get_attribute("lang") == "fr"
    assert "Parler" in visit.find("#talk").inner_text()
    french = texts(visit)
    visit.find("#language").select_option("en")
    assert visit.find("html").get_attribute("lang") == "en"
    same = [one for one, other in zip(french, texts(visit), strict=True) if one and one == other]
    assert set(same) <= {"Agent", "Conversation", "AGENT", "CONVERSATION"}


@needs_french
def test_french_is_understood_and_answered_in_french(octi: Server, page_for: Callable[..., Visit]) -> None:
    """By voice, on the French page."""
    visit = page_for(octi, locale="fr-FR", audio=[5.0, TABLE, 30.0])
    visit.talk()
    visit.wait_words("user", r"\w")
    visit.wait_words("agent", r"\w")
    visit.wait_voice()
    (said,) = (recording.text for recording in RECORDINGS_FR if recording.path == TABLE)
    heard, answer = (turn.text for turn in visit.captions()[-2:])
    assert word_error_rate(said, heard) <= 0.25
    assert re.search(r"\b(je|vous|pas|une?|le|la|de|que|pour)\b", answer, re.IGNORECASE)
