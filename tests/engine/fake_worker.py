"""A worker with no models, run as `python -m tests.engine.fake_worker START [PATH]`. It does what it is asked to say.

START: ready, missing, dies, silent, or dies-once (the first time; PATH remembers it).
"""

import os
import sys
import time
from pathlib import Path

from octi.engine.pipe import Heard, Packet, Recognise, Request, Spoken
from octi.engine.worker import Do, settle_in, take_stdin, take_stdout, work
from octi.errors import EngineMissing

FOREVER_S = 600.0


def start(how: str, *paths: str) -> Do:
    """Start well or badly."""
    match how:
        case "missing":
            raise EngineMissing("moonshine_voice", "is not installed", "install it")
        case "dies":
            os._exit(3)
        case "dies-once" if first_time(Path(*paths)):
            os._exit(3)
        case "silent":
            time.sleep(FOREVER_S)
        case _:
            pass
    return do


def do(request: Request, sound: bytes) -> Packet:
    """Answer a request, or misbehave as its text says."""
    if isinstance(request, Recognise):
        return Packet(Heard(request.job, f"{len(sound)} bytes of {request.language}"))
    order, *paths = request.text.split()
    if order == "language":
        return Packet(Spoken(request.job), request.language.encode())
    if order == "stray":
        return Packet(Spoken(request.job + 1))
    return Packet(Spoken(request.job), act(order, *paths).encode())


def act(order: str, *paths: str) -> str:
    """Carry out one order; gives what is spoken."""
    match order:
        case "pid":
            return str(os.getpid())
        case "die":
            os._exit(7)
        case "die-once" if first_time(Path(*paths)):
            os._exit(7)
        case "hang":
            time.sleep(FOREVER_S)
        case "wait":
            wait_for(Path(*paths))
        case "print":
            print("a library that prints", flush=True)  # noqa: T201
        case "fail":
            raise ValueError("this cannot be said")
        case "nonsense":
            os.write(answers.fileno(), b"\xff" * 100)
        case "mute":
            answers.close()
            time.sleep(FOREVER_S)
        case _:
            pass  # anything else is only said back
    return order


def first_time(path: Path) -> bool:
    """Whether nobody was here before; leaves a mark."""
    if path.exists():
        return False
    path.touch()
    return True


def wait_for(path: Path) -> None:
    """Leave a mark, and wait until the mark is taken away."""
    path.touch()
    while path.exists():
        time.sleep(0.005)


if __name__ == "__main__":
    settle_in()
    answers = take_stdout()
    work(take_stdin(), answers, lambda: start(*sys.argv[1:]))
