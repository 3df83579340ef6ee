"""A tiny trial of the real thing: the load generator is built, and talks with an octi over both doors."""

import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from bench.relaying.kit import Kit, Missing, built
from bench.relaying.loads import load_named
from bench.relaying.provider import Provider, providers
from bench.relaying.relays import BY_NAME
from bench.relaying.rounds import NO_TLS, run_rounds
from bench.relaying.running import Cores, NotUp, free_port, is_running, running, tree, wait_for
from bench.relaying.trial import Bench, TrialFailed, generate, started, trial
from octi.realtime.events import AudioDelta, ResponseCreated, ServerEvent
from octi.realtime.ledger import Ledger
from octi.realtime.reading import read_event
from octi.records import Turn
from octi.units import SessionId

SOON_S = 10.0
SOUND = b64encode(bytes(range(240)) * 8).decode()
APPEND = f'{{"type":"input_audio_buffer.append","audio":"{SOUND}"}}'
NOWHERE = Cores(None, None)  # where tests run nothing has a core of its own


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The load generator, which complains and ends at any bad access."""
    try:
        return built(tmp_path_factory.mktemp("relayload"), Path(sys.prefix), sanitized=True)
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
@pytest.mark.parametrize("relay", ["octi", "octi-own"])
def test_octi_answers_every_piece_of_sound(kit: Kit, relay: str, tmp_path: Path) -> None:
    """In order, none lost, at the realtime door and at its own; and its memory and CPU time are seen."""
    bench = Bench(kit, NOWHERE, seconds=0.6, warm_s=0.2)
    with providers(kit, tmp_path, None) as both:
        (figures,) = trial(bench, BY_NAME[relay], load_named("p5"), both.plain)
        said = (tmp_path / "provider.log").read_text(encoding="utf-8")
    assert said == ""
    assert figures["lost_or_misordered"] == figures["dead_sessions"] == 0
    assert figures["answered_percent"] > 50
    assert figures["cpu_us_message"] > 0
    assert figures["base_mib"] > 10
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


@pytest.mark.slow
def test_the_scripted_provider_holds_a_conversation_as_octi_keeps_it(kit: Kit, tmp_path: Path) -> None:
    """The ledger tells both sides' turns, in order; each piece of the agent's voice begins as the user's piece did."""
    log, port = tmp_path / "log", free_port()
    with running([kit.program, "provide", "-p", str(port), "-T", "3", "-K", "2"], log, None) as process:
        wait_for(process, port, log)
        with connect(f"ws://127.0.0.1:{port}/v1/realtime", max_queue=None) as provider:
            for frame in ('{"type":"session.update","session":{}}', *[APPEND] * 7):
                provider.send(frame)
            events = [*until_third_answer(provider)]
    ledger = Ledger(SessionId("s"))
    turns = {
        row.item: f"{row.role} {row.text}" for event in events for row in ledger.fold(event) if isinstance(row, Turn)
    }
    assert [*turns.values()][:4] == ["user Say hello, will you?", "assistant hello hello hello hello hello"] * 2
    assert {event.delta[:16] for event in events if isinstance(event, AudioDelta)} == {SOUND[:16]}


def until_third_answer(provider: ClientConnection) -> Iterator[ServerEvent]:
    """The events before it."""
    answers = 0
    while answers < 3:
        event = read_event(str(provider.recv(timeout=SOON_S)).encode())
        answers += isinstance(event, ResponseCreated)
        yield event


@pytest.mark.slow
def test_sessions_come_and_go_with_tls_to_the_provider(kit: Kit, tmp_path: Path) -> None:
    """octi trusts the run's own authority. Where OpenSSL's headers are not there, that is what is said."""
    bench = Bench(kit, NOWHERE, seconds=2.0, warm_s=0.1)
    with providers(kit, tmp_path, None) as both:
        outcome = run_rounds(bench, [BY_NAME["octi"]], [load_named("opens+tls")], 1, both, lambda line: None)
    if not kit.tls:
        assert [failure.why for failure in outcome.failures] == [NO_TLS]
        return
    assert outcome.failures == []
    (measured,) = outcome.measured
    assert measured.figures["opens_s"] > 0
    assert measured.figures["refused"] == 0


@pytest.mark.slow
def test_a_relay_that_lets_nobody_in_fails_its_trial(kit: Kit, tmp_path: Path) -> None:
    """With what it said: here octi, whose provider is not there."""
    bench = Bench(kit, NOWHERE, seconds=0.2, warm_s=0.1)
    nobody = Provider("http://localhost:9", 9, 1 << 30)
    with (
        started(bench, BY_NAME["octi"], nobody) as target,
        pytest.raises(TrialFailed, match=r"refused: .*cannot be reached"),
    ):
        generate(bench, target, nobody, ["load", "-n", "1", "-t", "0.1"])


def test_a_process_that_ends_at_once_says_why(tmp_path: Path) -> None:
    """Rather than being waited for."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    with running(command, log, None) as process, pytest.raises(NotUp, match="it ended: no such luck"):
        wait_for(process, 9, log)


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    """A relay's workers are its own."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with running([sys.executable, "-c", code], tmp_path / "log", None) as process:
        while len(pids := tree(process.pid)) < 2:
            pass
    assert not any(is_running(pid) for pid in pids)
