"""What goes wrong among a session's events: lost, doubled, garbled, errors out of the blue, and ends. Pure.

Every event of the provider passes by; what comes out is what its listeners are told instead.
"""

import random
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import attrs
import msgspec

from octi.simulator.formats import Formats
from octi.simulator.scenario import Act, EventFault

Event = dict[str, Any]
DELTA = "response.output_audio.delta"
OF_SOUND = frozenset({"empty_audio", "wrong_rate"})
OF_ONE_EVENT = OF_SOUND | {"lost", "doubled", "reordered", "malformed", "stall"}
ERRORS = {  # as the provider words them (protocol 4.3)
    "error": ("server_error", "server_error", "The server had an error while processing your request."),
    "rate_limit": ("rate_limit_error", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    "invalid_request": ("invalid_request_error", "invalid_value", "Invalid value."),
    "content_filter": ("invalid_request_error", "content_filter", "The request was stopped by the content filter."),
    "session_expired": (
        "invalid_request_error",
        "session_expired",
        "Your session hit the maximum duration of 60 minutes.",
    ),
}
STALL_S, HALF_OPEN_S = 2.0, 60.0
TIME_UP = "the scenario's time is up"  # why a session is closed that takes too long
SESSION_END = 1001  # what the provider closes with after 60 minutes


@attrs.frozen
class Raw:
    """Text to be sent as it is: no event."""

    data: bytes


@attrs.frozen
class Stall:
    """Nothing is sent for so long, and what is to be sent waits."""

    seconds: float


@attrs.frozen
class Close:
    """The session's sockets end. `by`: who ends the whole session with it; "": nobody, and a call lives on."""

    code: int
    reason: str
    by: str = ""


@attrs.frozen
class HalfOpen:
    """From now on nothing is sent or read; the connection stays for so long, and then breaks."""

    seconds: float


@attrs.frozen
class Ending:
    """The response under way ends like this."""

    status: str
    details: dict[str, Any]


Out = Event | Raw | Stall | Close | HalfOpen  # what a listener meets
Effect = Out | Ending


@attrs.define(eq=False)
class _Armed:
    fault: EventFault
    about: Act | int | None  # whose answer: this act's, or that of the turn at this place
    left: int | None  # None: as often as chance has it
    due: bool  # its time has come
    chance: random.Random

    @property
    def on(self) -> str:
        """The events that it is about."""
        if self.fault.on:
            return self.fault.on
        if self.fault.kind in OF_SOUND or (self.fault.kind in OF_ONE_EVENT and self.fault.event is None):
            return DELTA
        return "response.*" if self.about is not None or self.fault.kind in ENDS else "*"


ENDS = frozenset({"failed", "incomplete", "cancelled"})


@attrs.define(eq=False)
class Mischief:
    """One session's faults. `chance`: for each of them, by its number."""

    _faults: list[_Armed]
    _held: Event | None = None  # to be told after the next one
    _told: int = 0
    _made: int = 0  # events that nobody else makes
    _sounded_ms: float = 0.0  # of the answer under way
    _formats: Formats = attrs.field(factory=Formats)

    @classmethod
    def of(cls, faults: Iterable[tuple[EventFault, Act | int | None]], chances: Iterable[random.Random]) -> "Mischief":
        """Faults, each with whose answer it is about."""
        pairs = zip(faults, chances, strict=False)
        return cls(
            [_Armed(fault, about, times_of(fault), fault.at_s is None, chance) for (fault, about), chance in pairs]
        )

    def pending(self) -> dict[str, float]:
        """The faults whose time is to come: how long after the session's beginning that is, in seconds."""
        return {f"fault.{n}": each.fault.at_s or 0.0 for n, each in enumerate(self._faults) if not each.due}

    def arm(self, key: str) -> list[Effect]:
        """A fault's time has come. What is about no particular event happens at once."""
        armed = self._faults[int(key.partition(".")[2])]
        armed.due = True
        fault = armed.fault
        waits = armed.about is not None or fault.event is not None or fault.on or fault.after_audio_ms is not None
        if waits or fault.kind in OF_ONE_EVENT or fault.kind == "expired_secret" or not self._strikes(armed):
            return []
        return self._happens(fault)

    def meet(self, event: Event, *, turn: int | None, act: Act | None, sounds_ms: float) -> list[Effect]:
        """What is told instead of an event, which sounds so long. `turn`, `act`: whose answer is under way."""
        self._told += 1
        self._formats.note(event)
        self._sounded_ms = 0.0 if event["type"] == "response.created" else self._sounded_ms + sounds_ms
        struck = [armed.fault for armed in self._faults if self._fits(armed, event, turn, act) and self._strikes(armed)]
        event = self._sounding(event, struck)  # before all else: what is doubled or held back then sounds like that
        effects: list[Effect] = [event]
        for fault in struck:
            effects = self._changed(fault, event, effects)
        if self._held is not None and self._held is not event:
            held, self._held = self._held, None
            effects.append(held)
        return effects

    def _fits(self, armed: _Armed, event: Event, turn: int | None, act: Act | None) -> bool:
        fault = armed.fault
        return (
            armed.due
            and armed.left != 0
            and fault.kind != "expired_secret"
            and (armed.about is None or armed.about is act or armed.about == turn)
            and (fault.event is None or fault.event == self._told)
            and fnmatchcase(event["type"], armed.on)
            and (fault.after_audio_ms is None or 0 < self._sounded_ms >= fault.after_audio_ms)
        )

    def _strikes(self, armed: _Armed) -> bool:
        if armed.left == 0 or (armed.fault.chance < 1 and armed.chance.random() >= armed.fault.chance):
            return False
        armed.left = armed.left and armed.left - 1
        return True

    def _sounding(self, event: Event, faults: Iterable[EventFault]) -> Event:
        for fault in faults:
            if fault.kind == "empty_audio":
                event = {**event, "delta": ""}
            elif fault.kind == "wrong_rate":
                event = self._formats.at_rate(event, fault.rate_hz)
        return event

    def _changed(self, fault: EventFault, event: Event, effects: list[Effect]) -> list[Effect]:
        match fault.kind:
            case "lost":
                return [effect for effect in effects if effect is not event]
            case "doubled":
                return [*effects, event]
            case "reordered" if self._held is None:
                self._held = event
                return [effect for effect in effects if effect is not event]
            case "stall":
                return [Stall(STALL_S if fault.stall_s is msgspec.UNSET else fault.stall_s), *effects]
            case "malformed":
                whole = msgspec.json.encode(event)
                return [Raw(whole[: len(whole) // 2]) if effect is event else effect for effect in effects]
            case _:
                return [*effects, *self._happens(fault)]

    def _happens(self, fault: EventFault) -> list[Effect]:
        """What a fault adds."""
        self._made += 1
        own_id = f"event_fault_{self._made:06d}"
        match fault.kind:
            case "error" | "rate_limit" | "invalid_request" | "content_filter" | "session_expired":
                return [_error(fault, fault.kind, own_id)]
            case "session_end":
                code = fault.code if isinstance(fault.code, int) else SESSION_END
                end = Close(code, _or(fault.reason, "session_expired"), by="provider")
                return [_error(fault, "session_expired", own_id), end]
            case "failed":
                kind, wrong_code, message = ERRORS["error"]
                wrong = {"type": kind, "code": _or(fault.code, wrong_code), "message": _or(fault.message, message)}
                return [Ending("failed", {"error": wrong})]
            case "incomplete":
                return [Ending("incomplete", {"reason": _or(fault.reason, "max_output_tokens")})]
            case "cancelled":
                return [Ending("cancelled", {"reason": _or(fault.reason, "client_cancelled")})]
            case "close":
                return [
                    Close(fault.code if isinstance(fault.code, int) else 1011, _or(fault.reason, "the script says so"))
                ]
            case "half_open":
                return [HalfOpen(HALF_OPEN_S if fault.stall_s is msgspec.UNSET else fault.stall_s)]
            case "unknown":
                return [{"type": "octi.simulated.unknown", "event_id": own_id, "detail": "The script says so."}]
            case "oversize":
                beside = {"type": "octi.simulated.oversize", "event_id": own_id, "padding": ""}
                room = max(0, fault.size - len(msgspec.json.encode(beside)))
                return [Raw(msgspec.json.encode({**beside, "padding": "x" * room}))]
            case _:
                return []  # about one event, and there is none


def times_of(fault: EventFault) -> int | None:
    """How often a fault happens; None: as often as it fits, or as chance has it. A whole voice has the wrong rate."""
    if fault.times is msgspec.UNSET:
        return 1 if fault.chance >= 1 and fault.kind != "wrong_rate" else None
    return fault.times


def _error(fault: EventFault, name: str, own_id: str) -> Event:
    kind, code, message = ERRORS[name]
    code = fault.code if isinstance(fault.code, str) else code
    error = {"type": kind, "code": code, "message": _or(fault.message, message), "param": None, "event_id": None}
    return {"type": "error", "event_id": own_id, "error": error}


def _or(value: Any, otherwise: str) -> str:
    return otherwise if value is msgspec.UNSET else str(value)
