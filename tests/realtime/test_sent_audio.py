"""How much of the agent's voice was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.sent_audio import SentAudio


@pytest.mark.parametrize(
    ("output_format", "per_ms"), [("audio/pcm", 48), ("audio/pcmu", 8), ("audio/pcma", 8), ("audio/new", 48)]
)
def test_a_voice_is_counted_in_its_own_format(output_format: str, per_ms: int) -> None:
    sent = SentAudio()
    sent.speak(output_format)
    sent.add("a", per_ms * 10)
    assert sent.ms("a") == 10


@given(st.lists(st.integers(0, 200)))
def test_no_byte_is_lost_between_two_pieces(sizes: list[int]) -> None:
    sent = SentAudio()
    for size in sizes:
        sent.add("a", size)
    assert sent.ms("a") == sum(sizes) // 48


def test_each_item_is_counted_for_itself() -> None:
    sent = SentAudio()
    sent.add("a", 48)
    sent.add("b", 96)
    assert (sent.ms("a"), sent.ms("b"), sent.ms("c")) == (1, 2, 0)


def test_what_was_cut_off_is_no_longer_there() -> None:
    """But a cut adds nothing."""
    sent = SentAudio()
    sent.add("a", 480)
    sent.cut("a", 4)
    assert sent.ms("a") == 4
    sent.cut("a", 9)
    sent.cut("never said", 9)
    assert (sent.ms("a"), sent.ms("never said")) == (4, 0)


def test_another_conversation_begins_with_nothing() -> None:
    sent = SentAudio()
    sent.add("a", 480)
    sent.clear()
    assert sent.ms("a") == 0
