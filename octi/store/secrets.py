"""How client secrets are used up and revoked: in one statement each, which no other transaction comes between.

Blocks, so it is called in threads; SQLAlchemy Core.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from octi.store import tables


def use(digest: str, at: float, connection: sa.Connection) -> bool:
    """Note that a secret is used; False if it opens nothing at that time. A second use waits for the first."""
    columns = tables.secrets.c
    opens = [columns.digest == digest, columns.revoked_at.is_(None), columns.expires_at > at]
    unused = sa.or_(sa.not_(columns.once), columns.used_at.is_(None))
    done = connection.execute(sa.update(tables.secrets).where(*opens, unused).values(used_at=at))
    return bool(done.rowcount)


def revoke(named: Mapping[str, str], at: float, connection: sa.Connection) -> int:
    """Revoke the secrets whose columns have these values; how many were not before. None are named: none."""
    if not named:
        return 0
    columns = tables.secrets.c
    matches = [columns[name] == value for name, value in named.items()]
    done = connection.execute(
        sa.update(tables.secrets).where(*matches, columns.revoked_at.is_(None)).values(revoked_at=at)
    )
    return int(done.rowcount)
