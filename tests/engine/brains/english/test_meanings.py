"""What English sentences mean."""

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.english.meanings import MANNERS, REFLECTIONS, TOPICS
from octi.engine.brains.language import Meaning, Phrase
from octi.engine.brains.words import plain

POLITE: dict[Phrase, tuple[str, ...]] = {
    Phrase.STOP: ("stop", "Okay, stop it!", "shut up", "That’s enough.", "never mind", "cancel that", "wait"),
    Phrase.REPEAT: ("again", "Repeat that, please", "say it once more", "Pardon?", "I didn't catch that", "come again"),
    Phrase.SLOWER: ("slow down", "speak a bit slower", "you are too fast", "more slowly"),
    Phrase.FASTER: ("speed up", "Talk a little faster", "you go too slowly", "quicker"),
    Phrase.LOUDER: ("speak up", "louder", "I can't hear you", "I cannot really hear you", "you are too quiet"),
    Phrase.QUIETER: ("not so loud", "Volume down.", "speak more quietly", "that is too loud"),
    Phrase.NAME_ASKED: ("what's my name", "who am I", "do you remember my name"),
    Phrase.THANKS: ("thanks", "Great, thank you so much", "many thanks", "no thank you"),
    Phrase.GOODBYE: ("bye", "Okay, goodbye!", "good bye", "have a nice day", "see you tomorrow", "good night"),
    Phrase.HOW_ARE_YOU: ("how are you", "And how are you doing today?", "how's it going"),
    Phrase.GREETING: ("hi", "Hello there!", "good morning everyone", "hey Anna", "hello again"),
}
ABOUT_OTHERS: dict[Phrase, tuple[str, ...]] = {
    Phrase.STOP: ("stop asking me that", "don't book a table", "do not call him"),
    Phrase.WHO_ARE_YOU: ("who are you", "Are you a real person?", "what's your name", "Introduce yourself."),
    Phrase.ABILITIES: ("what can you do", "help", "I need help", "how can you help me"),
    Phrase.TIME: ("what time is it", "What's the time now?", "do you have the time", "time", "how late is it"),
    Phrase.DATE: ("what's the date", "what day is it today", "which day is today", "today's date", "what year is it"),
    Phrase.YES: ("yes", "Yeah, sure!", "okay okay", "of course", "exactly right"),
    Phrase.NO: ("no", "nope", "No, not really", "not at all"),
    Phrase.LOOK_UP: ("what's the weather like", "will it rain tomorrow", "news", "stocks today", "is there a bus"),
    Phrase.REQUEST: ("can you sing", "I'd like you to dance", "play a song", "remind me of it", "turn it off"),
    Phrase.QUESTION: ("why is that", "and what about me", "is it far", "don't you like it", "when's lunch"),
}
SAID = [(text, phrase) for phrase, texts in (*POLITE.items(), *ABOUT_OTHERS.items()) for text in texts]


def meant(text: str, *meanings: Meaning) -> Phrase | None:
    """What a text means: manners first, as the brain goes through them."""
    levelled = plain(text, ENGLISH)
    return next((phrase for phrase, pattern in meanings or (*MANNERS, *TOPICS) if pattern.search(levelled)), None)


@pytest.mark.parametrize(("text", "phrase"), SAID)
def test_sentences_mean_what_people_mean_by_them(text: str, phrase: Phrase) -> None:
    """With whatever politeness and punctuation around them."""
    assert meant(text) == phrase


def test_every_meaning_is_tried() -> None:
    """None is without a sentence above, and none is there twice."""
    assert [phrase for phrase, _ in MANNERS] == list(POLITE)
    assert [phrase for phrase, _ in TOPICS] == list(ABOUT_OTHERS)


@pytest.mark.parametrize("text", [text for text, _ in SAID if meant(text, *TOPICS) and not meant(text, *MANNERS)])
def test_topics_are_no_manners(text: str) -> None:
    """Manners are answered before functions are called; what has a topic must leave them their turn."""
    assert meant(text) in ABOUT_OTHERS


@pytest.mark.parametrize(
    "text",
    [
        "the train was late",
        "I told him to stop",
        "I read it again",
        "my name is Anna",
        "nobody knows the time of my train",
        "he is fast",
        "rain is wet",
        "thank God that it is over and that nobody was hurt",
        "the bye week",
        "highlights",
        "",
    ],
)
def test_a_statement_means_nothing_special(text: str) -> None:
    """Though it holds words of something else."""
    assert meant(text) is None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("stop that noise", Phrase.STOP),
        ("hello can you book a table for me", Phrase.REQUEST),
        ("what time is it in Tokyo", Phrase.QUESTION),
        ("what is the date of the battle", Phrase.QUESTION),
        ("can you tell me the time", Phrase.TIME),
        ("could you find a restaurant nearby", Phrase.LOOK_UP),
        ("don't you like me", Phrase.QUESTION),
        ("what do you do when it rains", Phrase.ABILITIES),
        ("who am I talking to", Phrase.WHO_ARE_YOU),
        ("do you know the time", Phrase.TIME),
        ("don't you know me", Phrase.QUESTION),
    ],
)
def test_the_nearest_meaning_is_tried_first(text: str, phrase: Phrase) -> None:
    """What cannot be known is a question, not a time; what would have to be looked up is no mere request."""
    greeting = ENGLISH.lead_greeting.match(text)
    assert meant(text[greeting.end() :] if greeting else text) == phrase


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("I really want to go home", "Why do you want to {0}?"),
        ("I need a break", "What would it mean to you to have {0}?"),
        ("I am feeling blue", "Why do you feel {0}?"),
        ("I'm feeling blue", "Why do you feel {0}?"),
        ("I am so tired of it", "I am sorry to hear that you are {0}."),
        ("I'm very happy now", "I am glad that you are {0}."),
        ("I'm a baker", "How does it feel to be {0}?"),
        ("I guess that it rains", "What makes you think that {0}?"),
        ("I can't sleep", "What keeps you from it, if you cannot {0}?"),
        ("because it is late", "Is that the only reason?"),
        ("my dog is ill", "Tell me more about your {0}."),
        ("you're wrong", "What makes you say that I am {0}?"),
        ("I read a book", "So {0}. Please tell me more."),
        ("the sky is blue", None),
    ],
)
def test_a_statement_about_oneself_is_reflected(text: str, answer: str | None) -> None:
    """The first pattern that fits: feelings before states, states before all else that I do."""
    levelled = plain(text, ENGLISH)
    assert next((reply for pattern, reply in REFLECTIONS if pattern.search(levelled)), None) == answer


def test_a_reflection_has_one_group_to_give_back() -> None:
    """And no other field; one asks for no more than the reason."""
    assert [pattern.groups for pattern, _ in REFLECTIONS] == [1] * len(REFLECTIONS)
    assert [reply for _, reply in REFLECTIONS if "{" in reply.replace("{0}", "")] == []


def test_patterns_meet_levelled_text() -> None:
    """Capitals, commas and curly apostrophes would never be met."""
    patterns = [pattern.pattern for _, pattern in (*MANNERS, *TOPICS)] + [pattern.pattern for pattern, _ in REFLECTIONS]
    assert [text for text in patterns if text != text.lower() or "’" in text or ", " in text] == []
