"""octi as a process, with limits: who is refused is told when to come again, and is let in when there is room."""

from pathlib import Path

import pytest
import trio

from octi.websocket.opener import Upgrade, UpgradeRefused, open_websocket
from tests.flows.parties import Process, eventually, octi_process, provider_env, simulating

pytestmark = pytest.mark.slow

RULES = """
[default.limits.per_address]
sessions = 2
requests_per_minute = 3
"""

ASKING = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


async def test_two_clients_of_one_address_talk_and_the_third_waits_for_his_turn(tmp_path: Path) -> None:
    """429 with `Retry-After`, before the 101; when one has left there is room. Metrics and log name the limit."""
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    async with simulating({"agent": [{"say": "Hello."}]}) as provider:
        env = provider_env(provider.simulator.url, OCTI_RULES="rules.toml")
        async with octi_process(tmp_path, env) as octi, trio.open_nursery() as nursery:
            first, second = trio.CancelScope(), trio.CancelScope()
            for leaving in (first, second):
                inside = trio.Event()
                nursery.start_soon(stay, octi, leaving, inside)
                await inside.wait()
            refused = await octi.http.get(octi.base + "/ws/realtime", headers=ASKING)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
            assert "per_address.sessions is reached (2 at once)" in refused.text
            first.cancel()
            await eventually(lambda: let_in(octi), "room for the third")
            second.cancel()
            metrics = (await octi.ask("/metrics", method="GET")).text
            assert 'octi_limits_reached_total{limit="per_address.sessions"} ' in metrics
            (line, *_) = [line for line in octi.log if line["event"] == "limited"]
            assert line["limit"] == "per_address.sessions"
            assert "127.0.0.1" not in str(line)


async def test_who_asks_too_often_over_http_is_told_when_to_ask_again(tmp_path: Path) -> None:
    """The fourth of three a minute."""
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    async with simulating({"agent": []}) as provider:
        env = provider_env(provider.simulator.url, OCTI_RULES="rules.toml")
        async with octi_process(tmp_path, env) as octi:
            answers = [await octi.ask("/sessions", {}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 15 <= int(answers[-1].headers["Retry-After"]) <= 20
    assert answers[-1].json()["code"] == "rate_limit_exceeded"


async def stay(octi: Process, leaving: trio.CancelScope, inside: trio.Event) -> None:
    """Open a socket, and stay until it is time to leave."""
    async with open_websocket(octi.base.replace("http", "ws") + "/ws/realtime", Upgrade()) as socket:
        await socket.get_message()
        inside.set()
        with leaving:
            await trio.sleep_forever()


async def let_in(octi: Process) -> bool:
    """Try to come in."""
    try:
        async with open_websocket(octi.base.replace("http", "ws") + "/ws/realtime", Upgrade()):
            return True
    except UpgradeRefused:
        return False
