"""How a provider's events fold into turns: complete, ordered by the conversation, and as heard."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.events import AudioDelta
from octi.realtime.ledger import Ledger, Rows
from octi.realtime.reading import read_event
from octi.realtime.sniff import audio_in
from octi.records import Role, Told, Transcription, Turn
from octi.units import SessionId
from tests.wire.conversations import NAMES, conversation, event

Seen = tuple[str, str, int, int, bool]  # role, text, start, end, interrupted
SESSION = SessionId("s")
TRANSCRIPTION = "conversation.item.input_audio_transcription"


def new_ledger() -> Ledger:
    return Ledger(SESSION)


def replay(ledger: Ledger, name: str, rows: list[Told] | None = None) -> list[Turn]:
    """Play a recorded conversation into a ledger; every turn it tells. `rows` takes everything else as well."""
    told: list[Turn] = []
    for sender, frame in conversation(name):
        if sender == "client":
            ledger.client_audio(audio_in(frame) or 0)
        else:
            found = ledger.fold(read_event(frame))
            told += turns_in(found)
            if rows is not None:
                rows += found
    return told


def turns_in(rows: Rows) -> tuple[Turn, ...]:
    return tuple(row for row in rows if isinstance(row, Turn))


def fold(ledger: Ledger, kind: str, **fields: Any) -> tuple[Turn, ...]:
    """The turns that an event's folding tells."""
    return turns_in(ledger.fold(read_event(event(kind, **fields))))


def latest(rows: Iterable[Turn]) -> list[Turn]:
    """What a store holds when it has kept all these rows: the last of each item, by position."""
    return sorted({row.item: row for row in rows}.values(), key=lambda turn: turn.position)


def seen(rows: Iterable[Turn]) -> list[Seen]:
    return [(turn.role.value, turn.text, turn.start_ms, turn.end_ms, turn.interrupted) for turn in latest(rows)]


def said(rows: Iterable[Turn]) -> list[str]:
    return [turn.text for turn in latest(rows)]


def message(item: str, role: str, *content: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    return {"id": item, "type": "message", "role": role, "status": status, "content": list(content)}


def add(ledger: Ledger, item: dict[str, Any], previous: str | None = None) -> tuple[Turn, ...]:
    fold(ledger, "conversation.item.added", item=item, previous_item_id=previous)
    return fold(ledger, "conversation.item.done", item=item, previous_item_id=previous)


def typed(item: str, text: str) -> dict[str, Any]:
    return message(item, "user", {"type": "input_text", "text": text})


def voice(item: str) -> dict[str, Any]:
    return message(item, "user", {"type": "input_audio", "transcript": None})


def begin_answer(ledger: Ledger, item: str, *, words: str = "", ms: int = 0) -> None:
    fold(ledger, "conversation.item.added", item=message(item, "assistant", status="in_progress"))
    place = {"response_id": "r", "item_id": item}
    if words:
        fold(ledger, "response.output_audio_transcript.delta", **place, delta=words)
    if ms:
        fold(ledger, "response.output_audio.delta", **place, delta=f"<{ms} ms>")


def end_answer(ledger: Ledger, item: str, words: str, status: str = "completed") -> tuple[Turn, ...]:
    content = {"type": "output_audio", "transcript": words}
    return fold(ledger, "conversation.item.done", item=message(item, "assistant", content, status=status))


# Whole conversations

TURNS: dict[str, list[Seen]] = {
    "voice_turn": [
        ("user", "What time is it?", 300, 1500, False),
        ("assistant", "It's ten o'clock.", 1600, 2350, False),
    ],
    "barge_in": [
        ("user", "Tell me a story.", 100, 1000, False),
        ("assistant", "Once upon a time", 1000, 2000, True),
        ("user", "Stop, please.", 1400, 2500, False),
        ("assistant", "All right.", 2500, 3100, False),
    ],
    "manual_commit": [("user", "Over.", 250, 1450, False), ("assistant", "Roger.", 1450, 1930, False)],
    "text_turn": [("user", "What is 2+2?", 300, 300, False), ("assistant", "Four.", 300, 300, False)],
    "function_call": [
        ("user", "What is the weather like?", 0, 1200, False),
        ("assistant", "Let me look.", 1200, 1900, False),
        ("assistant", "The sky is blue.", 1200, 2100, False),
    ],
    "out_of_band": [("user", "Hi.", 100, 800, False), ("assistant", "Hello there.", 800, 1400, False)],
    "late_words": [
        ("user", "First question", 0, 900, False),
        ("assistant", "One.", 1000, 1400, False),
        ("user", "Second question", 1600, 2400, False),
        ("assistant", "Two.", 2500, 2900, False),
        ("user", "", 3000, 3500, False),
    ],
    "cancelled": [
        ("user", "Sing.", 0, 0, False),
        ("user", "Sing again.", 0, 0, False),
        ("assistant", "La la la", 0, 500, True),
    ],
    "telephone": [("user", "Hello?", 200, 1300, False), ("assistant", "Hello caller.", 1300, 1700, False)],
}


def test_every_recorded_conversation_has_its_expected_turns() -> None:
    assert TURNS.keys() == set(NAMES)


@pytest.mark.parametrize("name", TURNS)
def test_a_conversation_becomes_its_turns(name: str) -> None:
    """Role, words as heard, where on the audio timeline, cut off or not; in the conversation's order."""
    assert seen(replay(new_ledger(), name)) == TURNS[name]


@pytest.mark.parametrize("name", TURNS)
def test_positions_count_the_turns(name: str) -> None:
    """From 0, without a gap; and the ledger counts as many."""
    ledger = new_ledger()
    rows = latest(replay(ledger, name))
    assert [turn.position for turn in rows] == list(range(len(rows))) == list(range(ledger.turns))
    assert {turn.session for turn in rows} == {SESSION}


@pytest.mark.parametrize("name", TURNS)
def test_where_nothing_is_in_flight_the_end_changes_nothing(name: str) -> None:
    ledger = new_ledger()
    replay(ledger, name)
    assert ledger.close() == ()
    assert ledger.close() == ()


@pytest.mark.parametrize("name", TURNS)
def test_the_same_conversation_on_a_second_leg_follows_the_first(name: str) -> None:
    """Positions and times go on, though the provider uses the same ids again."""
    ledger = new_ledger()
    rows = replay(ledger, name)
    began = ledger.audio_in_ms
    rows += turns_in(ledger.new_leg())
    rows += replay(ledger, name)
    later = [(role, text, start + began, end + began, cut) for role, text, start, end, cut in TURNS[name]]
    assert seen(rows) == TURNS[name] + later
    assert [turn.position for turn in latest(rows)] == list(range(2 * len(later))) == list(range(ledger.turns))


@pytest.mark.parametrize("name", TURNS)
def test_whenever_it_breaks_off_the_rows_are_a_transcript(name: str) -> None:
    """After any frame: dense positions, and the end is told once."""
    for length in range(len(conversation(name))):
        ledger = new_ledger()
        rows: list[Turn] = []
        for sender, frame in conversation(name)[:length]:
            if sender == "client":
                ledger.client_audio(audio_in(frame) or 0)
            else:
                rows += turns_in(ledger.fold(read_event(frame)))
        rows += turns_in(ledger.close())
        assert [turn.position for turn in latest(rows)] == list(range(ledger.turns))
        assert ledger.close() == ()


# A user's turn


def test_a_users_turn_is_told_at_once_and_again_with_its_words() -> None:
    """It is durable before anybody knows what was said."""
    told = replay(new_ledger(), "voice_turn")
    assert [(turn.item, turn.text) for turn in told] == [
        ("item_U1", ""),
        ("item_A1", "It's ten o'clock."),
        ("item_U1", "What time is it?"),
    ]


def test_words_that_come_in_pieces_are_not_told_piece_by_piece() -> None:
    ledger = new_ledger()
    add(ledger, voice("u"))
    assert fold(ledger, f"{TRANSCRIPTION}.delta", item_id="u", delta="Hel") == ()


def test_words_that_never_came_whole_are_kept_as_far_as_they_came() -> None:
    """The provider died while it transcribed."""
    ledger = new_ledger()
    add(ledger, voice("u"))
    fold(ledger, f"{TRANSCRIPTION}.delta", item_id="u", delta="Hel")
    assert said(turns_in(ledger.close())) == ["Hel"]


def test_a_user_in_mid_word_is_a_turn_without_words() -> None:
    """Speech that no item owns yet, when everything ends."""
    ledger = new_ledger()
    ledger.client_audio(48 * 700)
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=200)
    assert seen(turns_in(ledger.close())) == [("user", "", 200, 700, True)]


def test_a_user_who_had_just_stopped_stopped_there() -> None:
    ledger = new_ledger()
    ledger.client_audio(48 * 700)
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=200)
    fold(ledger, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=600)
    assert seen(turns_in(ledger.close())) == [("user", "", 200, 600, True)]


def test_words_heard_while_the_user_still_speaks_are_of_that_turn() -> None:
    """Some providers transcribe as one speaks: one item, one row."""
    ledger = new_ledger()
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    fold(ledger, f"{TRANSCRIPTION}.delta", item_id="u", delta="Well,")
    assert [(turn.item, turn.text, turn.interrupted) for turn in turns_in(ledger.close())] == [("u", "Well,", True)]


def test_speech_that_was_cleared_is_no_turn() -> None:
    """And the next one begins where the clearing was."""
    ledger = new_ledger()
    ledger.client_audio(48 * 700)
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=200)
    fold(ledger, "input_audio_buffer.cleared")
    assert ledger.close() == ()
    ledger.client_audio(48 * 300)
    fold(ledger, "input_audio_buffer.committed", item_id="v")
    assert seen(add(ledger, voice("v"))) == [("user", "", 700, 1000, False)]


def test_a_stop_without_a_start_begins_with_the_buffer() -> None:
    ledger = new_ledger()
    ledger.client_audio(48 * 700)
    fold(ledger, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=600)
    fold(ledger, "input_audio_buffer.committed", item_id="u")
    assert seen(add(ledger, voice("u"))) == [("user", "", 0, 600, False)]


def test_an_end_before_its_start_is_the_start() -> None:
    """A provider's nonsense makes no negative turn."""
    ledger = new_ledger()
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=900)
    fold(ledger, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=100)
    fold(ledger, "input_audio_buffer.committed", item_id="u")
    assert seen(add(ledger, voice("u"))) == [("user", "", 900, 900, False)]


# An answer


def test_an_answer_cut_before_its_first_sound_is_no_turn() -> None:
    """Its words had come, but nobody heard them."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="Well then")
    assert end_answer(ledger, "a", "Well then", "incomplete") == ()
    assert (ledger.close(), ledger.turns) == ((), 0)


def test_an_answer_that_came_to_nothing_is_no_turn() -> None:
    ledger = new_ledger()
    assert add(ledger, message("a", "assistant")) == ()


def test_a_written_answer_that_was_cut_is_a_turn() -> None:
    """What was written was read."""
    ledger = new_ledger()
    fold(ledger, "conversation.item.added", item=message("a", "assistant", status="in_progress"))
    fold(ledger, "response.output_text.delta", response_id="r", item_id="a", delta="Well")
    content = {"type": "output_text", "text": "Well"}
    told = fold(ledger, "conversation.item.done", item=message("a", "assistant", content, status="incomplete"))
    assert seen(told) == [("assistant", "Well", 0, 0, True)]


def test_an_answer_in_flight_at_the_end_is_interrupted() -> None:
    ledger = new_ledger()
    begin_answer(ledger, "a", words="Once upon", ms=500)
    assert seen(turns_in(ledger.close())) == [("assistant", "Once upon", 0, 500, True)]


def test_an_answer_is_told_when_it_is_whole() -> None:
    """The final transcript counts, whatever its pieces were."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="Helo", ms=500)
    final = fold(ledger, "response.output_audio_transcript.done", response_id="r", item_id="a", transcript="Hello.")
    assert final == ()
    assert said(end_answer(ledger, "a", "")) == ["Hello."]


@pytest.mark.parametrize(
    ("heard_ms", "words", "end_ms", "cut"),
    [(0, "", 0, True), (1, "", 1, True), (500, "one", 500, True), (1000, "one two", 1000, False)],
)
def test_a_truncation_keeps_what_was_heard(heard_ms: int, words: str, end_ms: int, cut: bool) -> None:
    """Told before, it is told again as heard."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="one two", ms=1000)
    assert seen(end_answer(ledger, "a", "one two")) == [("assistant", "one two", 0, 1000, False)]
    told = fold(ledger, "conversation.item.truncated", item_id="a", content_index=0, audio_end_ms=heard_ms)
    assert seen(told) == ([("assistant", words, 0, end_ms, cut)] if cut else [])


def test_a_truncation_to_nonsense_is_one_to_nothing() -> None:
    ledger = new_ledger()
    begin_answer(ledger, "a", words="one two", ms=1000)
    end_answer(ledger, "a", "one two")
    assert said(fold(ledger, "conversation.item.truncated", item_id="a", audio_end_ms=-5)) == [""]


def test_sound_in_odd_pieces_loses_no_time() -> None:
    """Pieces are not aligned to milliseconds; only the very last part of one is not counted."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="hum")
    for _ in range(1000):
        fold(ledger, "response.output_audio.delta", response_id="r", item_id="a", delta="AAAA" * 8)
    assert seen(end_answer(ledger, "a", "hum")) == [("assistant", "hum", 0, 500, False)]
    assert ledger.audio_out_ms == 500


def test_the_clients_audio_in_odd_pieces_loses_no_time() -> None:
    ledger = new_ledger()
    for _ in range(1000):
        ledger.client_audio(24)
    assert ledger.audio_in_ms == 500


@pytest.mark.parametrize(("audio_format", "per_ms"), [("audio/pcmu", 8), ("audio/pcma", 8), ("audio/new", 48)])
def test_time_is_counted_in_the_sessions_format(audio_format: str, per_ms: int) -> None:
    """Telephone audio has a byte a sample, 8000 a second; an unknown format is taken for PCM."""
    ledger = new_ledger()
    sound = {"format": {"type": audio_format}}
    fold(ledger, "session.updated", session={"audio": {"input": sound, "output": sound}})
    ledger.client_audio(per_ms * 100)
    assert ledger.audio_in_ms == 100


# Order


def test_words_known_late_slot_into_place() -> None:
    """The second question's words come before the first's; each stands where it was asked."""
    told = replay(new_ledger(), "late_words")
    assert [turn.text for turn in told if turn.text and turn.role is Role.USER] == ["Second question", "First question"]
    assert said(told) == ["First question", "One.", "Second question", "Two.", ""]


def test_an_item_put_between_two_moves_those_behind_it() -> None:
    """Who has another position now is told again."""
    ledger = new_ledger()
    add(ledger, typed("a", "A"))
    add(ledger, typed("c", "C"), "a")
    told = add(ledger, typed("b", "B"), "a")
    assert [(turn.item, turn.position) for turn in told] == [("b", 1), ("c", 2)]


def test_root_is_the_front_of_this_legs_conversation() -> None:
    """Not of the whole session: what was said before it was said before it."""
    ledger = new_ledger()
    rows = [*add(ledger, typed("a", "A")), *turns_in(ledger.new_leg())]
    rows += add(ledger, typed("c", "C"))
    rows += add(ledger, typed("b", "B"), "root")
    assert said(rows) == ["A", "B", "C"]


def test_an_item_may_be_told_before_the_one_it_follows() -> None:
    ledger = new_ledger()
    rows = [*add(ledger, typed("c", "C"), "b"), *add(ledger, typed("b", "B"), "a"), *add(ledger, typed("a", "A"))]
    assert said(rows) == ["A", "B", "C"]


def test_an_item_that_follows_nobody_known_stands_where_it_came() -> None:
    ledger = new_ledger()
    rows = [*add(ledger, typed("a", "A")), *add(ledger, typed("b", "B"), "lost"), *add(ledger, typed("c", "C"), "b")]
    assert said(rows) == ["A", "B", "C"]


def test_items_that_follow_each_other_in_a_circle_are_not_lost() -> None:
    """A provider's nonsense; the words count."""
    ledger = new_ledger()
    rows = [*add(ledger, typed("a", "A"), "b"), *add(ledger, typed("b", "B"), "a"), *add(ledger, typed("c", "C"), "c")]
    assert sorted(said(rows)) == ["A", "B", "C"]
    assert [turn.position for turn in latest(rows)] == [0, 1, 2]


def test_what_was_deleted_was_said_all_the_same() -> None:
    """The provider no longer counts it; what is said next stands behind it."""
    ledger = new_ledger()
    rows = [*add(ledger, typed("a", "A")), *add(ledger, typed("b", "B"), "a")]
    rows += fold(ledger, "conversation.item.deleted", item_id="b")
    rows += add(ledger, typed("c", "C"), "a")
    assert said(rows) == ["A", "B", "C"]


def test_a_told_turn_keeps_its_speaker() -> None:
    """Whatever nonsense follows about the same item."""
    ledger = new_ledger()
    add(ledger, typed("a", "A"))
    assert add(ledger, {"id": "a", "type": "function_call", "name": "f", "arguments": "{}"}) == ()
    assert ledger.turns == 1


def test_functions_and_strangers_say_nothing() -> None:
    """Calls, their outputs, roles that octi does not know, events it does not read."""
    ledger = new_ledger()
    assert add(ledger, {"id": "f", "type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}) == ()
    assert add(ledger, {"id": "o", "type": "function_call_output", "call_id": "c", "output": "{}"}) == ()
    assert add(ledger, message("x", "narrator", {"type": "input_text", "text": "Meanwhile"})) == ()
    assert fold(ledger, "vendor.news", item_id="f") == ()
    assert (ledger.close(), ledger.turns) == ((), 0)


def test_what_the_system_says_is_a_turn() -> None:
    ledger = new_ledger()
    told = add(ledger, message("s", "system", {"type": "input_text", "text": "Be brief."}))
    assert seen(told) == [("system", "Be brief.", 0, 0, False)]


# Another leg


def test_a_new_leg_cuts_off_what_was_in_flight() -> None:
    """And goes on behind it, on the same timeline: the provider counts its milliseconds from 0 again."""
    ledger = new_ledger()
    ledger.client_audio(48 * 1000)
    begin_answer(ledger, "a", words="Once", ms=300)
    rows = [*turns_in(ledger.new_leg())]
    ledger.client_audio(48 * 500)
    fold(ledger, "input_audio_buffer.speech_started", item_id="u", audio_start_ms=100)
    fold(ledger, "input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=400)
    fold(ledger, "input_audio_buffer.committed", item_id="u")
    rows += add(ledger, voice("u"))
    assert seen(rows) == [("assistant", "Once", 1000, 1300, True), ("user", "", 1100, 1400, False)]


def test_an_answer_in_flight_whose_voice_goes_elsewhere_is_kept_at_the_end() -> None:
    """As a call's does: octi hears the words alone, and the user has heard some of them."""
    kept = []
    for elsewhere in (False, True):
        ledger = Ledger(SESSION, elsewhere=elsewhere)
        begin_answer(ledger, "a", words="Once upon", ms=0)
        kept.append(seen(turns_in(ledger.close())))
    assert kept == [[], [("assistant", "Once upon", 0, 0, True)]]


def test_a_session_that_is_taken_up_again_goes_on_behind_what_was_said() -> None:
    """Its turns stand behind the earlier ones, later on the same timeline; an item's id may come again."""
    earlier = new_ledger()
    earlier.client_audio(48 * 1000)
    kept = [*add(earlier, typed("a", "A")), *add(earlier, typed("b", "B"), "a")]
    ledger = new_ledger()
    ledger.recall(latest(kept))
    rows = [*add(ledger, typed("b", "again")), *add(ledger, typed("c", "C"), "b")]
    assert said([*kept, *rows]) == ["A", "B", "again", "C"]
    assert [(turn.item, turn.position) for turn in rows] == [("b@1", 2), ("c", 3)]
    assert {turn.start_ms for turn in rows} == {1000}
    assert ledger.turns == 4


def test_a_session_that_is_taken_up_twice_keeps_every_turn_apart() -> None:
    """Whatever ids its legs give to their items."""
    kept: list[Turn] = []
    for _ in range(3):
        ledger = new_ledger()
        ledger.recall(latest(kept))
        kept += add(ledger, typed("a", "A"))
        ledger.new_leg()
        kept += add(ledger, typed("a", "B"))
    assert [turn.position for turn in latest(kept)] == [0, 1, 2, 3, 4, 5]


def test_a_session_that_is_taken_up_again_before_anything_was_said_begins_at_the_beginning() -> None:
    ledger = new_ledger()
    ledger.recall([])
    (turn,) = add(ledger, typed("a", "A"))
    assert (turn.position, turn.start_ms) == (0, 0)


def test_a_new_leg_speaks_pcm_until_it_says_otherwise() -> None:
    ledger = new_ledger()
    fold(ledger, "session.updated", session={"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    ledger.new_leg()
    ledger.client_audio(4800)
    assert ledger.audio_in_ms == 100


# Any order that the wire allows

Script = list[bytes]


def spoken_turn(item: str, previous: str | None) -> Script:
    return [
        event("input_audio_buffer.speech_started", item_id=item, audio_start_ms=10),
        event("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=20),
        event("input_audio_buffer.committed", item_id=item, previous_item_id=previous),
        event("conversation.item.added", item=voice(item), previous_item_id=previous),
        event("conversation.item.done", item=voice(item), previous_item_id=previous),
        event(f"{TRANSCRIPTION}.delta", item_id=item, delta=f"{item} "),
        event(f"{TRANSCRIPTION}.completed", item_id=item, transcript=f"{item} said"),
    ]


def typed_turn(item: str, previous: str | None) -> Script:
    return [
        event(f"conversation.item.{what}", item=typed(item, f"{item} typed"), previous_item_id=previous)
        for what in ("added", "done")
    ]


def answer(item: str, previous: str | None, *, cut: bool = False) -> Script:
    place = {"response_id": f"r{item}", "item_id": item}
    words, status = f"{item} one two", "incomplete" if cut else "completed"
    begun = message(item, "assistant", status="in_progress")
    whole = message(item, "assistant", {"type": "output_audio", "transcript": words}, status=status)
    truncated = event("conversation.item.truncated", item_id=item, content_index=0, audio_end_ms=30)
    return [
        event("conversation.item.added", item=begun, previous_item_id=previous),
        event("response.output_audio_transcript.delta", **place, delta=words),
        event("response.output_audio.delta", **place, delta="<40 ms>"),
        event("response.output_audio.delta", **place, delta="<20 ms>"),
        event("response.output_audio_transcript.done", **place, transcript=words),
        event("conversation.item.done", item=whole, previous_item_id=previous),
        *([truncated] if cut else []),
    ]


def cut_answer(item: str, previous: str | None) -> Script:
    return answer(item, previous, cut=True)


def function_call(item: str, previous: str | None) -> Script:
    call = {"id": item, "type": "function_call", "name": "f", "call_id": "c", "arguments": ""}
    return [event(f"conversation.item.{what}", item=call, previous_item_id=previous) for what in ("added", "done")]


MAKERS = st.sampled_from([spoken_turn, typed_turn, answer, cut_answer, function_call])


@st.composite
def scripts(draw: st.DrawFn) -> list[Script]:
    """Several items, each behind the one before it."""
    makers = draw(st.lists(MAKERS, min_size=1, max_size=5))
    return [make(f"i{n}", f"i{n - 1}" if n else None) for n, make in enumerate(makers)]


@given(scripts(), st.randoms(use_true_random=False))
def test_any_interleaving_ends_in_the_same_turns(items: list[Script], chance: Any) -> None:
    """As long as each item's own events keep their order; on the way the rows are a transcript at any time."""
    in_turn, rows = new_ledger(), list[Turn]()
    expected = latest(
        [turn for script in items for frame in script for turn in turns_in(in_turn.fold(read_event(frame)))]
    )
    mixed = new_ledger()
    waiting = [list(script) for script in items]
    while waiting:
        script = chance.choice(waiting)
        rows += turns_in(mixed.fold(read_event(script.pop(0))))
        waiting = [script for script in waiting if script]
        assert [turn.position for turn in latest(rows)] == list(range(mixed.turns))
    assert latest(rows) == expected
    assert mixed.close() == ()


@given(scripts(), st.integers(0, 40))
def test_the_rows_fold_into_the_final_state(items: list[Script], length: int) -> None:
    """Nothing is told twice alike, and what was told last of each item is how it stands."""
    ledger = new_ledger()
    frames = [frame for script in items for frame in script][:length]
    told = [turn for frame in frames for turn in turns_in(ledger.fold(read_event(frame)))]
    told += turns_in(ledger.close())
    by_item: dict[str, Turn] = {}
    for turn in told:
        assert by_item.get(turn.item) != turn
        by_item[turn.item] = turn
    assert sorted(turn.position for turn in by_item.values()) == list(range(ledger.turns))
    assert ledger.close() == ()


def test_a_ledger_knows_whether_the_users_words_are_told() -> None:
    """By the configuration in force."""
    ledger = new_ledger()
    seen = [ledger.wordless]
    for transcription in ({"model": "t"}, None):
        fold(ledger, "session.updated", session={"audio": {"input": {"transcription": transcription}}})
        seen.append(ledger.wordless)
    assert seen == [True, False, True]


@pytest.mark.parametrize("end", [f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed", "conversation.item.deleted"])
def test_a_ledger_knows_whether_words_are_still_to_come(end: str) -> None:
    """From a spoken turn's end to its words, to their failure, or to the item's end; where nobody writes, never."""
    ledger = new_ledger()
    fold(ledger, "input_audio_buffer.committed", item_id="u1")
    seen = [ledger.awaits_words]
    fold(ledger, "session.updated", session={"audio": {"input": {"transcription": {"model": "t"}}}})
    fold(ledger, "input_audio_buffer.committed", item_id="u2")
    fold(ledger, f"{TRANSCRIPTION}.delta", item_id="u2", delta="so")
    seen.append(ledger.awaits_words)
    fold(ledger, end, item_id="u2", transcript="so it is")
    assert [*seen, ledger.awaits_words] == [False, True, False]


@pytest.mark.parametrize("end", [Ledger.await_no_words, Ledger.close, Ledger.new_leg])
def test_words_that_nobody_will_bring_are_not_waited_for(end: Callable[[Ledger], object]) -> None:
    """They were given up, or the conversation is over."""
    ledger = new_ledger()
    fold(ledger, "session.updated", session={"audio": {"input": {"transcription": {"model": "t"}}}})
    fold(ledger, "input_audio_buffer.committed", item_id="u1")
    end(ledger)
    assert not ledger.awaits_words


def test_words_that_came_before_their_turn_are_not_waited_for() -> None:
    """Events of two kinds may overtake each other."""
    ledger = new_ledger()
    fold(ledger, "session.updated", session={"audio": {"input": {"transcription": {"model": "t"}}}})
    fold(ledger, f"{TRANSCRIPTION}.completed", item_id="u1", transcript="so it is")
    fold(ledger, "input_audio_buffer.committed", item_id="u1")
    assert not ledger.awaits_words


# What was generated, sent and heard


def sound(item: str, ms: int) -> AudioDelta:
    heard = read_event(event("response.output_audio.delta", response_id="r", item_id=item, delta=f"<{ms} ms>"))
    assert isinstance(heard, AudioDelta)
    return heard


def told_of(rows: Iterable[Turn]) -> list[tuple[str, str | None, str | None]]:
    """Heard, sent, generated."""
    return [(turn.text, turn.sent, turn.generated) for turn in latest(rows)]


def test_sound_that_was_not_sent_on_was_generated_and_not_heard() -> None:
    """As what still comes of an answer that was cut off."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="one two", ms=500)
    ledger.fold(sound("a", 500))
    ledger.withhold(sound("a", 500))
    assert told_of(end_answer(ledger, "a", "one two")) == [("one", None, "one two")]


def test_sound_that_was_taken_back_is_that_which_was_sent_last() -> None:
    """Of several items the last ones, and of the first of them its end."""
    ledger = new_ledger()
    rows = list[Turn]()
    for item in ("a", "b"):
        begin_answer(ledger, item, words="one two", ms=1000)
        rows += end_answer(ledger, item, "one two")
    ledger.take_back(48 * 1500)
    rows += turns_in(ledger.close())
    assert told_of(rows) == [("one", None, "one two"), ("", None, "one two")]


def test_a_truncation_inside_of_what_was_sent_tells_all_three() -> None:
    ledger = new_ledger()
    begin_answer(ledger, "a", words="one two six ten", ms=1600)
    end_answer(ledger, "a", "one two six ten")
    ledger.take_back(48 * 400)
    assert told_of(fold(ledger, "conversation.item.truncated", item_id="a", audio_end_ms=400)) == [
        ("one", "one two six", "one two six ten")
    ]


def test_nothing_is_withheld_from_whom_octi_does_not_send_to() -> None:
    """A call's sound goes another way, and an item that nobody knows has none."""
    ledger = Ledger(SESSION, elsewhere=True)
    ledger.withhold(sound("a", 100))
    begin_answer(ledger, "a", words="one two", ms=1000)
    ledger.withhold(sound("a", 1000))
    assert told_of(end_answer(ledger, "a", "one two")) == [("one two", None, None)]


def test_words_are_tied_to_the_sound_that_they_came_with() -> None:
    """Here the first word takes nearly all the time: evenly, two thirds of it would be two words."""
    ledger = new_ledger()
    begin_answer(ledger, "a", words="one ", ms=1000)
    for words in ("two ", "six"):
        fold(ledger, "response.output_audio_transcript.delta", response_id="r", item_id="a", delta=words)
        ledger.fold(sound("a", 100))
    end_answer(ledger, "a", "one two six")
    assert said(fold(ledger, "conversation.item.truncated", item_id="a", audio_end_ms=740)) == [""]
    assert said(fold(ledger, "conversation.item.truncated", item_id="a", audio_end_ms=1000)) == ["one"]


def test_parts_of_one_answer_do_not_replace_each_other() -> None:
    """A provider may write two of them before the item is done."""
    ledger = new_ledger()
    place = {"response_id": "r", "item_id": "a"}
    begin_answer(ledger, "a", words="Hello", ms=500)
    fold(ledger, "response.output_audio_transcript.done", **place, content_index=0, transcript="Hello")
    fold(ledger, "response.output_audio_transcript.done", **place, content_index=1, transcript="there.")
    assert said(turns_in(ledger.close())) == ["Hello there."]


# The words of what the user spoke


def transcribing() -> Ledger:
    ledger = new_ledger()
    fold(ledger, "session.updated", session={"audio": {"input": {"transcription": {"model": "t"}}}})
    return ledger


def commit(ledger: Ledger, item: str) -> tuple[Turn, ...]:
    fold(ledger, "input_audio_buffer.committed", item_id=item)
    return add(ledger, voice(item))


@pytest.mark.parametrize(("kind", "became"), [("completed", Transcription.DONE), ("failed", Transcription.FAILED)])
def test_a_turn_tells_what_became_of_its_words(kind: str, became: Transcription) -> None:
    """That they failed is not that nothing was said."""
    ledger = transcribing()
    assert [turn.transcription for turn in commit(ledger, "u")] == [Transcription.AWAITED]
    told = fold(ledger, f"{TRANSCRIPTION}.{kind}", item_id="u", transcript="")
    assert [(turn.text, turn.transcription) for turn in told] == [("", became)]


def test_words_that_are_given_up_are_told_as_missing_and_may_still_come() -> None:
    ledger = transcribing()
    commit(ledger, "u")
    lost = turns_in(ledger.lose_words(["u", "nobody"]))
    assert [turn.transcription for turn in lost] == [Transcription.MISSING]
    assert (ledger.lose_words(["u"]), dict(ledger.unwritten)) == ((), {})
    assert said(fold(ledger, f"{TRANSCRIPTION}.completed", item_id="u", transcript="So")) == ["So"]


def test_words_that_nobody_waits_for_any_more_are_still_awaited() -> None:
    """Who is in a hurry goes on without; octi asks for them all the same."""
    ledger = transcribing()
    commit(ledger, "u")
    ledger.await_no_words()
    assert (ledger.awaits_words, dict(ledger.unwritten)) == (False, {"u": 0})


def test_what_is_retrieved_of_an_item_that_nobody_knows_is_nothing() -> None:
    ledger = transcribing()
    assert fold(ledger, "conversation.item.retrieved", item=voice("u")) == ()
    assert (ledger.close(), ledger.turns) == ((), 0)


def test_typed_words_and_the_agents_were_not_transcribed() -> None:
    ledger = transcribing()
    begin_answer(ledger, "a", words="Hm", ms=100)
    rows = [*add(ledger, typed("t", "Hi.")), *end_answer(ledger, "a", "Hm")]
    assert {turn.transcription for turn in rows} == {None}
