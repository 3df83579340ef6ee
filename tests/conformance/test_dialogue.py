"""One socket to a server: every wait has an end, and every end its reason."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.conformance.dialogue import Left, Socket, with_query
from octi.conformance.values import Broken
from octi.websocket.opener import Upgrade, UpgradeRefused
from tests.conformance.memory import Event, dead, mute, server

NOPE: Event = {"type": "nope"}


async def test_a_session_is_greeted_and_has_its_settings(autojump_clock: MockClock) -> None:
    """Without any it is written, and the client says when a turn is over."""
    async with server() as found, found.session() as wire:
        session = wire.events[-1]["session"]
    assert session["output_modalities"] == ["text"]
    assert session["audio"]["input"]["turn_detection"] is None


async def test_a_server_that_says_nothing_is_not_waited_for_longer_than_the_timeout(
    autojump_clock: MockClock,
) -> None:
    """And that is what is said of it."""
    async with server(dead) as found:
        began = trio.current_time()
        with pytest.raises(Broken, match=r"no `session[.]created` came within 15 s"):
            async with found.fresh():
                pass
        assert trio.current_time() - began < found.patience_s + 2


async def test_an_error_in_place_of_what_is_awaited_ends_the_wait(autojump_clock: MockClock) -> None:
    """At once, and is shown."""
    async with server() as found, found.fresh() as wire:
        with pytest.raises(Broken, match=r"an error came in place of `session[.]updated`") as broken:
            await wire.ask(NOPE, "session.updated")
    assert broken.value.event
    assert broken.value.event["error"]["code"] == "invalid_value"


async def test_how_the_server_closes_is_told(autojump_clock: MockClock) -> None:
    """To whoever waits for an event, and to whoever waits for the end."""
    async with server() as found:
        async with found.door(key="sk-wrong") as wire:
            assert await wire.closed() == (3000, "invalid_request_error.invalid_api_key")
        async with found.door(key="sk-wrong") as wire:
            await wire.next()
            with pytest.raises(Left, match="closed the socket with 3000"):
                await wire.next()


async def test_a_server_that_does_not_close_is_told_so(autojump_clock: MockClock) -> None:
    """After the timeout."""
    async with server() as found, found.fresh() as wire:
        with pytest.raises(Broken, match="did not close"):
            await wire.closed()


async def test_a_question_shows_that_nothing_else_comes(autojump_clock: MockClock) -> None:
    """What came of what was sent before stands before its answer."""
    async with server() as found, found.fresh() as wire:
        assert await wire.quiet() == []
        await wire.send(NOPE, NOPE)
        assert [event["type"] for event in await wire.quiet()] == ["error", "error"]


async def test_every_socket_leaves_a_tape(autojump_clock: MockClock) -> None:
    """Whole, or cut off where the rule broke."""
    async with server() as found:
        async with found.fresh():
            pass
        with pytest.raises(Broken):
            async with found.fresh() as wire:
                await wire.ask(NOPE, "session.updated")
    assert [(len(tape.events), tape.whole) for tape in found.tapes] == [(1, True), (2, False)]
    assert found.tapes[0].larger > 100


async def test_a_session_that_only_transcribes_names_no_model(autojump_clock: MockClock) -> None:
    """But one that hears."""
    async with server() as found, found.transcribing() as wire:
        session = wire.events[-1]["session"]
    assert session["type"] == "transcription"
    assert session["audio"]["input"]["transcription"] == {"model": found.transcription_model}


async def test_what_is_no_event_is_told(autojump_clock: MockClock) -> None:
    """A socket may say anything."""

    def odd(event: Event) -> Event:
        return {"kind": event["type"]}

    async with server(odd) as found:
        with pytest.raises(Broken, match="no event"):
            async with found.fresh():
                pass


async def test_only_what_was_asked_is_waited_for(autojump_clock: MockClock) -> None:
    """A server that greets and then says nothing."""
    async with server(mute) as found, found.fresh() as wire:
        with pytest.raises(Broken, match=r"no `session[.]updated` came within 15 s"):
            await wire.ask({"type": "session.update", "session": {"type": "realtime"}}, "session.updated")


async def test_a_server_that_is_full_is_asked_again(autojump_clock: MockClock) -> None:
    """Until it has room, or the timeout is over."""
    asked: list[float] = []

    async with server() as found:

        @asynccontextmanager
        async def dial(url: str, upgrade: Upgrade, *, tls: ssl.SSLContext | None) -> AsyncIterator[Socket]:
            asked.append(trio.current_time())
            if len(asked) < most:
                raise UpgradeRefused(url, 503, "full")
            async with found.dial(url, upgrade, tls=tls) as socket:
                yield socket

        most = 3
        full = attrs.evolve(found, dial=dial)
        async with full.fresh() as wire:
            assert wire.events[0]["type"] == "session.created"
        assert len(asked) == most
        most = 1000
        with pytest.raises(UpgradeRefused):
            async with full.fresh():
                pass
        assert len(asked) > 13
        assert asked[-1] - asked[3] <= found.patience_s + 1


def test_an_address_keeps_what_it_asks_besides() -> None:
    """A model takes the place of another; None takes it away."""
    assert with_query("wss://host/v1/realtime?a=1&model=x", {"model": "y"}) == "wss://host/v1/realtime?a=1&model=y"
    assert with_query("ws://host/r?model=x", {"model": None, "intent": "t"}) == "ws://host/r?intent=t"
