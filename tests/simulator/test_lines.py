"""Which line a field is on."""

from octi.simulator.lines import json_lines, line_of, toml_lines

TOML = '''\
# a comment with [brackets] and "quotes
name = "booking"
list = [
  "turn = 1",   # [[turn]]
  2,
]
text = """
[[turn]]
say = 1
"""
latency.pace = 1.0

[[turn]]
hear = 'a]b"'
call = { name = "f", arguments = { a = [1, 2] } }
[[turn]]
[[turn.branch]]
say = "a"
[[turn.branch]]
"when" = { x = 1 }
[[turn]]
  [[turn.branch]]  # again from the first
  say = "c"
[limits]
deep.er = 1
'''
JSON = """\
{
  "name": "a: {[",
  "turn": [
    {"hear": "x", "words": ["a",
      "b"]},
    {
      "say": "y"
    }
  ],
  "empty": {}, "none": []
}
"""


def test_the_lines_of_toml() -> None:
    """Tables, arrays of tables, dotted and quoted keys; what is inside of a value is none of them."""
    assert toml_lines(TOML) == {
        "name": 2,
        "list": 3,
        "text": 7,
        "latency.pace": 11,
        "turn[0]": 13,
        "turn[0].hear": 14,
        "turn[0].call": 15,
        "turn[1]": 16,
        "turn[1].branch[0]": 17,
        "turn[1].branch[0].say": 18,
        "turn[1].branch[1]": 19,
        "turn[1].branch[1].when": 20,
        "turn[2]": 21,
        "turn[2].branch[0]": 22,
        "turn[2].branch[0].say": 23,
        "limits": 24,
        "limits.deep.er": 25,
    }


def test_the_lines_of_json() -> None:
    """Every field and every element."""
    lines = json_lines(JSON)
    assert lines["turn[0].words[1]"] == 5
    assert lines["turn[1]"] == 6
    assert lines["turn[1].say"] == 7
    assert (lines["empty"], lines["none"], lines["name"]) == (10, 10, 2)


def test_a_field_that_is_not_there_is_where_it_should_be() -> None:
    """In its table."""
    lines = toml_lines(TOML)
    assert line_of(lines, "turn[0].call.arguments.a[1]") == 15
    assert line_of(lines, "turn[2].missing") == 21
    assert line_of(lines, "missing") is None
    assert line_of({"": 1}, "missing.too") == 1


def test_a_deep_file_is_read() -> None:
    """Nothing recurses."""
    assert json_lines("[" * 500 + "]" * 500)[""] == 1
