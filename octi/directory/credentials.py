"""The client secrets that sessions hold, in memory alone: a call is joined with the one that made it (peers 5.1)."""

from collections import OrderedDict, deque

import attrs

from octi.clock import Now
from octi.units import SessionId

MOST_SESSIONS = 10_000
MOST_SECRETS = 4  # of one session: clients renew, and may still be in a call that an older one made
MOST_UNBOUND = 8  # of nobody's: each that is tried in vain costs a round trip


@attrs.frozen
class Credential:
    """A secret, until it expires (seconds since 1970)."""

    value: str = attrs.field(repr=False)
    expires_at: float


@attrs.define(eq=False)
class Credentials:
    """Who knows them can open the sessions: they are not stored, logged or shown. The oldest sessions' go first."""

    _now: Now
    _most: int = MOST_SESSIONS
    _held: OrderedDict[SessionId, tuple[Credential, ...]] = attrs.field(factory=OrderedDict, repr=False, init=False)

    _unbound: deque[Credential] = attrs.field(factory=lambda: deque(maxlen=MOST_UNBOUND), repr=False, init=False)

    def __len__(self) -> int:
        return len(self._held)

    def remember(self, session: SessionId, value: str, expires_at: float) -> None:
        """A session has another secret."""
        self._drop_expired()
        older = self._held.pop(session, ())
        self._held[session] = (Credential(value, expires_at), *older)[:MOST_SECRETS]
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self, session: SessionId) -> None:
        """A session is over."""
        self._held.pop(session, None)

    def remember_unbound(self, value: str, expires_at: float) -> None:
        """A secret was handed out that belongs to no session, yet may make a call that one will listen to."""
        self._unbound.appendleft(Credential(value, expires_at))

    def of(self, session: SessionId) -> tuple[str, ...]:
        """A session's secrets, newest first."""
        now = self._now()
        return tuple(each.value for each in self._held.get(session, ()) if each.expires_at > now)

    def for_call(self, *sessions: SessionId) -> tuple[str, ...]:
        """The secrets that may have made these sessions' call, likeliest first: theirs, then nobody's, newest first."""
        now, held = self._now(), [each for session in sessions for each in self._held.get(session, ())]
        return tuple(each.value for each in (*held, *self._unbound) if each.expires_at > now)

    def _drop_expired(self) -> None:
        """From the oldest on, as far as they have expired: those behind are looked at another time."""
        while self._held and next(iter(self._held.values()))[0].expires_at <= self._now():
            self._held.popitem(last=False)
