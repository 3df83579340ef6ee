"""octi/realtime/transcriptions.py: what became of the words of what the user spoke."""

from octi.realtime.entry import Entry
from octi.realtime.events import Item, ItemRetrieved, Part, ServerEvent, UserWords, UserWordsFailed
from octi.realtime.transcriptions import Transcriptions
from octi.records import Role, Transcription
from octi.units import ItemId


def spoken(words: Transcriptions, *, transcribed: bool = True) -> Entry:
    entry = Entry("u", ItemId("u"), start_ms=100, end_ms=900)
    words.spoken(entry, transcribed=transcribed)
    return entry


def retrieved(*parts: Part) -> ItemRetrieved:
    return ItemRetrieved(Item("u", role="user", content=list(parts)))


def after(*events: ServerEvent) -> Entry:
    words = Transcriptions()
    entry = spoken(words)
    for event in events:
        words.hear(entry, event)
    assert not words.unwritten
    return entry


def test_words_are_awaited_until_they_come() -> None:
    words = Transcriptions()
    entry = spoken(words)
    assert (entry.role, entry.transcription) == (Role.USER, Transcription.AWAITED)
    assert (words.unwritten, words.keep_waiting) == ({"u": 800}, True)
    words.hear(entry, UserWords("u", " Hello. "))
    assert (entry.words, entry.transcription) == ("Hello.", Transcription.DONE)
    assert (words.unwritten, words.keep_waiting) == ({}, False)


def test_where_nobody_writes_nothing_is_awaited() -> None:
    words = Transcriptions()
    assert spoken(words, transcribed=False).transcription is Transcription.OFF
    assert not words.unwritten


def test_a_failure_is_not_silence() -> None:
    """Nor are no words a failure: the provider may have heard none."""
    assert after(UserWordsFailed("u")).transcription is Transcription.FAILED
    assert after(UserWords("u", "")).transcription is Transcription.DONE


def test_words_that_come_after_their_failure_count() -> None:
    assert after(UserWordsFailed("u"), UserWords("u", "So")).transcription is Transcription.DONE


def test_what_is_retrieved_brings_words_where_there_are_none() -> None:
    """A client may ask for any item at any time: what is known already is not changed by it."""
    words = Transcriptions()
    entry = spoken(words)
    words.hear(entry, retrieved(Part("input_audio")))
    assert entry.transcription is Transcription.AWAITED
    words.hear(entry, retrieved(Part("input_audio", transcript="Hello.")))
    words.hear(entry, retrieved(Part("input_audio", transcript="Other")))
    assert (entry.words, entry.transcription) == ("Hello.", Transcription.DONE)


def test_nobody_needs_to_wait_for_ever() -> None:
    """The words may come all the same."""
    words = Transcriptions()
    entry = spoken(words)
    words.hurry()
    assert (words.keep_waiting, list(words.unwritten)) == (False, ["u"])
    words.hear(entry, UserWords("u", "So"))
    assert entry.words == "So"


def test_words_that_are_given_up_are_missing() -> None:
    words = Transcriptions()
    entry = spoken(words)
    assert words.lose("u") is entry
    assert (entry.transcription, words.lose("u")) == (Transcription.MISSING, None)


def test_at_the_end_what_is_awaited_is_missing() -> None:
    words = Transcriptions()
    entry = spoken(words)
    words.close()
    assert entry.transcription is Transcription.MISSING


def test_the_words_of_what_is_gone_are_not_awaited() -> None:
    words = Transcriptions()
    words.forget(spoken(words))
    assert (words.unwritten, words.keep_waiting) == ({}, False)
