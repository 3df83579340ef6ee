"""What one who talks keeps of a conversation, prints of it, and measures."""

from octi.talk.conversation import Conversation, Spoken, Turn
from octi.talk.dialect import (
    AgentAudio,
    AgentDone,
    AgentWords,
    Event,
    Interrupted,
    Problem,
    Ready,
    UserSpeaks,
    UserWords,
)
from octi.units import pcm_bytes

SOUND = AgentAudio(bytes(pcm_bytes(200)), "a")


def talked(*events: tuple[float, Event], speech_ends_at: float = 10.0) -> tuple[Conversation, list[str]]:
    """A conversation with one recording in it, after events at their times, and the lines printed for them."""
    conversation = Conversation(turn=Turn("one.wav", speech_ends_at))
    return conversation, [line for now, event in events for line in conversation.take(event, now)]


def test_an_answer_is_kept_and_timed() -> None:
    """From the end of speech to the first sound, not to the later ones."""
    conversation, lines = talked(
        (10.6, UserWords(" Hello. ")),
        (10.7, AgentWords("Good ")),
        (10.75, SOUND),
        (10.8, AgentWords("day. How are ")),
        (10.9, SOUND),
        (11.0, AgentWords("you?")),
        (11.1, AgentDone()),
    )
    assert conversation.turn.spoken() == Spoken("one.wav", "Hello.", "Good day. How are you?", 0.75)
    assert conversation.turn.answered
    assert lines == [
        "  you: Hello.",
        "       (0.75 s from the end of speech to the first sound)",
        "agent: Good day.",
        "agent: How are you?",
    ]


def test_an_answer_without_sound_has_no_time() -> None:
    conversation, _ = talked((11.0, AgentWords("Good day.")), (11.1, AgentDone()))
    assert conversation.turn.spoken() == Spoken("one.wav", "", "Good day.", None)
    assert conversation.turn.answered


def test_an_answer_that_came_in_our_pause_is_no_answer_to_the_rest() -> None:
    """We went on to speak: it was interrupted, and the next one counts."""
    conversation, _ = talked(
        (5.0, UserWords("Hello")),
        (5.1, SOUND),
        (5.2, AgentWords("Go")),
        (6.0, UserSpeaks()),
        (6.0, Interrupted()),
        (10.5, UserWords("world.")),
        (10.6, AgentAudio(SOUND.pcm, "b")),
        (10.7, AgentWords("Good day.")),
        (10.8, AgentDone()),
    )
    assert conversation.turn.answered
    assert conversation.turn.spoken().heard == "Hello world."
    assert conversation.turn.spoken().answer == "Go Good day."
    assert abs((conversation.turn.spoken().latency_s or 0) - 0.6) < 1e-9


def test_an_answer_that_was_complete_before_we_spoke_again_does_not_count() -> None:
    conversation, _ = talked((5.0, SOUND), (5.1, AgentDone()), (6.0, UserSpeaks()))
    assert not conversation.turn.answered


def test_an_answer_that_ends_after_we_spoke_again_does_not_count() -> None:
    """As when a greeting goes on while we begin: it is none of what we say."""
    conversation, _ = talked((5.0, SOUND), (6.0, UserSpeaks()), (10.5, SOUND), (10.6, AgentDone()))
    assert not conversation.turn.answered
    assert conversation.turn.sounds_at is None


def test_late_sound_of_an_interrupted_answer_is_not_taken_for_the_next() -> None:
    conversation, _ = talked((9.0, SOUND), (9.1, UserSpeaks()))
    conversation.playback.cut(9.1)
    conversation.take(Interrupted(), 9.1)
    conversation.take(SOUND, 10.2)
    assert conversation.turn.sounds_at is None


def test_words_of_an_interrupted_answer_are_printed() -> None:
    _, lines = talked((11.0, AgentWords("As I was say")), (11.5, Interrupted()))
    assert lines == ["agent: As I was say"]


def test_what_happens_before_the_first_recording_is_printed_and_not_timed() -> None:
    """A greeting, or a conversation by microphone."""
    conversation = Conversation()
    conversation.take(Ready(), 1.0)
    lines = [line for event in (SOUND, AgentWords("Hi!"), AgentDone()) for line in conversation.take(event, 1.0)]
    assert conversation.ready
    assert lines == ["agent: Hi!"]


def test_problems_are_printed_and_kept() -> None:
    conversation, lines = talked((11.0, Problem("rate limit")))
    assert lines == ["error: rate limit"]
    assert conversation.problems == ["rate limit"]


def test_silence_that_was_understood_is_not_printed() -> None:
    conversation, lines = talked((11.0, UserWords("  ")))
    assert (lines, conversation.turn.heard) == ([], [])
