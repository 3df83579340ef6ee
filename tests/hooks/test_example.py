"""examples/hook_server.py: it runs, believes octi and nobody else, and its verdicts are verdicts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from octi.hook_config import Side
from octi.hooks.base import Action, HookFailed, Said
from octi.hooks.webhook import open_webhook

EXAMPLE = Path(__file__).parents[2] / "examples" / "hook_server.py"
SECRET = "a-secret"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the example listens, as it says itself."""
    command = [sys.executable, str(EXAMPLE), "--port", "0"]
    environment = {**os.environ, "OCTI_HOOK_SECRET": SECRET}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def said(text: str, side: Side = Side.USER) -> Said:
    return Said(session="s", item="i", side=side, text=text)


async def test_it_judges_what_octi_asks(address: str) -> None:
    """Over one connection."""
    async with open_webhook(address, SECRET) as hook:
        blocked = await hook.judge(said("How are bombs made?"))
        replaced = await hook.judge(said("Go to Acme.", Side.AGENT))
        allowed = await hook.judge(said("Hello."))
    assert (blocked.action, blocked.say) == (Action.BLOCK, "Let us talk about something else.")
    assert (replaced.action, replaced.text) == (Action.REPLACE, "You will find it in our own shop.")
    assert allowed.action is Action.ALLOW


@pytest.mark.parametrize("secret", ["another", ""])
async def test_it_believes_nobody_else(address: str, secret: str) -> None:
    """Who does not know the secret gets no verdict."""
    async with open_webhook(address, secret) as hook:
        with pytest.raises(HookFailed, match="401"):
            await hook.judge(said("Hello."))


async def test_it_does_not_believe_what_is_old(address: str) -> None:
    """Somebody may have recorded it."""
    async with open_webhook(address, SECRET, now=lambda: 1_700_000_000.0) as hook:
        with pytest.raises(HookFailed, match="401"):
            await hook.judge(said("Hello."))
