"""Whatever order the wire allows for a conversation's events, the same is kept of it."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from octi.realtime.reading import read_event
from octi.records import Told, Turn
from octi.store.storable import key_of
from tests.realtime.plans import Expected, Plan, fold_all, in_some_order, kept, new_ledger, plans

CHANCE = st.integers(0, 2**32).map(Random)  # one draw for a whole order


@given(plans(), CHANCE)
def test_any_order_ends_in_the_same_ledger(plan: Plan, chance: Random) -> None:
    """Turns, their order and words, calls, usage: as told in the course, with every later word about them applied.

    One response's events keep their order, for one task of the provider's writes them; so do one turn's, and one
    transcription's. These chains run beside each other as they like. A truncation comes behind the sound that it names.
    """
    in_turn, mixed = new_ledger(), new_ledger()
    expected, rows = fold_all(in_turn, plan.nodes), fold_all(mixed, list(in_some_order(plan, chance)))
    assert kept(rows) == kept(expected)
    assert kept([*rows, *mixed.close()]) == kept([*expected, *in_turn.close()])


@given(plans(), CHANCE)
def test_the_ledger_is_what_happened(plan: Plan, chance: Random) -> None:
    """By the plan, which knows nothing of how it is folded."""
    ledger = new_ledger()
    turns, calls, counted = kept([*fold_all(ledger, list(in_some_order(plan, chance))), *ledger.close()])
    assert [as_expected(turn) for turn in turns] == plan.turns
    assert [turn.position for turn in turns] == list(range(ledger.turns))
    assert [Expected(call.item, call.status.value, call.name, became=call.output) for call in calls] == plan.calls
    places = [(call.position, call.turns_before) for call in calls]
    assert places == list(enumerate(plan.turns_before))
    assert {name: record.status for name, record in counted.items()} == plan.counted
    aside = {record.id: msgspec.json.decode(record.output) for record in counted.values() if record.out_of_band}
    assert aside == {name: [{"type": "message", "text": text}] for name, text in plan.asides.items()}


def as_expected(turn: Turn) -> Expected:
    became = turn.transcription and turn.transcription.value
    return Expected(turn.item, turn.role.value, turn.text, turn.generated, turn.interrupted, became)


@given(plans(), CHANCE, st.integers(0, 60))
def test_whenever_it_ends_each_turn_that_began_is_kept_once(plan: Plan, chance: Random, length: int) -> None:
    """And is marked as interrupted, unless it was whole. Positions have no gaps, and the end is told once."""
    ledger, heard = new_ledger(), list(in_some_order(plan, chance))[:length]
    rows: list[Told] = []
    for node in heard:
        rows += ledger.fold(read_event(node.frame))
        turns, calls, _ = kept(rows)
        assert [turn.position for turn in turns] == list(range(ledger.turns))
        assert [call.position for call in calls] == list(range(len(calls)))
    rows += ledger.close()
    turns, _, counted = kept(rows)
    events = [msgspec.json.decode(node.frame) for node in heard]
    whole = {said["item"]["id"] for said in events if said["type"] == "conversation.item.done"}
    assert {turn.item for turn in turns} == {item for said in events if (item := begun_by(said))}
    assert all(turn.interrupted for turn in turns if turn.item not in whole)
    begun = {said["response"]["id"] for said in events if said["type"] == "response.created"}
    assert {record.id for record in counted.values() if record.kind == "response"} == begun
    assert ledger.close() == ()


def begun_by(said: dict[str, Any]) -> str | None:
    """The turn that an event begins, or goes on with: by somebody who speaks or types, or by the agent's first sound.

    An aside is named by what it is made of, and no turn.
    """
    item = said.get("item_id") or said.get("item", {}).get("id") or ""
    match said["type"].removesuffix(".added").removesuffix(".done"):
        case "input_audio_buffer.speech_started" | "input_audio_buffer.committed" | "response.output_audio.delta":
            return item if item[0] in "ua" else None
        case "conversation.item":
            return item if item[0] in "ut" else None
        case _:
            return None


@given(plans(), CHANCE)
def test_nothing_is_told_twice_alike(plan: Plan, chance: Random) -> None:
    """A row is written only where it is other than the one before."""
    ledger = new_ledger()
    known: dict[tuple[str, ...], Told] = {}
    for row in [*fold_all(ledger, list(in_some_order(plan, chance))), *ledger.close()]:
        assert known.get(key_of(row)) != row
        known[key_of(row)] = row
