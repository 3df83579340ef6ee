"""Sentences that are kept as sound."""

from hypothesis import given
from hypothesis import strategies as st

from octi.engine.spoken_cache import Sentence, SpokenCache, cost

HELLO = Sentence("Hello.", "alloy", 1.0, "en")


def sentence(text: str) -> Sentence:
    return HELLO._replace(text=text)


def test_what_was_kept_is_found() -> None:
    """And counted; what was not is not."""
    cache = SpokenCache(10_000)
    assert cache.find(HELLO) is None
    cache.keep(HELLO, b"sound")
    assert cache.find(HELLO) == b"sound"
    assert cache.hits == 1


def test_everything_that_sounds_otherwise_is_another_sentence() -> None:
    """Text, voice, speed and language."""
    cache = SpokenCache(10_000)
    cache.keep(HELLO, b"sound")
    for other in (
        HELLO._replace(text="Hello"),
        HELLO._replace(voice="ash"),
        HELLO._replace(speed=1.1),
        HELLO._replace(language="fr"),
    ):
        assert cache.find(other) is None


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    """Being found counts as being asked for."""
    sound = bytes(1000)
    cache = SpokenCache(2 * cost(sentence("a"), sound))
    cache.keep(sentence("a"), sound)
    cache.keep(sentence("b"), sound)
    cache.find(sentence("a"))
    cache.keep(sentence("c"), sound)
    assert [cache.find(sentence(text)) is not None for text in "abc"] == [True, False, True]


def test_what_is_too_long_for_all_of_it_drives_nothing_out() -> None:
    """A speech is not said twice."""
    cache = SpokenCache(2000)
    cache.keep(HELLO, b"sound")
    cache.keep(sentence("long"), bytes(3000))
    assert cache.find(HELLO) == b"sound"
    assert cache.find(sentence("long")) is None


def test_a_cache_for_nothing_keeps_nothing() -> None:
    """Not even silence."""
    cache = SpokenCache(0)
    cache.keep(HELLO, b"")
    assert cache.find(HELLO) is None


def test_a_closed_one_is_empty_for_good() -> None:
    """The pool has closed, and says so to everybody."""
    cache = SpokenCache(10_000)
    cache.keep(HELLO, b"sound")
    cache.close()
    cache.keep(HELLO, b"sound")
    assert cache.find(HELLO) is None


@given(st.lists(st.tuples(st.text("abc", max_size=2), st.integers(0, 2000)), max_size=40))
def test_it_never_holds_more_than_it_may(spoken: list[tuple[str, int]]) -> None:
    """Whatever comes, its size is the sum of what it holds."""
    cache = SpokenCache(5000)
    for text, size in spoken:
        cache.keep(sentence(text), bytes(size))
        assert cache.size <= cache.most_bytes
    kept = {text: found for text, _ in spoken if (found := cache.find(sentence(text))) is not None}
    assert cache.size == sum(cost(sentence(text), pcm) for text, pcm in kept.items())
