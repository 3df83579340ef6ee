"""A line's fields: short, printable, without keys."""

import pytest

from octi.observe.tidy import LONGEST, MOST, hides, printable, tidied


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("sk-proj-abc123def", "***"),
        ("/a/ek_68af296e8e408191/b", "/a/***/b"),
        ("Authorization: Bearer abcdef.123", "Authorization: Bearer ***"),
        ("basic dXNlcjpwYXNz", "basic ***"),
        ("realtime, openai-insecure-api-key.whatever-it-is", "realtime, openai-insecure-api-key.***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "***"),
        ("postgresql://octi:pa:ss@db.example/octi", "postgresql://octi:***@db.example/octi"),
        ("http://:secret@host", "http://:***@host"),
        ("task-force and ask_me, desk-top", "task-force and ask_me, desk-top"),
        ("sk-learn", "sk-learn"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
    ],
)
def test_what_looks_like_a_key_is_hidden(said: str, shown: str) -> None:
    """Wherever it stands; words that only resemble one stay."""
    assert hides()(said) == shown


def test_what_is_known_to_be_secret_is_hidden_in_every_spelling() -> None:
    """As it is, as an address has it, as code has it; the longer of two first."""
    hide = hides(["pass word/1", "pass word/1 and more", "octi", "line\nend\n!"])
    assert hide("a pass word/1 b") == "a *** b"
    assert hide("pass%20word/1 pass%20word%2F1") == "*** ***"
    assert hide("pass word/1 and more") == "***"
    assert hide(repr("line\nend\n!")) == "'***'"
    assert hide("octi") == "octi"  # shorter than any key: it would be missed in lines that have another reason for it


def test_fields_come_in_an_order_and_those_without_a_value_go() -> None:
    """What every line has comes first."""
    line = {"b": 1, "session": "s", "a": None, "event": "e", "timestamp": "t"}
    told = list(tidied(str)(None, "info", line).items())
    assert told == [("timestamp", "t"), ("event", "e"), ("session", "s"), ("b", 1)]


def test_fields_are_cut() -> None:
    """Texts, lists, and lists in lists; numbers stay as they are."""
    many = list(range(MOST + 7))
    line = tidied(str)(None, "", {"text": "x" * (LONGEST + 5), "many": range(3), "list": many, "yes": True})
    assert line["text"] == "x" * LONGEST + "… (5 more)"
    assert line["many"] == "<range>"
    assert line["list"] == [*range(MOST), "… and 7 more"]
    assert line["yes"] is True
    assert tidied(str)(None, "", {"deep": [[[[["x"]]]]]}) == {"deep": [[[["<list>"]]]]}
    named = {"a": ("b", {"c"}), 1: b"raw"}
    assert tidied(str)(None, "", {"by_name": named}) == {"by_name": {"a": ["b", ["c"]], "1": "<bytes>"}}


def test_text_is_printable() -> None:
    """No escape sequence, no line's end, no mark that turns text around."""
    assert printable("é 漢 a\x1b[2J\r\n\u202e\u2028") == "é 漢 a\\x1b[2J\\r\\n\\u202e\\u2028"
    assert printable("a\nb\r", lines=True) == "a\nb\\r"
