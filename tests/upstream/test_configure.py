"""The first words with a provider, event by event, in memory on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.errors import OctiError, ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.realtime.events import ErrorBody, Opaque, ResponseDone
from octi.upstream.base import SETUP_ID, CallSetup, FreshSetup
from octi.upstream.configure import Mail, configure, fault_in, lost, read
from octi.websocket.base import LegClosed, Message
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.fakes import Peer, Script, greet, play, wait_for

SETUP = FreshSetup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="t-1")
CREATED = {"type": "session.created", "session": {"id": "s"}}
UPDATED = {"type": "session.updated", "session": {"id": "s", "voice": "alloy", "odd": [1]}}


@asynccontextmanager
async def mail_from(script: Script) -> AsyncIterator[Mail]:
    """The mail of a leg whose provider plays a script."""
    near, far = memory_legs()
    async with trio.open_nursery() as playing:
        playing.start_soon(play, script, far)
        yield Mail(near)
        playing.cancel_scope.cancel()


async def fault_with(script: Script) -> OctiError:
    """What configuring a leg to such a provider raises."""
    async with mail_from(script) as mail:
        with pytest.raises(ProviderFault) as caught:
            await configure(mail, SETUP, "p")
    return caught.value


async def test_a_leg_is_configured_when_the_provider_confirms(autojump_clock: MockClock) -> None:
    """The configuration in force comes back as the provider wrote it, unknown fields too."""
    asked: list[Any] = []

    async def obliging(peer: Peer) -> None:
        asked.append(await greet(peer, odd={"x": None}))

    async with mail_from(obliging) as mail:
        session = msgspec.json.decode(await configure(mail, SETUP, "p"))
    assert asked[0]["instructions"] == "Be kind."
    assert (session["instructions"], session["odd"]) == ("Be kind.", {"x": None})


async def test_nothing_is_asked_before_the_provider_is_there(autojump_clock: MockClock) -> None:
    """A provider may take its time to say `session.created`."""

    async def slow(peer: Peer) -> None:
        with trio.move_on_after(3) as early:
            await peer.receive()
        assert early.cancelled_caught
        await greet(peer)

    async with mail_from(slow) as mail:
        await configure(mail, SETUP, "p")


async def test_messages_in_one_batch_with_the_confirmation_are_not_lost(autojump_clock: MockClock) -> None:
    """They are the session's first; a regression."""

    async def eager(peer: Peer) -> None:
        await peer.send(CREATED)
        await wait_for(peer, "session.update")
        for event in (UPDATED, {"type": "first"}, {"type": "second"}):
            peer.leg.send(msgspec.json.encode(event))  # without a checkpoint between them: one batch

    async with mail_from(eager) as mail:
        await configure(mail, SETUP, "p")
        assert await all_of(mail, 2) == [b'{"type":"first"}', b'{"type":"second"}']


async def test_events_on_the_way_are_passed_over(autojump_clock: MockClock) -> None:
    """Some providers say more than the protocol has."""

    async def talkative(peer: Peer) -> None:
        for event in ({"type": "conversation.created"}, {"type": "ping"}, CREATED, {"type": "ping"}):
            await peer.send(event)
        await wait_for(peer, "session.update")
        for event in ({"type": "rate_limits.updated"}, UPDATED):
            await peer.send(event)

    async with mail_from(talkative) as mail:
        session = await configure(mail, SETUP, "p")
    assert msgspec.json.decode(session) == UPDATED["session"]


async def test_an_error_that_names_the_update_is_a_refusal(autojump_clock: MockClock) -> None:
    """At once; the provider's words and code."""

    async def refusing(peer: Peer) -> None:
        await peer.send(CREATED)
        update = await wait_for(peer, "session.update")
        assert update["event_id"] == SETUP_ID
        error = {"message": "Invalid voice.", "code": "invalid_value", "event_id": update["event_id"]}
        await peer.send({"type": "error", "error": error})

    fault = await fault_with(refusing)
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.code) == ("Invalid voice.", "invalid_value")
    assert trio.current_time() == 0


async def test_an_error_before_a_close_says_why_it_was_closed(autojump_clock: MockClock) -> None:
    """A wrong key is refused so: the socket opens, an error, the end."""

    async def refusing(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"message": "Incorrect API key.", "code": "invalid_api_key"}})
        await peer.close(3000, "invalid_request_error.invalid_api_key")

    fault = await fault_with(refusing)
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.code) == ("Incorrect API key.", "invalid_api_key")


async def test_an_error_that_nobody_follows_up_is_told_in_the_end(autojump_clock: MockClock) -> None:
    """A server that does not say which request it refuses, and goes on waiting."""

    async def vague(peer: Peer) -> None:
        await peer.send(CREATED)
        await wait_for(peer, "session.update")
        await peer.send({"type": "error", "error": {"message": "Unknown parameter: session.type."}})
        await trio.sleep_forever()

    fault = await fault_with(vague)
    assert isinstance(fault, UpstreamRefused)
    assert fault.why == "Unknown parameter: session.type."
    assert trio.current_time() == 10


async def test_an_error_that_turns_out_harmless_is_forgotten(autojump_clock: MockClock) -> None:
    """The provider confirms all the same."""

    async def grumbling(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"message": "deprecated"}})
        await greet(peer)

    async with mail_from(grumbling) as mail:
        await configure(mail, SETUP, "p")


async def test_a_rate_limit_names_its_wait(autojump_clock: MockClock) -> None:
    """As an error in band."""

    async def limited(peer: Peer) -> None:
        error = {"message": "Rate limit reached. Please try again in 7.5s.", "code": "rate_limit_exceeded"}
        await peer.send({"type": "error", "error": error})
        await peer.close(4000)

    fault = await fault_with(limited)
    assert isinstance(fault, UpstreamBusy)
    assert fault.wait_s == 7.5


@pytest.mark.parametrize("spoken", [[], [CREATED]])
async def test_a_provider_that_does_not_confirm_is_lost(autojump_clock: MockClock, spoken: list[Any]) -> None:
    """After ten seconds, silent from the start or after its first words."""

    async def silent(peer: Peer) -> None:
        for event in spoken:
            await peer.send(event)
        await trio.sleep_forever()

    fault = await fault_with(silent)
    assert isinstance(fault, UpstreamLost)
    assert fault.why == "it did not confirm the session within 10 s"


@pytest.mark.parametrize(
    ("nonsense", "seen"),
    [
        (b"\0" * 960, "a binary message of 960 bytes"),
        ("<html>", "not JSON"),
        ('"hello"', "Expected"),
        ("{}", "type"),
        ('{"type":"session.updated","session":[]}', "session"),
        ('{"type":"session.updated"}', "session.updated: Object missing required field `session`"),
    ],
)
async def test_what_is_not_the_protocol_is_nonsense(
    autojump_clock: MockClock, nonsense: str | bytes, seen: str
) -> None:
    """Said with what was seen."""

    async def babbling(peer: Peer) -> None:
        await peer.send(CREATED)
        await wait_for(peer, "session.update")
        await peer.send(nonsense)

    fault = await fault_with(babbling)
    assert isinstance(fault, UpstreamNonsense)
    assert seen in fault.seen


# What a close means


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014])
def test_most_closes_are_a_lost_provider(code: int) -> None:
    """Another try may help, and the code is kept."""
    fault = lost(LegClosed(code, "bye"), "p")
    assert isinstance(fault, UpstreamLost)
    assert (fault.why, fault.code) == (f"closed with {code}: bye", code)


@pytest.mark.parametrize(("code", "reason", "why"), [(3000, "bad key", "bad key"), (4000, "", "close code 4000")])
def test_a_code_of_the_applications_own_is_a_refusal(code: int, reason: str, why: str) -> None:
    """With its reason, or else its number."""
    fault = lost(LegClosed(code, reason), "p")
    assert isinstance(fault, UpstreamRefused)
    assert (fault.why, fault.code) == (why, str(code))


def test_a_violated_policy_is_a_refusal() -> None:
    """So some servers say that a key is wrong (protocol 8)."""
    assert isinstance(lost(LegClosed(1008, "who are you?"), "p"), UpstreamRefused)


def test_a_provider_that_we_failed_spoke_nonsense() -> None:
    """A message too large, a broken frame: the close is ours, and so is the reason."""
    fault = lost(LegClosed(1009, "message too big", by_peer=False), "p")
    assert isinstance(fault, UpstreamNonsense)
    assert fault.seen == "message too big (closed with 1009)"


def test_an_error_without_words_is_named_by_its_code() -> None:
    """And one without either still says something."""
    assert str(fault_in(ErrorBody(code="oops"), "p")) == "p refused the session: oops"
    assert str(fault_in(ErrorBody(), "p")) == "p refused the session: no reason given"


# Mail and messages


async def all_of(mail: Mail, count: int) -> list[bytes]:
    """What is handled of it, until there are so many."""
    heard: list[bytes] = []

    def handle(messages: list[Message]) -> bool:
        heard.extend(message.data for message in messages)
        return len(heard) >= count

    await mail.pump(handle)
    return heard


async def test_mail_is_taken_one_by_one_and_then_all_that_comes(autojump_clock: MockClock) -> None:
    """In order: what is there, and then the next."""
    near, far = memory_legs()
    mail = Mail(near)
    for number in range(3):
        far.send(b"%d" % number)
    assert (await mail.one()).data == b"0"
    assert await all_of(mail, 2) == [b"1", b"2"]
    far.send(b"3")
    assert await all_of(mail, 1) == [b"3"]


async def test_mail_before_a_close_is_delivered_before_it(autojump_clock: MockClock) -> None:
    """The close comes when everything was read."""
    mail = Mail(await closed_behind(b"1", b"2"))
    assert [(await mail.one()).data, (await mail.one()).data] == [b"1", b"2"]
    with pytest.raises(LegClosed):
        await mail.one()
    with pytest.raises(LegClosed):
        await all_of(mail, 1)


async def closed_behind(*messages: bytes) -> MemoryLeg:
    """A leg that its peer closed after some messages."""
    near, far = memory_legs()
    for message in messages:
        far.send(message)
    await far.close(1001, "")
    return near


def test_an_event_is_read_or_passed() -> None:
    """What octi does not know is an event all the same."""
    assert isinstance(read(Message(b'{"type":"response.done","response":{}}', True), "p"), ResponseDone)
    assert read(Message(b'{"type":"vendor.special","x":1}', True), "p") == Opaque("vendor.special")


CALL = CallSetup(instructions="Be kind.", tools=({"type": "function", "name": "f"},))


async def test_a_call_is_joined_without_a_greeting(autojump_clock: MockClock) -> None:
    """It is silent until it is asked; then it gets what it lacks, and that is in force."""
    asked: list[Any] = []

    async def call(peer: Peer) -> None:
        asked.append((await wait_for(peer, "session.update"))["session"])
        await peer.send({"type": "session.updated", "session": {"instructions": "Be rude.", "tools": []}})
        asked.append((await wait_for(peer, "session.update"))["session"])
        await peer.send({"type": "session.updated", "session": {"instructions": "Be kind.", "tools": [{"name": "f"}]}})
        await peer.receive()

    async with mail_from(call) as mail:
        session = msgspec.json.decode(await configure(mail, CALL, "p"))
    assert asked[0] == {"type": "realtime"}
    assert (asked[1]["instructions"], [tool["name"] for tool in asked[1]["tools"]]) == ("Be kind.", ["f"])
    assert session["instructions"] == "Be kind."


async def test_what_is_said_while_a_call_is_joined_is_not_lost(autojump_clock: MockClock) -> None:
    """The conversation goes on meanwhile; its events are the session's first, in their order."""
    words = {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i", "transcript": "hello"}

    async def call(peer: Peer) -> None:
        await wait_for(peer, "session.update")
        await peer.send(words)
        await peer.send({"type": "error", "error": {"message": "the browser's", "event_id": "theirs"}})
        await peer.send({"type": "session.updated", "session": {"instructions": "Be kind.", "tools": [{"name": "f"}]}})
        await peer.send({"type": "response.created", "response": {"id": "r"}})
        await peer.receive()

    async with mail_from(call) as mail:
        await configure(mail, CALL, "p")
        kinds = [msgspec.json.decode((await mail.one()).data)["type"] for _ in range(3)]
    assert kinds == [words["type"], "error", "response.created"]


async def test_a_call_that_refuses_octis_own_update_is_a_refusal(autojump_clock: MockClock) -> None:
    """With the provider's words."""

    async def call(peer: Peer) -> None:
        await wait_for(peer, "session.update")
        await peer.send({"type": "error", "error": {"message": "no", "code": "x", "event_id": SETUP_ID}})
        await peer.receive()

    async with mail_from(call) as mail:
        with pytest.raises(UpstreamRefused, match="no"):
            await configure(mail, CALL, "p")


async def test_a_call_that_closes_behind_an_error_is_that_error(autojump_clock: MockClock) -> None:
    """Providers refuse in band: the socket opens, says why, and closes."""

    async def call(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"message": "no such call", "code": "call_id_not_found"}})
        await peer.close(4000, "call_id_not_found")

    async with mail_from(call) as mail:
        with pytest.raises(UpstreamRefused, match="no such call"):
            await configure(mail, CALL, "p")
