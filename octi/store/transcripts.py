"""Conversations as people and programs read them: text, JSON lines, SubRip. Pure; each returns whole lines or ""."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from octi.clock import iso_time
from octi.records import SessionRecord, Transcription, Turn

Conversation = tuple[SessionRecord, Sequence[Turn]]

NOT_TRANSCRIBED = "(not transcribed)"
FAILED = "(transcription failed)"
INTERRUPTED = "(interrupted)"
INDENT = "    "
JSON_FIELDS = (
    *("session", "item", "role", "text", "start_ms", "end_ms", "interrupted"),
    *("generated", "sent", "transcription"),
)
# JSON lets these three stand in a string as they are, but many a reader ends a line at them.
LINE_ENDS: Mapping[int, str] = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a transcript must not steer the terminal it is read in
MS_PER_CHARACTER = 60  # about how fast people read
SHORTEST_CUE_MS, LONGEST_CUE_MS = 1_000, 7_000  # for cues that have no length of their own


class Cue(NamedTuple):
    """A subtitle: from and until when it shows, in milliseconds from the file's beginning."""

    start_ms: int
    end_ms: int
    text: str


def as_text(conversations: Iterable[Conversation]) -> str:
    """For reading: a header for each session, then a line `[mm:ss.mmm] role: words` for each turn."""
    return "\n".join("".join(f"{line}\n" for line in _text_lines(*talk)) for talk in conversations)


def as_jsonl(conversations: Iterable[Conversation]) -> str:
    """For programs: a JSON object for each turn, with the fields `JSON_FIELDS`, one a line, UTF-8 left as it is."""
    turns = (turn for _, said in conversations for turn in said)
    return "".join(f"{_json_line(turn)}\n" for turn in turns)


def as_srt(conversations: Iterable[Conversation]) -> str:
    """As subtitles (SubRip), a cue for each turn, by their start.

    A SubRip file has one timeline: several sessions stand on it one after another. A turn without a length is shown
    for as long as it takes to read.
    """
    return "\n".join(_srt_block(index, cue) for index, cue in zip(count(1), _one_after_another(conversations)))


def _text_lines(session: SessionRecord, turns: Iterable[Turn]) -> Iterator[str]:
    yield _header(session)
    for turn in turns:
        first, *rest = _lines(_words(turn))
        yield f"[{_minutes(turn.start_ms)}] {turn.role.value}: {first}"
        yield from (INDENT + line for line in rest)


def _header(session: SessionRecord) -> str:
    ended = f"ended by {session.ended_by or 'unknown'}: {session.end_reason or 'no reason given'}"
    facts = (f"session {session.id}", iso_time(session.created_at), f"door {session.door}")
    return " ".join(_lines(", ".join((*facts, session.state.value if session.ended_at is None else ended))))


def _json_line(turn: Turn) -> str:
    fields = {name: getattr(turn, name) for name in JSON_FIELDS}
    return json.dumps(fields, ensure_ascii=False).translate(LINE_ENDS)


def _one_after_another(conversations: Iterable[Conversation]) -> Iterator[Cue]:
    offset_ms = 0
    for _, turns in conversations:
        cues = [_moved(cue, offset_ms) for cue in sorted(map(_cue, turns), key=lambda cue: cue.start_ms)]
        yield from cues
        offset_ms = max((cue.end_ms for cue in cues), default=offset_ms)


def _moved(cue: Cue, by_ms: int) -> Cue:
    return Cue(cue.start_ms + by_ms, cue.end_ms + by_ms, cue.text)


def _cue(turn: Turn) -> Cue:
    text = f"{turn.role.value}: {_words(turn)}"
    end_ms = turn.end_ms if turn.end_ms > turn.start_ms else turn.start_ms + _reading_time(text)
    return Cue(turn.start_ms, end_ms, text)


def _reading_time(text: str) -> int:
    return min(max(SHORTEST_CUE_MS, len(text) * MS_PER_CHARACTER), LONGEST_CUE_MS)


def _srt_block(index: int, cue: Cue) -> str:
    lines = "\n".join(_lines(cue.text)).replace("-->", "→")  # the arrow is what a reader takes for a cue's head
    return f"{index}\n{_hours(cue.start_ms)} --> {_hours(cue.end_ms)}\n{lines}\n"


def _words(turn: Turn) -> str:
    silence = FAILED if turn.transcription is Transcription.FAILED else NOT_TRANSCRIBED
    words = turn.text.strip() or silence
    return f"{words} {INTERRUPTED}" if turn.interrupted else words


def _lines(text: str) -> list[str]:
    """The text's lines that are not empty: an empty one would end a cue, and a paragraph."""
    lines = (_CONTROLS.sub("\ufffd", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def _minutes(at_ms: int) -> str:
    minutes, rest = divmod(at_ms, 60_000)
    return f"{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _hours(at_ms: int) -> str:
    hours, rest = divmod(at_ms, 3_600_000)
    return f"{hours:02}:{rest // 60_000:02}:{rest // 1000 % 60:02},{rest % 1000:03}"
