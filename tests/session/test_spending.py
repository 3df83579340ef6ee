"""octi/session/spending: a session keeps to its budgets while it runs, on virtual time."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.accounts import Account, Figure, Whose
from octi.errors import StoreFailed
from octi.realtime.passthrough import RealtimeDoor
from octi.records import Row, UsageKind, UsageRecord
from octi.session.session import Session
from octi.session.spending import DURABLE_S, GOODBYE_S
from octi.spending.purse import purse_for
from octi.spending.words import GOODBYES, WARNINGS, Words
from octi.store.memory import MemoryStore
from octi.units import SessionId
from tests.cuts import Cut, cut_everywhere
from tests.providers import QUIET
from tests.session.test_calls import house
from tests.spending.payers import DAY, NOON, Bill, Payer, allowed, paying, record_of, treasury_of

ALL = Account(DAY, Whose.ALL, "", "", Figure.MONEY)


async def spent(store: MemoryStore, account: Account = ALL) -> Decimal:
    return (await store.spendings([account]))[account]


async def test_a_session_ends_when_its_budget_is_spent(autojump_clock: MockClock) -> None:
    """The answer under way is heard to its end; the client is told in band, and closed with 1008."""
    store, bill = MemoryStore(), Bill(cents=40)
    async with paying(treasury_of(allowed(session={"money": "1.00"}), store), bill) as payer:
        assert await payer.talk() == 3
        record = await payer.end()
        await payer.client.wait_kind("error")
    assert bill.total == 120  # the last answer began with 20 cents left
    assert await spent(store) == Decimal("1.20")
    assert (record.ended_by, record.end_reason) == ("octi", "the budget session.money is spent (1.00 USD)")
    assert payer.client.told()[-1]["message"] == "the budget session.money is spent (1.00 USD)"
    assert payer.client.closed is not None
    assert payer.client.closed.code == 1008


async def test_a_realtime_client_is_told_in_the_providers_words(autojump_clock: MockClock) -> None:
    """Its SDKs know `insufficient_quota`, and do not come back at once."""
    bill = Bill(cents=100)
    async with paying(treasury_of(allowed(day={"money": "1"}), MemoryStore()), bill, door=RealtimeDoor()) as payer:
        payer.client.say(type="response.create")
        await payer.end()
        error = await payer.client.wait_kind("error")
    assert error["error"]["code"] == "insufficient_quota"
    assert error["error"]["message"] == "the budget day.money is spent (1 USD); there is a new one in 43200 s"


async def test_the_last_of_a_budget_is_for_a_goodbye(autojump_clock: MockClock) -> None:
    """Where less is left than another answer takes, but enough for a short one: never more than was allowed then."""
    bill = Bill(cents=40)
    async with paying(treasury_of(allowed(session={"money": "1.00"}), MemoryStore()), bill) as payer:
        await payer.talk()
    assert bill.written() == [GOODBYES["en"]]


async def test_without_a_margin_there_is_no_goodbye(autojump_clock: MockClock) -> None:
    """It would be paid with what is not there."""
    bill = Bill(cents=60)
    async with paying(treasury_of(allowed(session={"money": "0.65"}), MemoryStore()), bill) as payer:
        assert await payer.talk() == 1
        await payer.end()
    assert (bill.written(), bill.total) == ([], 60)


async def test_the_agent_warns_once(autojump_clock: MockClock) -> None:
    """At the share that the rule names; then the conversation goes on."""
    bill = Bill(cents=10)
    async with paying(treasury_of(allowed(session={"money": "2.00"}), MemoryStore()), bill) as payer:
        await payer.talk()
        await payer.end()
    assert bill.written().count(WARNINGS["en"]) == 1
    assert bill.written()[0] == WARNINGS["en"]
    assert bill.total <= 210


@pytest.mark.parametrize(
    ("language", "words", "told"),
    [
        ("fr", Words(), WARNINGS["fr"]),
        ("de", Words(), WARNINGS["en"]),
        ("fr", Words(warning="Be quick."), "Be quick."),
    ],
)
async def test_the_warning_is_in_the_sessions_language(
    autojump_clock: MockClock, language: str, words: Words, told: str
) -> None:
    """If it is French; or as the operator has it."""
    bill, record = Bill(cents=1), record_of("s", language=language)
    treasury = treasury_of(allowed(session={"money": "0.10"}), MemoryStore())
    async with paying(treasury, bill, record=record, words=words) as payer:
        await payer.talk()
    assert bill.written()[0] == told


async def test_an_answer_is_over_when_its_cost_is_durable(autojump_clock: MockClock) -> None:
    """The client hears of the end of an answer when its row is stored."""

    @attrs.define(eq=False)
    class Slow(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.sleep(0.8)
            await super().save(rows)

    store, bill = Slow(), Bill(cents=10)
    async with paying(treasury_of(allowed(day={"money": "9"}), store), bill, door=RealtimeDoor()) as payer:
        await payer.client.wait_kind("session.created")
        payer.client.say(type="response.create")
        await payer.client.wait_kind("response.done")
        assert await spent(store) == Decimal("0.10")


@attrs.define(eq=False)
class Away(MemoryStore):
    """A store that cannot be written from a time on."""

    since: float = 0.0
    until: float = 1e9

    async def save(self, rows: Sequence[Row]) -> None:
        await trio.lowlevel.checkpoint()
        if self.since <= trio.current_time() < self.until:
            raise StoreFailed("away")
        await super().save(rows)


@pytest.mark.parametrize("allowance", [0, 3])
async def test_a_store_that_is_away_is_trusted_for_a_few_answers(autojump_clock: MockClock, allowance: int) -> None:
    """Then the session ends: what it costs nobody would know after a restart. 0: not for one."""
    bill = Bill(cents=1)
    treasury = treasury_of(allowed(day={"money": "9"}), Away(), away_answers=allowance)
    async with paying(treasury, bill) as payer:
        await payer.talk()
        record = await payer.end()
        told = await payer.client.wait_kind("error")
    assert bill.answers == allowance + 1
    assert record.end_reason == told["message"] == "the store failed: what this session costs cannot be kept"


async def test_a_store_that_comes_back_has_all_of_it(autojump_clock: MockClock) -> None:
    """To the cent; and what could not be kept counted meanwhile."""
    store, bill = Away(until=4.0), Bill(cents=7)
    async with paying(treasury_of(allowed(day={"money": "9"}), store), bill) as payer:
        payer.ask()
        await payer.answered(1)
        assert trio.current_time() >= DURABLE_S
        await trio.sleep(10)
        payer.ask()
        await payer.answered(2)
    assert await spent(store) == Decimal("0.14")


async def test_sessions_that_share_a_budget_do_not_exceed_it_by_one_answer_each(autojump_clock: MockClock) -> None:
    """Each sets aside what its answer may cost: who finds nothing left is stopped before his begins."""
    store, bill = MemoryStore(), Bill(cents=10, slow_s=2.0)
    treasury = treasury_of(allowed(day={"money": "3.00"}), store)

    async def talk(name: str) -> None:
        async with paying(treasury, bill, record=record_of(name)) as payer:
            await payer.talk()
            await payer.end()

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(talk, f"s{number}")
    assert await spent(store) == Decimal(bill.total) / 100
    assert 300 - 20 <= bill.total <= 300 + 10


async def test_a_session_that_waits_ends_when_others_spent_the_budget(autojump_clock: MockClock) -> None:
    """Within seconds, and before its user asks in vain."""
    bill, treasury = Bill(cents=50), treasury_of(allowed(day={"money": "1"}), MemoryStore())
    async with paying(treasury, bill, record=record_of("idle")) as idle, paying(treasury, bill) as busy:
        await idle.client.wait_kind("ready")
        await busy.talk()
        await busy.end()
        record = await idle.end()
    assert record.end_reason is not None
    assert record.end_reason.startswith("the budget day.money is spent (1 USD)")


async def test_what_another_octi_spent_is_seen(autojump_clock: MockClock) -> None:
    """On the same store: it is asked again every few seconds."""
    store, bill = MemoryStore(), Bill(cents=50)
    rules = allowed(day={"money": "1"})
    here, there = treasury_of(rules, store), treasury_of(rules, store)
    async with paying(here, bill, record=record_of("idle")) as idle, paying(there, bill) as busy:
        await busy.talk()
        await busy.end()
        await idle.end()
    assert await spent(store) == Decimal(bill.total) / 100


async def test_an_answer_that_begins_in_vain_is_cancelled(autojump_clock: MockClock) -> None:
    """Asked for, it is held back; begun by the provider itself, it is stopped at once, and what it took is counted."""
    store, bill = MemoryStore(), Bill(cents=90, cut_cents=2, slow_s=3.0)
    treasury = treasury_of(allowed(day={"money": "1"}), store)
    treasury.note("m", {Figure.MONEY: Decimal(1)})
    async with paying(treasury, bill, record=record_of("one")) as one, paying(treasury, bill) as other:
        one.ask()
        await trio.sleep(1)  # one's answer is under way: more is set aside than is left for another
        other.ask()
        record = await other.end()
        await one.answered(1)
    assert record.end_reason is not None
    assert record.end_reason.startswith("the budget day.money is spent (1 USD)")
    assert (bill.answers, bill.total) == (1, 90)  # the other's was not even asked for


async def test_an_answer_that_the_provider_begins_in_vain_is_stopped(autojump_clock: MockClock) -> None:
    """As by voice detection: what it took until then is counted, and the session ends."""
    store, bill = MemoryStore(), Bill(cents=90, cut_cents=2, slow_s=3.0, by_itself=1)
    treasury = treasury_of(allowed(day={"money": "1"}), store)
    treasury.hold(record_of("another").id, {ALL: Decimal(1)})
    async with paying(treasury, bill) as payer:
        record = await payer.end()
    assert record.end_reason is not None
    assert "day.money" in record.end_reason
    assert (bill.answers, bill.total) == (0, 2)
    assert await spent(store) == Decimal("0.02")


async def test_money_of_another_day_is_another_budget(autojump_clock: MockClock) -> None:
    """At midnight, UTC, a conversation that goes on has a new one."""
    store, bill = MemoryStore(), Bill(cents=40)
    treasury = treasury_of(allowed(day={"money": "1.20"}), store, now=lambda: NOON + trio.current_time())
    async with paying(treasury, bill) as payer:
        for number in (1, 2):
            payer.ask()
            await payer.answered(number)
        await trio.sleep(12 * 3600)
        for number in (3, 4):
            payer.ask()
            await payer.answered(number)
        assert not payer.ended.is_set()
    assert await spent(store) == await spent(store, ALL._replace(day="2026-11-23")) == Decimal("0.80")


async def test_a_session_that_is_taken_up_again_goes_on_with_what_it_spent(autojump_clock: MockClock) -> None:
    """Also in an octi that was started anew: a restart in the middle changes nothing."""
    store, bill, rules = MemoryStore(), Bill(cents=40), allowed(session={"money": "1.00"})
    record = record_of("s", resumable=True)
    async with paying(treasury_of(rules, store), bill, record=record) as payer:
        payer.ask()
        await payer.answered(1)
    ended = await payer.end()
    bill.answers = 0
    async with paying(treasury_of(rules, store), Bill(cents=40), record=ended) as payer:
        assert await payer.talk() == 2
    assert await spent(store) == Decimal("1.20")


async def test_audio_is_counted_where_it_has_a_budget(autojump_clock: MockClock) -> None:
    """What the user sends and what the agent speaks, each few seconds; not only when an answer ends."""
    store, bill = MemoryStore(), Bill(cents=1)
    treasury = treasury_of(allowed(day={"audio_seconds": 60}), store)
    async with paying(treasury, bill) as payer:
        await payer.client.wait_kind("ready")
        with trio.move_on_after(300):
            while not payer.ended.is_set():
                payer.client.speak(bytes(48_000))  # a second of it
                await trio.sleep(1)
        record = await payer.end()
    assert record.end_reason is not None
    assert "day.audio_seconds is spent (60 seconds of audio)" in record.end_reason
    assert 50 <= await spent(store, ALL._replace(figure=Figure.AUDIO)) <= 66


async def test_tokens_are_counted_as_money_is(autojump_clock: MockClock) -> None:
    """A budget of them needs no price."""
    store, bill = MemoryStore(), Bill(cents=50)
    async with paying(treasury_of(allowed(day={"tokens": 120}), store), bill) as payer:
        await payer.talk()
        await payer.end()
    assert await spent(store, ALL._replace(figure=Figure.TOKENS)) == bill.total <= 170


async def test_an_answer_whose_cost_nobody_tells_is_not_free(autojump_clock: MockClock) -> None:
    """A client that always leaves before the end of an answer, or a server that counts nothing: it is estimated."""
    store, bill = MemoryStore(), Bill(cents=5, slow_s=60)
    async with paying(treasury_of(allowed(day={"money": "9"}), store), bill) as payer:
        payer.ask()
        await payer.client.wait_kind("transcript_delta")
        await trio.sleep(1)
    (row,) = await store.usages(payer.session)
    assert (row.status, row.cost) == ("unfinished", "0.04")  # 200 ms of the agent's voice, at a token for 50 ms
    assert await spent(store) == Decimal("0.04")


async def test_a_model_without_a_price_ends_a_session_that_has_a_budget(autojump_clock: MockClock) -> None:
    """Nothing is free because nobody knows its price. The error names what mends it."""
    bill, record = Bill(), record_of("s", model="unheard-of")
    async with paying(treasury_of(allowed(day={"money": "9"}), MemoryStore()), bill, record=record) as payer:
        payer.ask()
        ended = await payer.end()
    assert ended.end_reason is not None
    assert "OCTI_PRICES" in ended.end_reason
    assert bill.answers == 1


async def test_without_a_budget_rows_have_their_price_and_nothing_waits(autojump_clock: MockClock) -> None:
    """A store that is away holds up no answer."""
    store, bill = Away(since=0.5, until=1e9), Bill(cents=12)
    async with paying(treasury_of(allowed(), store), bill) as payer:
        await payer.client.wait_kind("ready")
        await trio.sleep(1)
        payer.ask()
        await payer.answered(1)
        store.until = 0.0
        assert trio.current_time() < DURABLE_S
    assert [row.cost for row in await usages(payer)] == ["0.12"]


async def usages(payer: Payer) -> list[UsageRecord]:
    return [row for row in await payer.store.usages(payer.session) if row.kind is not UsageKind.AUDIO]


def test_a_session_that_is_cut_off_anywhere_leaves_its_accounts_right() -> None:
    """Whatever it was doing: what is kept is charged, once, and nothing is held for a session that is no more."""

    async def scenario(cut: Cut) -> None:
        store, bill = MemoryStore(), Bill(cents=40)
        treasury = treasury_of(allowed(session={"money": "1.00"}, day={"audio_seconds": 60}), store)
        async with cut, paying(treasury, bill) as payer:
            await payer.talk()
            await payer.end()
        kept = sum((Decimal(row.cost or 0) for row in await store.usages(SessionId("s"))), Decimal(0))
        assert await spent(store) == kept == treasury.spent(ALL)
        assert kept <= Decimal(bill.total + 20) / 100  # what was under way is estimated
        assert treasury.held_by_others(SessionId("x"), ALL) == 0

    assert cut_everywhere(scenario, prompt=10.0, channels=False, every=3).steps > 50


async def test_a_call_that_has_no_budget_left_is_hung_up(autojump_clock: MockClock) -> None:
    """octi hears it over a sideband only: its time is its audio, and octi's key ends it."""
    rules = allowed(day={"audio_seconds": 60})
    treasury = treasury_of(rules, MemoryStore(), now=lambda: 1000.0 + trio.current_time())

    def given(session: Session) -> Session:
        return attrs.evolve(session, purse=purse_for(treasury, session.record))

    async with house(QUIET, judge=False, given=given) as calls:
        call = calls.ring(own=True)
        record = await calls.end()
        assert trio.current_time() <= 60 + GOODBYE_S
        assert calls.ends.asked == [(None, call)]
    assert record.end_reason is not None
    assert record.end_reason.startswith("the budget day.audio_seconds is spent (60 seconds of audio)")
