"""octi/redact_config.py: which kinds are named."""

import pytest

from octi.redact_config import RedactConfig, Redacted, kinds


def test_names_stand_with_commas_between_them() -> None:
    assert kinds("email, PHONE,") == (Redacted.EMAIL, Redacted.PHONE)


def test_a_name_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="some of email, phone, card, iban, with commas between them"):
        kinds("email,adress")


def test_nothing_is_redacted_unless_it_is_asked_for() -> None:
    assert not RedactConfig().kinds
    assert not RedactConfig().file
