"""What every store promises of calls of functions, and of what was counted. Neither has revisions."""

from typing import Any

import attrs
import pytest

from octi.errors import StoreFailed
from octi.records import CallStatus, FunctionCall, Row, Transcription, UsageKind, UsageRecord
from octi.store.base import Forgetting, Store
from octi.units import ItemId, SessionId
from tests.contract.test_store import make_session, make_turn

S = SessionId("s")


def make_call(position: int = 0, **changes: Any) -> FunctionCall:
    fresh = FunctionCall(
        session=S,
        item=ItemId(f"call-{position}"),
        position=position,
        turns_before=2,
        call_id=f"c{position}",
        name="look",
        arguments='{"at":"sky"}',
    )
    return attrs.evolve(fresh, **changes)


def make_usage(name: str = "resp_1", **changes: Any) -> UsageRecord:
    fresh = UsageRecord(session=S, kind=UsageKind.RESPONSE, id=name, status="completed", counted_at=5.0)
    return attrs.evolve(fresh, **changes)


@pytest.mark.parametrize("status", CallStatus)
async def test_a_call_comes_back_as_it_was_saved(store: Store, status: CallStatus) -> None:
    """Every field, and with its own type."""
    call = make_call(output="bleu : où ?", status=status, response="r", own=True, cut=True, called_at=1795287060.123456)
    await store.save([make_session(), call])
    (kept,) = await store.function_calls(S)
    assert kept == call
    assert (type(kept.status), type(kept.own), type(kept.cut)) == (CallStatus, bool, bool)


async def test_a_call_that_nobody_answered_says_so(store: Store) -> None:
    """That is not an empty answer."""
    await store.save([make_session(), make_call(0), make_call(1, output="")])
    assert [call.output for call in await store.function_calls(S)] == [None, ""]


async def test_calls_stand_in_the_conversations_order(store: Store) -> None:
    """Only those of the session; one that is saved again is replaced."""
    other = make_call(session=SessionId("other"))
    await store.save([make_session(), make_session("other"), make_call(1), other, make_call(0)])
    await store.save([make_call(1, output="blue")])
    assert await store.function_calls(S) == [make_call(0), make_call(1, output="blue")]
    assert await store.function_calls(SessionId("nobody")) == []


@pytest.mark.parametrize("kind", UsageKind)
async def test_what_was_counted_comes_back_as_it_was_saved(store: Store, kind: UsageKind) -> None:
    """Every field, and with its own type."""
    record = make_usage(
        kind=kind, reason="turn_detected", out_of_band=True, model="m", usage='{"total_tokens":3}', output="[1]"
    )
    await store.save([make_session(), record])
    (kept,) = await store.usages(S)
    assert kept == record
    assert (type(kept.kind), type(kept.out_of_band)) == (UsageKind, bool)


async def test_a_response_and_a_transcription_may_have_one_name(store: Store) -> None:
    """They are two rows; what was counted first stands first, and again is in place of itself."""
    words = make_usage("x", kind=UsageKind.TRANSCRIPTION, counted_at=9.0)
    await store.save([make_session(), words, make_usage("x"), make_usage("y", counted_at=1.0)])
    await store.save([make_usage("x", status="cancelled")])
    assert await store.usages(S) == [make_usage("y", counted_at=1.0), make_usage("x", status="cancelled"), words]


@pytest.mark.parametrize("transcription", [None, *Transcription])
async def test_a_turns_three_wordings_come_back(store: Store, transcription: Transcription | None) -> None:
    """Heard, sent and generated; and what became of its transcription, with its own type."""
    turn = make_turn(text="Où", sent="Où ça", generated="Où ça ?", transcription=transcription)
    await store.save([make_session(), turn, make_turn(1)])
    first, second = await store.turns(S)
    assert (first, second) == (turn, make_turn(1))
    assert type(first.transcription) is type(transcription)


async def test_neither_is_news_to_who_follows_the_turns(store: Store) -> None:
    """They have no revisions: a cursor over the turns stays as it was."""
    await store.save([make_session(), make_turn(), make_call(), make_usage()])
    assert [change.row for change in await store.changes(S)] == [make_turn()]


@pytest.mark.parametrize("orphan", [make_call(), make_usage()])
async def test_neither_is_kept_without_its_session(store: Store, orphan: Row) -> None:
    with pytest.raises(StoreFailed) as caught:
        await store.save([orphan])
    assert not caught.value.retryable


async def test_both_are_forgotten_with_their_session(store: Store) -> None:
    await store.save([make_session(), make_call(), make_usage(), make_usage("y")])
    gone = await store.forget(Forgetting(sessions=[S]))
    assert dict(gone) == {"sessions": 1, "function_calls": 1, "usages": 2}
    assert (await store.function_calls(S), await store.usages(S)) == ([], [])


async def test_what_no_database_holds_becomes_something_else(store: Store) -> None:
    """A function may give anything."""
    await store.save([make_session(), make_call(output="a\0b", arguments="\ud800")])
    (kept,) = await store.function_calls(S)
    assert (kept.output, kept.arguments) == ("a\ufffdb", "\ufffd")
