"""The client of a call: its media goes to the provider, octi listens."""

import random

import httpx2
import trio

from bench.soak.http import Asker
from bench.soak.plan import Plan, Way

OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"
SDP = {"Content-Type": "application/sdp"}
CALL_S = 2.0  # about what the caller has to say


async def call(plan: Plan, octi: Asker, provider: str, chance: random.Random) -> None:
    """One call. If nobody ends it, its caller hangs up in a moment."""
    if plan.way is Way.BROKERED:
        await _brokered(octi, chance)
    else:
        await _attached(plan, octi, provider, chance)


async def _brokered(octi: Asker, chance: random.Random) -> None:
    try:
        answer = await octi.http.post(f"{octi.base}/v1/realtime/calls", content=OFFER, headers=SDP)
    except httpx2.TransportError:
        return
    octi.answers[f"POST /v1/realtime/calls: {answer.status_code}"] += 1
    await trio.sleep(chance.uniform(0, CALL_S))
    if answer.status_code == 201 and chance.random() < 0.5:
        location = answer.headers["location"]
        await octi.ask("POST", f"{location}/hangup", "/v1/realtime/calls/…/hangup")


async def _attached(plan: Plan, octi: Asker, provider: str, chance: random.Random) -> None:
    made = await octi.ask("POST", "/session", json={"voice": "alloy", "enableTranscription": True})
    if not made or not (call_id := await _made(octi.http, provider, made["clientSecret"])):
        return
    session = made["sessionId"]
    await octi.ask("POST", "/session/call", json={"sessionId": session, "callId": call_id})
    async with trio.open_nursery() as nursery:
        if plan.followed:
            nursery.start_soon(octi.follow, session, chance.random() < 0.5, chance.uniform(0, CALL_S))
        await trio.sleep(min(plan.stays_s, chance.uniform(0, CALL_S)))
        if plan.extracts:
            await octi.ask("POST", "/extract-profile", json={"sessionId": session})
        if plan.deleted:
            await octi.of(session, "DELETE")


async def _made(http: httpx2.AsyncClient, provider: str, secret: str) -> str:
    """The call, as a browser makes it; "" if the provider does not want to."""
    headers = {**SDP, "Authorization": f"Bearer {secret}"}
    try:
        made = await http.post(f"{provider}/v1/realtime/calls", content=OFFER, headers=headers)
    except httpx2.TransportError:
        return ""
    return made.headers["location"].rpartition("/")[2] if made.status_code == 201 else ""
