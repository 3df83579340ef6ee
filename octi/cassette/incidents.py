"""What went wrong on a recorded leg, as far as one can tell from what came, in a scenario's words. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from octi.cassette.exchanges import VOICE, Event, Exchange, Listener
from octi.cassette.latencies import stalls_in
from octi.cassette.reading import Happening
from octi.cassette.renaming import event_in
from octi.cassette.wire import KNOWN
from octi.errors import BadMessage
from octi.realtime.reading import read_event
from octi.simulator.answer import WORD_MS
from octi.simulator.checking import SENDABLE
from octi.simulator.mischief import DELTA, ENDS, ERRORS
from octi.simulator.scenario import LONGEST_S, MOST_LETTERS

TYPE = re.compile(rb'^\s*\{\s*"type"\s*:\s*"([a-z_.]+)"')
SOON_MS = 2000.0  # what comes so soon behind something belongs to it
NEAR_MS = 250.0  # and what comes so soon came because of it
BROKEN, INSTEAD = 1006, 1011  # close codes: without a goodbye; an error of the server's
SILENT_MS = 10_000.0  # an answer that does not go on for so long never will
BY_ITSELF = frozenset(
    {  # what the simulator refuses, too
        "conversation_already_has_active_response",
        "input_audio_buffer_commit_empty",
        "response_cancel_not_active",
    }
)


@attrs.frozen
class Incident:
    """One thing that went wrong. `exchange`: in which answer, or soon behind it; None: in none."""

    fields: dict[str, Any]  # of the fault: its kind, and what it is like
    at_ms: float  # since the leg's beginning
    exchange: Exchange | None
    sounded_ms: float  # of the answer
    after: str  # the type of the event before it
    first: bool  # it was the first of that type, and had just come
    struck: str = ""  # the type of the one event that it was done to

    def fault(self) -> dict[str, Any]:
        """A scenario's fault."""
        where = self._in_answer(self.exchange) if self.exchange else self._between()
        said = {name: value[:MOST_LETTERS] if isinstance(value, str) else value for name, value in self.fields.items()}
        return {**said, **where}

    def _between(self) -> dict[str, Any]:
        return {"on": self.after} if self.first else {"at_s": _seconds(self.at_ms)}

    def _in_answer(self, exchange: Exchange) -> dict[str, Any]:
        if self.struck and self.struck != DELTA:
            return {"on": self.struck}
        behind = exchange.ended_ms is not None and self.at_ms >= exchange.ended_ms and self.fields["kind"] not in ENDS
        if self.struck or (self.sounded_ms and not behind):
            return {"after_audio_ms": self._words(exchange) * WORD_MS}
        return {"on": "response.done" if behind else self.after}

    def _words(self, exchange: Exchange) -> int:
        """After how many of the answer's words: in a scenario each sounds equally long."""
        words = len(exchange.said.split())
        share = self.sounded_ms / exchange.sounded_ms if exchange.sounded_ms else 1.0
        return max(1, min(words, round(share * words) + bool(self.struck)))


@attrs.define
class Watch:
    """Goes through what came on a leg. `notes`: what a scenario cannot say, for people."""

    listener: Listener = attrs.field(factory=Listener)
    incidents: list[Incident] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    hung_up: bool = False
    _began_ms: float | None = None
    _last: tuple[str, float] = ("", 0.0)  # what came last of itself: its type, and when
    _frame: bytes = b""  # what came last at all
    _seen: list[str] = attrs.field(factory=list)

    def follow(self, happenings: Iterable[Happening], theirs: str) -> None:
        """All of a leg. `theirs`: which way the provider's messages went."""
        for each in happenings:
            at_ms = each.at - (each.at if self._began_ms is None else self._began_ms)
            self._began_ms = each.at if self._began_ms is None else self._began_ms
            if each.close:
                self._note_close(each, at_ms, by_provider=each.way == theirs)
            elif each.frame is not None and each.way == theirs:
                self._hear(each.frame, at_ms)
            elif each.frame is not None and event_in(each.frame).get("type") == "response.cancel":
                self._note_cancel()
        for exchange in self.listener.exchanges:
            self._note_stalls(exchange)

    def _hear(self, frame: bytes, at_ms: float) -> None:
        event = event_in(frame)
        kind = str(event.get("type", ""))
        if frame == self._frame and event.get("event_id"):
            self._note_doubled(kind, at_ms)
            return
        try:
            read_event(frame)
        except BadMessage:
            found = TYPE.match(frame)
            struck = found[1].decode() if found else DELTA
            self._add(at_ms, kind="malformed", struck=DELTA if struck in VOICE else struck)
            if struck in VOICE:
                self.listener.lose(at_ms)
            return
        self.listener.hear(event, at_ms, frame)
        self._judge(event, kind, at_ms)
        if kind != "error" and kind in KNOWN:  # what a fault adds meets no other
            self._last = (kind, at_ms)
            self._seen.append(kind)
        self._frame = frame

    def _note_doubled(self, kind: str, at_ms: float) -> None:
        self._add(at_ms, kind="doubled", struck=DELTA if kind in VOICE else kind)
        incident = self.incidents[-1]
        if kind in VOICE and incident.exchange and incident.exchange.pieces:  # the first of the two was counted
            self.incidents[-1] = attrs.evolve(incident, sounded_ms=incident.exchange.pieces[-1].sounded_ms)

    def _judge(self, event: Event, kind: str, at_ms: float) -> None:
        match event:
            case {"type": "error", "error": dict() as error}:
                self._note_error(error, at_ms)
            case {"type": "error", "error": str(message)}:
                self._note_error({"message": message}, at_ms)
            case {"type": "response.done", "response": dict() as response} if not self.listener.is_aside(event):
                self._note_end(response, at_ms)
            case {"type": "response.output_audio.delta", "delta": ""} if self.listener.active:
                self._add(at_ms, kind="empty_audio", struck=kind)
            case _ if kind not in KNOWN:
                self._add(at_ms, kind="unknown")
                self.notes.append(f"an event of the type {kind} came; the simulator has a type of its own for that")
            case _:
                pass  # all is well

    def _note_error(self, error: Event, at_ms: float) -> None:
        code, message = str(error.get("code") or ""), str(error.get("message") or "")
        if code in BY_ITSELF:
            self.notes.append(f"the client was refused something: {message}; the simulator judges that by itself")
            return
        kind = kind_of_error(str(error.get("type")), code)
        _, usual_code, usual_message = ERRORS[kind]
        said = {"code": code if code != usual_code else "", "message": message if message != usual_message else ""}
        self._add(at_ms, kind=kind, **{name: value for name, value in said.items() if value})

    def _note_end(self, response: Event, at_ms: float) -> None:
        exchange = self.listener.exchanges[-1] if self.listener.exchanges else None
        status, details = str(response.get("status")), response.get("status_details")
        details = details if isinstance(details, dict) else {}
        if exchange is None or status not in ENDS:
            return
        if status == "cancelled" and exchange.interrupted:
            return  # by the user or by the client, and so it will be again
        error = details.get("error")
        wanted = dict(error) if isinstance(error, dict) else {}
        wanted["reason"] = details.get("reason") if status != "failed" else None
        fields = {name: str(wanted[name]) for name in ("code", "message", "reason") if wanted.get(name)}
        self._add(at_ms, kind=status, **fields)

    def _note_cancel(self) -> None:
        if self.listener.active:
            self.listener.active.interrupted = True

    def _note_close(self, each: Happening, at_ms: float, *, by_provider: bool) -> None:
        assert each.close is not None
        code, reason = each.close.code, each.close.reason
        last = self.incidents[-1] if self.incidents else None
        if not by_provider:
            if self.listener.active and at_ms - self._last[1] >= SILENT_MS:
                self._add(at_ms, kind="half_open")
        elif last and last.fields["kind"] == "session_expired" and at_ms - last.at_ms <= SOON_MS:
            fields = {**last.fields, "kind": "session_end", "code": self._sendable(code)}
            self.incidents[-1] = attrs.evolve(last, fields=fields | ({"reason": reason} if reason else {}))
        elif code == 1000 and self._recent(at_ms) and not self.listener.active:
            self.hung_up = True
        else:
            said = {"reason": reason} if reason else {}
            self._add(at_ms, kind="close", code=self._sendable(code), **said)

    def _sendable(self, code: int) -> int:
        """A close code that a scenario can have: some are none that can be sent, such as 1005, "there was no code"."""
        if code in SENDABLE or code == BROKEN:
            return code
        self.notes.append(f"the provider left with {code}, which cannot be sent: here it is {INSTEAD}")
        return INSTEAD

    def _note_stalls(self, exchange: Exchange) -> None:
        for piece in stalls_in(exchange):
            fields = {"kind": "stall", "stall_s": _seconds(piece.gap_ms)}
            struck = DELTA if exchange.sounded_ms else piece.kind
            incident = Incident(fields, piece.at_ms, exchange, piece.sounded_ms, "", first=False, struck=struck)
            self.incidents.append(incident)

    def _add(self, at_ms: float, struck: str = "", **fields: Any) -> None:
        exchange = self.listener.active or self._recent(at_ms)
        kind, last_ms = self._last
        first = self._seen.count(kind) == 1 and at_ms - last_ms < NEAR_MS
        sounded_ms = exchange.sounded_ms if exchange else 0.0
        self.incidents.append(Incident(fields, at_ms, exchange, sounded_ms, kind, first, struck))

    def _recent(self, at_ms: float) -> Exchange | None:
        """The answer that has just ended."""
        last = self.listener.exchanges[-1] if self.listener.exchanges else None
        return last if last and last.ended_ms is not None and at_ms - last.ended_ms <= SOON_MS else None


def _seconds(milliseconds: float) -> float:
    """To a tenth; no more than a scenario can say, nor less than nothing."""
    return min(max(0.0, round(milliseconds / 1000, 1)), LONGEST_S)


def kind_of_error(kind: str, code: str) -> str:
    """A scenario's word for an error."""
    for name, (usual_kind, usual_code, _) in ERRORS.items():
        if code == usual_code or (name == "rate_limit" and kind == usual_kind):
            return name
    return "invalid_request" if kind == "invalid_request_error" else "error"


def faults_of(watch: Watch, exchange: Exchange | None) -> Iterator[dict[str, Any]]:
    """Those of one answer; None: those between answers."""
    for incident in watch.incidents:
        if incident.exchange is exchange:
            yield incident.fault()
