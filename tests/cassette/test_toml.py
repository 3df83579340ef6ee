"""Values as TOML."""

import tomllib

from octi.cassette.toml import comment, inline, key, pairs, quoted


def test_values_are_written_as_toml() -> None:
    """Names and words with anything in them; what is null is left out."""
    assert inline({"a": 1, "b c": ["x", None, 1.5, False, {}]}) == '{ a = 1, "b c" = ["x", 1.5, false, {}] }'
    assert (key("a-b"), key("é"), quoted('"\x7f')) == ("a-b", '"é"', '"\\"\\u007f"')
    assert tomllib.loads("\n".join(pairs({"a": {"b": "\n"}, "c": None}))) == {"a": {"b": "\n"}}


def test_comments_stay_on_their_line() -> None:
    """Whatever a provider says."""
    assert comment("a\nb\x00") == "# a b "
