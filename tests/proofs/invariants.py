"""What must hold of a world after octi was cut in it, wherever that was. Each finding says of which kind it is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import attrs

from octi.records import Role, SessionRecord, SessionState, Turn
from octi.units import playing_time
from tests.engine.wire import Event
from tests.proofs.matrix.caller import DROPPED, OCTI, Caller
from tests.proofs.wiretap import NotFrames, Tapped, tap
from tests.proofs.world import World

LEAKS, TORN, UNTOLD = "leaks", "frames torn", "peers not told"
LOST, BROKEN, CRASHES = "turns lost or doubled", "promises broken", "crashes"
KINDS = (LEAKS, TORN, UNTOLD, LOST, BROKEN, CRASHES)
GOODBYES = (1000, 1001, 1012, DROPPED)  # of a session that nothing is wrong with but that it is over


class Finding(NamedTuple):
    """Something that should not be."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@attrs.frozen
class Kept:
    """What the store has of one session."""

    record: SessionRecord
    turns: Sequence[Turn]


@attrs.frozen
class Aftermath:
    """A world once octi is gone. ended_s: when the cut fell, or the uncut run ended. logged: errors in octi's log."""

    world: World
    ended_s: float
    kept: Sequence[Kept]
    logged: Sequence[str]
    goodbyes: Sequence[int] = GOODBYES
    told: bool = True  # all peers noticed in time that octi is gone

    def findings(self) -> Iterator[Finding]:
        """All that is wrong."""
        yield from (Finding(CRASHES, line) for line in self.logged)
        yield from leaks(self.world)
        yield from untold(self.world.callers, self.goodbyes)
        if not self.told:
            yield Finding(UNTOLD, "somebody did not notice in time that octi is gone")
        try:
            clients = [tap(end, serves=True) for end in self.world.port.ends]
            providers = [tap(end, serves=False) for end in self.world.provider_ends]
        except NotFrames as error:
            yield Finding(TORN, str(error))
            return
        yield from torn([*clients, *providers])
        yield from self._lost(providers)
        for provider in providers:
            yield from broken(provider)
        for caller in self.world.callers:
            yield from shown(caller)

    def _lost(self, providers: Sequence[Tapped]) -> Iterator[Finding]:
        turns = [turn for kept in self.kept for turn in kept.turns]
        for kept in self.kept:
            yield from untidy(kept)
        for caller in self.world.callers:
            yield from missed(caller, turns)
        for provider in providers:
            yield from unkept([said.event for said in provider.peer.said if said.at < self.ended_s], turns)


# Nothing is left


def leaks(world: World) -> Iterator[Finding]:
    """Sockets and sessions; tasks, files, threads and channels are found by the cuts themselves."""
    yield from (Finding(LEAKS, "a client's socket is open") for end in world.port.ends if not end.closed)
    yield from (Finding(LEAKS, "a provider's socket is open") for end in world.provider_ends if not end.closed)
    if len(world.live):
        yield Finding(LEAKS, f"{len(world.live)} session(s) still counted")


# Both peers were told, or dropped, in whole frames


def untold(callers: Iterable[Caller], goodbyes: Sequence[int]) -> Iterator[Finding]:
    """A client knows that its socket has ended; a code other than those for a plain end is a crash."""
    for caller in callers:
        if not caller.over:
            yield Finding(UNTOLD, f"the {caller.dialect.door} client still waits")
        elif caller.close is not None and caller.close not in goodbyes:
            yield Finding(UNTOLD, f"the {caller.dialect.door} client was closed with {caller.close}")


def torn(streams: Iterable[Tapped]) -> Iterator[Finding]:
    """What octi sent is whole frames, or half a frame at the very end."""
    yield from (Finding(TORN, stream.half) for stream in streams if stream.half)


# Every turn is kept, once


def untidy(kept: Kept) -> Iterator[Finding]:
    """A session that began is stored as ended, by whom and why; its turns are dense, and no item is there twice."""
    record, turns = kept.record, kept.turns
    if record.state is SessionState.LIVE or (turns and record.state is not SessionState.ENDED):
        yield Finding(LOST, f"the session is kept as {record.state}")
    if record.state is SessionState.ENDED and not (record.ended_by and record.end_reason and record.ended_at):
        yield Finding(LOST, f"nobody knows who ended the session, when or why: {record}")
    if [turn.position for turn in turns] != list(range(len(turns))):
        yield Finding(LOST, f"turns at {[turn.position for turn in turns]}")
    if len({turn.item for turn in turns}) != len(turns):
        yield Finding(LOST, f"an item is kept twice: {[turn.item for turn in turns]}")


def missed(caller: Caller, turns: Sequence[Turn]) -> Iterator[Finding]:
    """What a client was told to the end is kept once, in the order in which it was told."""
    if caller.dialect is not OCTI:
        yield from unkept(caller.told, turns)
        return
    for kind, role in (("transcript", Role.ASSISTANT), ("user_transcript", Role.USER)):
        told = [event["text"] for event in caller.told if event["type"] == kind]
        kept = [turn.text for turn in turns if turn.role is role]
        yield from unfound(told, [text for text in kept if text in told])


def unkept(events: Sequence[Event], turns: Sequence[Turn]) -> Iterator[Finding]:
    """What a provider's events finish is kept once, as it was said, in the order of the conversation."""
    finished = dict(said for event in events for said in finished_by(event))
    order = [event["item"]["id"] for event in events if event["type"] == "conversation.item.added"]
    told = [(item, finished[item]) for item in order if item in finished]
    kept = [(str(turn.item), turn.text if turn.generated is None else turn.generated) for turn in turns]
    yield from unfound(told, [each for each in kept if each[0] in finished])


def unfound(told: Sequence[object], kept: Sequence[object]) -> Iterator[Finding]:
    if list(told) != list(kept):
        yield Finding(LOST, f"told to the end: {told}; kept of it: {kept}")


def finished_by(event: Event) -> Iterator[tuple[str, str]]:
    """The items whose words are whole with this event, and the words."""
    match event:
        case {"type": "response.done", "response": {"status": "completed", "output": output}}:
            yield from ((item["id"], words_of(item)) for item in output if item["type"] == "message")
        case {"type": "conversation.item.done", "item": {"type": "message", "role": "user"} as item}:
            if words := words_of(item):
                yield item["id"], words
        case {"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "transcript": words}:
            yield item, words.strip()
        case _:
            pass


def words_of(item: dict[str, Any]) -> str:
    """What an item says."""
    return "".join(part.get("transcript") or part.get("text") or "" for part in item["content"])


# The arbiter's promises: see octi/realtime/arbiter.py


def is_ours(event: Event) -> bool:
    """Did octi write it, and not its client?"""
    return str(event.get("event_id", "")).startswith("octi_")


def broken(leg: Tapped) -> Iterator[Finding]:
    """On one leg: octi asks when nothing is in the way, cancels once, cuts no further than was sent, answers once."""
    asked = [event for event in leg.octi.events() if is_ours(event)]
    refused = [error["error"] for error in leg.peer.events("error") if str(error["error"]["event_id"])[:5] == "octi_"]
    yield from (Finding(BROKEN, f"the provider refused what octi asked: {error}") for error in refused)
    begun = len(leg.peer.events("response.created"))
    for kind, more in (("response.create", 1), ("response.cancel", 0)):
        if (count := sum(event["type"] == kind for event in asked)) > begun + more:
            yield Finding(BROKEN, f"{count} of octi's {kind} for {begun} response(s)")
    outputs = [event["item"]["call_id"] for event in asked if event.get("item", {}).get("type", "")[-6:] == "output"]
    if len(set(outputs)) < len(outputs):
        yield Finding(BROKEN, f"a call was answered twice: {outputs}")
    yield from overcut(leg)


def overcut(leg: Tapped) -> Iterator[Finding]:
    """Truncations at 0, or beyond what was sent of an item."""
    for cut in leg.octi.events("conversation.item.truncate"):
        deltas = [each for each in leg.peer.events("response.output_audio.delta") if each["item_id"] == cut["item_id"]]
        sent_ms = playing_time(sum(len(each["delta"]) * 3 // 4 - each["delta"].count("=") for each in deltas))
        if not 0 < cut["audio_end_ms"] <= sent_ms:
            yield Finding(BROKEN, f"cut at {cut['audio_end_ms']} ms of {sent_ms}")


def shown(caller: Caller) -> Iterator[Finding]:
    """No client sees what octi asks on its own, nor octi's own function."""
    for event in caller.told:
        if "'octi_" in (text := str(event)) or "extract_profile" in text:
            yield Finding(BROKEN, f"the {caller.dialect.door} client was shown {text}")
