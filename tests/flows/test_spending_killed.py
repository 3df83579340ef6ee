"""octi is killed in the middle of what it spends: whoever goes on with its store spends as if it had not been.

Real processes, a simulated provider, budgets by the settings and OpenAI's prices.
"""

import signal
from decimal import Decimal
from pathlib import Path

import pytest

from octi.accounts import Account, Figure, Whose, day_of
from octi.store import open_store
from tests.flows.parties import Octi, octi_process, provider_env, simulating
from tests.simulator.clients import Socket
from tests.simulator.talking import RESPOND, typed

pytestmark = pytest.mark.slow

SAYS = {"agent": [{"say": "Yes."}] * 40}


def env_of(url: str, **budgets: str) -> dict[str, str]:
    return provider_env(url, OCTI_EXTRACTOR="rules", OCTI_EXTRACTION="request", **budgets)


async def talk(octi: Octi, answers: int) -> None:
    """A conversation of so many answers."""
    async with octi.socket("/v1/realtime") as socket:
        await socket.until("session.created")
        for _ in range(answers):
            await answer(socket)


async def answer(socket: Socket) -> None:
    """Ask, and hear to the end."""
    await socket.ask(typed("Well?"), RESPOND)
    await socket.until("response.done")


async def charged(octi: Octi) -> Decimal:
    """The sum of what every session's page says it cost."""
    sessions = (await octi.get("/sessions"))["sessions"]
    pages = [await octi.get(f"/sessions/{session['id']}") for session in sessions]
    return sum((Decimal(page["cost"] or 0) for page in pages), Decimal(0))


async def account(folder: Path) -> Decimal:
    """What stands in the store's account of the day, and of the one before if a day has just ended."""
    async with open_store(f"sqlite:///{folder}/octi.db") as store:
        last = max(session.created_at for session in await store.sessions())
        days = {day_of(last), day_of(last - 600)}
        found = await store.spendings([Account(day, Whose.ALL, "", "", Figure.MONEY) for day in days])
        return sum(found.values(), Decimal(0))


async def test_a_restart_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    """Killed as soon as a client knows that an answer ended: what it cost is in the account, and once."""
    async with simulating(SAYS) as provider:
        env = env_of(provider.simulator.url, OCTI_BUDGET_DAY="100")
        total = Decimal(0)
        for life in range(3):
            async with octi_process(tmp_path, env) as octi, octi.socket("/v1/realtime") as socket:
                await socket.until("session.created")
                for _ in range(life + 1):
                    await answer(socket)
                assert await octi.end(signal.SIGKILL) == -signal.SIGKILL
            spent = await account(tmp_path)
            assert spent > total
            total = spent
        async with octi_process(tmp_path, env) as octi:
            assert await charged(octi) == await account(tmp_path) == total
    assert "Traceback" not in (tmp_path / "octi.log").read_text()


async def test_a_budget_that_was_spent_is_spent_after_a_restart(tmp_path: Path) -> None:
    """The first octi ends the session that spends it, the second lets nobody in: 429, and when to come back."""
    async with simulating(SAYS) as provider:
        async with octi_process(tmp_path, env_of(provider.simulator.url, OCTI_BUDGET_DAY="100")) as octi:
            await talk(octi, 2)
        cost = await account(tmp_path)
        env = env_of(provider.simulator.url, OCTI_BUDGET_DAY=format(cost + cost / 4, "f"))
        async with octi_process(tmp_path, env) as octi:
            async with octi.socket("/v1/realtime") as socket:
                await socket.until("session.created")
                await answer(socket)
                await socket.until("error")
            spent = await account(tmp_path)
            assert cost < spent <= cost + cost / 4 + cost
        async with octi_process(tmp_path, env) as octi:
            refused = await octi.ask("/v1/realtime/client_secrets", {})
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
            assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert await account(tmp_path) == spent


async def test_a_budget_of_money_without_prices_is_refused_at_the_start(tmp_path: Path) -> None:
    """The message names the model and the setting."""
    async with simulating(SAYS) as provider:
        env = env_of(provider.simulator.url, OCTI_BUDGET_DAY="1") | {"OCTI_UPSTREAM": "compatible"}
        with pytest.raises(AssertionError):
            async with octi_process(tmp_path, env):
                pass
    log = (tmp_path / "octi.log").read_text()
    assert "OCTI_PRICES" in log
    assert "gpt-realtime" in log
