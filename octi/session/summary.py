"""A session at one moment, for whoever looks at many: read off, never waited for."""

from collections.abc import Mapping
from enum import StrEnum

import attrs

from octi.records import SessionRecord


class Doing(StrEnum):
    """What happens in a live session just now."""

    CONNECTING = "connecting"  # there is no leg to its provider
    LISTENING = "listening"  # nobody says anything
    HEARING = "hearing"  # the user speaks
    THINKING = "thinking"  # the provider makes an answer, of which nothing has come yet
    SPEAKING = "speaking"  # an answer comes; it may be played for some time after
    ENDING = "ending"  # its last words are stored, and its client is told


@attrs.frozen(kw_only=True)
class Summary:
    """One live session."""

    record: SessionRecord
    peer: str  # the client's address; "" where octi has none before it
    lasted_s: float  # of this life: since somebody connected
    doing: Doing
    turns: int
    wait_s: float | None  # from the end of what the user said last to the first of its answer; None: no answer yet
    responses: int
    tokens: int  # that the provider counted for the responses
    depths: Mapping[str, int]  # see `Control.depths`
