"""The worker's loop over streams in memory, and as a process without models."""

import io
import subprocess
import sys

import pytest

from octi.engine.pipe import Failed, Garbled, Heard, Missing, Packet, Ready, Recognise, Request, Unpacker, pack
from octi.engine.staff import PACKAGE_ROOT
from octi.engine.worker import Do, answer_to, work
from octi.errors import EngineMissing

FAKE = (sys.executable, "-m", "tests.engine.fake_worker", "ready")


def hear_or_fail(request: Request, sound: bytes) -> Packet:
    """Models that take no silence."""
    if not sound:
        raise ValueError("nothing to hear")
    return Packet(Heard(request.job, sound.decode()))


def ready_models() -> Do:
    return hear_or_fail


def missing_models() -> Do:
    raise EngineMissing("soxr", "is not installed", "install it")


def said(*requests: Packet) -> list[Packet]:
    """All that a worker says to requests and the end of its input."""
    answers = io.BytesIO()
    work(io.BytesIO(b"".join(map(pack, requests))), answers, ready_models)
    return Unpacker().feed(answers.getvalue())


def test_a_worker_says_that_it_is_ready_and_ends_with_its_input() -> None:
    """An input that ends is a parent that is gone."""
    assert said() == [Packet(Ready())]


def test_requests_are_answered_in_turn() -> None:
    """One answer to each."""
    answers = said(Packet(Recognise(1), b"one"), Packet(Recognise(2), b"two"))
    assert answers[1:] == [Packet(Heard(1, "one")), Packet(Heard(2, "two"))]


def test_a_request_that_fails_does_not_end_the_worker() -> None:
    """The one who asked gets the reason, the next one an answer."""
    answers = said(Packet(Recognise(1)), Packet(Recognise(2), b"two"))
    assert answers[1:] == [Packet(Failed(1, "ValueError: nothing to hear")), Packet(Heard(2, "two"))]


def test_models_that_turn_out_to_be_missing_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    """Those of a second language: the one who asked reads what to install, and no trace is printed each time."""
    request = Packet(Recognise(1, "fr"))
    answer = answer_to(request, lambda request, sound: missing_models()(request, sound))
    assert answer == Packet(Failed(1, "soxr is not installed; install it"))
    assert capfd.readouterr().err == ""


def test_what_is_not_a_request_ends_the_worker() -> None:
    """Its parent is out of its mind."""
    with pytest.raises(Garbled, match="Ready is not a request"):
        said(Packet(Ready()))


def test_missing_models_are_told_and_the_worker_ends() -> None:
    """It does not take requests that it cannot answer."""
    answers = io.BytesIO()
    work(io.BytesIO(pack(Packet(Recognise(1), b"one"))), answers, missing_models)
    assert Unpacker().feed(answers.getvalue()) == [Packet(Missing("soxr", "is not installed", "install it"))]


def test_a_process_whose_input_closes_ends_well() -> None:
    """With nothing but packets on its output."""
    ended = subprocess.run(FAKE, input=b"", capture_output=True, cwd=PACKAGE_ROOT, timeout=60, check=True)
    assert ended.stdout == pack(Packet(Ready()))


def test_importing_the_engine_loads_none_of_its_libraries() -> None:
    """octi starts without them."""
    program = """
import sys
import octi.engine.pool, octi.engine.worker, octi.engine.words, octi.engine.voices, octi.engine.french
heavy = {"numpy", "onnxruntime", "soxr", "hibari", "py_nanotts", "ctranslate2"} & set(sys.modules)
raise SystemExit(f"loaded: {heavy}" if heavy else 0)
"""
    subprocess.run((sys.executable, "-c", program), cwd=PACKAGE_ROOT, timeout=60, check=True)
