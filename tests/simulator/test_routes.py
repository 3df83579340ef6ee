"""The simulator over HTTP, on loopback."""

import json
from typing import Any

import pytest

from octi.simulator.scenario import EventFault, Scenario
from octi.simulator.script import Fault, Script
from tests.simulator.clients import KEY, OFFER, simulating
from tests.simulator.talking import NOON

SECRETS, CALLS, RESPONSES = "/v1/realtime/client_secrets", "/v1/realtime/calls", "/v1/responses"


async def test_a_client_secret_is_minted_in_the_providers_shape() -> None:
    """With its whole session, and an expiry as asked for."""
    async with simulating(now=lambda: NOON) as client:
        session = {"type": "realtime", "model": "m-1", "instructions": "Be brief."}
        made = await client.post(SECRETS, json={"session": session, "expires_after": {"seconds": 60}})
        body = made.json()
        assert (made.status_code, made.headers["x-request-id"]) == (200, "req_sim_1")
        assert (body["value"], body["expires_at"]) == ("ek_sim_1", NOON + 60)
        assert (body["session"]["model"], body["session"]["instructions"]) == ("m-1", "Be brief.")
        assert (await client.post(SECRETS)).json()["expires_at"] == NOON + 600


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"session": {"type": "realtime", "bogus": 1}}, "session.bogus"),
        ({"session": {"instructions": "Be brief."}}, "session.type"),
        ({"expires_after": {"anchor": "created_at", "seconds": 9}}, "expires_after.seconds"),
        ({"session": 3}, "session"),
        ([], None),
    ],
)
async def test_a_wrong_client_secret_is_refused_by_its_field(body: object, param: str | None) -> None:
    """400, in the provider's shape."""
    async with simulating() as client:
        refused = await client.post(SECRETS, json=body)
        assert refused.status_code == 400
        assert refused.json()["error"].keys() == {"message", "type", "param", "code"}
        assert refused.json()["error"]["param"] == param


@pytest.mark.parametrize("path", [SECRETS, CALLS, RESPONSES, f"{CALLS}/rtc_sim_1/hangup"])
@pytest.mark.parametrize("key", ["sk-other", "ek_unknown", None])
async def test_nobody_is_served_without_the_key(path: str, key: str | None) -> None:
    """401, whatever else is wrong."""
    async with simulating() as client:
        refused = await client.post(path, key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_a_secret_makes_calls_and_nothing_else() -> None:
    """Its session is the call's, with a raw offer."""
    async with simulating() as client:
        session = {"type": "realtime", "instructions": "Be brief."}
        secret = (await client.post(SECRETS, json={"session": session})).json()["value"]
        made = await client.post(CALLS, secret, content=OFFER, headers={"Content-Type": "application/sdp"})
        assert (made.status_code, made.headers["location"]) == (201, f"{CALLS}/rtc_sim_1")
        assert made.headers["content-type"] == "application/sdp"
        assert made.text.startswith("v=0\r\n")
        (call,) = await client.get("/_simulator/calls")
        assert (call["id"], call["state"], call["session"]["instructions"]) == ("rtc_sim_1", "live", "Be brief.")
        for path in (SECRETS, RESPONSES):
            assert (await client.post(path, secret, json={"input": "x"})).status_code == 401


async def test_a_form_brings_offer_and_session() -> None:
    """And a session that cannot be makes no call."""
    async with simulating() as client:
        assert await client.call(session={"type": "realtime", "instructions": "Be brief."}) == "rtc_sim_1"
        parts = {"sdp": (None, OFFER.encode()), "session": (None, b'{"type":"realtime","bogus":1}')}
        refused = await client.post(CALLS, files=parts)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "session.bogus")
        refused = await client.post(CALLS, files={**parts, "session": (None, b"3")})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "session")
        (call,) = await client.get("/_simulator/calls")
        assert call["session"]["instructions"] == "Be brief."


async def test_an_offer_that_is_none_is_refused() -> None:
    """Empty, or no SDP."""
    async with simulating() as client:
        for offer in (b"", b"hello"):
            refused = await client.post(CALLS, content=offer, headers={"Content-Type": "application/sdp"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_offer")


async def test_a_call_is_hung_up_once() -> None:
    """Then it is over, as one that never was."""
    async with simulating() as client:
        call = await client.call()
        assert (await client.post(f"{CALLS}/{call}/hangup")).status_code == 200
        for over in (call, "rtc_unknown"):
            again = await client.post(f"{CALLS}/{over}/hangup")
            assert (again.status_code, again.json()["error"]["code"]) == (404, "call_id_not_found")
        (told,) = await client.get("/_simulator/calls")
        assert (told["state"], told["ended_by"]) == ("over", "hang-up")


async def test_faults_meet_requests_in_their_order() -> None:
    """And then all is well."""
    faults = (
        Fault(RESPONSES, status=429, headers={"retry-after": "1"}),
        Fault(RESPONSES, status=200, body="{garbage"),
        Fault(RESPONSES, status=500, body={"error": "mine"}),
    )
    async with simulating(Script(faults=faults)) as client:
        answers = [await client.post(RESPONSES, json={"input": "x"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [429, 200, 500, 200]
        assert answers[0].headers["retry-after"] == "1"
        assert (answers[1].text, answers[2].json()) == ("{garbage", {"error": "mine"})
        assert answers[3].json()["status"] == "completed"
        assert [answer.headers["x-request-id"] for answer in answers] == [f"req_sim_{n}" for n in (1, 2, 3, 4)]


async def test_what_was_asked_can_be_read_without_keys() -> None:
    """Also what was refused; but not what tests ask of the simulator itself."""
    async with simulating() as client:
        tool = {"type": "function", "name": "f", "description": f"uses {KEY}"}
        await client.post(SECRETS, json={"session": {"type": "realtime", "tools": [tool]}})
        await client.call(session={"type": "realtime", "instructions": "Be brief."})
        await client.post(RESPONSES + "?a=b", None, json={"input": "x"})
        await client.get("/_simulator/calls")
        asked: Any = await client.get("/_simulator/requests")
        assert [(each["path"], each["authorised"], each["status"]) for each in asked] == [
            (SECRETS, True, 200),
            (CALLS, True, 201),
            (RESPONSES, False, 401),
        ]
        assert asked[0]["body"]["session"]["tools"][0]["description"] == "***"
        assert asked[1]["body"] == {"session": {"type": "realtime", "instructions": "Be brief."}}
        assert asked[2]["query"] == {"a": "b"}
        assert KEY not in json.dumps(asked)


async def test_other_paths_and_methods_are_refused() -> None:
    """404 and 405; a browser may ask first."""
    async with simulating() as client:
        assert (await client.post("/v1/models")).status_code == 404
        assert (await client.http.get(client.simulator.url + RESPONSES)).status_code == 405
        assert (await client.http.get(client.simulator.url + "/_simulator/other")).status_code == 404
        asked = await client.http.options(client.simulator.url + CALLS)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")


async def test_a_scenario_lets_a_client_secret_expire() -> None:
    """It is made, and opens nothing; its successor does."""
    async with simulating(Script(scenario=Scenario(), mischief=(EventFault("expired_secret"),))) as client:
        for code in ("invalid_api_key", None):
            secret = (await client.post("/v1/realtime/client_secrets")).json()["value"]
            async with client.socket("model=m", secret) as socket:
                first = await socket.next()
                assert first.get("error", {}).get("code") == code


async def test_a_report_can_be_read() -> None:
    """Of a scenario; a script has none."""
    async with simulating(Script(scenario=Scenario(name="s"))) as client:
        assert (await client.get("/_simulator/report"))["scenario"] == "s"
    async with simulating() as client:
        assert "no scenario" in str(await client.get("/_simulator/report"))
