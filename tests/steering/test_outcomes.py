"""What each failure of a provider means to whoever asks for a profile: the table of docs/extraction.md, row by row.

The provider is a simulated one, which reads profiles by octi's own rules where no fault is in the way.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.error_replies import Reply, reply_to
from octi.errors import OctiError, UpstreamBusy
from octi.simulator.script import script_from
from octi.steering.extractors import by_model
from octi.steering.steering import Steering
from octi.upstream.api import open_api
from octi.upstream.compatible import compatible
from tests.providers import Net, net_to
from tests.scripted_api import MemoryNetwork
from tests.steering.scenes import ME, Scene, record, steered

ANNA = "My name is Anna Berg."
REFUSAL = {"type": "message", "content": [{"type": "refusal", "refusal": "I would rather not."}]}
SPENT = {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}


Meets = dict[str, Any]  # what a request for a profile meets: the fields of a fault; nothing: an answer


def response(text: str = "", status: str = "completed", **more: object) -> Meets:
    output = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
    return {"status": 200, "body": {"id": "r", "status": status, "output": output, **more}}


@asynccontextmanager
async def provided(*faults: Meets, again: Meets | None = None) -> AsyncIterator[tuple[Scene, Steering, Net]]:
    """A session whose user has said a name, and a provider's model to read it; `again`: what every later try meets."""
    met = [{"path": "/v1/responses", **fault} for fault in faults]
    met += [{"path": "/v1/responses", "times": 99, **again}] if again else []
    async with net_to(script_from({"faults": met})) as net:
        network = MemoryNetwork(net.outside, net)
        async with open_api(compatible("sk-secret", "http://localhost"), transport=network.transport()) as api:
            scene = Scene()
            async with steered(scene) as steering:
                steering.extractor = by_model(api, "small")
                await scene.begin(steering, record(), ANNA)
                yield scene, steering, net


def tries(net: Net) -> int:
    """How often the provider was asked."""
    return len(net.house.journal.wire())


@attrs.frozen
class Row:
    """A provider's behaviour, and what comes of it."""

    meets: Meets
    reply: Reply
    says: str
    tries: int = 1
    within_s: float = 1.0


def wait(seconds: int) -> Meets:
    return {"headers": {"Retry-After": str(seconds)}}


SLOW_DOWN: Meets = {"status": 429, "body": "slow down"}
OOPS: Meets = {"status": 500, "body": "oops"}
HANGS_UP: Meets = {"drop": True}
ROWS: dict[str, Row] = {
    "slow": Row({"stall_s": 60}, Reply(502, "upstream_lost", 1013), "no answer within 30 s", within_s=30.1),
    "429, long": Row(SLOW_DOWN | wait(40), Reply(429, "rate_limited", 1013), "again in 40 s"),
    "429, no time": Row(SLOW_DOWN, Reply(429, "rate_limited", 1013), "slow down", tries=3, within_s=3.0),
    "429, quota": Row(
        {"status": 429, "body": SPENT}, Reply(502, "upstream_refused", 1011), "You exceeded your quota."
    ),
    "500": Row(OOPS, Reply(502, "upstream_lost", 1013), "HTTP 500, oops", tries=3, within_s=3.0),
    "400": Row({"status": 400, "body": "no such model"}, Reply(502, "upstream_refused", 1011), "no such model"),
    "hangs up": Row(HANGS_UP, Reply(502, "upstream_lost", 1013), "without an answer", tries=3, within_s=3.0),
    "garbage": Row({"status": 200, "body": "<html>"}, Reply(502, "upstream_nonsense", 1011), "does not speak"),
    "empty": Row({"status": 200, "body": ""}, Reply(502, "upstream_nonsense", 1011), "does not speak"),
    "chatter": Row(response("Sure! Anna."), Reply(502, "extraction_failed", 1011), "(garbled): the answer is no"),
    "refusal": Row(response(output=[REFUSAL]), Reply(502, "extraction_failed", 1011), "(refusal): the model declined"),
    "cut short": Row(
        response('{"f', "incomplete", incomplete_details={"reason": "max_output_tokens"}),
        Reply(502, "extraction_failed", 1011),
        "(incomplete): the answer stopped early: max_output_tokens",
    ),
    "failed": Row(
        response("", "failed", error={"code": "server_error", "message": "oops"}),
        Reply(502, "extraction_failed", 1011),
        "(failed): server_error: oops",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
async def test_a_failure_has_its_outcome(autojump_clock: MockClock, name: str) -> None:
    """A status and a code for whoever asked over HTTP, an answer for the model, and nothing changed."""
    row = ROWS[name]
    async with provided(again=row.meets) as (scene, steering, provider):
        began = trio.current_time()
        with pytest.raises(OctiError) as caught:
            await steering.extract(ME)
        assert (reply_to(caught.value), tries(provider)) == (row.reply, row.tries)
        assert row.says in str(caught.value)
        assert trio.current_time() - began <= row.within_s
        assert await steering.tool_call(ME) == {"ok": False, "reason": "error"}
        assert await steering.evidence(record()) == {}
    assert scene.pushed == []


@pytest.mark.parametrize("once", [SLOW_DOWN | wait(3), OOPS, HANGS_UP])
async def test_what_passes_in_a_moment_is_waited_for(autojump_clock: MockClock, once: Meets) -> None:
    """The caller does not notice."""
    async with provided(once) as (scene, steering, provider):
        assert (await steering.extract(ME)).profile["first_name"] == "Anna"
        assert tries(provider) == 2
    assert len(scene.pushed) == 1


async def test_a_wait_that_the_provider_names_is_passed_on(autojump_clock: MockClock) -> None:
    """As a number, for the header."""
    async with provided(SLOW_DOWN | wait(40)) as (_, steering, _):
        with pytest.raises(UpstreamBusy) as caught:
            await steering.extract(ME)
    assert caught.value.wait_s == 40


async def test_finding_nothing_is_no_failure(autojump_clock: MockClock) -> None:
    """Nothing was said of what is wanted; what was known stays known."""
    nothing: dict[str, Any] = {"first_name": None, "last_name": None, "income": None}
    async with provided({}, response(json.dumps(nothing))) as (_, steering, _):
        await steering.extract(ME)
        assert (await steering.extract(ME)).profile == nothing | {"first_name": "Anna", "last_name": "Berg"}
