"""How rows of usage are charged to their days' accounts, in the transaction that keeps them. Blocks; SQLAlchemy Core.

The sums are read, added to and written, for no database that octi knows adds decimals exactly and alike. Nobody else
changes them meanwhile: on SQLite one that writes has the whole database; elsewhere the accounts are locked, in one
order, behind the sessions.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa

from octi.accounts import Account, Amounts, Owner, added, forgotten_before, summed, written
from octi.records import UsageRecord
from octi.store import tables
from octi.store.storable import key_of
from octi.store.upserting import replace, see_that_there_are
from octi.units import SessionId

NOTHING = "0"


def charge(connection: sa.Connection, rows: Sequence[UsageRecord]) -> None:
    """Add what these rows come to, but for what was kept of them before: they are not kept yet; their sessions are."""
    if not rows:
        return
    owners, before = _owners(connection, rows), _before(connection, rows)
    known = [row for row in rows if row.session in owners]  # a row without a session is refused when it is kept
    more = summed((added(owners[row.session], before.get(key_of(row)), row), 1) for row in known)
    if more:
        _add(connection, more)


def _add(connection: sa.Connection, more: Amounts) -> None:
    accounts = sorted(more)
    see_that_there_are(connection, tables.spendings, [_columns(account, NOTHING) for account in accounts])
    stood = read_amounts(connection, accounts, lock=True)
    sums = {account: stood.get(account, Decimal(0)) + more[account] for account in accounts}
    replace(connection, tables.spendings, [_columns(account, written(total)) for account, total in sums.items()])
    oldest = forgotten_before(max(account.day for account in accounts))
    connection.execute(sa.delete(tables.spendings).where(tables.spendings.c.day < oldest))


def read_amounts(
    connection: sa.Connection, accounts: Iterable[Account], *, lock: bool = False
) -> dict[Account, Decimal]:
    """What stands in accounts; those that are not there hold nothing. lock: until the transaction ends."""
    columns = tables.spendings.c
    keys = [columns.day, columns.whose, columns.tenant, columns.user, columns.figure]
    query = sa.select(*keys, columns.amount).where(sa.tuple_(*keys).in_([tuple(each) for each in accounts]))
    if lock:
        query = query.order_by(*keys).with_for_update()
    return {Account(*row[:-1]): Decimal(row.amount) for row in connection.execute(query)}


def _owners(connection: sa.Connection, rows: Sequence[UsageRecord]) -> dict[SessionId, Owner]:
    columns = tables.sessions.c
    query = sa.select(columns.id, columns.tenant, columns.user).where(columns.id.in_({row.session for row in rows}))
    return {SessionId(row.id): Owner(row.tenant, row.user) for row in connection.execute(query)}


def _before(connection: sa.Connection, rows: Sequence[UsageRecord]) -> dict[tuple[str, ...], UsageRecord]:
    columns = tables.usages.c
    sessions, names = {row.session for row in rows}, {row.id for row in rows}
    query = sa.select(tables.usages).where(columns.session.in_(sessions), columns.id.in_(names))
    found = [tables.usage_of(row._asdict()) for row in connection.execute(query)]
    return {key_of(row): row for row in found}


def _columns(account: Account, amount: str) -> dict[str, object]:
    return {**account._asdict(), "amount": amount}
