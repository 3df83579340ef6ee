"""A function's output as something to listen to."""

import json

import pytest

from octi.engine.brains.english import ENGLISH
from octi.engine.brains.results import LONGEST, spoken_result


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ('{"temperature": 21.5, "skyColor": "blue"}', "Temperature is 21.5 and sky color is blue"),
        ('{"ok": true, "seats": 4, "outdoor": false}', "Seats is 4 and outdoor is no"),
        ("It is sunny.", "It is sunny."),
        ('"It is sunny."', "It is sunny."),
        ('{"result": "It is sunny."}', "It is sunny."),
        ("42", "42"),
        ("[]", "There are none"),
        ('[{"name": "Anna"}]', "There is one: Anna"),
        ('["a", "b", "c"]', "There are 3: a, b and c"),
        ('[{"title": "a"}, "b", 3, 4]', "There are 4. The first are a, b and 3"),
        ('{"days": ["Monday", "Friday"], "left": null}', "Days is Monday and Friday and left is not known"),
        ('{"a": {"b": 1}}', "A is b is 1"),
    ],
)
def test_results_are_said_in_words(output: str, words: str) -> None:
    """Objects as names and values, lists as a count and their first items, text as it is."""
    assert spoken_result(output, ENGLISH) == words


@pytest.mark.parametrize("output", ["", "  ", '{"ok": true}', '{"status": "ok"}', "{}", '{"error": null}', "[" * 9_999])
def test_an_output_that_says_nothing_is_only_done(output: str) -> None:
    """There is nothing to add to it."""
    assert spoken_result(output, ENGLISH) == "That is done."


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ('{"error": "no such city"}', "No such city."),
        ('{"error": {"code": 5, "message": "quota"}}', "Quota."),
        ('{"ok": false}', ""),
        ('{"success": false, "message": "closed"}', "Closed."),
        ('{"status": "error", "detail": "down"}', "Down."),
        ('{"error": true}', ""),
    ],
)
def test_a_failure_is_said_to_be_one(output: str, why: str) -> None:
    """With its reason, where it gave one."""
    assert spoken_result(output, ENGLISH).strip() == f"I am sorry, that did not work. {why}".strip()


@pytest.mark.parametrize(
    "output",
    ["word " * 999, json.dumps({f"key{n}": "value " * 99 for n in range(50)}), '{"error": "%s"}' % ("x " * 999)],
)
def test_no_result_is_too_long_to_listen_to(output: str) -> None:
    """It is cut at about twenty seconds of speech."""
    assert len(spoken_result(output, ENGLISH)) <= LONGEST + 50
