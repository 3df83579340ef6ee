"""A session on a leg that waited for it: octi as a process, with a provider of its own kind."""

import signal
from pathlib import Path

import pytest

from tests.exposed import Exposed, page
from tests.flows.parties import Process, eventually, octi_process, provider_env, simulating
from tests.simulator.clients import Client
from tests.simulator.talking import RESPOND, typed

pytestmark = pytest.mark.slow

POLITE = {"agent": [{"say": "Good day."}]}


async def metrics(octi: Process) -> Exposed:
    """What octi counts."""
    return page((await octi.http.get(f"{octi.base}/metrics")).text)


async def waiting(octi: Process, count: int) -> None:
    """Return when so many legs wait."""

    async def look() -> bool:
        return (await metrics(octi)).value("octi_warm_legs") == count

    await eventually(look, f"{count} legs that wait")


async def handshakes(provider: Client) -> list[str]:
    """Those that the provider has seen."""
    return [each["id"] for each in await provider.get("/_simulator/requests") if each["path"] == "/v1/realtime"]


@pytest.mark.parametrize("path", ["/v1/realtime", "/ws/realtime"])
async def test_a_session_begins_without_a_handshake_of_its_own(tmp_path: Path, path: str) -> None:
    """Its leg was there, configured, before its client came; it talks on it, and another one waits by then."""
    async with simulating(POLITE) as provider:
        env = provider_env(provider.simulator.url, OCTI_WARM_LEGS="1")
        async with octi_process(tmp_path, env) as octi:
            await waiting(octi, 1)
            assert len(await handshakes(provider)) == 1
            async with octi.socket(path) as socket:
                if path == "/v1/realtime":
                    created = (await socket.until("session.created"))[-1]["session"]
                    assert created["instructions"] == env["OCTI_SYSTEM_PROMPT"]
                    await socket.ask(typed("hello"), RESPOND)
                    await socket.until("response.done")
                else:
                    await socket.until("ready")
                await waiting(octi, 1)
                assert len(await handshakes(provider)) == 2, "the one before it, and that of the leg that waits now"
            told = await metrics(octi)
            assert told.value("octi_warm_legs_taken_total", how="configured") == 1
            assert told.value("octi_warm_legs_taken_total", how="dialled") == 0
            assert await octi.end(signal.SIGTERM) == 0


async def test_legs_that_wait_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """They are said goodbye to, and nothing went wrong."""
    async with (
        simulating({}) as provider,
        octi_process(tmp_path, provider_env(provider.simulator.url, OCTI_WARM_LEGS="3")) as octi,
    ):
        await waiting(octi, 3)
        assert await octi.end(signal.SIGTERM) == 0
        assert "warm leg lost" not in {line["event"] for line in octi.log}


async def test_a_refused_key_leaves_octi_ready(tmp_path: Path) -> None:
    """Who comes is told so by the provider, as without a pool; the log tells it once."""
    async with simulating({}) as provider:
        env = provider_env(provider.simulator.url, OCTI_WARM_LEGS="3", OPENAI_API_KEY="sk-wrong")
        async with octi_process(tmp_path, env) as octi:

            async def complained() -> list[object]:
                return [line for line in octi.log if line["event"] == "warm leg lost"]

            assert len(await eventually(complained, "a complaint")) == 1
            assert (await octi.http.get(f"{octi.base}/readyz")).status_code == 200
            async with octi.socket("/v1/realtime") as socket:
                assert (await socket.next())["type"] == "error"
            assert len(await handshakes(provider)) == 2
            assert "sk-wrong" not in octi.errors.read_text(encoding="utf-8")
