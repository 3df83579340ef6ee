"""What conversations of the engine work with."""

from octi.engine.means import Means
from tests.engine.fakes import NOON, FakeBrain


def test_a_conversation_without_speech_is_typed() -> None:
    """Everything else it must be given."""
    means = Means(speech=None, brain=FakeBrain(), now=lambda: NOON, language="fr")
    assert (means.speech, means.now(), means.language) == (None, NOON, "fr")
