"""What a worker works with, with its models."""

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
from octi.engine.kit import Kit, open_kit
from octi.engine.models import find_models
from octi.engine.pipe import Heard, Recognise, Spoken, Synthesise, fits
from tests.recordings import HUMAN, word_error_rate

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(find_models())


def test_each_request_gets_its_answer(kit: Kit) -> None:
    """By the request's own number."""
    hear, speak = Recognise(7), Synthesise(8, "Good morning.", "sage", 1.0)
    heard, spoken = kit.do(hear, HUMAN[0].pcm(16_000)), kit.do(speak, b"")
    assert isinstance(heard.message, Heard)
    assert isinstance(spoken.message, Spoken)
    assert fits(heard.message, hear)
    assert fits(spoken.message, speak)
    assert word_error_rate(HUMAN[0].text, heard.message.text) < 0.25
    assert len(spoken.sound) > 20_000


def test_half_a_sample_is_refused(kit: Kit) -> None:
    """Whoever sends it has lost count."""
    with pytest.raises(ValueError, match="multiple of element size"):
        kit.do(Recognise(1), bytes(10_001))
