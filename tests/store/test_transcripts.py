"""octi/store/transcripts.py: a conversation as text, JSON lines and subtitles."""

import json
import re
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.records import Role, SessionRecord, Transcription, Turn
from octi.store.transcripts import as_jsonl, as_srt, as_text
from octi.units import ItemId, Milliseconds, SessionId

SESSION = SessionRecord(
    id=SessionId("s1"), door="/ws/realtime", upstream="embedded", model="m", voice="v", created_at=1795287060.5
)
ENDED = SESSION.end(at=1795287090.0, by="client", reason="The page was closed.")
CUE = re.compile(r"(\d+)\n(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})\n((?:.+\n)+)")


def turn(text: str = "bonjour", start_ms: int = 0, end_ms: int = 900, **changes: Any) -> Turn:
    said = Turn(
        session=SessionId("s1"),
        item=ItemId("i"),
        position=0,
        role=Role.USER,
        text=text,
        start_ms=Milliseconds(start_ms),
        end_ms=Milliseconds(end_ms),
    )
    return attrs.evolve(said, **changes)


ANY_TURNS = st.lists(
    st.builds(turn, st.text(), st.integers(0, 10**8), st.integers(0, 10**8), interrupted=st.booleans()), max_size=8
)


def cues(srt: str) -> list[tuple[int, int, int, str]]:
    """Index, start and end in ms, and text of each cue; fails if the file is not SubRip through and through."""
    found = []
    for block in srt.split("\n\n") if srt else []:
        match = CUE.fullmatch(block if block.endswith("\n") else block + "\n")
        assert match, block
        index, h1, m1, s1, f1, h2, m2, s2, f2 = map(int, match.groups()[:9])
        start, end = (h1 * 60 + m1) * 60 + s1, (h2 * 60 + m2) * 60 + s2
        found.append((index, start * 1000 + f1, end * 1000 + f2, match[10]))
    return found


def test_text_has_a_header_and_a_line_for_each_turn() -> None:
    """Who, when, which door, why it ended; then minutes, seconds and milliseconds of audio."""
    answer = turn("Bonjour, comment", 61_002, 62_345, role=Role.ASSISTANT, interrupted=True)
    assert as_text([(ENDED, [turn("bonjour"), answer])]) == (
        "session s1, 2026-11-21T18:51:00.500Z, door /ws/realtime, ended by client: The page was closed.\n"
        "[00:00.000] user: bonjour\n"
        "[01:01.002] assistant: Bonjour, comment (interrupted)\n"
    )


def test_a_session_that_is_not_over_says_its_state() -> None:
    """There is no end to tell of."""
    assert as_text([(SESSION, [])]) == "session s1, 2026-11-21T18:51:00.500Z, door /ws/realtime, created\n"


def test_sessions_are_apart_by_an_empty_line() -> None:
    """Each with its own header."""
    assert [line[:7] for line in as_text([(SESSION, []), (SESSION, [])]).split("\n")] == ["session", "", "session", ""]


def test_words_that_were_not_transcribed_are_said_to_be_missing() -> None:
    """Something was said; what it was is not known."""
    assert "user: (not transcribed)\n" in as_text([(SESSION, [turn("")])])
    assert "user: (not transcribed) (interrupted)\n" in as_text([(SESSION, [turn(" \n ", interrupted=True)])])


def test_minutes_go_on_past_the_hour() -> None:
    """An hour and a half is ninety minutes."""
    assert "[90:00.001]" in as_text([(SESSION, [turn(start_ms=5_400_001)])])


def test_a_turn_of_several_lines_cannot_pass_for_several_turns() -> None:
    """What follows the first is indented."""
    text = as_text([(SESSION, [turn("un\n\n[00:01.000] assistant: deux")])])
    assert text.endswith("[00:00.000] user: un\n    [00:01.000] assistant: deux\n")


def test_a_transcript_does_not_steer_the_terminal() -> None:
    """Control characters become U+FFFD, in the header too."""
    assert "\x1b" not in as_text([(attrs.evolve(ENDED, end_reason="\x1b[2J"), [turn("\x1b[2Jhi\x9b")])])


def test_jsonl_has_exactly_the_promised_fields() -> None:
    """In this order, one object a line."""
    done = Transcription.DONE
    heard = turn("là", 5, 6, interrupted=True, generated="là-bas", sent="là-", transcription=done)
    assert as_jsonl([(SESSION, [turn("Où ça ?"), heard])]) == (
        '{"session": "s1", "item": "i", "role": "user", "text": "Où ça ?", "start_ms": 0, "end_ms": 900,'
        ' "interrupted": false, "generated": null, "sent": null, "transcription": null}\n'
        '{"session": "s1", "item": "i", "role": "user", "text": "là", "start_ms": 5, "end_ms": 6,'
        ' "interrupted": true, "generated": "là-bas", "sent": "là-", "transcription": "done"}\n'
    )


@settings(deadline=None)  # shared machines are slow at times
@given(ANY_TURNS)
def test_jsonl_is_one_line_a_turn_for_any_reader_of_lines(turns: list[Turn]) -> None:
    """Also for those that end a line at U+2028, as Python and JavaScript may."""
    lines = as_jsonl([(SESSION, turns)]).splitlines()
    assert [json.loads(line)["text"] for line in lines] == [said.text for said in turns]


def test_srt_has_a_cue_for_each_turn() -> None:
    """Index, times with a comma, speaker and words."""
    late = turn("Oui\net non", 3_661_001, 3_662_000, role=Role.ASSISTANT, interrupted=True)
    assert as_srt([(SESSION, [turn(), late])]) == (
        "1\n00:00:00,000 --> 00:00:00,900\nuser: bonjour\n"
        "\n"
        "2\n01:01:01,001 --> 01:01:02,000\nassistant: Oui\net non (interrupted)\n"
    )


@settings(deadline=None)  # shared machines are slow at times
@given(ANY_TURNS)
def test_srt_can_be_read_whatever_was_said(turns: list[Turn]) -> None:
    """Numbered from 1, in order of their start, each with a length, each with text."""
    found = cues(as_srt([(SESSION, turns)]))
    assert [index for index, *_ in found] == list(range(1, len(turns) + 1))
    assert [start for _, start, *_ in found] == sorted(said.start_ms for said in turns)
    assert all(start < end and text.strip() for _, start, end, text in found)


@pytest.mark.parametrize(("text", "length_ms"), [("oui", 1_000), ("x" * 44, 3_000), ("x" * 1000, 7_000)])
def test_a_cue_without_a_length_is_shown_as_long_as_it_takes_to_read(text: str, length_ms: int) -> None:
    """A typed turn starts and ends at one point: between one and seven seconds then."""
    ((_, start, end, _),) = cues(as_srt([(SESSION, [turn(text, 500, 500)])]))
    assert (start, end) == (500, 500 + length_ms)


def test_overlapping_cues_stay_in_order_and_keep_their_times() -> None:
    """People do talk at the same time; those who begin together stand as in the conversation."""
    turns = [turn("un", 0, 3000), turn("deux", 2000, 5000), turn("trois", 2000, 2500)]
    found = [(start, end, text) for _, start, end, text in cues(as_srt([(SESSION, turns)]))]
    assert found == [(0, 3000, "user: un\n"), (2000, 5000, "user: deux\n"), (2000, 2500, "user: trois\n")]


def test_words_cannot_break_a_cue() -> None:
    """Neither an empty line nor an arrow."""
    ((_, _, _, text),) = cues(as_srt([(SESSION, [turn("un\r\n\r\n2\n00:00:01,000 --> 00:00:02,000\ndeux")])]))
    assert text == "user: un\n2\n00:00:01,000 → 00:00:02,000\ndeux\n"


def test_several_sessions_share_one_timeline_of_subtitles() -> None:
    """One after another: a file of subtitles has one beginning."""
    starts = [start for _, start, *_ in cues(as_srt([(SESSION, [turn()]), (SESSION, []), (SESSION, [turn()])]))]
    assert starts == [0, 900]


@pytest.mark.parametrize("printed", [as_text, as_jsonl, as_srt])
def test_no_conversation_is_no_text(printed: Any) -> None:
    """Not even a line end."""
    assert printed([]) == ""


def test_a_failed_transcription_is_not_silence() -> None:
    """Who reads knows that something was said."""
    failed = turn("", transcription=Transcription.FAILED)
    assert as_text([(SESSION, [failed, turn("")])]).splitlines()[1:] == [
        "[00:00.000] user: (transcription failed)",
        "[00:00.000] user: (not transcribed)",
    ]
