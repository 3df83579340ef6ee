"""Addresses and numbers at which people are reached."""

import pytest

from octi.extraction.contact import email_in, phone_in
from tests.extraction.saying import about, said

EMAIL, PHONE = about("email"), about("phone")


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        ("Write to Anna.Berg+octi@Example.co.uk!", "anna.berg+octi@example.co.uk"),
        ("my e-mail is hélène@exemple.fr", "helene@exemple.fr"),
        ("my email is a at b.com, no, sorry, c at d dot com", "c@d.com"),
        ("mon mail c'est anna point berg chez exemple point fr", None),
        ("anna at home", None),
        ("meet me at noon dot", None),
        ("anna@localhost", None),
    ],
)
def test_an_address_is_read_written_or_spoken(words: str, address: str | None) -> None:
    """The last one counts."""
    found = email_in(said(words), EMAIL)
    assert (found.value if found else None) == address


def test_an_address_with_words_before_it_is_unsure() -> None:
    """They may be its beginning: "anna 42 at …"."""
    found = email_in(said("my email is anna 42 at example dot com"), EMAIL)
    assert found
    assert (found.value, found.unsure) == ("42@example.com", True)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("+1 (555) 123-4567", "+15551234567"),
        ("06.12.34.56.78", "0612345678"),
        ("my number is 5551234567, no, 555 123 4568", "5551234568"),
        ("5551234567", None),
        ("my number is 123", None),
        ("call me on 2026-11-21 2026", None),
        ("call me: triple five one two three four", None),
        ("call me: triple five one two three four five", "55512345"),
    ],
)
def test_a_number_is_read_written_or_spoken(words: str, number: str | None) -> None:
    """Digits alone are nobody's number, unless their form says so."""
    found = phone_in(said(words), PHONE)
    assert (found.value if found else None) == number
