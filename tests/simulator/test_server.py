"""The simulator as a server; and octi's own view of a provider against it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from octi.errors import UpstreamBusy, UpstreamLost, UpstreamRefused
from octi.extraction.prompt import Extracted, extraction_request, read_answer
from octi.extraction.schema import DEFAULT_SCHEMA
from octi.simulator.ids import Ids
from octi.simulator.opening import Opening
from octi.simulator.script import Fault, Script
from octi.simulator.server import Outcome, Serving, banner, open_simulator, simulate, wait_over
from octi.simulator.stages import Stages
from octi.upstream.api import ProviderApi, open_api
from octi.upstream.asking import Patience
from octi.upstream.openai import openai
from tests.simulator.clients import KEY, OFFER, simulating
from tests.simulator.test_responses import TURNS

RESPONSES, CALLS = "/v1/responses", "/v1/realtime/calls"
ONCE = Patience(retries=0)
AT_ONCE = Patience(retries=1, first_s=0.001, most_s=0.001, jitter_s=0.0)


@asynccontextmanager
async def asking(url: str, patience: Patience = ONCE, key: str = KEY) -> AsyncIterator[ProviderApi]:
    """octi's HTTP side of a provider."""
    async with open_api(openai(key, url), patience=patience, timeout_s=5.0) as api:
        yield api


async def test_octi_mints_calls_and_hangs_up() -> None:
    """Everything that octi asks a provider."""
    async with simulating() as client, asking(client.simulator.url) as api:
        minted = await api.mint_secret({"type": "realtime", "model": "m"}, seconds=60)
        assert (minted.value, minted.session["model"], minted.request_id) == ("ek_sim_1", "m", "req_sim_1")
        call = await api.create_call(OFFER, {"type": "realtime", "instructions": "Be brief."})
        assert (call.call_id, call.answer_sdp[:3]) == ("rtc_sim_1", "v=0")
        assert await api.hang_up(call.call_id)
        assert not await api.hang_up(call.call_id)
        async with asking(client.simulator.url, key=minted.value) as direct:
            assert (await direct.create_call(OFFER, None)).call_id == "rtc_sim_2"


async def test_octi_extracts_by_it() -> None:
    """Its own request, its own reading of the answer."""
    async with simulating() as client, asking(client.simulator.url) as api:
        answer = await api.respond(extraction_request(DEFAULT_SCHEMA, TURNS, model="m"))
        outcome = read_answer(json.dumps(answer).encode(), DEFAULT_SCHEMA, TURNS)
        assert isinstance(outcome, Extracted)
        assert {name: found.value for name, found in outcome.found.items()} == {
            "first_name": "Anna",
            "last_name": "Berg",
            "income": 3200,
        }


async def test_octi_meets_its_faults() -> None:
    """Each becomes the error that it is."""
    faults = (
        Fault(RESPONSES, status=429, headers={"retry-after": "7"}),
        Fault(RESPONSES, status=500),
        Fault(RESPONSES, drop=True),
        Fault(CALLS, status=400, body={"error": {"message": "No.", "type": "t", "param": None, "code": "c"}}),
    )
    async with simulating(Script(faults=faults)) as client, asking(client.simulator.url) as api:
        with pytest.raises(UpstreamBusy) as busy:
            await api.respond({"input": "x"})
        assert busy.value.wait_s == 7
        for _ in range(2):
            with pytest.raises(UpstreamLost):
                await api.respond({"input": "x"})
        with pytest.raises(UpstreamRefused) as refused:
            await api.create_call(OFFER, {"type": "realtime"})
        assert refused.value.code == "c"
        assert (await api.respond({"input": "x"}))["status"] == "completed"


async def test_octi_tries_again_and_succeeds() -> None:
    """Both tries can be read."""
    script = Script(faults=(Fault(RESPONSES, status=503),))
    async with simulating(script) as client, asking(client.simulator.url, AT_ONCE) as api:
        assert (await api.respond({"input": "x"}))["status"] == "completed"
        assert [each["status"] for each in await client.get("/_simulator/requests")] == [503, 200]


async def test_a_wrong_key_is_refused() -> None:
    """And not told."""
    async with simulating() as client, asking(client.simulator.url, key="sk-other") as api:
        with pytest.raises(UpstreamRefused) as refused:
            await api.mint_secret({"type": "realtime"})
        assert refused.value.status == 401
        assert "sk-other" not in str(refused.value)


async def test_leaving_the_simulator_ends_what_runs() -> None:
    """Stalled requests and live calls too."""
    script = Script(faults=(Fault(RESPONSES, stall_s=3600.0),))
    async with trio.open_nursery() as nursery, simulating(script) as client:
        await client.call()
        nursery.start_soon(stalled, client.simulator.url)  # noqa: ASYNC111  it outlives the simulator on purpose
        while len(await client.get("/_simulator/requests")) < 2:
            pass


async def stalled(url: str) -> None:
    """A request whose answer never comes: the connection ends."""
    async with asking(url) as api:
        with pytest.raises(UpstreamLost):
            await api.respond({"input": "x"})


async def test_what_the_block_raises_leaves_it_bare() -> None:
    """As if there were no nursery."""
    with pytest.raises(KeyError):
        await leave_with(KeyError())


async def leave_with(error: Exception) -> None:
    async with open_simulator():
        raise error


async def test_a_port_that_is_taken_is_an_error() -> None:
    """Before anything runs."""
    async with open_simulator() as one:
        port = int(one.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            async with open_simulator(port=port):
                pass


def test_the_banner_shows_no_key() -> None:
    """But where one is expected."""
    told = "\n".join(banner("http://127.0.0.1:1", key="sk-very-secret"))
    assert "OCTI_UPSTREAM=openai OCTI_UPSTREAM_URL=http://127.0.0.1:1" in told
    assert "sk-very-secret" not in told
    assert "OPENAI_API_KEY=sk-simulated" in "\n".join(banner("http://127.0.0.1:1", key=""))


class NoSignals:
    """Nobody stops it."""

    def __aiter__(self) -> "NoSignals":
        return self

    async def __anext__(self) -> int:
        await trio.sleep_forever()


async def test_one_session_is_waited_for_as_long_as_it_takes(autojump_clock: MockClock) -> None:
    """Only its beginning has a deadline; without `once` nothing has."""
    stages = Stages(Script(), Ids(), 0.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one_session, stages)
        await wait_over(stages, NoSignals(), Serving(once=True))
    assert trio.current_time() == 559
    with trio.move_on_after(3600) as patience:
        await wait_over(Stages(Script(), Ids(), 0.0), NoSignals(), Serving())
    assert patience.cancelled_caught


async def one_session(stages: Stages) -> None:
    await trio.sleep(59)
    stage = stages.open(Opening("m", 0.0), call=False)
    await trio.sleep(500)
    stage.over("the client left")


async def test_nobody_comes(autojump_clock: MockClock) -> None:
    """After a minute that is what has come of it."""
    began = trio.current_time()
    outcome = await simulate(Script(), Serving(once=True), lambda line: None)
    assert (outcome, outcome.passed) == (Outcome(None, missed=True), False)
    assert trio.current_time() == began + 60
