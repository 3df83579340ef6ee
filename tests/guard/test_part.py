"""octi/guard/part.py: narrower rules over wider ones."""

from octi.guard.part import Part


class Numbers(Part, frozen=True):
    """Two of them."""

    first: int | None = None
    second: int | None = None


def test_a_narrower_rule_counts_where_it_says_something() -> None:
    """Also if it says 0."""
    assert Numbers(first=0).over(Numbers(first=1, second=2)) == Numbers(first=0, second=2)


def test_rules_that_say_nothing_leave_everything_as_it_is() -> None:
    assert Numbers().over(Numbers(first=1)) == Numbers(first=1)
