"""What is no word."""

import pytest

from octi.engine.fillers import nothing_said


@pytest.mark.parametrize("text", ["", " ", "...", "Um.", "Um, uh...", "Euh…", "Heu, hum.", "-"])
def test_noise_and_thinking_aloud_say_nothing(text: str) -> None:
    """Whatever the recogniser made of them."""
    assert nothing_said(text)


@pytest.mark.parametrize("text", ["Yes.", "No", "Oui.", "Stop!", "Um, yes.", "Mm-hmm.", "Uh-huh", "5", "Oh.", "là"])
def test_the_shortest_word_says_something(text: str) -> None:
    """None of these may be lost."""
    assert not nothing_said(text)
