"""Trying many rules: in their order, a few at once, and only what the server has."""

from collections.abc import Iterator

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.conformance.checking import AT_ONCE, STEPS, check
from octi.conformance.dialogue import Server
from octi.conformance.rule import Need, NotApplicable, Outcome, Result, Tape, rule, standing
from octi.conformance.values import Broken, Event
from octi.websocket.opener import Unreachable, Upgrade
from tests.conformance.memory import server


@rule("tests")
async def good(server: Server) -> Event | None:
    """All is well."""
    async with server.fresh() as wire:
        return wire.last


@rule("tests")
async def bad(server: Server) -> Event | None:
    """Something is wrong."""
    await trio.sleep(3)
    raise Broken("it is wrong", {"type": "odd"})


@rule("tests")
async def other(server: Server) -> Event | None:
    """The server does it otherwise."""
    raise NotApplicable("it need not")


@rule("tests")
async def endless(server: Server) -> Event | None:
    """It takes for ever."""
    await trio.sleep_forever()


@rule("tests", Need.VOICE)
async def spoken(server: Server) -> Event | None:
    """Something is said aloud."""
    return None


@rule("tests", Need.HEARING)
async def heard(server: Server) -> Event | None:
    """Something is heard."""
    return None


@standing("tests")
def greeted(tape: Tape) -> Iterator[Event]:
    """Sessions are greeted."""
    yield from (event for event in tape.events if event["type"] == "session.created")


@standing("tests")
def never(tape: Tape) -> Iterator[Event]:
    """What is never said is always right."""
    yield from (event for event in tape.events if event["type"] == "never")


def summed(results: list[Result]) -> list[tuple[str, str]]:
    return [(result.rule.name, str(result.outcome)) for result in results]


async def test_each_rule_ends_in_one_way(autojump_clock: MockClock) -> None:
    """And is told in the order of the rules, whichever is done first."""
    told: list[Result] = []
    async with server() as found:
        results = await check(found, [greeted, bad, good, other, endless, never], told.append)
    assert results == told
    assert summed(results) == [
        ("greeted", "passed"),
        ("bad", "failed"),
        ("good", "passed"),
        ("other", "not applicable"),
        ("endless", "failed"),
        ("never", "not applicable"),
    ]
    assert (results[1].why, results[1].event) == ("it is wrong", {"type": "odd"})
    assert results[2].event == results[0].event
    assert results[4].why == f"it took more than {15 * STEPS} s"


async def test_a_few_rules_are_tried_at_once(autojump_clock: MockClock) -> None:
    """Not more: a server may have limits."""
    at_once = most = 0

    async def counted(server: Server) -> Event | None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await trio.sleep(1)
        at_once -= 1
        return None

    async with server() as found:
        results = await check(found, [attrs.evolve(good, trial=counted)] * 10, lambda result: None)
    assert (len(results), most) == (10, AT_ONCE)


async def test_what_the_server_says_it_does_not_have_is_skipped(autojump_clock: MockClock) -> None:
    """With its own words. What it says nothing about is tried."""
    async with server(deaf=True) as found:
        results = await check(found, [spoken, heard, good], lambda result: None)
    assert summed(results) == [("spoken", "skipped"), ("heard", "skipped"), ("good", "passed")]
    assert results[0].why == "the server answers in writing only"
    assert results[1].why.startswith("the server takes no audio: The speech engine is not installed")
    async with server() as found:
        assert summed(await check(found, [spoken, heard], lambda result: None)) == [
            ("spoken", "passed"),
            ("heard", "passed"),
        ]


async def test_where_nobody_is_nothing_is_checked() -> None:
    """The caller is told instead."""

    def dial(url: str, upgrade: Upgrade, *, tls: object) -> object:
        raise Unreachable(url, "nobody is there")

    nobody = Server(url="ws://nobody", model="m", dial=dial)  # type: ignore[arg-type]  # it never opens anything
    with pytest.raises(Unreachable):
        await check(nobody, [good], lambda result: None)


async def test_a_rule_whose_socket_is_not_opened_has_failed(autojump_clock: MockClock) -> None:
    """The others go on."""

    async def unreachable(server: Server) -> Event | None:
        raise Unreachable("ws://here", "it hung up")

    async with server() as found:
        broken = attrs.evolve(good, trial=unreachable)
        results = await check(found, [broken, good], lambda result: None)
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.PASSED]
    assert results[0].why == "ws://here cannot be reached: it hung up"
