"""Rules are functions with a name and a sentence."""

from collections.abc import Iterator

from octi.conformance.dialogue import Server
from octi.conformance.rule import Dialogue, Need, Standing, Tape, rule, standing
from octi.conformance.rules import RULES
from octi.conformance.values import Event


@rule("greetings", Need.VOICE)
async def somebody_says_hello(server: Server) -> Event | None:
    """Who comes in
    is greeted."""
    return None


@standing("greetings")
def nobody_shouts(tape: Tape) -> Iterator[Event]:
    """All are quiet."""
    yield from tape.events


def test_a_rule_has_the_name_and_the_sentence_of_its_function() -> None:
    """The one with hyphens, the other in one line."""
    assert isinstance(somebody_says_hello, Dialogue)
    assert (somebody_says_hello.name, somebody_says_hello.sentence) == (
        "somebody-says-hello",
        "Who comes in is greeted.",
    )
    assert (somebody_says_hello.about, somebody_says_hello.needs) == ("greetings", Need.VOICE)
    assert isinstance(nobody_shouts, Standing)
    assert (nobody_shouts.name, nobody_shouts.needs) == ("nobody-shouts", None)


def test_no_two_rules_have_one_name() -> None:
    """A rule is known by it."""
    names = [each.name for each in RULES]
    assert len(names) == len(set(names)) > 100


def test_every_rule_is_one_sentence_about_something() -> None:
    """Which ends with a full stop, and fits on a line."""
    for each in RULES:
        assert each.sentence.endswith("."), each.name
        assert 20 < len(each.sentence) <= 130, each.name
        assert each.about, each.name
