"""octi/spending/words: what an agent is told to say of its budget."""

from octi.spending.words import Words


def test_octi_speaks_french_where_the_session_does() -> None:
    """Else English: the agent itself says it in the language that is spoken."""
    assert "obligeance" not in Words().warning_in("fr")
    assert Words().warning_in("fr").startswith("Dis maintenant")
    assert Words().goodbye_in("fr").startswith("Le temps")
    assert Words().warning_in("") == Words().warning_in("en") == Words().warning_in("de")


def test_the_operators_own_words_are_for_all() -> None:
    own = Words(warning="Hurry.", goodbye="Bye.")
    assert (own.warning_in("fr"), own.goodbye_in("en")) == ("Hurry.", "Bye.")
