"""Scripts: what is read, and which field a mistake is in."""

import json

import pytest

from octi.errors import BadMessage
from octi.simulator.script import (
    Calls,
    Fails,
    Fault,
    Leaves,
    Recites,
    Says,
    Script,
    Speaks,
    Vanishes,
    Waits,
    WaitsFor,
    read_script,
)


def test_every_kind_of_step_is_read() -> None:
    """Each is known by its own field."""
    script = {
        "agent": [
            {"say": "Hello"},
            {"say_from_instructions": "name: (.*)", "template": "Hello {0}", "otherwise": "Hello"},
            {"call": "f", "arguments": {"a": 1}},
            {"fail": "server_error"},
        ],
        "caller": [
            {"say": "Hi", "then_wait": "nothing", "words": "after"},
            {"wait_s": 1.5},
            {"wait_for": "session.update", "within_s": 2},
            {"leave": True},
            {"leave_silent": True},
        ],
        "faults": [{"path": "/v1/responses", "status": 429, "headers": {"retry-after": "1"}, "body": {"a": 1}}],
    }
    assert read_script(json.dumps(script).encode()) == Script(
        agent=(
            Speaks("Hello"),
            Recites("name: (.*)", "Hello {0}", "Hello"),
            Calls("f", {"a": 1}),
            Fails("server_error"),
        ),
        caller=(
            Says("Hi", "nothing", "after"),
            Waits(1.5),
            WaitsFor("session.update", 2.0),
            Leaves(True),
            Vanishes(True),
        ),
        faults=(Fault("/v1/responses", status=429, headers={"retry-after": "1"}, body={"a": 1}),),
    )


def test_an_empty_script_is_a_script() -> None:
    """Nobody speaks."""
    assert read_script(b"{}") == Script()


@pytest.mark.parametrize(
    ("script", "param"),
    [
        ({"callers": []}, "callers"),
        ({"caller": {}}, "caller"),
        ({"caller": [{"sey": "Hello"}]}, "caller[0]"),
        ({"caller": [{"say": "Hello", "wait_s": 1}]}, "caller[0]"),
        ({"caller": [{"wait_s": 1}, {"say": "Hello", "loud": True}]}, "caller[1].loud"),
        ({"caller": [{"say": 3}]}, "caller[0].say"),
        ({"caller": [{"say": "Hello", "then_wait": "tea"}]}, "caller[0].then_wait"),
        ({"caller": [{"wait_for": "session.updated"}]}, "caller[0].wait_for"),
        ({"caller": [{"leave": False}]}, "caller[0].leave"),
        ({"agent": [{"say_from_instructions": "(a)"}]}, "agent[0].template"),
        ({"agent": [{"say_from_instructions": "(a", "template": "{0}"}]}, "agent[0].say_from_instructions"),
        ({"agent": [{"say_from_instructions": "(a)(b)", "template": "{0}"}]}, "agent[0].say_from_instructions"),
        ({"faults": [{"status": 500}]}, "faults[0].path"),
        ({"faults": [{"path": "/v1/responses", "times": 0}]}, "faults[0].times"),
        ({"faults": [{"path": "/v1/responses", "headers": {"a b": "c"}}]}, "faults[0].headers"),
        ({"faults": [{"path": "/v1/responses", "headers": {"a": "b\r\nc: d"}}]}, "faults[0].headers"),
    ],
)
def test_a_mistake_is_named_by_its_field(script: object, param: str) -> None:
    """With its place in the list."""
    with pytest.raises(BadMessage) as raised:
        read_script(json.dumps(script).encode())
    assert raised.value.param == param


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 5000])
def test_what_is_not_json_is_no_script(data: bytes) -> None:
    """However it is not."""
    with pytest.raises(BadMessage):
        read_script(data)
