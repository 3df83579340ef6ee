"""Every English recording of tests/audio, spoken to octi in real time: what was understood, and how soon it answered.

python -m bench.recordings
"""

import sys

import trio

from bench.served import served
from octi.talk.client import TalkOptions, talk
from octi.talk.conversation import Spoken
from tests.recordings import RECORDINGS, Recording, distance, plain_words


async def main() -> None:
    """Speak them all, print a row each and the totals."""
    async with served() as base:
        files = [recording.path for recording in RECORDINGS]
        result = await talk(TalkOptions(url=f"{base}/ws/realtime", files=files), lambda line: None)
    pairs = list(zip(RECORDINGS, result.spoken, strict=True))
    print(f"{'recording':44} {'wrong':>7} {'sound after':>12}   understood")
    for recording, spoken in pairs:
        wrong, words = errors(recording, spoken)
        late = "nothing" if spoken.latency_s is None else f"{spoken.latency_s:.3f} s"
        print(f"{recording.path.stem:44} {wrong:>3}/{words:<3} {late:>12}   {spoken.heard}")
    print_total("human", [pair for pair in pairs if pair[0].is_human])
    print_total("synthetic", [pair for pair in pairs if not pair[0].is_human])


def errors(recording: Recording, spoken: Spoken) -> tuple[int, int]:
    """How many words were wrong, and of how many."""
    said = plain_words(recording.text)
    return distance(said, plain_words(spoken.heard)), len(said)


def print_total(kind: str, pairs: list[tuple[Recording, Spoken]]) -> None:
    """The word error rate over several recordings."""
    wrong, words = (sum(counts) for counts in zip(*(errors(*pair) for pair in pairs), strict=True))
    print(f"{kind}: {len(pairs)} recordings, word error rate {wrong / words:.1%} ({wrong} of {words} words)")


if __name__ == "__main__":
    sys.exit(trio.run(main))
