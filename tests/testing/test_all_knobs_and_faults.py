"""No knob, no fault and no field of a fault is missing here: whoever adds one says in a table what a client sees of it.

Each is played twice by its seed, and compared byte for byte.
"""

from base64 import b64decode
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from trio.testing import MockClock

from octi.simulator.mischief import DELTA
from octi.simulator.scenario import EventFault, Latency
from octi.simulator.tempo import NETWORKS
from octi.testing import in_memory
from octi.testing.memory import EPOCH
from tests.testing.sessions import DONE, TURN, Seen, twice

PLAIN = {  # what a client sees without any fault
    "events": 26,
    "in order": True,
    "samples": 28_800,
    "errors": [],
    "others": [],
    "status": ["completed"],
    "closed": None,
    "lasted_s": 0.0,
    "secret_s": 600,
}
CUT = {"events": 6, "samples": 0}
OVER = {"samples": 0, "status": []}
FAULTS: dict[str, dict[str, Any]] = {  # and what is different by each
    "error": {"events": 27, "errors": ["server_error"]},
    "rate_limit": {"events": 27, "errors": ["rate_limit_exceeded"]},
    "invalid_request": {"events": 27, "errors": ["invalid_value"]},
    "content_filter": {"events": 27, "errors": ["content_filter"]},
    "session_expired": {"events": 27, "errors": ["session_expired"]},
    "failed": {**CUT, "status": ["failed"]},
    "incomplete": {**CUT, "status": ["incomplete"]},
    "cancelled": {**CUT, "status": ["cancelled"]},
    "session_end": {**OVER, "events": 2, "errors": ["session_expired"], "closed": 1001},
    "close": {**OVER, "events": 1, "closed": 1011},
    "half_open": {**OVER, "events": 1, "closed": 1006, "lasted_s": 60.0},
    "stall": {"lasted_s": 2.0},
    "lost": {"events": 25, "samples": 24_000},
    "doubled": {"events": 27, "samples": 33_600},
    "reordered": {"in order": False},
    "unknown": {"events": 27, "others": ["octi.simulated.unknown"]},
    "malformed": {"samples": 24_000, "others": ["no event"]},
    "oversize": {"events": 27, "others": ["octi.simulated.oversize"]},
    "empty_audio": {"samples": 24_000},
    "wrong_rate": {"samples": 19_200},
    "expired_secret": {"secret_s": 0},
}
MORE = {"oversize": "size = 1000\n"}  # not 17 MiB
KNOBS = {  # a latency without it, and with it
    "first_audio_ms": ("", "first_audio_ms = 400"),
    "delta_ms": ("", "delta_ms = 30"),
    "jitter_ms": ("delta_ms = 30", "delta_ms = 30, jitter_ms = 20"),
    "pace": ("", "pace = 1.0"),
    "transcript_ms": ("", "transcript_ms = 400"),
    "heard_ms": ("", "heard_ms = 700"),
}
FIELDS = {  # a fault without it, and with it
    "turn": ('kind = "lost"', 'kind = "lost"\nturn = 2'),
    "event": ('kind = "lost"', 'kind = "lost"\nevent = 2'),
    "on": ('kind = "lost"', 'kind = "lost"\non = "response.done"'),
    "at_s": ('kind = "close"', 'kind = "close"\nat_s = 5'),
    "after_audio_ms": ('kind = "close"', 'kind = "close"\nafter_audio_ms = 600'),
    "chance": ('kind = "lost"', 'kind = "lost"\nchance = 0.4'),
    "times": ('kind = "lost"', 'kind = "lost"\ntimes = 2'),
    "code": ('kind = "close"', 'kind = "close"\ncode = 4000'),
    "message": ('kind = "error"', 'kind = "error"\nmessage = "Ouch."'),
    "reason": ('kind = "incomplete"', 'kind = "incomplete"\nreason = "content_filter"'),
    "stall_s": ('kind = "stall"', 'kind = "stall"\nstall_s = 3'),
    "size": ('kind = "oversize"\nsize = 1000', 'kind = "oversize"\nsize = 2000'),
    "rate_hz": ('kind = "wrong_rate"', 'kind = "wrong_rate"\nrate_hz = 8000'),
}


def kinds() -> set[str]:
    """All that a fault's `kind` may be."""
    return {kind for literal in get_args(get_type_hints(EventFault)["kind"]) for kind in get_args(literal)}


async def summary(scenario: str) -> dict[str, Any]:
    """What a client sees of a session, and of a secret."""
    seen = await twice(scenario)
    ours = [each for each in seen.seen if each.kind and not each.kind.startswith(("octi", "error"))]
    numbers = [each.event["event_id"] for each in ours]
    return {
        "events": len(seen.seen),
        "in order": numbers == sorted(numbers),
        "samples": sum(len(b64decode(each.event["delta"])) for each in seen.of(DELTA)) // 2,
        "errors": [each.event["error"]["code"] for each in seen.of("error")],
        "others": [each.kind or "no event" for each in seen.seen if each.kind.partition(".")[0] in {"", "octi"}],
        "status": [each.event["response"]["status"] for each in seen.of(DONE)],
        "closed": seen.closed and seen.closed[1],
        "lasted_s": seen.closed[0] if seen.closed else seen.seen[-1].at_s,
        "secret_s": await secret_s(scenario),
    }


async def secret_s(scenario: str) -> int:
    """How long a client secret is of use."""
    head = b"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: 2"
    answers = []
    for _ in range(2):
        async with in_memory(scenario, judge=False) as provider:
            stream = provider.connect()
            await stream.send_all(head + b"\r\n\r\n{}")
            answers.append(b"".join([bytes(part) async for part in stream]))
    assert answers[0] == answers[1]
    return int(msgspec.json.decode(answers[0].partition(b"\r\n\r\n")[2])["expires_at"] - EPOCH)


def test_all_are_in_the_tables() -> None:
    """A new one is not forgotten, and one that is gone goes from here as well."""
    assert kinds() == FAULTS.keys()
    assert set(Latency.__struct_fields__) == KNOBS.keys()
    assert set(EventFault.__struct_fields__) - {"kind"} == FIELDS.keys()


async def test_without_a_fault_nothing_is_wrong(autojump_clock: MockClock) -> None:
    """An answer of six words."""
    assert await summary(TURN) == PLAIN


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_is_seen_and_nothing_else(kind: str, autojump_clock: MockClock) -> None:
    """As soon as it can be."""
    assert await summary(f'{TURN}[[faults]]\nkind = "{kind}"\n{MORE.get(kind, "")}') == {**PLAIN, **FAULTS[kind]}


@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_of_a_fault_changes_what_is_seen(field: str, autojump_clock: MockClock) -> None:
    """Against the same fault without it."""
    turns = TURN + TURN.replace("first", "second")
    without, with_it = [await twice(f"{turns}[[faults]]\n{fault}\n") for fault in FIELDS[field]]
    assert (without.seen, without.closed) != (with_it.seen, with_it.closed)


@pytest.mark.parametrize("knob", KNOBS)
async def test_a_knob_changes_when_something_comes(knob: str, autojump_clock: MockClock) -> None:
    """And what comes stays the same, but for its order."""
    without, with_it = [await twice(f"latency = {{ {latency} }}\n{TURN}", voice=True) for latency in KNOBS[knob]]
    assert without.seen != with_it.seen
    assert sorted(map(text, without.seen)) == sorted(map(text, with_it.seen))


def text(seen: Seen) -> str:
    """An event without its number."""
    return str({**seen.event, "event_id": ""})


@pytest.mark.parametrize("network", sorted(set(NETWORKS) - {"none"}))
async def test_a_network_is_slower_than_none(network: str, autojump_clock: MockClock) -> None:
    """By its own measure."""
    slow = await twice(f'network = "{network}"\n{TURN}')
    assert slow.seen[-1].at_s > 0.2
