"""The reference implementation: keeps rows while the process lives. For tests, and to try octi out."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

import attrs
import structlog
import trio

from octi.accounts import Account, Amounts, Owner, added, forgotten_before
from octi.errors import StoreFailed
from octi.observe.plain import fault
from octi.records import (
    Development,
    DevelopmentKind,
    FunctionCall,
    Row,
    SecretRecord,
    SessionRecord,
    SessionState,
    Turn,
    UsageRecord,
)
from octi.store.backlog import name_of
from octi.store.base import FORGOTTEN_S, Change, Forgetting, Found, Place, Redact, by_time, unredacted
from octi.store.searching import LOOKED_THROUGH, mentions
from octi.store.storable import key_of, owner_of, storable, storable_text
from octi.units import SessionId

log = structlog.get_logger("octi.store")


@attrs.define(eq=False)
class MemoryStore:
    """The port `Store` over dictionaries. `open_memory` makes it and closes it."""

    _redact: Redact = attrs.field(default=unredacted, kw_only=True)
    _sessions: dict[SessionId, SessionRecord] = attrs.field(factory=dict, init=False)
    _changed: dict[SessionId, dict[tuple[str, ...], Change]] = attrs.field(factory=dict, init=False)
    _beside: dict[SessionId, dict[tuple[str, ...], FunctionCall | UsageRecord]] = attrs.field(factory=dict, init=False)
    _revisions: dict[SessionId, int] = attrs.field(factory=dict, init=False)
    _secrets: dict[str, SecretRecord] = attrs.field(factory=dict, init=False)
    _spendings: dict[Account, Decimal] = attrs.field(factory=dict, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    async def save(self, rows: Sequence[Row]) -> None:
        """See `Store.save`. Raises StoreFailed as well for what belongs to a session that was never saved."""
        self._check_open()
        self._keep([storable(self._redact(row)) for row in rows])
        await trio.lowlevel.checkpoint()  # after keeping: a cancelled caller's rows are kept

    def leave(self, rows: Sequence[Row]) -> None:
        """See `Store.leave`: each row for itself."""
        for row in rows:
            try:
                self._keep([storable(self._redact(row))])
            except StoreFailed as error:
                log.error("a row cannot be kept", row=name_of(row), **fault(error))

    async def forget(self, what: Forgetting) -> Mapping[str, int]:
        """See `Store.forget`."""
        await self.ping()
        found = [self._sessions.get(SessionId(storable_text(name))) for name in what.sessions]
        going = {record.id for record in found if record and (what.live or record.state is not SessionState.LIVE)}
        gone = [row for row in self._rows_of(going) if not what.profiles_only or is_profile(row)]
        if not what.dry_run:
            self._delete(gone)
        return Counter(f"{kind}s" for kind, *_ in map(key_of, gone))

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """See `Store.session`."""
        await self.ping()
        return self._sessions.get(SessionId(storable_text(session_id)))

    async def sessions(self) -> list[SessionRecord]:
        """See `Store.sessions`."""
        await self.ping()
        return sorted(self._sessions.values(), key=_place)

    async def page(
        self,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> list[SessionRecord]:
        """See `Store.page`."""
        found = [session for session in reversed(await self.sessions()) if state in {None, session.state}]
        found = [session for session in found if tenant in {None, session.tenant}]
        return [session for session in found if before is None or _place(session) < before][:most]

    async def search(
        self,
        words: str,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> Found:
        """See `Store.search`."""
        wanted, found = storable_text(words), list[SessionRecord]()
        among = await self.page(LOOKED_THROUGH, before=before, state=state, tenant=tenant)
        for session in among:
            if len(found) < most and mentions(session, await self.turns(session.id), wanted):
                found.append(session)
        if len(found) == most:
            return Found(found, _place(found[-1]))
        return Found(found, _place(among[-1]) if len(among) == LOOKED_THROUGH else None)

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """See `Store.turns`."""
        turns = [change.row for change in await self.changes(session_id) if isinstance(change.row, Turn)]
        return sorted(turns, key=lambda turn: (turn.position, turn.item))

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """See `Store.changes`."""
        await self.ping()
        changes = self._changed.get(SessionId(storable_text(session_id)), {}).values()
        newer = (change for change in changes if change.revision > after)
        return sorted(newer, key=lambda change: change.revision)

    async def developments(self, session_id: SessionId) -> list[Development]:
        """See `Store.developments`."""
        return [change.row for change in await self.changes(session_id) if isinstance(change.row, Development)]

    async def function_calls(self, session_id: SessionId) -> list[FunctionCall]:
        """See `Store.function_calls`."""
        calls = [row for row in await self._rows_beside(session_id) if isinstance(row, FunctionCall)]
        return sorted(calls, key=lambda call: (call.position, call.item))

    async def usages(self, session_id: SessionId) -> list[UsageRecord]:
        """See `Store.usages`."""
        return sorted((row for row in await self._rows_beside(session_id) if isinstance(row, UsageRecord)), key=by_time)

    async def spendings(self, accounts: Sequence[Account]) -> Amounts:
        """See `Store.spendings`."""
        await self.ping()
        stored = {account: Account(*map(storable_text, account)) for account in accounts}
        return {account: self._spendings.get(name, Decimal(0)) for account, name in stored.items()}

    async def _rows_beside(self, session_id: SessionId) -> list[FunctionCall | UsageRecord]:
        await self.ping()
        return list(self._beside.get(SessionId(storable_text(session_id)), {}).values())

    async def secret(self, digest: str) -> SecretRecord | None:
        """See `Store.secret`."""
        await self.ping()
        return self._secrets.get(storable_text(digest))

    async def use_secret(self, digest: str, at: float) -> bool:
        """See `Store.use_secret`."""
        await self.ping()
        secret = self._secrets.get(storable_text(digest))
        if secret is None or not secret.opens(at):
            return False
        self._secrets[secret.digest] = attrs.evolve(secret, used_at=at)
        return True

    async def revoke_secrets(self, at: float, *, digest: str | None = None, session: SessionId | None = None) -> int:
        """See `Store.revoke_secrets`."""
        await self.ping()
        asked = {"digest": digest and storable_text(digest), "session": session and storable_text(session)}
        named = {name: value for name, value in asked.items() if value is not None}
        found = [
            each for each in self._secrets.values() if named and all(getattr(each, n) == v for n, v in named.items())
        ]
        valid = [each for each in found if each.revoked_at is None]
        self._secrets.update({each.digest: attrs.evolve(each, revoked_at=at) for each in valid})
        return len(valid)

    async def ping(self) -> None:
        """See `Store.ping`."""
        self._check_open()
        await trio.lowlevel.checkpoint()

    def statistics(self) -> Mapping[str, int]:
        """See `Store.statistics`: here nothing ever waits, and all that is kept is in this process."""
        return {"sessions": len(self._sessions), "secrets": len(self._secrets)}

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreFailed("it is closed")

    def _keep(self, rows: Sequence[Row]) -> None:
        sessions = {row.id: row for row in rows if isinstance(row, SessionRecord)}
        needed = {session: row for row in rows if (session := owner_of(row)) is not None}
        if missing := needed.keys() - sessions.keys() - self._sessions.keys():
            kind, *_ = key_of(needed[min(missing)])
            raise StoreFailed(f"a {kind} needs its session, saved before or with it", retryable=False)
        self._sessions.update(sessions)
        for row in rows:
            if isinstance(row, Turn | Development):
                revision = self._revisions[row.session] = self._revisions.get(row.session, 0) + 1
                self._changed.setdefault(row.session, {})[key_of(row)] = Change(revision, row)
            elif isinstance(row, FunctionCall | UsageRecord):
                beside = self._beside.setdefault(row.session, {})
                self._charge(beside.get(key_of(row)), row)
                beside[key_of(row)] = row
        self._keep_secrets([row for row in rows if isinstance(row, SecretRecord)])

    def _charge(self, before: FunctionCall | UsageRecord | None, row: FunctionCall | UsageRecord) -> None:
        if not isinstance(row, UsageRecord):
            return
        session, old = self._sessions[row.session], before if isinstance(before, UsageRecord) else None
        more = added(Owner(session.tenant, session.user), old, row)
        for account, amount in more.items():
            self._spendings[account] = self._spendings.get(account, Decimal(0)) + amount
        if more:
            oldest = forgotten_before(max(account.day for account in more))
            for account in [account for account in self._spendings if account.day < oldest]:
                del self._spendings[account]

    def _rows_of(self, sessions: set[SessionId]) -> list[Row]:
        rows: list[Row] = [self._sessions[name] for name in sessions]
        rows += [change.row for name in sessions for change in self._changed.get(name, {}).values()]
        rows += [row for name in sessions for row in self._beside.get(name, {}).values()]
        return rows + [secret for secret in self._secrets.values() if secret.session in sessions]

    def _delete(self, rows: Sequence[Row]) -> None:
        for row in rows:
            match row:
                case SessionRecord():
                    del self._sessions[row.id]
                    self._revisions.pop(row.id, None)
                case SecretRecord():
                    del self._secrets[row.digest]
                case FunctionCall() | UsageRecord():
                    del self._beside[row.session][key_of(row)]
                case _:
                    del self._changed[row.session][key_of(row)]

    def _keep_secrets(self, made: Sequence[SecretRecord]) -> None:
        self._secrets.update({secret.digest: secret for secret in made})
        if made:
            before = max(secret.created_at for secret in made) - FORGOTTEN_S
            self._secrets = {digest: kept for digest, kept in self._secrets.items() if kept.expires_at >= before}


def is_profile(row: Row) -> bool:
    """Whether the row is what was extracted of a user."""
    return isinstance(row, Development) and row.kind is DevelopmentKind.PROFILE


def _place(session: SessionRecord) -> Place:
    return Place(session.created_at, session.id)


@asynccontextmanager
async def open_memory(redact: Redact = unredacted) -> AsyncIterator[MemoryStore]:
    """An empty store, gone when this is left."""
    store = MemoryStore(redact=redact)
    try:
        yield store
    finally:
        store.close()
