"""A provider that is slow, busy, broken or evasive: each has its stated outcome, and whoever talks goes on talking.

The tables are in docs/extraction.md ("When it fails") and docs/origins.md ("What differs for all of them").
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
import pytest
import trio

from octi.upstream.asking import Patience
from tests.engine.wire import Event
from tests.flows.parties import Octi, octi_here, provider_env, simulating
from tests.simulator.clients import Client

pytestmark = pytest.mark.slow

HASTY = Patience(first_s=0.001, most_s=0.001, jitter_s=0.0)
SLOW_S = 1.5  # instead of half a minute; a busy machine answers within that
RESPONSES, SECRETS = "/v1/responses", "/v1/realtime/client_secrets"
NAMED = "Hello, my name is Anna Berg."
ANNA = {"first_name": "Anna", "last_name": "Berg", "income": None}
SECRETIVE = "I would rather not repeat that Anna Berg is rich."


@attrs.frozen(kw_only=True)
class Failure:
    """What a provider does, how often it is asked, and what comes of it."""

    fault: Mapping[str, Any]
    status: int = 502
    code: str
    detail: str  # stands in its words
    retry_after: str | None = None
    tries: int = 1

    def check(self, answer: httpx2.Response, failed: str | None) -> None:
        """An answer of octi's. failed: in the first origin's words; None: on octi's own routes."""
        body = answer.json()
        words = body["error"] if failed is None else body["detail"]
        assert (answer.status_code, answer.headers.get("retry-after")) == (self.status, self.retry_after), body
        assert self.detail in words
        assert SECRETIVE not in words
        assert body == ({"error": words, "code": self.code} if failed is None else {"error": failed, "detail": words})


def says(message: str, code: str | None = None) -> Event:
    return {"error": {"message": message, "type": "some_error", "param": None, "code": code}}


def limited(wait_s: str, *, tries: int, retry_after: str, said: str = "Slow down.", **headers: str) -> Failure:
    """At its limit, and octi says so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Failure(
        fault={"status": 429, "headers": named, "body": says(said, "rate_limit_exceeded")},
        status=429,
        code="rate_limited",
        detail=f"openai is at its limit, again in {wait_s} s: {said}",
        retry_after=retry_after,
        tries=tries,
    )


def refused(status: int, message: str, code: str | None = None) -> Failure:
    """It said no, and would again."""
    detail = f"openai refused the session (HTTP {status}): {message}"
    return Failure(fault={"status": status, "body": says(message, code)}, code="upstream_refused", detail=detail)


def lost(detail: str, *, tries: int = 3, **fault: object) -> Failure:
    """Another try might have helped."""
    return Failure(fault=fault, code="upstream_lost", detail=f"openai is not there: {detail}", tries=tries)


def nonsense(body: object) -> Failure:
    """It answered something else."""
    detail = "openai does not speak the Realtime protocol: "
    return Failure(fault={"status": 200, "body": body}, code="upstream_nonsense", detail=detail)


def no_profile(kind: str, why: str, status: str, *output: Event, **more: object) -> Failure:
    """It answered in the Responses API's shape, and no profile is in it."""
    body = {"id": "resp_1", "object": "response", "status": status, "output": list(output), **more}
    detail = f"openai gave no profile ({kind}): {why}"
    return Failure(fault={"status": 200, "body": body}, code="extraction_failed", detail=detail)


def message(**part: str) -> Event:
    return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}


FAILURES = {
    "slow": lost("no answer within 1.5 s", tries=1, stall_s=60),
    "at its limit for a moment": limited("0.02", tries=3, retry_after="1", retry_after_ms="20"),
    "at its limit for longer than anyone waits": limited("7", tries=1, retry_after="7", **{"retry-after": "7"}),
    "at its limit for an hour": limited("60", tries=1, retry_after="60", **{"retry-after": "100"}),
    "at its limit, without a header": limited(
        "20", tries=3, retry_after="20", said="Rate limit reached. Please try again in 20s."
    ),
    "at its limit, for who knows how long": limited("5", tries=3, retry_after="5"),
    "not paid": attrs.evolve(refused(429, "You exceeded your current quota.", "insufficient_quota")),
    "broken": lost("HTTP 500, Oops.", status=500, body=says("Oops.")),
    "overloaded, with a page": lost("HTTP 503, Service Unavailable", status=503, body="<html>Sorry</html>"),
    "not pleased with the key": refused(401, "Incorrect API key provided.", "invalid_api_key"),
    "not pleased with the request": refused(400, "No such model.", "model_not_found"),
    "gone without an answer": lost("left without an answer", drop=True),
    "babbling": nonsense("<html>Welcome!</html>"),
    "silent": nonsense(""),
    "answering another question": nonsense({"weather": "fine"}),
}
# What only a request for a profile can meet.
EVASIONS = {
    "declining": no_profile("refusal", "the model declined", "completed", message(type="refusal", refusal=SECRETIVE)),
    "cut off": no_profile(
        "incomplete",
        "the answer stopped early: max_output_tokens",
        "incomplete",
        message(type="output_text", text='{"first_name": {"value": "An'),
        incomplete_details={"reason": "max_output_tokens"},
    ),
    "failing": no_profile(
        "failed", "server_error: Oops.", "failed", error={"code": "server_error", "message": "Oops."}
    ),
    "not through": no_profile("incomplete", "the answer stopped early: in_progress", "in_progress"),
    "rambling": no_profile("garbled", "the answer is no profile", "completed", message(type="output_text", text="Hi!")),
    "wordless": no_profile("garbled", "the answer is no profile", "completed"),
}


def named(failures: Mapping[str, Failure]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("failure", failures.values(), ids=failures)


@asynccontextmanager
async def parties(script: Event) -> AsyncIterator[tuple[Client, Octi]]:
    """A provider that plays a script, and an octi that asks it hastily."""
    async with (
        simulating(script) as provider,
        octi_here(provider_env(provider.simulator.url), patience=HASTY, timeout_s=SLOW_S) as octi,
    ):
        yield provider, octi


def failing(failure: Failure, path: str, questions: int) -> Event:
    """A script in which so many questions fail, with all their tries, and the next one does not."""
    return {"path": path, "times": failure.tries * questions, **failure.fault}


async def asked(provider: Client, path: str) -> int:
    """How many requests the provider had."""
    return sum(request["path"] == path for request in await provider.get("/_simulator/requests"))


# A profile


@named({**FAILURES, **EVASIONS})
async def test_a_profile_that_cannot_be_had_costs_nobody_the_conversation(failure: Failure) -> None:
    """The agent is told `error` and talks on; who asks over HTTP is told why; nothing changes, the next try works."""
    script = {
        "caller": [{"wait_for": "sideband"}, {"wait_for": "session.update"}, {"say": NAMED}, {"say": "Hello?"}],
        "agent": [{"call": "extract_profile"}, {"say": "Where were we?"}, {"say": "I am still here."}],
        "faults": [failing(failure, RESPONSES, 3)],
    }
    async with parties(script) as (provider, octi):
        made = await octi.post("/session", {"enableTranscription": True})
        session = {"sessionId": made["sessionId"]}
        call = await provider.call(made["clientSecret"])
        await octi.post("/session/call", {**session, "callId": call})
        await octi.said(made["sessionId"], "Where were we?", "I am still here.", role="assistant")
        assert outputs(await the_call(provider)) == ['{"ok":false,"reason":"error"}']
        failure.check(await octi.ask("/extract-profile", session), "Failed to extract profile")
        failure.check(await octi.ask(f"/sessions/{made['sessionId']}/extract"), None)
        assert await asked(provider, RESPONSES) == 3 * failure.tries
        shown = await octi.get(f"/sessions/{made['sessionId']}")
        assert (shown["state"], shown["evidence"]) == ("live", {})
        assert (await the_call(provider))["instructed"] == []
        assert (await octi.post("/extract-profile", session))["profile"] == ANNA
        assert len((await the_call(provider))["instructed"]) == 1


async def the_call(provider: Client) -> Event:
    (call,) = await provider.get("/_simulator/calls")
    return dict(call)


def outputs(call: Event) -> list[str]:
    """What the agent was answered that called a function."""
    return [item["output"] for item in call["items"] if item["type"] == "function_call_output"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"retry-after-ms": "20"}},
        {"status": 429},
        {"status": 500},
        {"drop": True},
        {"stall_s": 0.1},
    ],
    ids=["limited for a moment", "limited", "broken", "gone", "rather slow"],
)
async def test_a_provider_that_recovers_in_time_is_not_noticed(fault: Event) -> None:
    """Two tries may fail: the third is the answer, of a secret as of a profile."""
    twice = {"times": 2, **fault}
    faults = [{"path": SECRETS, **twice}, {"path": RESPONSES, **twice}]
    caller = [{"wait_for": "sideband"}, {"wait_for": "session.update"}, {"say": NAMED}]
    async with parties({"caller": caller, "faults": faults}) as (provider, octi):
        made = await octi.post("/session", {"enableTranscription": True})
        call = await provider.call(made["clientSecret"])
        await octi.post("/session/call", {"sessionId": made["sessionId"], "callId": call})
        await octi.said(made["sessionId"], "Thank you, Anna. Please go on.", role="assistant")


# A secret

PROVIDER_SHAPE = {"message", "type", "param", "code"}


@named(FAILURES)
async def test_a_secret_that_cannot_be_had_leaves_nothing_behind(failure: Failure) -> None:
    """Each route says so in its own words; no session is left, and the one that was to be renewed is as it was."""
    async with parties({"faults": [failing(failure, SECRETS, 6)]}) as (provider, octi):
        mine = (await octi.post("/sessions", {"textOnly": True}))["id"]

        async def refused(failed: str | None, path: str, body: object = None, method: str = "POST") -> None:
            failure.check(await octi.ask(path, body, method), failed)

        async def refused_as_a_provider_does(path: str) -> None:
            answer = await octi.ask(path)
            assert answer.json()["error"].keys() == PROVIDER_SHAPE
            assert answer.headers.get("retry-after") == failure.retry_after

        async with trio.open_nursery() as nursery:
            nursery.start_soon(refused, "Failed to create session", "/session", {"voice": "alloy"})
            nursery.start_soon(refused, "Failed to renew session token", "/session/renew", {"sessionId": mine})
            nursery.start_soon(refused, "Failed to mint client secret", "/token")
            nursery.start_soon(refused, None, "/sessions", {"direct": True})
            nursery.start_soon(refused, None, "/api/session", None, "GET")
            nursery.start_soon(refused_as_a_provider_does, "/v1/realtime/client_secrets")
        assert await asked(provider, SECRETS) == 6 * failure.tries
        left = (await octi.get("/sessions"))["sessions"]
        assert [session["id"] for session in left if session["state"] != "ended" or session["resumable"]] == [mine]
        renewed = await octi.post("/session/renew", {"sessionId": mine})
        assert renewed["clientSecret"].startswith("ek_sim_")
