"""The worker process, `python -m octi.engine.worker LANGUAGE`: requests come in on stdin, answers leave on stdout.

It ends when stdin closes, which is how it learns that its parent is gone. Importing this module loads no model.
"""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from octi.engine.models import find_models, imports_named
from octi.engine.pipe import Failed, Garbled, Missing, Packet, Ready, Recognise, Request, Synthesise, Unpacker, pack
from octi.errors import EngineMissing
from octi.observe.plain import trace

READ_BYTES = 1 << 20

Do = Callable[[Request, bytes], Packet]


def main() -> None:
    """Load one language's models, say so, and work until stdin closes."""
    settle_in()
    with suppress(BrokenPipeError), take_stdin() as requests, take_stdout() as answers:
        work(requests, answers, partial(open_models, sys.argv[1]))


def settle_in() -> None:
    """What a process of this kind needs before anything else runs in it."""
    # A terminal sends Ctrl-C to the whole group. The parent decides what it means; a worker that dies of it would only
    # look like one that crashed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()  # a crash in native code leaves its stack on stderr


def take_stdin() -> BinaryIO:
    """Standard input for ourselves alone; who else reads it finds it empty."""
    mine = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(mine, "rb", buffering=0)


def take_stdout() -> BinaryIO:
    """Standard output for ourselves alone; a library that prints, prints to stderr and not into a packet."""
    mine = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(mine, "wb")


def open_models(language: str) -> Do:
    """Find the models, load and warm up one language's. Raises EngineMissing."""
    find_models()  # so that what is missing is told now, whichever language is asked for first
    with imports_named():
        from octi.engine.kit import open_kit  # noqa: PLC0415  its libraries may be missing, and here that has a name
    return open_kit(language).do


def work(requests: BinaryIO, answers: BinaryIO, open_models: Callable[[], Do]) -> None:
    """Load the models, say that they are ready or what is missing, and answer until the requests end."""
    try:
        do = open_models()
    except EngineMissing as missing:
        say(answers, Packet(Missing(missing.what, missing.problem, missing.remedy)))
        return
    say(answers, Packet(Ready()))
    for packet in packets_from(requests):
        say(answers, answer_to(packet, do))


def answer_to(packet: Packet, do: Do) -> Packet:
    """The answer to one request, or that it failed. Raises Garbled for what is not a request."""
    request = packet.message
    if not isinstance(request, Recognise | Synthesise):
        raise Garbled(f"{type(request).__name__} is not a request")
    try:
        return do(request, packet.sound)
    except EngineMissing as missing:  # models of a language that is not the worker's first; the others do
        return Packet(Failed(request.job, f"{missing.what} {missing.problem}; {missing.remedy}"))
    except Exception as error:  # told to who asked; models that are loaded serve the next job
        sys.stderr.write(trace(error) + "\n")  # without its words: they may be what somebody said
        return Packet(Failed(request.job, f"{type(error).__name__}: {error}"))


def packets_from(stream: BinaryIO) -> Iterator[Packet]:
    """Packets as they come in, until the stream ends. Raises Garbled."""
    unpacker = Unpacker()
    while data := stream.read(READ_BYTES):
        yield from unpacker.feed(data)


def say(answers: BinaryIO, packet: Packet) -> None:
    """Write one packet."""
    answers.write(pack(packet))
    answers.flush()


if __name__ == "__main__":
    main()
