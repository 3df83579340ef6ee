"""The Realtime API's HTTP routes."""

from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import BadSecret, SessionTaken, StoreFailed, UpstreamBusy, UpstreamLost, UpstreamRefused
from octi.web.realtime_api import HANG_UP_S, secret_in
from tests.web.standins import SDP, StandIn, session
from tests.web.test_offers import KIND, form

SECRETS, CALLS = "/v1/realtime/client_secrets", "/v1/realtime/calls"


async def offered(node: StandIn, path: str = CALLS, **headers: str) -> tuple[int, Any, Any]:
    return await node.post(path, SDP.encode(), Content_Type="application/sdp", **headers)


# Secrets


@pytest.mark.parametrize("body", [None, {}, {"session": None, "expires_after": None}])
async def test_a_secret_is_minted(body: object) -> None:
    """In the provider's shape."""
    node = StandIn()
    status, said, headers = await node.post(SECRETS, body)
    assert (status, said) == (200, {"value": "ek_1", "expires_at": 600, "session": said["session"]})
    assert headers["Cache-Control"] == "no-store"
    assert node.directory.calls_of("mint") == [(None, {}, True, {"seconds": None, "safety_identifier": None})]


async def test_a_secret_has_its_session_its_time_and_its_user() -> None:
    """As asked for."""
    node = StandIn()
    session = {"type": "realtime", "model": "m", "audio": {"output": {"voice": "marin"}}}
    body = {"session": session, "expires_after": {"anchor": "created_at", "seconds": 60}}
    await node.post(SECRETS, body, OpenAI_Safety_Identifier="u-1")
    assert node.directory.calls_of("mint") == [(None, session, True, {"seconds": 60, "safety_identifier": "u-1"})]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 7201}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"session": "realtime"}, "session"),
        ([], None),
        (b"{", None),
    ],
)
async def test_a_mistake_is_told_in_the_providers_shape(body: object, param: str | None) -> None:
    """400, with the parameter."""
    status, said, _ = await StandIn().post(SECRETS, body)
    assert (status, said["error"].keys()) == (400, {"message", "type", "param", "code"})
    assert (said["error"]["type"], said["error"]["param"]) == ("invalid_request_error", param)


async def test_a_user_has_a_plain_name() -> None:
    """It becomes a header."""
    status, said, _ = await StandIn().post(SECRETS, None, OpenAI_Safety_Identifier="a b")
    assert (status, said["error"]["param"]) == (400, "OpenAI-Safety-Identifier")


async def test_a_providers_failure_keeps_its_meaning() -> None:
    """See `test_provider_errors`."""
    for error, status in (
        (UpstreamRefused("p", "no", 400), 400),
        (UpstreamLost("p", "x"), 502),
        (StoreFailed("x"), 503),
    ):
        assert (await StandIn().failing(mint=error).post(SECRETS))[0] == status
    status, _, headers = await StandIn().failing(mint=UpstreamBusy("p", "x", 3.0)).post(SECRETS)
    assert (status, headers["Retry-After"]) == (429, "3")


# Calls


async def test_a_call_is_brokered_with_octis_key() -> None:
    """201, the provider's SDP, and where the call is; a session of its own listens to it."""
    node = StandIn()
    answer = await node.client.post(f"{CALLS}?model=m", data=SDP.encode(), headers={"Content-Type": "application/sdp"})
    assert (answer.status_code, await answer.get_data()) == (201, b"v=0\r\nanswer")
    assert answer.headers["Location"] == "/v1/realtime/calls/rtc_1"
    assert (answer.headers["x-request-id"], answer.content_type) == ("req_1", "application/sdp")
    ((wish,),) = node.directory.calls_of("make")
    assert (wish.door, wish.model) == ("call", "m")
    assert node.directory.calls_of("attach_call") == [("s-1", "rtc_1", True)]
    assert node.api is not None
    ((sdp, session),) = node.api.calls_of("create_call")
    assert sdp == SDP
    assert session["instructions"] == "Be octi.\n\nIt is Ana."
    assert [tool["name"] for tool in session["tools"]] == ["extract_profile"]


async def test_an_offer_may_bring_its_session() -> None:
    """In a form."""
    node = StandIn()
    body = form(sdp=SDP, session='{"type":"realtime","audio":{"output":{"voice":"marin"}},"instructions":"Be brief."}')
    assert (await node.post(CALLS, body, Content_Type=KIND))[0] == 201
    ((wish,),) = node.directory.calls_of("make")
    assert wish.config["instructions"] == "Be brief."
    assert node.api is not None
    assert node.api.calls_of("create_call")[0][1]["audio"] == {"output": {"voice": "marin"}}


async def test_an_offer_may_come_with_a_secret() -> None:
    """It names the session; nobody holds its slot but the call."""
    node = await StandIn().holding("s")
    status, _, _ = await offered(node, Authorization="Bearer ek_x")
    assert status == 201
    assert node.directory.calls_of("find_for_call") == [("ek_x", None, "call", "")]
    assert node.directory.calls_of("attach_call") == [("s", "rtc_1", True)]
    assert not node.directory.calls_of("make")
    assert len(node.live) == 0


async def test_an_offer_may_name_its_session() -> None:
    """With other instructions, if it wants."""
    node = await StandIn().holding("t")
    body = form(sdp=SDP, session='{"type":"realtime","instructions":"Be brief."}')
    assert (await node.post(f"{CALLS}?session=t", body, Content_Type=KIND))[0] == 201
    assert node.directory.calls_of("find_for_call") == [(None, "t", "call", "")]
    assert node.steering.calls_of("set_session") == [("t", "Be brief.")]


@pytest.mark.parametrize(
    ("header", "secret"),
    [("Bearer ek_x", "ek_x"), ("bearer  ek_x", "ek_x"), ("Bearer sk-x", None), ("Basic ek_x", None), ("", None)],
)
def test_only_client_secrets_are_looked_at(header: str, secret: str | None) -> None:
    """Nobody is asked who they are yet."""
    assert secret_in(header) == secret


async def test_a_secret_that_opens_nothing_is_refused() -> None:
    """401, before anybody is called."""
    node = StandIn().failing(find_for_call=BadSecret())
    status, said, _ = await offered(node, Authorization="Bearer ek_x")
    assert (status, said["error"]["code"]) == (401, "invalid_api_key")
    assert node.api is not None
    assert node.api.asked == []


async def test_the_embedded_engine_takes_no_calls() -> None:
    """501, and what it does take."""
    for path in (CALLS, *(f"{CALLS}/rtc_1/{action}" for action in ("hangup", "accept", "reject", "refer"))):
        status, said, headers = await offered(StandIn(api=None), path)
        assert (status, said["error"]["code"], headers["x-should-retry"]) == (501, "not_served", "false")
        assert "/v1/realtime" in said["error"]["message"]


async def test_a_call_that_is_refused_leaves_no_session() -> None:
    """Unless it was there before."""
    node = StandIn().failing(create_call=UpstreamRefused("p", "no such model", 400, "invalid_model"))
    status, said, _ = await offered(node)
    assert (status, said["error"]["code"]) == (400, "invalid_model")
    assert node.directory.calls_of("close") == [("s-1",)]
    for resumable, closed in ((True, []), (False, [("s",)])):
        node = StandIn().failing(create_call=UpstreamLost("p", "gone"))
        await node.store.save([session(resumable=resumable)])
        assert (await offered(node, Authorization="Bearer ek_x"))[0] == 502
        assert node.directory.calls_of("close") == closed


async def test_a_call_that_nobody_listens_to_is_hung_up() -> None:
    """It would go on, and cost."""
    node = StandIn().failing(attach_call=SessionTaken("s-1"))
    assert (await offered(node))[0] == 409
    assert node.api is not None
    assert node.api.calls_of("hang_up") == [("rtc_1",)]


async def test_a_call_that_cannot_be_hung_up_is_logged() -> None:
    """And the first error is the one that is told."""
    node = StandIn().failing(attach_call=StoreFailed("away"), hang_up=UpstreamLost("p", "gone"))
    with capture_logs() as logs:
        assert (await offered(node))[0] == 503
    assert [entry["call"] for entry in logs if "call" in entry] == ["rtc_1"]


async def test_a_client_that_leaves_meanwhile_leaves_no_call(autojump_clock: MockClock) -> None:
    """Hung up although everything here is cancelled, and within a deadline."""
    node = StandIn()
    assert node.api is not None
    node.directory.stalls.add("attach_call")
    with trio.move_on_after(1):
        await offered(node)
    assert node.api.calls_of("hang_up") == [("rtc_1",)]
    node.api.stalls.add("hang_up")
    with trio.move_on_after(1):
        await offered(node)
    assert trio.current_time() == 2 + HANG_UP_S


async def test_a_call_is_hung_up_on_request() -> None:
    """404 once it is over."""
    node = StandIn()
    assert node.api is not None
    answer = await node.client.post(f"{CALLS}/rtc_1/hangup")
    assert (answer.status_code, await answer.get_data()) == (200, b"")
    node.api.over = True
    status, said, _ = await node.post(f"{CALLS}/rtc_1/hangup")
    assert (status, said["error"]["code"]) == (404, "call_id_not_found")


async def test_a_call_that_a_client_made_is_hung_up_as_that_client() -> None:
    """A provider knows it by no other name; the secrets are those of the session that hears it."""
    node = StandIn()
    assert node.api is not None
    node.api.made_by, node.directory.secrets = "ek_2", ("ek_1", "ek_2")
    assert (await node.post(f"{CALLS}/rtc_1/hangup"))[0] == 200
    assert len(node.api.calls_of("hang_up")) == 3
    node.directory.secrets = ("ek_1",)
    assert (await node.post(f"{CALLS}/rtc_1/hangup"))[0] == 404


@pytest.mark.parametrize(
    ("action", "wish"),
    [
        ("accept", {"type": "realtime", "model": "m", "new": {"x": 1}}),
        ("reject", {"status_code": 486}),
        ("reject", {}),
        ("refer", {"target_uri": "tel:+14155550123"}),
    ],
)
async def test_a_call_that_came_by_telephone_is_the_providers_affair(action: str, wish: dict[str, Any]) -> None:
    """It is asked with octi's key, in the client's words."""
    node = StandIn()
    assert node.api is not None
    answer = await node.client.post(f"{CALLS}/rtc_1/{action}", json=wish)
    assert (answer.status_code, await answer.get_data()) == (200, b"")
    assert node.api.calls_of("act_on_call") == [("rtc_1", action, wish)]


@pytest.mark.parametrize("action", ["accept", "reject", "refer"])
async def test_a_refusal_of_a_telephone_call_passes_as_it_is(action: str) -> None:
    """The client asked for it; what is no JSON object is not passed on."""
    node = StandIn().failing(act_on_call=UpstreamRefused("p", "No such call.", 404, "call_id_not_found"))
    status, said, _ = await node.post(f"{CALLS}/rtc_1/{action}")
    assert (status, said["error"]["code"], said["error"]["message"]) == (404, "call_id_not_found", "No such call.")
    status, said, _ = await node.post(f"{CALLS}/rtc_1/{action}", b"[]")
    assert (status, said["error"]["type"]) == (400, "invalid_request_error")


async def test_nothing_new_begins_while_octi_drains() -> None:
    """But what goes on may be ended."""
    node = StandIn()
    node.live.draining.set()
    for path in (SECRETS, CALLS, f"{CALLS}/rtc_1/accept"):
        status, said, headers = await node.post(path)
        assert (status, said["error"]["code"], headers["Retry-After"]) == (503, "restarting", "5")
    assert node.directory.asked == []
    assert (await node.post(f"{CALLS}/rtc_1/hangup"))[0] == 200


async def test_a_body_that_is_too_large_is_told_in_the_same_shape() -> None:
    """413."""
    status, said, _ = await StandIn().post(SECRETS, b"x" * ((1 << 20) + 1))
    assert (status, said["error"]["type"]) == (413, "invalid_request_error")


@pytest.mark.parametrize("path", [SECRETS, CALLS])
@given(body=st.binary(max_size=64), kind=st.sampled_from([KIND, "application/sdp", "application/json", ""]))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatever_is_octis_fault(path: str, body: bytes, kind: str) -> None:
    """It is served, or refused as the client's."""
    assert (await StandIn().post(path, body, Content_Type=kind))[0] in {200, 400}
