"""What a store is: rows go in and are durable, sessions and turns come out in order."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import attrs

from octi.accounts import Account, Amounts
from octi.records import Development, FunctionCall, Row, SecretRecord, SessionRecord, SessionState, Turn, UsageRecord
from octi.units import SessionId

FORGOTTEN_S = 86_400.0  # a secret that expired so long before another one was made is forgotten when that one is saved


class Place(NamedTuple):
    """Where a session stands among all: by when it was made, then by its id."""

    created_at: float
    id: SessionId


class Found(NamedTuple):
    """What a search found, newest first, and where it stopped: older sessions are to be asked for. None: at the end."""

    sessions: list[SessionRecord]
    stopped: Place | None


class Change(NamedTuple):
    """A turn as it stands, or a development, with its revision: the number that the store gave it on its last save.

    Revisions grow within a session, and no two of its rows share one: who has seen all up to a revision asks for those
    after it, and misses none.
    """

    revision: int
    row: Turn | Development


def by_time(record: UsageRecord) -> tuple[float, str, str]:
    """Where a record stands among its session's: by when octi knew of it, then by its kind and id."""
    return record.counted_at or 0.0, record.kind.value, record.id


Redact = Callable[[Row], Row]
"""A row as it may be kept: the same row, under the same key, with less in it."""


def unredacted(row: Row) -> Row:
    """The row as it is."""
    return row


@attrs.frozen(kw_only=True)
class Forgetting:
    """What is to be deleted: sessions with all that belongs to them, or only their profiles."""

    sessions: Sequence[SessionId]
    profiles_only: bool = False
    live: bool = False  # sessions that are live as well
    dry_run: bool = False  # only count


class Store(Protocol):
    """Keeps sessions and what belongs to them.

    A row saved again under its key (a session's id, a turn's or a call's session and item, a usage's session, kind and
    id, a development's session and id, a secret's digest) replaces the older one. All but sessions, and secrets that
    name none, need their session, saved before or with them. What no database holds in a text (NUL, half a surrogate
    pair) becomes U+FFFD. A secret that expired more than a day before another one was made is forgotten when that one
    is saved.

    What rows of usage come to is charged to the accounts of their days (`octi.accounts`) as they are kept, with
    them or not at all, and once, however often a row is saved. It stays there when its session is forgotten.
    """

    async def save(self, rows: Sequence[Row]) -> None:
        """Keep the rows, all or none; they are durable when this returns.

        A cancelled caller's rows are kept all the same, each for itself, as those of `leave` are. Raises StoreFailed:
        none of the rows is kept, and unless it is `retryable`, one of them is why.
        """

    def leave(self, rows: Sequence[Row]) -> None:
        """Have rows kept as soon as that can be, before any that are saved later. Never waits, and never raises.

        For rows whose owner cannot wait any longer. They stand in a bounded backlog; when it is full the oldest are
        kept. What is lost, there or when the store closes, the log names.
        """

    async def forget(self, what: Forgetting) -> Mapping[str, int]:
        """Delete rows, and say how many of each kind; durable when this returns, and no longer in the file.

        A session that is live, or not there, is left out unless `what` says so, and counts nothing. Raises StoreFailed.
        """

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """One session, or None if there was none. Raises StoreFailed."""

    async def sessions(self) -> list[SessionRecord]:
        """All sessions, oldest first. Raises StoreFailed."""

    async def page(
        self,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> list[SessionRecord]:
        """At most so many sessions, newest first: those older than a place, those in a state, those of a tenant.

        Raises StoreFailed.
        """

    async def search(
        self,
        words: str,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> Found:
        """As `page`, but only sessions in which words stand: in what was said, or in what the session is called.

        In one piece, and whether in small or in capital letters. So that nobody waits for a whole history to be read,
        at most `octi.store.searching.LOOKED_THROUGH` sessions are looked through at a time. Raises StoreFailed.
        """

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """A session's turns by position. Raises StoreFailed."""

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """A session's turns and developments saved since a revision, as they stand now, by revision.

        Without a revision: all of them. They are read at one moment: no revision is missing between two that are there.
        Raises StoreFailed.
        """

    async def developments(self, session_id: SessionId) -> list[Development]:
        """A session's developments, by revision: in the order in which they were saved. Raises StoreFailed."""

    async def function_calls(self, session_id: SessionId) -> list[FunctionCall]:
        """A session's calls of functions by position. Raises StoreFailed."""

    async def usages(self, session_id: SessionId) -> list[UsageRecord]:
        """What was counted in a session, by when octi first knew of it. Raises StoreFailed."""

    async def spendings(self, accounts: Sequence[Account]) -> Amounts:
        """What stands in each of these accounts; 0 where nothing was charged to it. Raises StoreFailed."""

    async def secret(self, digest: str) -> SecretRecord | None:
        """The client secret of that digest, expired or not, or None if there is none. Raises StoreFailed."""

    async def use_secret(self, digest: str, at: float) -> bool:
        """Note that a client secret opens something now, durably. False: it does not, or not any more.

        Of those who use one that is for `once` at the same moment, in whatever process, one is told True. It must be
        known, not revoked, and last longer than `at`, in seconds since 1970. Raises StoreFailed: whether it is noted is
        not known.
        """

    async def revoke_secrets(self, at: float, *, digest: str | None = None, session: SessionId | None = None) -> int:
        """Have one client secret, or all of a session, open nothing any more; how many of them did until now.

        Durable when this returns. Raises StoreFailed.
        """

    async def ping(self) -> None:
        """Return if the store answers. Raises StoreFailed."""

    def statistics(self) -> Mapping[str, int]:
        """What waits in this process to be kept, and what it kept so far, by name."""
