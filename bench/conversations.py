"""N spoken conversations at once with the embedded engine: end of speech to first audio, and the loop's lag.

    python -m bench.conversations                  1 and 10 conversations
    python -m bench.conversations 20 --turns 5
    python -m bench.conversations 30               more than two workers take: the others are refused

The server runs in this process, with a heartbeat every 5 ms beside it (its lateness is the lag); the clients, over real
sockets and in real time, run in another. Recordings: tests/audio. Loopback only; ends by itself.
"""

import os
import platform
import sys
import time
from collections import Counter
from pathlib import Path

import click
import msgspec
import trio

from bench.served import served
from octi.observe.logs import set_up_logs
from octi.talk.client import TalkOptions, talk
from octi.websocket.opener import UpgradeRefused
from tests.recordings import RECORDINGS

HEARTBEAT_S = 0.005


class Heard(msgspec.Struct):
    """What one run of clients measured: milliseconds from end of speech to first audio."""

    latencies_ms: list[float]
    problems: list[str]


@click.command()
@click.argument("conversations", type=int, nargs=-1)
@click.option("--turns", default=4, show_default=True, help="Spoken turns of each conversation.")
@click.option("--client", hidden=True, help="Run as the clients of this address.")
def main(conversations: tuple[int, ...], turns: int, client: str | None) -> None:
    """Measure."""
    if client:
        print(msgspec.json.encode(trio.run(clients, client, conversations[0], turns)).decode())
        return
    set_up_logs("warning", json=False)  # the watchdog's lines, for one
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print("conversations  turns  speech to sound, ms: p50 / p90 / max  loop lag, ms: p99 / max  CPU, cores")
    trio.run(measure, conversations or (1, 10), turns)


async def measure(sizes: tuple[int, ...], turns: int) -> None:
    """Serve, and let so many clients come at once."""
    async with served() as base:
        for size in sizes:
            await one_size(f"{base}/ws/realtime", size, turns)


async def one_size(url: str, size: int, turns: int) -> None:
    """Measure one number of conversations, and print a row."""
    lags: list[float] = []
    began, cpu = time.monotonic(), time.process_time()
    async with trio.open_nursery() as beside:
        beside.start_soon(heartbeat, lags)
        command = [sys.executable, "-m", "bench.conversations", str(size), "--turns", str(turns), "--client", url]
        done = await trio.run_process(command, capture_stdout=True, cwd=Path(__file__).parent.parent)
        beside.cancel_scope.cancel()
    used = (time.process_time() - cpu) / (time.monotonic() - began)
    heard = msgspec.json.decode(done.stdout, type=Heard)
    found = heard.latencies_ms
    row = f"{share(found, 0.5):.0f} / {share(found, 0.9):.0f} / {max(found):.0f}"
    print(f"{size:13}  {len(found):5}  {row:>36}   {share(lags, 0.99):.1f} / {max(lags):.1f}   {used:.2f}")
    for problem, times in Counter(heard.problems).most_common():
        print(f"  {times} conversations: {problem}")


async def heartbeat(lags: list[float]) -> None:
    """How late the loop wakes us, in milliseconds."""
    while True:
        due = trio.current_time() + HEARTBEAT_S
        await trio.sleep_until(due)
        lags.append((trio.current_time() - due) * 1000)


async def clients(url: str, size: int, turns: int) -> Heard:
    """Hold so many conversations, begun over one second."""
    heard = Heard([], [])
    async with trio.open_nursery() as talking:
        for number in range(size):
            talking.start_soon(one_client, url, number, turns, number / size, heard)
    return heard


async def one_client(url: str, number: int, turns: int, after_s: float, heard: Heard) -> None:
    """One conversation."""
    await trio.sleep(after_s)
    files = [RECORDINGS[(number + turn) % len(RECORDINGS)].path for turn in range(turns)]
    try:
        result = await talk(TalkOptions(url=url, files=files), lambda line: None)
    except UpgradeRefused as refused:
        heard.problems.append(f"refused with {refused.status}")
        return
    heard.latencies_ms += [spoken.latency_s * 1000 for spoken in result.spoken if spoken.latency_s is not None]
    heard.problems += result.problems


def share(values: list[float], part: float) -> float:
    """The value that this part of all are not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


if __name__ == "__main__":
    sys.exit(main())
