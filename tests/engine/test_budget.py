"""What an answer costs."""

from hypothesis import given
from hypothesis import strategies as some

from octi.engine.budget import fitting, text_tokens, voice_tokens


def test_tokens_are_estimated_as_usage_has_them() -> None:
    """Four letters, or 50 ms."""
    assert [text_tokens("x" * length) for length in (0, 1, 4, 5)] == [0, 1, 1, 2]
    assert [voice_tokens(ms) for ms in (0, 49, 50, 1000)] == [0, 0, 1, 20]


def test_a_sentence_is_cut_between_words_and_its_voice_with_it() -> None:
    """In proportion."""
    assert fitting("One two three", 1300, lambda _, ms: ms <= 800) == ("One two", 700)
    assert fitting("One two three", 0, lambda text, _: len(text) < 5) == ("One", 0)
    assert fitting("One two three", 1300, lambda *_: False) == ("", 0)
    assert fitting("", 0, lambda *_: True) == ("", 0)


@given(some.text(), some.integers(0, 10_000), some.integers(0, 100))
def test_what_fits_fits(text: str, audio_ms: int, limit: int) -> None:
    """And is the beginning of it."""

    def fits(part: str, part_ms: int) -> bool:
        return text_tokens(part) + voice_tokens(part_ms) <= limit

    part, part_ms = fitting(text, audio_ms, fits)
    assert text.startswith(part)
    assert fits(part, part_ms)
    assert part_ms <= audio_ms
