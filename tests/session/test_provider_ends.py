"""How a provider fails, each way that the protocol has (4.3): what its client hears last, and how it is closed."""

from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.realtime.octi_protocol import OctiDoor
from octi.records import SessionState
from octi.upstream.base import Upstream
from octi.upstream.sessions import Chosen
from tests.fakes import MemoryUpstream, Peer, Script, greet
from tests.session.talks import RealtimeDoor, talking

SPENT = "Your session hit the maximum duration of 60 minutes."


@attrs.frozen(kw_only=True)
class End:
    """A provider's last word, how it closes behind it, and what becomes of both.

    told: the code of the client's last `error` where the provider's is not passed on, as it comes before the first
    words. chosen: the client named the model.
    """

    code: str | None
    close: int
    reason: str = ""
    told: str
    closed: int
    goodbye: str | None = None
    by: str = "provider"
    chosen: bool = False
    message: str = "It says why."
    kind: str = "invalid_request_error"

    @property
    def error(self) -> dict[str, Any]:
        about = {"type": self.kind, "code": self.code, "message": self.message, "param": None, "event_id": None}
        return {"type": "error", "event_id": "event_theirs", "error": about}

    async def come(self, peer: Peer) -> None:
        await peer.send(self.error)
        await peer.close(self.close, self.reason)


def refused(code: str | None, close: int, **more: Any) -> End:
    """By a provider that does not like what octi brings: its key, its beta, a model of octi's own."""
    reason = f"invalid_request_error.{code}" if code else "invalid_request_error"
    return End(code=code, close=close, reason=reason, **{"told": "upstream_refused", "closed": 1011, **more})


def of_model(code: str) -> End:
    """By one that has no such model, and the client chose it."""
    told = {"told": "invalid_model", "closed": 4000, "goodbye": "invalid_request_error.invalid_model"}
    return refused(code, 4000, chosen=True, by="client", **told)


ENDS = {
    "bad key": refused("invalid_api_key", 3000),
    "no key": refused(None, 3000),
    "octi's model": refused("invalid_model", 4000),
    "octi's missing model": refused("missing_model", 4000),
    "the client's model": of_model("invalid_model"),
    "the client's missing model": of_model("missing_model"),
    "beta": refused("beta_api_shape_disabled", 4000),
    "60 minutes": End(code="session_expired", close=1001, message=SPENT, told="session_expired", closed=1001),
    "60 minutes, without a close": End(
        code="session_expired", close=1006, message=SPENT, told="session_expired", closed=1001
    ),
    "against its policy": End(code="policy", close=1008, told="upstream_refused", closed=1011),
}
LATER = {
    **ENDS,
    "a failure": End(code="server_error", close=1011, kind="server_error", told="server_error", closed=1013),
    "a failure that it does not name": End(code=None, close=1011, kind="server_error", told="", closed=1013),
}


def provider(end: End, script: Script) -> Upstream:
    upstream = MemoryUpstream([script])
    return Chosen(upstream) if end.chosen else upstream


@pytest.mark.parametrize("end", LATER.values(), ids=LATER)
async def test_a_provider_that_fails_in_mid_session_has_the_last_word(end: End, autojump_clock: MockClock) -> None:
    """As it wrote it; the close that follows says whose affair it is, and nothing comes between."""

    async def script(peer: Peer) -> None:
        await greet(peer)
        await trio.sleep(1)
        await end.come(peer)

    async with talking(provider(end, script), door=RealtimeDoor()) as talk:
        record = await talk.end()
        await trio.sleep(1)
    assert talk.client.told()[1:] == [end.error]
    assert talk.client.closed is not None
    assert talk.client.closed.code == end.closed
    assert end.goodbye is None or talk.client.closed.reason == end.goodbye
    assert (record.state, record.ended_by) == (SessionState.ENDED, end.by)
    assert end.message in (record.end_reason or "") or end.close == 1011


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_a_provider_that_fails_before_its_first_words_is_told_by_octi(
    end: End, autojump_clock: MockClock
) -> None:
    """With its words, and the code of who can mend it: octi's key and octi's model are not the client's."""
    async with talking(provider(end, end.come), door=RealtimeDoor()) as talk:
        record = await talk.end()
        await trio.sleep(1)
    (event,) = talk.client.told()
    assert talk.client.closed is not None
    assert (event["type"], event["error"]["code"], talk.client.closed.code) == ("error", end.told, end.closed)
    assert end.message in event["error"]["message"]
    assert record.ended_by == end.by


@pytest.mark.parametrize("close", [1001, 1005, 1006, 1012])
async def test_an_error_long_ago_does_not_say_why_a_provider_leaves(close: int, autojump_clock: MockClock) -> None:
    """A harmless one, say; the client is told that the provider is gone."""

    async def script(peer: Peer) -> None:
        await greet(peer)
        await peer.send(End(code="response_cancel_not_active", close=0, told="", closed=0).error)
        await trio.sleep(60)
        await peer.close(close)

    async with talking(MemoryUpstream([script]), door=RealtimeDoor()) as talk:
        await talk.end()
        await trio.sleep(1)
    assert [event["error"]["code"] for event in talk.client.told()[1:]] == [
        "response_cancel_not_active",
        "upstream_lost",
    ]
    assert talk.client.closed is not None
    assert talk.client.closed.code == 1013


async def test_an_octi_client_gets_a_fresh_conversation_where_the_provider_ends_one(autojump_clock: MockClock) -> None:
    """It is told so, and need not come back by itself."""

    async def script(peer: Peer) -> None:
        await greet(peer)
        await trio.sleep(1800)
        await ENDS["60 minutes"].come(peer)

    async with talking(MemoryUpstream([script]), door=OctiDoor(), longest_s=7200) as talk:
        await talk.client.wait_kind("ready", 2)
        assert talk.client.closed is None
        assert SPENT in str(talk.client.told())
