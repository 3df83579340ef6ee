"""What a word is looked for in, and as what."""

import pytest

from octi.store.searching import NAMES, mentions, spellings
from tests.contract.test_store import make_session, make_turn


def test_a_word_is_looked_for_in_small_and_in_capital_letters() -> None:
    """Each spelling once."""
    assert spellings("école") == ["école", "ÉCOLE", "École"]
    assert spellings("42") == ["42"]


@pytest.mark.parametrize("name", NAMES)
def test_a_session_is_found_by_what_it_is_called(name: str) -> None:
    assert mentions(make_session(**{name: "The Needle's"}), [], "needle")


def test_a_session_is_found_by_what_was_said_in_it() -> None:
    """By whomever; and not by what was not."""
    said = [make_turn(0, "Bonjour."), make_turn(1, "À l'ÉCOLE ?")]
    assert mentions(make_session(), said, "l'école")
    assert not mentions(make_session(), said, "lycée")
