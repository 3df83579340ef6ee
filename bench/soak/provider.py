"""The provider of a soak: a scenario (docs/scenarios.md) whose clients say what is to go wrong. Pure."""

import random
from typing import Any

import msgspec

from octi.simulator.reading import read_file
from octi.simulator.script import Script
from octi.simulator.tempo import seeded

LONG = "And so it went on, from one day to the next. " * 15  # more than a socket's buffers take
SAID = ("My name is Anna Berg.", "I earn 3000 euros a month.")

# Their words, in the order in which a session may meet them; each turn may be left out.
PLAIN: tuple[tuple[str, str], ...] = (("hello", "Good day, how can I help?"), ("story", LONG))
LAST = ("goodbye", "Goodbye, and thank you.")

HANDSHAKES: dict[str, dict[str, Any]] = {  # by the model that is asked for
    "refuses": {"status": 400},
    "busy": {"status": 429, "headers": {"retry-after": "1"}},
    "drops": {"drop": True},
    "late": {"stall_s": 1.0},
    "away": {"status": 503},
}
PLACES = ("/v1/realtime/client_secrets", "/v1/realtime/calls", "/v1/responses", "/v1/realtime/calls/*/hangup")
ENDLESS = 1_000_000
MOST_FAULTS = 400  # of requests, for each place


def words_for(trouble: str) -> str:
    """What a client says to meet it."""
    return f"trouble {trouble.replace('_', ' ')}"


def fault_of(trouble: str) -> dict[str, Any]:
    """The scenario's fault."""
    match trouble:
        case "broken":
            return {"kind": "close", "code": 1006, "after_audio_ms": 200}
        case "close":
            return {"kind": "close", "after_audio_ms": 200}
        case "half_open" | "stall":
            return {"kind": trouble, "stall_s": 2.0}
        case _:
            return {"kind": trouble}


def script_for(seed: int, troubles: tuple[str, ...]) -> Script:
    """The script: what a client asks for goes wrong, and requests do now and then."""
    turns: list[dict[str, Any]] = [{"hear": words, "say": said, "optional": True} for words, said in PLAIN]
    turns += [
        {
            "hear": f"^{words_for(name)}$",
            "say": "Something is about to go wrong.",
            "optional": True,
            "faults": [fault_of(name)],
        }
        for name in troubles
    ]
    turns.append({"hear": LAST[0], "say": LAST[1], "optional": True})
    caller: list[dict[str, Any]] = [{"wait_for": "session.update", "within_s": 3}]
    caller += [{"say": said} for said in SAID]
    caller += [{"leave": True}]
    scenario = {
        "name": "soak",
        "seed": seed,
        "refusals": "allow",
        "turn": turns,
        "caller": caller,
        "faults": [*_handshakes(), *_requests(seeded(seed, "requests"))],
    }
    return read_file(msgspec.json.encode(scenario), "soak.json")


def _handshakes() -> list[dict[str, Any]]:
    return [{"path": f"/v1/realtime?model={name}*", "times": ENDLESS, **fault} for name, fault in HANDSHAKES.items()]


def _requests(chance: random.Random) -> list[dict[str, Any]]:
    """Now and then one of these is refused, dropped, late or garbage; a sideband is cut off."""
    faults: list[dict[str, Any]] = []
    kinds: list[dict[str, Any]] = [{"status": 500}, {"drop": True}, {"stall_s": 1.0}, {"status": 200, "body": "{"}]
    for place in PLACES:
        for _ in range(MOST_FAULTS):
            faults += [{"path": place, "times": chance.randint(1, 30)}, {"path": place, **chance.choice(kinds)}]
    for _ in range(MOST_FAULTS):
        path = "/v1/realtime?call_id=*"
        cut = {"after_events": chance.randint(1, 30), "close": chance.choice([1011, 1006])}
        faults += [{"path": path, "times": chance.randint(1, 5)}, {"path": path, **cut}]
    return faults
