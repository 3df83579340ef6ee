"""A conversation by voice, by words and by the space bar, as whoever sits before the page sees and hears it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.servers import Server
from tests.browser.visit import Visit
from tests.proofs.tally import Proofs
from tests.recordings import AUDIO, RECORDINGS, word_error_rate

pytestmark = [pytest.mark.slow, pytest.mark.engine]

QUESTION, STOP, COMMAND = (
    AUDIO / name for name in ("synth-en-hibari-weather.wav", "synth-en-hibari-stop.wav", "human-en-cmu-goforward.wav")
)
TEXTS = {recording.path: recording.text for recording in RECORDINGS}
SOON_SILENT_S = 0.15  # from user_speech_started on
TALE = "".join(f" Daughter number {number} went into the deep forest and came home." for number in range(12))
STORY = f"""
[[turn]]
hear = ""
say = "Once upon a time there was a king who had twelve daughters.{TALE}"
[[turn]]
hear = ""
say = "As you like."
"""


def is_about(said: str, heard: str) -> bool:
    """Were the words recognised, but for a little?"""
    return word_error_rate(said, heard) <= 0.25


def last_words(visit: Visit, who: str) -> str:
    return [turn.text for turn in visit.captions() if turn.who == who][-1]


@pytest.mark.parametrize("spoken", [QUESTION, COMMAND], ids=["synthetic", "human"])
def test_what_is_said_stands_on_the_page_and_is_answered_aloud(
    octi: Server, page_for: Callable[..., Visit], spoken: Path
) -> None:
    """The words first as they are spoken, then whole; the answer's too, and its voice is heard."""
    visit = page_for(octi, audio=[4.0, spoken, 20.0])
    visit.talk()
    visit.wait_words("user", r"\w")
    visit.wait_words("agent", r"\w")
    visit.wait_voice()
    assert is_about(TEXTS[spoken], last_words(visit, "user"))
    assert [turn.who for turn in visit.captions()[-2:]] == ["user", "agent"]
    assert {who for who, text in visit.partials() if text} == {"user", "agent"}
    assert [state for state in visit.states() if state in {"connecting", "thinking", "speaking"}][:3] == [
        "connecting",
        "thinking",
        "speaking",
    ]


def test_how_long_the_answer_took_is_shown(octi: Server, page_for: Callable[..., Visit]) -> None:
    """From the end of what was said to the first sound."""
    visit = page_for(octi, audio=[4.0, QUESTION, 20.0])
    visit.talk()
    visit.wait_voice()
    visit.wait("/\\d/.test(document.querySelector('#latency').textContent)")
    assert visit.find("#latency").is_visible()


def test_a_typed_message_is_answered(octi: Server, page_for: Callable[..., Visit]) -> None:
    """It stands there as it was typed, and the field is empty for the next."""
    visit = page_for(octi)
    visit.talk()
    visit.type("What is two plus three?")
    visit.wait_words("user", r"^What is two plus three\?$")
    visit.wait_words("agent", r"\b5\b|five")
    visit.wait_voice()
    assert visit.find("#words").input_value() == ""


def test_what_is_said_while_the_space_bar_is_held_is_a_turn(octi: Server, page_for: Callable[..., Visit]) -> None:
    """It is answered when the bar is let go of; what is said afterwards is nobody's business."""
    visit = page_for(octi, audio=[5.0, QUESTION, 6.0, COMMAND, 30.0])
    visit.page.keyboard.down("Space")
    visit.wait_state("listening")
    visit.wait_spoken(visit.sound.ends_s[0] + 0.3)
    assert visit.messages("user_transcript") == []
    visit.page.keyboard.up("Space")
    visit.wait_words("user", "weather")
    visit.wait_words("agent", r"\w")
    visit.wait_voice()
    visit.wait_spoken(visit.sound.ends_s[1] + 2)
    assert "forward" not in " ".join(turn.text for turn in visit.captions())
    assert len(visit.messages("user_transcript")) == 1


def test_a_bar_that_was_only_touched_leaves_no_turn(octi: Server, page_for: Callable[..., Visit]) -> None:
    """Too short to say anything."""
    visit = page_for(octi)
    visit.talk()
    visit.page.keyboard.press("Space")
    visit.wait_message("ready", 2)
    visit.type("Hello.")
    visit.wait_words("agent", r"\w")
    assert [turn.who for turn in visit.captions()] == ["user", "agent"]


def test_whoever_is_muted_is_not_heard(octi: Server, page_for: Callable[..., Visit]) -> None:
    """Until it is taken back."""
    visit = page_for(octi, audio=[4.0, QUESTION, 2.0])
    visit.talk()
    visit.find("#mute").click()
    visit.wait_spoken(visit.sound.length_s + 1)
    assert visit.messages("user_speech_started") == []
    visit.find("#mute").click()
    visit.wait_words("user", "weather")


def test_talking_over_the_agent_silences_it_at_once(
    octi_server: Callable[..., Server], page_for: Callable[..., Visit], tmp_path: Path, proofs: Proofs
) -> None:
    """Within 150 ms of octi's word that the user speaks, by the clock of the sound itself.

    So much of the answer as nobody heard is struck through.
    """
    (tmp_path / "story.toml").write_text(STORY, encoding="utf-8")
    octi = octi_server(OCTI_BRAIN="scenario", OCTI_SCENARIO=str(tmp_path / "story.toml"))
    visit = page_for(octi, audio=[3.0, QUESTION, 10.0, STOP, 60.0])
    visit.talk()
    visit.wait_message("interrupted")
    started = visit.messages("user_speech_started")[-1]["sound_s"]
    assert visit.last_sound(started - 1, started) is not None, "the agent was not speaking"
    last = visit.last_sound(started, started + 1)
    silent_after_s = 0.0 if last is None else last - started
    proofs.add("barge-in", {"cut": 1, "ms to silence": round(silent_after_s * 1000)}, {})
    assert silent_after_s <= SOON_SILENT_S
    visit.wait("document.querySelector('#captions .turn.agent[data-cut] s')")
    cut = next(turn for turn in visit.captions() if turn.who == "agent")
    assert cut.is_cut
    assert "number 11" in cut.struck
    assert "king" not in cut.struck
    visit.wait_words("user", "not what i asked for")
    visit.wait_words("agent", "as you like")


def test_leaving_ends_it_and_the_button_begins_anew(octi: Server, page_for: Callable[..., Visit]) -> None:
    """The microphone is let go of."""
    visit = page_for(octi)
    visit.talk()
    visit.find("#talk").click()
    visit.wait_state("ended", "idle")
    visit.wait("ofTheTests.tracks.every((track) => track.readyState === 'ended')")
    visit.talk()


def test_the_profile_fills_while_one_talks(octi: Server, page_for: Callable[..., Visit]) -> None:
    """By what was said."""
    visit = page_for(octi)
    visit.talk()
    visit.type("Hello, my name is Anna Berg.")
    visit.wait("/Anna/.test(document.querySelector('#profile').textContent)")
    assert visit.find("#profile").is_visible()
