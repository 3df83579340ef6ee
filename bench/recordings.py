"""Every recording of tests/audio, spoken to octi in real time: what was understood, how soon it answered, what it cost.

    python -m bench.recordings            English and French
    python -m bench.recordings fr

Fails if more than one word in twenty of the people's English is wrong, or one in ten of their French.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from time import perf_counter

import trio

from bench.served import served
from octi.engine.base import ENGLISH, FRENCH
from octi.engine.pool import Pool, open_pool
from octi.talk.client import TalkOptions, talk
from octi.talk.conversation import Spoken
from tests.recordings import ALL, Recording, distance, plain_words

MOST_WRONG = {ENGLISH: 0.05, FRENCH: 0.10}  # of the words that people say
ROUNDS = 5

Pair = tuple[Recording, Spoken]


async def main(languages: Iterable[str]) -> int:
    """Measure each language; the exit code."""
    good = [await measure(language) for language in languages]
    return 0 if all(good) else 1


async def measure(language: str) -> bool:
    """Speak all of a language's recordings, print a row each and the totals; was it understood well enough?"""
    recordings = [recording for recording in ALL if recording.language == language]
    async with served(OCTI_LANGUAGE=language) as base:
        files = [recording.path for recording in recordings]
        result = await talk(TalkOptions(url=f"{base}/ws/realtime", files=files), lambda line: None)
    pairs = list(zip(recordings, result.spoken, strict=True))
    print(f"{'recording':44} {'wrong':>7} {'sound after':>12}   understood")
    for recording, spoken in pairs:
        wrong, words = errors(recording, spoken)
        late = "nothing" if spoken.latency_s is None else f"{spoken.latency_s:.3f} s"
        print(f"{recording.path.stem:44} {wrong:>3}/{words:<3} {late:>12}   {spoken.heard}")
    print_total(f"{language}, synthetic", [pair for pair in pairs if not pair[0].is_human])
    rate = print_total(f"{language}, human", [pair for pair in pairs if pair[0].is_human])
    await print_costs(language, [recording for recording in recordings if recording.is_human])
    return rate <= MOST_WRONG[language]


def errors(recording: Recording, spoken: Spoken) -> tuple[int, int]:
    """How many words were wrong, and of how many."""
    said = plain_words(recording.text)
    return distance(said, plain_words(spoken.heard)), len(said)


def print_total(kind: str, pairs: list[Pair]) -> float:
    """The word error rate over several recordings."""
    found = [errors(*pair) for pair in pairs]
    wrong, words = sum(count for count, _ in found), sum(count for _, count in found)
    print(f"{kind}: {len(pairs)} recordings, word error rate {wrong / words:.1%} ({wrong} of {words} words)")
    return wrong / words


async def print_costs(language: str, recordings: list[Recording]) -> None:
    """What a worker needs for an utterance: to recognise it, to say it, and to say it again."""
    async with open_pool(1, language=language) as pool:

        async def recognise(recording: Recording, turn: int) -> None:
            await pool.recognise(recording.pcm(16_000), language=language)

        async def say(recording: Recording, turn: int) -> None:
            await speak(pool, recording.text, turn, language)

        async def say_again(recording: Recording, turn: int) -> None:
            await speak(pool, recording.text, 0, language)

        for what, do in (("recognised", recognise), ("said", say), ("said again", say_again)):
            cpu_s, wall_s = await cost(do, recordings)
            print(f"{language}, an utterance {what}: {1000 * cpu_s:.0f} ms CPU, {1000 * wall_s:.2f} ms")
    print()


async def speak(pool: Pool, text: str, turn: int, language: str) -> None:
    """Say it, in each turn a very little faster."""
    await pool.synthesise(text, voice="alloy", speed=1.0 + turn / 1000, language=language)


async def cost(do: Callable[[Recording, int], Awaitable[None]], recordings: list[Recording]) -> tuple[float, float]:
    """Seconds of a worker's CPU and of the clock, for one recording, on average."""
    cpu, began = workers_cpu_s(), perf_counter()
    for turn in range(ROUNDS):
        for recording in recordings:
            await do(recording, turn)
    pieces = ROUNDS * len(recordings)
    return (workers_cpu_s() - cpu) / pieces, (perf_counter() - began) / pieces


def workers_cpu_s() -> float:
    """CPU time of this process's children, so far. Each thread has its own: who starts a process is its parent."""
    lists = [path.read_text(encoding="ascii") for path in Path("/proc/self/task").glob("*/children")]
    stats = [
        Path(f"/proc/{child}/stat").read_text(encoding="ascii") for children in lists for child in children.split()
    ]
    ticks = [sum(map(int, stat.rpartition(")")[2].split()[11:13])) for stat in stats]
    return float(sum(ticks) / os.sysconf("SC_CLK_TCK"))


if __name__ == "__main__":
    sys.exit(trio.run(main, sys.argv[1:] or [ENGLISH, FRENCH]))
