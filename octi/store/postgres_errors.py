"""PostgreSQL's errors as octi's own: what happened, where, whose fault it is, what mends it. Pure."""

import psycopg

from octi.errors import StoreFailed

# By the beginning of PostgreSQL's own code for an error (SQLSTATE). First match wins.
REMEDIES = (
    ("23503", "what belongs to a session needs its session, saved before or with it"),
    ("25006", "it takes reads only; name the primary server"),
    ("28", "see user and password in OCTI_STORE_URL, and the server's pg_hba.conf"),
    ("3D000", "make it: CREATE DATABASE"),
    ("3F000", "make the schema that the URL's search_path names: CREATE SCHEMA"),
    ("40", "another transaction was in the way; octi tries again"),
    ("42501", "let octi's user make and write tables there: GRANT ALL ON SCHEMA, or a database of its own"),
    ("42P01", "its tables are gone; start octi again, which makes them"),
    ("53100", "make room on the server's disk"),
    ("53300", "raise max_connections, or end others; each octi takes up to 5 connections"),
    ("53", "the server lacks what it needs; see its log"),
    ("54", "a name in the row is too long for an index"),
    ("55P03", "another transaction holds a lock; end that one"),
    ("57014", "it took too long; see what keeps the server busy"),
    ("57P", "the server stops or starts; octi tries again"),
    ("58", "the server's disk failed; see its log"),
)
# Without a code, which the server gives to nobody who is not in yet: by what its message says.
SAID = (
    ("authentication failed", REMEDIES[2][1]),
    ("no password supplied", REMEDIES[2][1]),
    ("pg_hba.conf", REMEDIES[2][1]),
    ('database "', REMEDIES[3][1]),
    ('role "', REMEDIES[2][1]),
    ("too many clients", REMEDIES[9][1]),
    ("connection slots", REMEDIES[9][1]),
    ("starting up", REMEDIES[14][1]),
    ("shutting down", REMEDIES[14][1]),
    ("connection option", "see what stands behind the ? in OCTI_STORE_URL"),
)
UNREACHED = "see that the server runs, and that OCTI_STORE_URL names it"
ROWS_FAULT = ("21", "22", "23", "54")  # cardinality, data, integrity, a limit of the server's


def explain(place: str, error: Exception) -> StoreFailed:
    """An error of the driver's or of SQLAlchemy's. Never holds a row's content, nor a password."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None) or ""
    if is_rows_fault(cause, state):
        return StoreFailed(f"{place}: {_fault(cause, state)}{_behind(state, '')}", retryable=False)
    message = " ".join(_message(cause).split()).rstrip(".")
    return StoreFailed(f"{place}: {message}{_behind(state, message)}")


def is_rows_fault(cause: BaseException, state: str) -> bool:
    """Whether the same row would fail again, on a database that is well."""
    if state:
        return state.startswith(ROWS_FAULT)
    return isinstance(cause, psycopg.DataError | psycopg.NotSupportedError | ValueError | OverflowError | TypeError)


def _fault(cause: BaseException, state: str) -> str:
    """What is wrong with a row: the server's own words may repeat what stands in it."""
    where = [name for name in (_diagnosis(cause, "constraint_name"), _diagnosis(cause, "column_name")) if name]
    return " ".join([type(cause).__name__, *([f"({state})"] if state else []), *where])


def _message(cause: BaseException) -> str:
    return _diagnosis(cause, "message_primary") or str(cause)


def _diagnosis(cause: BaseException, name: str) -> str:
    return getattr(getattr(cause, "diag", None), name, None) or ""


def _behind(state: str, message: str) -> str:
    """The remedy, as it stands behind a message."""
    if state:
        remedy = next((words for prefix, words in REMEDIES if state.startswith(prefix)), "")
    else:
        remedy = next((words for said, words in SAID if said in message), UNREACHED if message else "")
    return f"; {remedy}" if remedy else ""
