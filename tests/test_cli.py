"""The command line: in this process where it only prints, and as a process of its own where it serves."""

import json
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE, STDOUT

import attrs
import httpx2
import pytest
import trio
from click.testing import CliRunner, Result
from trio_websocket import ConnectionClosed

from octi.cli import environment, main
from octi.records import Role, SessionRecord, SessionState, Turn
from octi.simulator.reading import read_text
from octi.simulator.server import open_simulator
from octi.store import open_store
from octi.units import ItemId, Milliseconds, SessionId
from octi.websocket.opener import Upgrade, open_websocket
from tests.logs import restored_logs
from tests.providers import QUIET
from tests.scripted_provider import authority, client_tls

ROOT = Path(__file__).parent.parent
# Faster to start than the engine; nobody is there.
NOBODY = {"OCTI_UPSTREAM": "compatible", "OCTI_UPSTREAM_URL": "http://127.0.0.1:9", "OCTI_SYSTEM_PROMPT": "Be kind."}
ONE, OTHER = SessionId("11111111-0000-0000-0000-000000000000"), SessionId("22222222-0000-0000-0000-000000000000")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty working directory."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def octi(*args: str, **env: str) -> Result:
    """One call of the command line; only these settings, none of the machine's."""
    others = {name: None for name in os.environ if name.startswith(("OCTI_", "OPENAI_", "REALTIME_")) or name == "PORT"}
    with restored_logs():
        return CliRunner().invoke(main, args, env={**others, **env})


# Help


def test_help_names_the_commands() -> None:
    """And how to begin."""
    result = octi("--help")
    assert result.exit_code == 0
    for said in ("serve", "transcripts", "OPENAI_API_KEY", "OCTI_SYSTEM_PROMPT", ".env"):
        assert said in result.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("serve", ["ws://127.0.0.1:8080/ws/realtime", "ws://127.0.0.1:8080/v1/realtime", "PORT", ".env.example"]),
        ("transcripts", ["export", "purge", "SESSION --format jsonl", "--older-than 30d --dry-run"]),
        ("simulate", ["[SCRIPT]", "--host", "--port", "--key", "--pace", "--once", "--wait", "docs/scenarios.md"]),
        ("replay", ["CASSETTE", "--client", "--strict / --match", "--speed", "--to-scenario", "docs/cassettes.md"]),
    ],
)
def test_each_command_explains_itself(command: str, said: list[str]) -> None:
    """With examples that can be copied."""
    result = octi(command, "-h")
    assert result.exit_code == 0
    assert [words for words in said if words not in result.output] == []


def test_the_version_is_told() -> None:
    """With the program's name."""
    assert re.fullmatch(r"octi, version \d+\.\d+\.\d+\n", octi("--version").output)


# Settings


def test_wrong_settings_are_all_reported(folder: Path) -> None:
    """Exit code 2, a line for each, and nothing is started."""
    result = octi("serve", PORT="no", OCTI_UPSTREAM="nobody", OCTI_SILENCE_MS="1")
    assert result.exit_code == 2
    for name in ("PORT='no'", "OCTI_UPSTREAM='nobody'", "OCTI_SILENCE_MS='1'"):
        assert name in result.stderr
    assert "ready" not in result.output


def test_wrong_settings_do_not_show_the_key(folder: Path) -> None:
    """Its name is enough."""
    result = octi("serve", OPENAI_API_KEY="sk very secret")
    assert result.exit_code == 2
    assert "OPENAI_API_KEY" in result.stderr
    assert "secret" not in result.output


@pytest.mark.slow
def test_a_scenario_that_cannot_be_played_is_a_wrong_setting(folder: Path) -> None:
    """With its file, its line and what to do about it; nothing is served."""
    (folder / "s.toml").write_text('[[turn]]\nsay = "Hi"\nlatency = { pace = 1 }\n', encoding="utf-8")
    result = octi("serve", OCTI_BRAIN="scenario", OCTI_SCENARIO="s.toml", PORT="0")
    assert result.exit_code == 2
    assert "  OCTI_SCENARIO='s.toml': s.toml:3: turn[0].latency: does nothing in the embedded engine; " in result.stderr
    assert result.stdout == ""


def test_settings_are_read_from_the_folder(folder: Path) -> None:
    """And the process's own environment wins."""
    (folder / ".env").write_text("PORT=from-file\nOCTI_BRAIN=from-file\n", encoding="utf-8")
    result = octi("serve", PORT="from-environment")
    assert result.exit_code == 2
    assert "PORT='from-environment'" in result.stderr
    assert "OCTI_BRAIN='from-file'" in result.stderr


def test_a_line_without_a_value_is_no_setting(folder: Path) -> None:
    """`export` and quotes are understood, a bare name is passed over."""
    (folder / ".env").write_text("export OCTI_TEST_A='a b'\nOCTI_TEST_B\n", encoding="utf-8")
    found = environment()
    assert found["OCTI_TEST_A"] == "a b"
    assert "OCTI_TEST_B" not in found


def test_a_file_of_settings_that_is_no_text_is_a_wrong_setting(folder: Path) -> None:
    """Not a stack trace."""
    (folder / ".env").write_bytes(b"PORT=\xff\xfe\n")
    result = octi("serve")
    assert result.exit_code == 2
    assert ".env cannot be read: " in result.stderr


# Transcripts


def session(session_id: SessionId, created_at: float) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        state=SessionState.ENDED,
        door="octi",
        upstream="embedded",
        model="m",
        voice="alloy",
        created_at=created_at,
        ended_at=created_at + 9,
        ended_by="client",
        end_reason="the client left",
    )


def turn(session_id: SessionId, position: int, role: Role, text: str) -> Turn:
    return Turn(
        session=session_id,
        item=ItemId(f"i{position}"),
        position=position,
        role=role,
        text=text,
        start_ms=Milliseconds(1000 * position),
        end_ms=Milliseconds(1000 * position + 900),
    )


async def keep_two_conversations() -> None:
    """In the working directory's store; the older one was stored last."""
    async with open_store("sqlite:///octi.db") as store:
        await store.save([session(OTHER, 2000.0), turn(OTHER, 0, Role.USER, "Autre chose ?")])
        await store.save([session(ONE, 1000.0), turn(ONE, 0, Role.USER, "Hello?")])
        await store.save([turn(ONE, 1, Role.ASSISTANT, "Good morning.")])


@pytest.fixture
def told(folder: Path) -> Path:
    """A folder with a store with two conversations."""
    trio.run(keep_two_conversations)
    return folder


def test_transcripts_are_printed_for_reading(told: Path) -> None:
    """All of them, oldest first."""
    result = octi("transcripts")
    assert result.exit_code == 0
    assert result.output.index(ONE) < result.output.index("user: Hello?") < result.output.index(OTHER)
    assert "[00:01.000] assistant: Good morning." in result.output
    assert "Autre chose ?" in result.output


def test_transcripts_are_printed_for_programs(told: Path) -> None:
    """A JSON object for each turn."""
    lines = [json.loads(line) for line in octi("transcripts", "--format", "jsonl").output.splitlines()]
    assert [(line["session"], line["item"], line["role"]) for line in lines] == [
        (ONE, "i0", "user"),
        (ONE, "i1", "assistant"),
        (OTHER, "i0", "user"),
    ]
    said = ["session", "item", "role", "text", "start_ms", "end_ms", "interrupted"]
    assert list(lines[0]) == [*said, "generated", "sent", "transcription"]


def test_transcripts_are_printed_as_subtitles(told: Path) -> None:
    """With times."""
    output = octi("transcripts", "--format", "srt").output
    assert output.startswith("1\n00:00:00,000 --> 00:00:00,900\nuser: Hello?\n\n2\n00:00:01,000 --> ")


@pytest.mark.parametrize("format_", ["text", "jsonl", "srt"])
def test_one_session_is_printed_alone(told: Path, format_: str) -> None:
    """In every format."""
    result = octi("transcripts", OTHER, "--format", format_)
    assert result.exit_code == 0
    assert "Autre chose ?" in result.output
    assert "Hello?" not in result.output


def test_an_unknown_session_is_said_to_be_unknown(told: Path) -> None:
    """Exit code 1, and nothing on the output that a program could take for a transcript."""
    result = octi("transcripts", "no-such")
    assert result.exit_code == 1
    assert "There is no session no-such in sqlite:///octi.db." in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("format_", ["text", "jsonl", "srt"])
def test_an_empty_store_is_an_empty_transcript(folder: Path, format_: str) -> None:
    """And no mistake."""
    (folder / "octi.db").touch()
    result = octi("transcripts", "--format", format_)
    assert (result.exit_code, result.output) == (0, "")


def test_a_store_that_cannot_be_opened_is_explained(folder: Path) -> None:
    """Exit code 1."""
    (folder / "letter.db").write_text("Dear reader, this is no database, and it is long enough to see that. " * 20)
    result = octi("transcripts", OCTI_STORE_URL="sqlite:///letter.db")
    assert result.exit_code == 1
    assert "file is not a database" in result.stderr


def test_looking_for_transcripts_makes_no_store(folder: Path) -> None:
    """A folder without one stays as it is, and the user is told."""
    result = octi("transcripts")
    assert result.exit_code == 1
    assert "octi makes it when it serves" in result.stderr
    assert not list(folder.iterdir())


def test_an_unknown_format_is_refused() -> None:
    """With the known ones."""
    result = octi("transcripts", "--format", "pdf")
    assert result.exit_code == 2
    assert "jsonl" in result.stderr


# Serving, as a process of its own


@attrs.define(eq=False)
class Served:
    """An octi that serves."""

    process: trio.Process
    banner: str
    errors: Path

    @property
    def base(self) -> str:
        """ws://127.0.0.1:port"""
        found = re.search(r"(wss?://\S+)/ws/realtime", self.banner)
        assert found
        return found[1]

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.errors.read_text(encoding="utf-8")

    async def end(self, number: signal.Signals) -> int:
        """Signal it, and wait for its end; its exit code."""
        self.process.send_signal(number)
        with trio.fail_after(20):
            return await self.process.wait()


MODULE = ("-m", "octi")


async def spawn(folder: Path, env: Mapping[str, str], python: tuple[str, ...] = MODULE) -> trio.Process:
    """Start `octi serve` in a folder, with these settings alone; its errors go to errors.log."""
    with (folder / "errors.log").open("wb") as stderr:  # noqa: ASYNC230  a test may wait for its disk
        return await trio.lowlevel.open_process(
            [sys.executable, *python, "serve"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": "0", **env},
            stdout=PIPE,
            stderr=stderr,
        )


@asynccontextmanager
async def serving(folder: Path, env: Mapping[str, str], python: tuple[str, ...] = MODULE) -> AsyncIterator[Served]:
    """An octi in a folder, on a free port, from when it is ready; killed if it is still there at the end."""
    process = await spawn(folder, env, python)
    try:
        yield Served(process, await banner_of(process, folder / "errors.log"), folder / "errors.log")
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        assert process.stdout
        await trio.aclose_forcefully(process.stdout)


async def banner_of(process: trio.Process, errors: Path) -> str:
    """What it prints until it is ready."""
    assert process.stdout
    text = b""
    with trio.fail_after(60):
        while b"talk to it" not in text:
            more = await process.stdout.receive_some()
            assert more, await trio.Path(errors).read_text(encoding="utf-8")
            text += more
    return text.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.slow
async def test_a_signal_ends_octi_and_tells_its_sessions(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0; a live client hears why and gets 1012; its session is stored."""
    async with open_simulator(read_text(QUIET)) as provider:
        env = {**NOBODY, "OCTI_UPSTREAM_URL": provider.url, "OPENAI_API_KEY": "sk-very-secret"}
        async with serving(tmp_path, env) as node, open_websocket(node.base + "/ws/realtime") as socket:
            assert json.loads(await socket.get_message()) == {"type": "ready"}
            async with trio.open_nursery() as nursery:
                nursery.start_soon(node.process.wait)
                node.process.send_signal(number)
                with trio.fail_after(20):
                    assert json.loads(await socket.get_message())["message"] == "octi is restarting"
                    with pytest.raises(ConnectionClosed):
                        await socket.get_message()
            assert socket.closed
            assert socket.closed.code == 1012
            assert node.process.returncode == 0
            log = node.log
    async with open_store(f"sqlite:///{tmp_path}/octi.db") as store:
        (record,) = await store.sessions()
    assert (record.state, record.ended_by, record.end_reason) == (SessionState.ENDED, "octi", "octi is restarting")
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[-2:] == ["session ended", "octi has stopped"]
    assert "sk-very-secret" not in log + node.banner


@pytest.mark.slow
async def test_a_signal_while_octi_starts_ends_it_cleanly(tmp_path: Path) -> None:
    """Opening the engine takes seconds; one who thinks better of it gets no stack trace."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    process = await spawn(tmp_path, {"PORT": str(port), "OCTI_ENGINE_WORKERS": "1"})
    with trio.fail_after(60):
        await wait_listening(port)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    assert process.stdout
    await process.stdout.aclose()
    assert "Traceback" not in await trio.Path(tmp_path / "errors.log").read_text(encoding="utf-8")


async def wait_listening(port: int) -> None:
    """Return when somebody listens, and has had a moment to go on."""
    while True:
        try:
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
        except OSError:
            await trio.sleep(0.05)
        else:
            await trio.sleep(0.05)
            return


@pytest.mark.slow
async def test_a_port_that_is_taken_is_explained(tmp_path: Path) -> None:
    """Exit code 1, the address, what to set."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        port = listener.socket.getsockname()[1]
        process = await spawn(tmp_path, {**NOBODY, "PORT": str(port)})
        with trio.fail_after(60):
            assert await process.wait() == 1
    assert process.stdout
    await process.stdout.aclose()
    said = await trio.Path(tmp_path / "errors.log").read_text(encoding="utf-8")
    assert f"octi cannot serve at 127.0.0.1:{port}: " in said
    assert "Address already in use" in said
    assert "Traceback" not in said


@pytest.mark.slow
async def test_tls_files_serve_https_and_wss(tmp_path: Path) -> None:
    """And the banner says so."""
    certificate = authority().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    env = {**NOBODY, "OCTI_TLS_CERT": "cert.pem", "OCTI_TLS_KEY": "key.pem"}
    async with open_simulator(read_text(QUIET)) as provider:
        env["OCTI_UPSTREAM_URL"] = provider.url
        async with serving(tmp_path, env) as node:
            assert node.base.startswith("wss://127.0.0.1:")
            async with open_websocket(node.base + "/v1/realtime", tls=client_tls()) as socket:
                assert json.loads(await socket.get_message())["type"] == "session.created"
            assert b'"status":"ready"' in await fetched(node.base, "/readyz", client_tls())
            assert await node.end(signal.SIGTERM) == 0


async def fetched(base: str, path: str, tls: ssl.SSLContext) -> bytes:
    """The answer to a GET."""
    host, _, port = base.partition("://")[2].rpartition(":")
    stream = await trio.open_ssl_over_tcp_stream(host, int(port), ssl_context=tls, https_compatible=True)
    async with stream:
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join([chunk async for chunk in stream])


HIDING = """
import sys
sys.modules["onnxruntime"] = None  # what Python has for a package that cannot be imported
from octi.cli import main
main(prog_name="octi")
"""


@pytest.mark.slow
async def test_without_an_engines_package_octi_serves_typed_conversations(tmp_path: Path) -> None:
    """It says which one is missing, and how to install it."""
    async with serving(tmp_path, {"OCTI_BRAIN": "echo"}, ("-c", HIDING)) as node:
        with trio.fail_after(20):
            banner = node.banner
            while "typed conversations only" not in banner:
                assert node.process.stdout
                banner += (await node.process.stdout.receive_some()).decode()
        assert "onnxruntime is not installed" in banner
        assert 'pip install "octi[engine]"' in banner
        assert await typed(node.base, "Hello, octi") == "You said: Hello, octi."
        assert await node.end(signal.SIGTERM) == 0


@pytest.mark.slow
async def test_octi_answers_by_a_scenario_and_hangs_up(tmp_path: Path) -> None:
    """Its verdict is one line; the client is told that the call is over, and begins no other."""
    (tmp_path / "s.toml").write_text('[[turn]]\nhear = "hello"\nsay = "Goodbye."\nhang_up = true\n', encoding="utf-8")
    settings = {"OCTI_BRAIN": "scenario", "OCTI_SCENARIO": "s.toml"}
    async with serving(tmp_path, settings, ("-c", HIDING)) as node:
        with trio.fail_after(20):
            async with open_websocket(node.base + "/ws/realtime") as socket:
                await socket.get_message()
                await socket.send_message(json.dumps({"type": "user_text", "text": "Hello!"}))
                with suppress(ConnectionClosed):
                    while True:
                        await socket.get_message()
                assert socket.closed
                assert (socket.closed.code, socket.closed.reason) == (1000, "the call is over")
        assert await node.end(signal.SIGTERM) == 0
    lines = (tmp_path / "errors.log").read_text(encoding="utf-8")
    assert "scenario passed" in lines


async def typed(base: str, text: str) -> str:
    """What the agent answers to a typed line."""
    with trio.fail_after(20):
        async with open_websocket(base + "/ws/realtime") as socket:
            while True:
                message = json.loads(await socket.get_message())
                if message["type"] == "ready":
                    await socket.send_message(json.dumps({"type": "user_text", "text": text}))
                if message["type"] == "transcript":
                    return str(message["text"])


# Simulating


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"caller": [\n{"sey": "Hello"}]}', "2: caller[0]: should have exactly one of say, "),
        ('{"faults": [{"path": "/v1/responses", "status": 99}]}', "1: faults[0].status"),
        ('{"turn": [\n{"hear": "yes",\n "sya": "No"}]}', "3: turn[0].sya: unknown field; did you mean `say`?"),
        ("no script", "1: not JSON"),
    ],
)
def test_a_script_that_cannot_be_played_is_explained(folder: Path, text: str, said: str) -> None:
    """Exit code 1, the file, and the field at fault."""
    (folder / "script.json").write_text(text, encoding="utf-8")
    result = octi("simulate", "script.json")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"octi simulate: script.json:{said}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("script.json", "--brain", "echo"), "one of SCRIPT, --scenario and --brain"),
        (("--tls-cert", "script.json"), "--tls-cert and --tls-key go together"),
        (("--brain", "chat"), "OCTI_CHAT_URL is not set"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, args: tuple[str, ...], said: str) -> None:
    """Before anything starts."""
    (folder / "script.json").write_text("{}", encoding="utf-8")
    result = octi("simulate", *args)
    assert result.exit_code == 2
    assert said in result.stderr


@asynccontextmanager
async def simulated(folder: Path, *args: str) -> AsyncIterator[tuple[str, trio.Process]]:
    """`octi simulate` under way: its address, and the process, whose output may be read on."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIMULATOR_KEY": "sk-very-secret"}
    command = [sys.executable, *MODULE, "simulate", "--port", "0", *args]
    process = await trio.lowlevel.open_process(command, cwd=folder, env=env, stdout=PIPE, stderr=STDOUT)
    assert process.stdout
    try:
        told = b""
        with trio.fail_after(60):
            while b"/_simulator/calls" not in told:
                more = await process.stdout.receive_some()
                assert more, told
                told += more
        found = re.search(rb"https?://[\d.]+:\d+", told)
        assert found
        yield found[0].decode(), process
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        await trio.aclose_forcefully(process.stdout)


async def rest_of(process: trio.Process) -> bytes:
    told = b""
    assert process.stdout
    with trio.fail_after(30):
        while more := await process.stdout.receive_some():
            told += more
    return told


@pytest.mark.slow
@pytest.mark.parametrize(("text", "code"), [("Yes", 0), ("No", 1)])
async def test_a_scenario_ends_with_a_report_and_an_exit_code(tmp_path: Path, text: str, code: int) -> None:
    """`--once`: after the first session; the report alone is on standard output's end."""
    (tmp_path / "s.toml").write_text('[[turn]]\nhear = "yes"\nsay = "Good."\nhang_up = true\n', encoding="utf-8")
    async with simulated(tmp_path, "--scenario", "s.toml", "--once", "--report", "json") as (url, process):
        upgrade = Upgrade(headers={"Authorization": "Bearer sk-very-secret"})
        async with open_websocket(url.replace("http", "ws") + "/v1/realtime?model=m", upgrade) as socket:
            content = [{"type": "input_text", "text": text}]
            item = {"type": "message", "role": "user", "content": content}
            await socket.send_message(json.dumps({"type": "conversation.item.create", "item": item}))
            await socket.send_message(json.dumps({"type": "response.create"}))
            while json.loads(await socket.get_message())["type"] != "response.done":
                pass
        told = await rest_of(process)
        assert await process.wait() == code
    report = json.loads(told[told.index(b"\n{\n") if not told.startswith(b"{") else 0 :])
    assert report["passed"] is (code == 0)


@pytest.mark.parametrize("args", [(), ("script.json",), ("--scenario", "s.toml")])
def test_nobody_comes_to_a_simulator(folder: Path, args: tuple[str, ...]) -> None:
    """`--once` does not wait for ever: a report if there is one, what would help, and exit code 1."""
    (folder / "script.json").write_text("{}", encoding="utf-8")
    (folder / "s.toml").write_text("[[turn]]\n", encoding="utf-8")
    result = octi("simulate", "--port", "0", "--once", "--wait", "0.1", *args)
    assert result.exit_code == 1
    assert result.stderr.endswith("octi simulate: nobody came; to wait longer than 0.1 s there is --wait\n")
    assert ("no client came" in result.stdout) is ("--scenario" in args)


@pytest.mark.slow
async def test_the_engine_alone_answers_over_tls(tmp_path: Path) -> None:
    """`--brain echo --tls`: typed conversations need no models; the certificate signs itself."""
    async with simulated(tmp_path, "--brain", "echo", "--tls") as (url, _):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with httpx2.AsyncClient(verify=context, trust_env=False) as http:
            assert (await http.get(url + "/_simulator/calls")).json() == []
        upgrade = Upgrade(headers={"Authorization": "Bearer sk-very-secret"})
        address = url.replace("https", "wss") + "/v1/realtime?model=m"
        with trio.fail_after(20):
            async with open_websocket(address, upgrade, tls=context) as socket:
                assert json.loads(await socket.get_message())["type"] == "session.created"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_simulator_tells_where_it_is_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """With how to point octi at it, without the key; exit code 0."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SIMULATOR_KEY": "sk-very-secret"}
    command = [sys.executable, *MODULE, "simulate", "--port", "0"]
    process = await trio.lowlevel.open_process(command, cwd=tmp_path, env=env, stdout=PIPE)
    stdout = process.stdout
    assert stdout
    try:
        told = b""
        with trio.fail_after(60):
            while b"/_simulator/calls" not in told:
                more = await stdout.receive_some()
                assert more
                told += more
            process.send_signal(number)
            assert await process.wait() == 0
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
        await trio.aclose_forcefully(stdout)
    assert re.search(rb"OCTI_UPSTREAM=openai OCTI_UPSTREAM_URL=http://127\.0\.0\.1:\d+\n", told)
    assert b"sk-very-secret" not in told


CASSETTE = """\
{"cassette":1,"session":"s","door":"realtime","upstream":"x","model":"m","started_at":"2026-01-02T03:04:05.000Z"}
{"at":1,"leg":"provider","number":1,"way":"in","event":{"type":"response.created","response":{"id":"r"}}}
{"at":2,"leg":"client","number":1,"way":"in","event":{"type":"response.create"}}
{"at":3,"leg":"client","number":1,"way":"in","close":{"code":1000}}
{"at":4,"end":"complete"}
"""


def test_a_cassette_is_retold(folder: Path) -> None:
    """By its file; nothing is served."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    result = octi("replay", "cassette.jsonl", "--to-scenario")
    assert result.exit_code == 0
    assert result.stdout.endswith('name = "session s"\n\n[[turn]]\n')


def test_a_damaged_cassette_is_explained(folder: Path) -> None:
    """Exit code 1, the file, and the line at fault."""
    (folder / "cassette.jsonl").write_text(CASSETTE.replace('{"at":2,', "{"), encoding="utf-8")
    result = octi("replay", "cassette.jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith("octi replay: cassette.jsonl:3: is damaged")


def test_a_replay_to_nobody_is_explained(folder: Path) -> None:
    """Nobody listens there."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    result = octi("replay", "cassette.jsonl", "--client", "ws://127.0.0.1:9/v1/realtime")
    assert result.exit_code == 1
    assert result.stderr.startswith("octi replay: 127.0.0.1:9 is not there")


def test_what_cannot_be_served_is_explained(folder: Path) -> None:
    """A port that somebody else has; a leg that is not there."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = octi("replay", "cassette.jsonl", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Use --host and --port." in result.stderr
    (folder / "cassette.jsonl").write_text(CASSETTE.replace('"provider"', '"client"'), encoding="utf-8")
    assert "no leg of a provider" in octi("replay", "cassette.jsonl", "--port", "0").stderr
