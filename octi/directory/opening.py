"""Fresh sessions as records: from a wish, from a secret's preset, and from nothing but the settings. Pure."""

import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from octi.config import Config
from octi.directory.secrets import Random
from octi.directory.wishes import TRANSCRIPTION, Wish, encoded, read_preset, session_config, without_instructions
from octi.records import SessionRecord
from octi.units import SessionId


def new_id(random: Random) -> SessionId:
    """A UUID, as the first origin's clients expect."""
    return SessionId(str(uuid.UUID(bytes=random(16), version=4)))


@attrs.frozen
class Fresh:
    """A session that nobody stored yet, and the instructions that its maker gave."""

    record: SessionRecord
    instructions: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Opening:
    """Makes records. `upstream`: who will answer."""

    config: Config
    upstream: str
    random: Random

    def wished(self, wish: Wish, now: float) -> Fresh:
        """A session that outlives its legs. Raises BadMessage."""
        config = session_config(wish, self.config.agent, self.config.upstream.model)
        fresh = self.preset(config, wish.door, now)
        return attrs.evolve(
            fresh,
            record=attrs.evolve(
                fresh.record,
                language=wish.language or fresh.record.language,
                schema=wish.schema,
                extraction=wish.extraction or self.config.extraction.when,
                resumable=True,
            ),
        )

    def preset(self, config: Mapping[str, Any], door: str, now: float, model: str = "") -> Fresh:
        """A session for one leg, as a session object wants it; `model`: where that names none. Raises BadMessage."""
        preset = read_preset(config)
        if preset.transcribes:
            model = voice = ""  # it has neither (protocol 1.6)
        else:
            model = preset.model or model or self.config.upstream.model
            voice = "" if preset.text_only else preset.voice or self.config.agent.voice
        record = SessionRecord(
            id=new_id(self.random),
            door=door,
            upstream=self.upstream,
            model=model,
            voice=voice,
            language=preset.language,
            config=encoded(without_instructions(config)),
            created_at=now,
        )
        return Fresh(record, preset.instructions or "")

    def plain(self, door: str, now: float, model: str = "", *, transcribes: bool = False) -> Fresh:
        """A session for one leg, as the settings want it."""
        return self.preset({"type": TRANSCRIPTION} if transcribes else {}, door, now, model)
