"""Whole conversations by chance: what happens in them, which orders of it the wire allows, and what is to be kept."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import attrs
from hypothesis import strategies as st

from octi.realtime.ledger import Ledger, Rows
from octi.realtime.reading import read_event
from octi.records import FunctionCall, Told, Turn, UsageRecord
from octi.units import SessionId
from tests.wire.conversations import event

TRANSCRIPTION = "conversation.item.input_audio_transcription"
COUNTED = {"total_tokens": 7, "input_token_details": {"audio_tokens": 5, "cached_tokens_details": {"text_tokens": 2}}}
PIECE_MS = 100
LIVE = event("session.updated", session={"model": "m", "audio": {"input": {"transcription": {"model": "t"}}}})


class Node(NamedTuple):
    """A provider's event, and those that come before it in whatever order the others do."""

    name: str
    frame: bytes
    after: tuple[str, ...]


@attrs.frozen
class Expected:
    """What is kept of an item: a turn, or a call."""

    item: str
    role: str
    text: str
    generated: str | None = None
    interrupted: bool = False
    became: str | None = None  # the transcription; a call's output


@attrs.define
class Plan:
    """A conversation under way to be planned. Items follow each other; asides follow nobody."""

    nodes: list[Node] = attrs.field(factory=list)
    turns: list[Expected] = attrs.field(factory=list)
    calls: list[Expected] = attrs.field(factory=list)
    turns_before: list[int] = attrs.field(factory=list)  # each call
    counted: dict[tuple[str, str], str] = attrs.field(factory=dict)  # by kind and id: status
    asides: dict[str, str] = attrs.field(factory=dict)  # words by response
    last: str | None = None
    _count: int = 0

    def name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def chain(self, after: Sequence[str], *frames: bytes) -> str:
        """Events that keep their order; the last one's name."""
        for frame in frames:
            name = self.name("n")
            self.nodes.append(Node(name, frame, tuple(after)))
            after = [name]
        return after[-1]

    def item_events(self, item: dict[str, Any], done: dict[str, Any] | None = None) -> tuple[bytes, bytes]:
        """It comes behind the last item, and is the last one then."""
        place, self.last = {"previous_item_id": self.last}, item["id"]
        return (
            event("conversation.item.added", item=item, **place),
            event("conversation.item.done", item=done or item, **place),
        )


def message(item: str, role: str, *content: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    return {"id": item, "type": "message", "role": role, "status": status, "content": list(content)}


def typed(plan: Plan, text: str) -> None:
    """Somebody types."""
    item = plan.name("t")
    plan.chain([], *plan.item_events(message(item, "user", {"type": "input_text", "text": text})))
    plan.turns.append(Expected(item, "user", text))


def spoken(plan: Plan, text: str, became: str, start_ms: int) -> None:
    """The user speaks; the words come at some time, or fail, or never come, or are got by asking."""
    item, previous = plan.name("u"), plan.last
    committed = plan.chain(
        [],
        event("input_audio_buffer.speech_started", item_id=item, audio_start_ms=start_ms),
        event("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=start_ms + 50),
        event("input_audio_buffer.committed", item_id=item, previous_item_id=previous),
    )
    added, done = plan.item_events(message(item, "user", {"type": "input_audio", "transcript": None}))
    there = plan.chain([committed], added, done)
    match became:
        case "done":
            pieces = [event(f"{TRANSCRIPTION}.delta", item_id=item, delta=text[:3])] if len(text) > 3 else []
            whole = event(f"{TRANSCRIPTION}.completed", item_id=item, transcript=text, usage={"seconds": 1.5})
            plan.chain([committed], *pieces, whole)
            plan.counted["transcription", item] = "completed"
        case "failed":
            plan.chain([committed], event(f"{TRANSCRIPTION}.failed", item_id=item, error={"code": "bad_audio"}))
            plan.counted["transcription", item] = "failed"
        case "retrieved":
            heard = message(item, "user", {"type": "input_audio", "transcript": text})
            plan.chain([there], event("conversation.item.retrieved", item=heard))
        case _:
            pass  # they never come
    known = {"retrieved": "done", "never": "missing"}.get(became, became)
    plan.turns.append(Expected(item, "user", text if known == "done" else "", became=known))


class Piece(NamedTuple):
    """One thing that a response makes: something said in so many words, of which so many are heard; or a call."""

    words: int = 0
    heard: int | None = None  # None: all
    output: str | None = None


def answered(plan: Plan, pieces: Sequence[Piece], status: str) -> None:
    """A response, with its items one after another; a call is answered at some time behind it."""
    response = plan.name("r")
    at = plan.chain([], event("response.created", response={"id": response, "conversation_id": "c"}))
    made, outputs = [], []
    for number, piece in enumerate(pieces):
        cut = status == "cancelled" and number == len(pieces) - 1
        if piece.words:
            at = said(plan, response, at, piece, cut)
        else:
            at = called(plan, at, piece.output, cut)
            outputs += [(plan.last, piece.output, at)] if piece.output is not None and not cut else []
        made.append({"id": plan.last, "type": "message" if piece.words else "function_call"})
    finished = {"id": response, "conversation_id": "c", "status": status, "output": made, "usage": COUNTED}
    plan.chain([at], event("response.done", response=finished))
    plan.counted["response", response] = status
    for item, output, there in outputs:
        given = {"id": plan.name("o"), "type": "function_call_output", "call_id": f"call-{item}", "output": output}
        plan.chain([there], *plan.item_events(given))


def said(plan: Plan, response: str, at: str, piece: Piece, cut: bool) -> str:
    """A word, its sound, a word, its sound."""
    item = plan.name("a")
    words = [f"{item}{'w' * (1 + 5 * (number % 2))}" for number in range(piece.words)]  # all take the same time
    text, place = " ".join(words), {"response_id": response, "item_id": item}
    whole = message(
        item,
        "assistant",
        {"type": "output_audio", "transcript": text},
        status="incomplete" if cut else "completed",
    )
    added, done = plan.item_events(message(item, "assistant", status="in_progress"), whole)
    at = plan.chain([at], added)
    sounds = []
    for number, word in enumerate(words):
        delta = word if number == 0 else f" {word}"
        at = plan.chain(
            [at],
            event("response.output_audio_transcript.delta", **place, delta=delta),
            event("response.output_audio.delta", **place, delta=f"<{PIECE_MS} ms>"),
        )
        sounds.append(at)
    at = plan.chain([at], event("response.output_audio_transcript.done", **place, transcript=text), done)
    heard = text
    if piece.heard is not None:
        heard = " ".join(words[: piece.heard])
        truncated = event("conversation.item.truncated", item_id=item, audio_end_ms=piece.heard * PIECE_MS)
        plan.chain([sounds[max(0, piece.heard - 1)]], truncated)
    interrupted = cut or (piece.heard is not None and piece.heard < piece.words)
    plan.turns.append(Expected(item, "assistant", heard, None if heard == text else text, interrupted))
    return at


def called(plan: Plan, at: str, output: str | None, cut: bool) -> str:
    """A call comes into the conversation without its arguments."""
    item = plan.name("f")
    begun = {"id": item, "type": "function_call", "name": "look", "call_id": f"call-{item}", "arguments": ""}
    whole = {**begun, "arguments": '{"at":"sky"}', "status": "incomplete" if cut else "completed"}
    at = plan.chain([at], *plan.item_events({**begun, "status": "in_progress"}, whole))
    plan.turns_before.append(len(plan.turns))
    plan.calls.append(Expected(item, "incomplete" if cut else "completed", "look", became=None if cut else output))
    return at


def aside(plan: Plan, text: str) -> None:
    """A response that is no part of the conversation, on its own: its items are never added."""
    response, item = plan.name("x"), plan.name("y")
    place = {"response_id": response, "item_id": item}
    whole = {"id": item, "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    done = {"id": response, "conversation_id": None, "status": "completed", "output": [whole], "usage": COUNTED}
    plan.chain(
        [],
        event("response.created", response={"id": response, "conversation_id": None}),
        event("response.output_text.delta", **place, delta=text),
        event("response.output_audio.delta", **place, delta="<100 ms>"),
        event("response.output_text.done", **place, text=text),
        event("response.done", response=done),
    )
    plan.counted["response", response] = "completed"
    plan.asides[response] = text


SPOKEN = st.tuples(st.integers(1, 4), st.none() | st.integers(0, 4)).map(lambda said: Piece(*said))
CALLS = st.sampled_from([Piece(), Piece(output='{"sky":"blue"}')])
TEXTS = st.sampled_from(["Hello.", "Où ça ?", "a", "one two three"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A few turns, answers with several items, calls, and asides."""
    plan = Plan()
    for number in range(draw(st.integers(1, 4))):
        match draw(st.sampled_from(["typed", "spoken", "answered", "aside"])):
            case "typed":
                typed(plan, draw(TEXTS))
            case "spoken":
                became = draw(st.sampled_from(["done", "failed", "never", "retrieved"]))
                spoken(plan, draw(TEXTS), became, number * 100)
            case "answered":
                pieces = [within(piece) for piece in draw(st.lists(SPOKEN | CALLS, min_size=1, max_size=3))]
                answered(plan, pieces, draw(st.sampled_from(["completed", "cancelled"])))
            case _:
                aside(plan, draw(TEXTS))
    return plan


def within(piece: Piece) -> Piece:
    """Nobody hears more than is said."""
    return piece if piece.heard is None else piece._replace(heard=min(piece.heard, piece.words))


def in_some_order(plan: Plan, chance: Random) -> Iterator[Node]:
    """The plan's events, each behind those that it comes after."""
    left, told = list(plan.nodes), set[str]()
    while left:
        node = chance.choice([node for node in left if told.issuperset(node.after)])
        left.remove(node)
        told.add(node.name)
        yield node


def new_ledger() -> Ledger:
    """One that knows who transcribes. All the client's audio has come: the timeline stands still."""
    ledger = Ledger(SessionId("s"))
    ledger.fold(read_event(LIVE))
    ledger.client_audio(48 * 5000)
    return ledger


def fold_all(ledger: Ledger, nodes: Sequence[Node]) -> list[Told]:
    return [row for node in nodes for row in ledger.fold(read_event(node.frame))]


def kept(rows: Sequence[Told] | Rows) -> tuple[list[Turn], list[FunctionCall], dict[tuple[str, str], UsageRecord]]:
    """What a store holds when it has kept all these rows, one after another."""
    turns = {row.item: row for row in rows if isinstance(row, Turn)}
    calls = {row.item: row for row in rows if isinstance(row, FunctionCall)}
    counted = {(row.kind.value, row.id): row for row in rows if isinstance(row, UsageRecord)}
    in_order = sorted(turns.values(), key=lambda turn: turn.position)
    return in_order, sorted(calls.values(), key=lambda call: call.position), counted
