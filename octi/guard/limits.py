"""How much at once, and how often: the part `limits` of the rules. 0: any number; left out: as a wider rule has it."""

from typing import Annotated

import msgspec

from octi.guard.part import Part

Number = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class PerSession(Part, frozen=True):
    """What one session, and its client, may."""

    seconds: Number | None = None  # how long it lasts, if OCTI_MAX_SESSION_SECONDS does not end it before
    idle_seconds: Number | None = None  # how long its user says not a word
    messages_per_second: Number | None = None  # WebSocket frames, pings and parts of messages too
    messages_burst: Number | None = None  # so many at once after a pause; 20 seconds' worth
    bytes_per_second: Number | None = None  # as they come over the wire
    bytes_burst: Number | None = None  # 64 seconds' worth
    bad_messages_per_minute: Number | None = None  # those that an `error` answers


class Share(Part, frozen=True):
    """What all clients of one address, user, key, tenant or node may together."""

    sessions: Number | None = None  # at once
    new_sessions_per_minute: Number | None = None
    requests_per_minute: Number | None = None  # of those over HTTP that make or cost something


class LimitRule(Part, frozen=True):
    """How much at once, and how often. Each table says for whom it is counted."""

    per_session: PerSession = PerSession()
    per_address: Share = Share()  # IPv6: a network of 64 bits, which one customer has
    per_user: Share = Share()
    per_key: Share = Share()
    per_tenant: Share = Share()
    per_node: Share = Share()  # everybody together

    def over(self, wider: "LimitRule") -> "LimitRule":
        """These limits; what each table leaves out, as a wider rule has it."""
        return LimitRule(**{name: getattr(self, name).over(getattr(wider, name)) for name in self.__struct_fields__})


SHARES = ("per_address", "per_user", "per_key", "per_tenant", "per_node")
AT_ONCE = tuple(f"{share}.sessions" for share in SHARES)
# Every limit by its name, as errors and metrics have it.
NAMES = (
    *(f"per_session.{name}" for name in ("messages_per_second", "bytes_per_second", "bad_messages_per_minute")),
    *(f"{share}.{name}" for share in SHARES for name in Share.__struct_fields__),
)
