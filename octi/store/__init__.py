"""Where sessions and turns are kept. The port is `base.Store`; only this file knows every kind of store."""

from contextlib import AbstractAsyncContextManager

from octi.errors import StoreFailed
from octi.observe.base import Meter
from octi.store.base import Redact, Store, unredacted
from octi.store.memory import open_memory
from octi.vitals import Upkeep

KINDS = "sqlite:///file.db, postgresql://user@host/database or memory:"


def open_store(
    url: str, redact: Redact = unredacted, meter: Meter | None = None, upkeep: Upkeep | None = None
) -> AbstractAsyncContextManager[Store]:
    """The store that a URL names: `sqlite:///file.db` (relative), `sqlite:////var/lib/octi.db`, `memory:`, or
    `postgresql://user@host/database`. Every row is redacted before it is written. meter: is told of each commit.

    Entering makes the file and brings its schema up to date; leaving writes what was handed over and closes it.
    Raises StoreFailed, on the call or on entering, for a URL or a database that cannot be used.
    """
    kind, colon, _ = url.partition(":")
    match kind if colon else "":
        case "memory":
            return open_memory(redact)
        case "sqlite":
            from octi.store.sqlite import open_sqlite  # noqa: PLC0415  (SQLAlchemy: what runs in memory starts without)

            return open_sqlite(url, redact=redact, meter=meter, upkeep=upkeep)
        case "postgresql" | "postgres" | "postgresql+psycopg":
            try:
                from octi.store.postgres import open_postgres  # noqa: PLC0415  (psycopg: not everyone installs it)
            except ImportError as error:
                raise StoreFailed(f"PostgreSQL needs psycopg: install octi[postgres] ({error})") from error

            return open_postgres(url, redact=redact, meter=meter, upkeep=upkeep)
        case _:
            raise StoreFailed(f"its URL begins with {kind + colon!r}; use {KINDS}")
