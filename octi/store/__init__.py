"""Where sessions and turns are kept. The port is `base.Store`; only this file knows every kind of store."""

from contextlib import AbstractAsyncContextManager

from octi.errors import StoreFailed
from octi.store.base import Store
from octi.store.memory import open_memory

KINDS = "sqlite:///file.db or memory:"


def open_store(url: str) -> AbstractAsyncContextManager[Store]:
    """The store that a URL names: `sqlite:///file.db` (relative), `sqlite:////var/lib/octi.db`, or `memory:`.

    Entering makes the file and brings its schema up to date; leaving writes what was handed over and closes it.
    Raises StoreFailed, on the call or on entering, for a URL or a database that cannot be used.
    """
    kind, colon, _ = url.partition(":")
    match kind if colon else "":
        case "memory":
            return open_memory()
        case "sqlite":
            from octi.store.sqlite import open_sqlite  # noqa: PLC0415  (SQLAlchemy: what runs in memory starts without)

            return open_sqlite(url)
        case "postgresql" | "postgres" | "postgresql+psycopg":
            raise StoreFailed(f"PostgreSQL is not in this version yet; use {KINDS}")
        case _:
            raise StoreFailed(f"its URL begins with {kind + colon!r}; use {KINDS}")
