"""Retells a cassette as a scenario: what was said, how fast, and what went wrong, as TOML to be changed. Pure."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import attrs
import msgspec

from octi.cassette.exchanges import Exchange
from octi.cassette.failing import as_request_fault, told
from octi.cassette.format import Failure, Side
from octi.cassette.incidents import Watch, faults_of
from octi.cassette.latencies import unusual, usual_latency
from octi.cassette.reading import Cassette
from octi.cassette.scrubbing import HIDDEN
from octi.cassette.toml import comment, inline, pairs, quoted
from octi.errors import BadMessage
from octi.simulator.matching import normalised
from octi.simulator.scenario import ANSWERED_WITHIN_S, LASTS_AT_MOST_S, LONGEST_S, MOST_LETTERS

SPECIAL = re.compile(r"([\\.^$*+?{}\[\]|()])")


@attrs.frozen
class Chapter:
    """One leg of a cassette, and what came before and after it."""

    cassette: Cassette
    side: Side
    number: int | None  # None: no leg could be opened

    @property
    def legs(self) -> list[int]:
        """All of its side."""
        return self.cassette.legs(self.side)

    def failures(self) -> list[Failure]:
        """The openings that failed directly before it."""
        found: list[Failure] = []
        for number in self.legs[: self.legs.index(self.number) if self.number else None]:
            failure = self.cassette.failure(self.side, number)
            found = [*found, failure] if failure else []
        return found

    def others(self) -> Iterator[str]:
        """What else there was, which one scenario cannot say."""
        before = len(self.failures())
        place = self.legs.index(self.number) if self.number else len(self.legs)
        for index, number in enumerate(self.legs):
            failure = self.cassette.failure(self.side, number)
            if failure and not place - before <= index < place:
                yield f"leg {number} could not be opened, which a scenario says of the first one only: {told(failure)}"
            elif not failure and number != self.number:
                yield f"leg {number} is another conversation: --to-scenario --number {number}"


def chapter_of(cassette: Cassette, number: int | None = None) -> Chapter:
    """A leg by its number, or the first that was opened. Raises BadMessage."""
    side: Side = "provider" if cassette.legs("provider") else "client"
    opened = [each for each in cassette.legs(side) if not cassette.failure(side, each)]
    if number is not None and number not in opened:
        raise BadMessage(f"no leg {number} of the {side} was opened; there are {', '.join(map(str, opened)) or 'none'}")
    return Chapter(cassette, side, number or next(iter(opened), None))


def as_scenario(cassette: Cassette, number: int | None = None) -> str:
    """The scenario of one leg, as TOML: a turn for each answer. Raises BadMessage if there is no such leg."""
    chapter, watch = chapter_of(cassette, number), Watch()
    if chapter.number:
        watch.follow(cassette.on(chapter.side, chapter.number), "in" if chapter.side == "provider" else "out")
    exchanges = watch.listener.exchanges
    usual = usual_latency(exchanges)
    lines = [*_heading(chapter, watch), *_settings(exchanges, usual)]
    for exchange in exchanges:
        hung_up = watch.hung_up and exchange is exchanges[-1]
        lines += ["", *turn(exchange, unusual(exchange, usual), list(faults_of(watch, exchange)), hung_up=hung_up)]
    for fault in [*_openings(chapter.failures()), *faults_of(watch, None)]:
        lines += ["", "[[faults]]", *pairs(fault)]
    return "\n".join(lines) + "\n"


def _heading(chapter: Chapter, watch: Watch) -> Iterator[str]:
    header = chapter.cassette.header
    yield comment(f"Retold from a recording of {header.started_at}; docs/scenarios.md explains each field.")
    yield from (comment(note) for note in [*chapter.others(), *dict.fromkeys(watch.notes)])
    yield f"name = {quoted(f'session {header.session}')}"


def _settings(exchanges: Sequence[Exchange], usual: dict[str, float]) -> Iterator[str]:
    if usual:
        yield f"latency = {inline(usual)}"
    waits = [
        (later.began_ms - earlier.ended_ms) / 1000
        for earlier, later in pairwise(exchanges)
        if earlier.ended_ms is not None
    ]
    if (longest_s := max(waits, default=0.0)) * 1.5 > ANSWERED_WITHIN_S:
        yield f"within_s = {_seconds(longest_s * 1.5)}"
    lasted_s = exchanges[-1].began_ms / 1000 if exchanges else 0.0
    if lasted_s * 1.5 > LASTS_AT_MOST_S:
        yield f"limit_s = {_seconds(lasted_s * 1.5)}"


def _seconds(seconds: float) -> int:
    """No more than a scenario can say."""
    return min(math.ceil(seconds), LONGEST_S)


def turn(
    exchange: Exchange, latency: dict[str, float], faults: list[dict[str, Any]], *, hung_up: bool = False
) -> Iterator[str]:
    """One turn's lines."""
    yield "[[turn]]"
    yield from _awaited(exchange)
    if exchange.said:
        yield f"say = {quoted(exchange.said)}"
    if calls := [{"name": name, "arguments": arguments} for name, arguments in exchange.calls]:
        yield f"call = {inline(calls if len(calls) > 1 else calls[0])}"
    if hung_up:
        yield "hang_up = true"
    if latency:
        yield f"latency = {inline(latency)}"
    if faults:
        yield f"faults = {inline(faults)}"


def _awaited(exchange: Exchange) -> Iterator[str]:
    spoken = " ".join(asked.spoken for asked in exchange.asked if asked.spoken)
    typed = " ".join(asked.typed for asked in exchange.asked if asked.typed)
    if exchange.output_of:
        yield f"on = {quoted(exchange.output_of)}"
    elif typed and not spoken:
        yield f"hear = {quoted(pattern_of(typed))}"
    elif spoken:
        yield f"heard = {quoted(spoken[:MOST_LETTERS])}"


def _openings(failures: Sequence[Failure]) -> Iterator[dict[str, Any]]:
    """The faults of requests that openings met, each as often as it came."""
    for _, same in groupby(failures, lambda each: msgspec.structs.replace(each, took_ms=0)):
        first, *others = same
        fault = as_request_fault(first, 1 + len(others))
        fields = msgspec.structs.asdict(fault)
        usual = {name: field.default for name, field in zip(fields, msgspec.structs.fields(fault), strict=True)}
        yield {name: value for name, value in fields.items() if value != usual[name] and value not in ({}, None)}


def pattern_of(words: str) -> str:
    """Words as a regular expression that means them as a scenario hears them; what was scrubbed may be anything."""
    parts = (SPECIAL.sub(r"\\\1", normalised(part)) for part in words.split(HIDDEN))
    return ".*".join(parts)
