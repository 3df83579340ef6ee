"""What a request is called."""

import re

import pytest

from octi.web.request_ids import request_id, with_request_id


@pytest.mark.parametrize("said", ["abc-1", "2f1b7c1e-6a52-4b43-9b0e-2d3f2c6f1d11", "Root=1-67891233-abcdef", "a" * 128])
def test_a_clients_name_for_a_request_is_taken(said: str) -> None:
    """So that its log and octi's can be laid side by side."""
    assert request_id([said]) == said
    assert request_id([f" {said} "]) == said


@pytest.mark.parametrize(
    "said",
    [
        [],
        [""],
        ["one", "two"],
        ["a" * 129],
        ["my card is 4111"],
        ["a\nb"],
        ["a\x1b[2J"],
        ["é"],
        ["sk-proj-0123456789"],
        ["request-ek_0123456789"],
        ["Bearer/abc"],
        ["eyJhbGciOiJIUzI1NiJ9"],
        ["-rf"],
    ],
)
def test_a_name_that_does_not_belong_in_a_log_is_replaced(said: list[str]) -> None:
    """As one that is missing: by one of octi's own, another each time."""
    names = {request_id(said), request_id(said)}
    assert len(names) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_an_answer_tells_it() -> None:
    """In its head, once."""
    head = with_request_id(b"HTTP/1.1 101 So\r\nA: b\r\n\r\n\r\n\r\n", "r-1")
    assert head == b"HTTP/1.1 101 So\r\nA: b\r\nX-Request-Id: r-1\r\n\r\n\r\n\r\n"
