"""octi/store/postgres_errors.py: whose fault, and what mends it."""

import pytest

psycopg = pytest.importorskip("psycopg")

import sqlalchemy as sa  # noqa: E402  (psycopg may be missing)
from psycopg import errors  # noqa: E402  (as above)

from octi.store.postgres_errors import explain, is_rows_fault  # noqa: E402  (as above)

HERE = "PostgreSQL x at db:5432"


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("40001", "octi tries again"),
        ("40P01", "octi tries again"),
        ("53100", "make room on the server's disk"),
        ("53300", "raise max_connections"),
        ("25006", "name the primary server"),
        ("42501", "let octi's user make and write tables there"),
        ("42P01", "start octi again, which makes them"),
        ("57P01", "the server stops or starts"),
        ("57014", "see what keeps the server busy"),
        ("55P03", "another transaction holds a lock"),
        ("28P01", "see user and password in OCTI_STORE_URL"),
        ("58030", "the server's disk failed"),
    ],
)
def test_the_databases_faults_may_be_tried_again(state: str, remedy: str) -> None:
    """And say what mends them."""
    failure = explain(HERE, errors.lookup(state)("no"))
    assert failure.retryable
    assert failure.why.startswith(f"{HERE}: no; ")
    assert remedy in failure.why


@pytest.mark.parametrize("state", ["22001", "22P05", "23503", "23505", "23514", "54000", "21000"])
def test_the_rows_faults_may_not_and_nothing_of_the_row_is_told(state: str) -> None:
    """The server's own words often repeat it."""
    failure = explain(HERE, errors.lookup(state)("value 'my secret' is too long"))
    assert not failure.retryable
    assert state in failure.why
    assert "secret" not in failure.why


@pytest.mark.parametrize(
    "cause", [psycopg.DataError("cannot contain NUL"), ValueError("x"), OverflowError("x"), TypeError("x")]
)
def test_what_the_driver_itself_refuses_is_the_rows_fault(cause: Exception) -> None:
    assert is_rows_fault(cause, "")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('connection failed: FATAL:  password authentication failed for user "octi"', "see user and password"),
        ('FATAL:  database "x" does not exist', "CREATE DATABASE"),
        ("FATAL:  sorry, too many clients already", "raise max_connections"),
        ("FATAL:  the database system is starting up", "octi tries again"),
        ("Connection refused\n\tIs the server running?", "see that the server runs"),
        ('invalid connection option "sslmod"', "behind the ?"),
    ],
)
def test_before_anybody_is_in_the_words_must_do(said: str, remedy: str) -> None:
    """There is no code then. On one line, whatever the driver writes."""
    failure = explain(HERE, psycopg.OperationalError(said))
    assert failure.retryable
    assert remedy in failure.why
    assert "\n" not in failure.why


def test_the_drivers_error_is_found_inside_sqlalchemys() -> None:
    wrapped = sa.exc.OperationalError("INSERT", {}, errors.lookup("53100")("full"))
    assert "make room" in explain(HERE, wrapped).why


def test_a_pool_without_a_free_connection_is_no_rows_fault() -> None:
    assert explain(HERE, sa.exc.TimeoutError("QueuePool limit reached")).retryable
