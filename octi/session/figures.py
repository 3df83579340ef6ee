"""A session's figures: what waits in it while it lives, and what it came to."""

from collections.abc import Mapping

import attrs

from octi.realtime.usage import Usage
from octi.records import SessionRecord
from octi.session.relay import Relay
from octi.session.summary import Doing, Summary
from octi.units import playing_time


@attrs.frozen
class Figures:
    """Read off its relay, and what that feeds. Names that end in `_bytes` and `_ms` say what they count."""

    pipe: Relay

    def depths(self) -> Mapping[str, int]:
        """See `Control.depths`."""
        pipe, leg = self.pipe, self.pipe.leg
        return {
            "rows": pipe.recorder.pending,
            "rows_lost": pipe.recorder.lost,
            "client_bytes": pipe.client.waiting_bytes,
            "provider_bytes": leg.waiting_bytes if leg else 0,
            "early_bytes": pipe.early_bytes,
            "dropped_in_bytes": pipe.dropped_bytes,
            "dropped_out_bytes": pipe.client.dropped_bytes,
            "turns": pipe.ledger.turns,
        }

    def summary(self, record: SessionRecord, peer: str, lasted_s: float, usage: Usage, *, over: bool) -> Summary:
        """See `Control.summary`. over: its conversation is."""
        pipe = self.pipe
        doing = Doing.CONNECTING if pipe.leg is None else pipe.watch.doing
        return Summary(
            record=record,
            peer=peer,
            lasted_s=lasted_s,
            doing=Doing.ENDING if over else doing,
            turns=pipe.ledger.turns,
            wait_s=pipe.watch.wait_s,
            responses=usage.responses,
            tokens=usage.tokens,
            depths=self.depths(),
        )

    def at_end(self, seconds: float) -> Mapping[str, float]:
        """For the session's last line in the log."""
        pipe = self.pipe
        return {
            "turns": pipe.ledger.turns,
            "audio_in_ms": pipe.ledger.audio_in_ms,
            "audio_out_ms": pipe.ledger.audio_out_ms,
            "dropped_in_ms": playing_time(pipe.dropped_bytes),
            "dropped_out_bytes": pipe.client.dropped_bytes,
            "rows_lost": pipe.recorder.lost,
            "seconds": round(seconds, 3),
        }

    def dropped(self) -> Mapping[str, int]:
        """Bytes of audio that were given up, by direction."""
        return {"in": self.pipe.dropped_bytes, "out": self.pipe.client.dropped_bytes}
