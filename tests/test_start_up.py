"""octi is ready within a second where a provider answers: it loads what it uses, and nothing else.

Seconds depend on the machine, so the modules are looked at that Python loads until octi says that it is ready.
"""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE

import pytest
import trio

from octi.store import open_store
from tests.command_line import NOBODY, ROOT
from tests.guard.tokens import AUDIENCE, ISSUER, SECRET

START_S = 120.0
# What some installations need, most of it large, and one with a provider, a SQLite file and no login does not.
ENGINE = ("numpy", "onnxruntime", "octi.engine.pool", "octi.engine.brains", "octi.engine.server")
MIGRATING = ("alembic", "mako")
OTHER_STORES = ("psycopg", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.oracle")
LOGIN = ("joserfc", "cryptography")
TRACES = ("opentelemetry", "google.protobuf", "requests")
OTHER_COMMANDS = ("octi.conformance", "octi.talk", "octi.transcripts", "octi.census", "octi.simulator.server")
CLIENTS = ("trio_websocket", "openai", "aiortc")
TESTS = ("pytest", "hypothesis", "octi.testing", "octi.pytest_plugin")
NEEDLESS = (*ENGINE, *MIGRATING, *OTHER_STORES, *LOGIN, *TRACES, *OTHER_COMMANDS, *CLIENTS, *TESTS)
SERVER = ("trio", "quart", "hypercorn", "sqlalchemy", "httpx2", "prometheus_client", "octi.serve")


def loaded_in(told: str) -> set[str]:
    """The modules that `-X importtime` tells of."""
    return {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}


def needless(loaded: set[str], names: tuple[str, ...] = NEEDLESS) -> list[str]:
    """Those of the names that were loaded, or a part of them."""
    return [name for name in names if any(f"{each}.".startswith(f"{name}.") for each in loaded)]


async def loaded_by(folder: Path, *args: str, env: Mapping[str, str], until: bytes = b"") -> set[str]:
    """What octi loads until it ends, or until it says so; then it is told to end."""
    command = [sys.executable, "-X", "importtime", "-m", "octi", *args]
    errors = folder / "stderr"
    with errors.open("wb") as stderr:  # noqa: ASYNC230  a test may wait for its disk
        process = await trio.lowlevel.open_process(
            command, cwd=folder, env={"PYTHONPATH": str(ROOT), "PORT": "0", **env}, stdout=PIPE, stderr=stderr
        )
    stdout, said = process.stdout, b""
    assert stdout
    try:
        with trio.fail_after(START_S):
            async with stdout:
                while (not until or until not in said) and (more := await stdout.receive_some()):
                    said += more
                told = errors.read_text(encoding="utf-8")
                process.send_signal(signal.SIGTERM)
                await process.wait()
    finally:
        process.kill()
    assert until in said, told
    return loaded_in(told)


async def serving(folder: Path, **env: str) -> set[str]:
    """What `octi serve` loads until it is ready."""
    return await loaded_by(folder, "serve", env={**NOBODY, **env}, until=b"octi is ready:")


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """With a store of this version in it."""
    async with open_store(f"sqlite:///{tmp_path}/octi.db"):
        return tmp_path


@pytest.mark.slow
async def test_octi_with_a_provider_loads_no_more_than_it_uses(folder: Path) -> None:
    """No engine, no steps of a schema that is the newest, no login that there is not, none of the other commands."""
    loaded = await serving(folder)
    assert needless(loaded) == []
    assert needless(loaded, SERVER) == list(SERVER), "the names are spelled as Python has them"


@pytest.mark.slow
async def test_what_the_settings_ask_for_is_loaded(tmp_path: Path) -> None:
    """A new store's steps, and what reads a login's tokens: so the names above are spelled as Python has them."""
    login = {"OCTI_JWT_SECRET": SECRET, "OCTI_JWT_ISSUER": ISSUER, "OCTI_JWT_AUDIENCE": AUDIENCE}
    assert needless(await serving(tmp_path, **login)) == [*MIGRATING, "sqlalchemy.dialects.postgresql", *LOGIN]


@pytest.mark.slow
async def test_the_engine_is_loaded_where_it_answers(folder: Path) -> None:
    """With the packages of its models."""
    loaded = await serving(folder, OCTI_UPSTREAM="embedded", OCTI_UPSTREAM_URL="", OCTI_ENGINE_WORKERS="1")
    assert {"octi.engine.pool", "octi.engine.brains", "octi.engine.server"} <= set(needless(loaded, ENGINE))
    assert needless(loaded, (*LOGIN, *TRACES, *TESTS)) == []


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("health", "--help"), ("keys", "--help")])
async def test_help_loads_no_server(tmp_path: Path, args: tuple[str, ...]) -> None:
    """It is asked for by people who wait."""
    assert needless(await loaded_by(tmp_path, *args, env={}), (*NEEDLESS, *SERVER)) == []
