"""Words, written as texts."""

from octi.engine.brains import lists


def test_words_are_written_as_a_text() -> None:
    """As a set, or in order; line ends count as blanks."""
    assert lists.words(" one two\n  two ") == {"one", "two"}
    assert lists.in_order(" two one\n  two ") == ("two", "one", "two")
    assert lists.words("") == frozenset()


def test_the_longest_run_of_words_comes_first() -> None:
    """Else "to the power" would be found inside "to the power of"."""
    runs = lists.runs({"x": "*", "to the power": "^", "to the power of": "^", "over": "/"})
    assert list(runs) == [("to", "the", "power", "of"), ("to", "the", "power"), ("x",), ("over",)]
    assert runs["over",] == "/"


def test_a_table_has_a_line_for_each_value() -> None:
    """Several words may lead to the same."""
    assert lists.pairs("a, b c: x y\n  d: z\n") == {"a": "x y", "b c": "x y", "d": "z"}
