"""Which format each answer's voice is in, as its events tell; and voices at a rate that they should not have. Pure."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import attrs

from octi.engine.formats import PCM
from octi.realtime.audio import BYTES_PER_MS, decoded_size, encoded
from octi.units import SAMPLE_BYTES

Event = Mapping[str, Any]


@attrs.define
class Formats:
    """One session's. `note` every event that may tell a format."""

    _session: str = PCM
    _answers: dict[str, str] = attrs.field(factory=dict)  # by their ids

    def note(self, event: Event) -> None:
        """What it tells, if it is such an event."""
        match event:
            case {"type": "session.created" | "session.updated", "session": {"audio": {"output": output}}}:
                self._session = output["format"]["type"]
            case {"type": "response.created", "response": {"id": answer, "audio": {"output": output}}}:
                self._answers[answer] = output["format"]["type"]
            case _:
                pass

    def of(self, delta: Event) -> str:
        """The format of an audio delta; the session's, if its answer's beginning was never told."""
        return self._answers.get(delta.get("response_id", ""), self._session)

    def sounds_ms(self, delta: Event) -> int:
        """How long an audio delta plays, by the format that was told."""
        return decoded_size(delta["delta"]) // BYTES_PER_MS[self.of(delta)]

    def at_rate(self, delta: Event, rate_hz: int) -> dict[str, Any]:
        """The same sound with so many samples a second, in a delta that does not tell."""
        kind = self.of(delta)
        size = SAMPLE_BYTES if kind == PCM else 1
        declared_hz = BYTES_PER_MS[kind] * 1000 // size
        return {**delta, "delta": encoded(_thinned(b64decode(delta["delta"]), size, declared_hz, rate_hz))}


def _thinned(sound: bytes, size: int, from_hz: int, to_hz: int) -> bytes:
    """Each sample is the last one at its time, so it works for any format; what folds over is a part of the fault."""
    places = (index * from_hz // to_hz * size for index in range(len(sound) // size * to_hz // from_hz))
    return b"".join(sound[place : place + size] for place in places)
