"""No secret reaches the disk."""

import msgspec
import pytest

from octi.cassette.scrubbing import scrubbed, without

SECRET = "Zx81Zx81Zx81"


@pytest.mark.parametrize(
    "said",
    [
        {"text": f"my key is sk-{SECRET}."},
        {"text": f"line\nek_{SECRET}"},
        {"text": f"\tsk-proj-{SECRET}\u00e9"},
        {"deep": [{"value": f"ek_{SECRET}"}]},
        {"Authorization": f"Bearer {SECRET}"},
        {"authorization": SECRET},
        {"note": f"send Bearer {SECRET} along"},
        {"note": f"send Basic {SECRET} along"},
        {"session": {"client_secret": {"value": SECRET, "expires_at": 3}}},
        {"client_secret": SECRET},
        {"tools": [{"type": "mcp", "server_url": "https://x", "authorization": SECRET}]},
        {"tools": [{"type": "mcp", "headers": {"X-Mine": SECRET, "deep": [SECRET]}}]},
        {"api_key": SECRET, "apiKey": SECRET, "x-api-key": SECRET},
        {"arguments": msgspec.json.encode({"authorization": SECRET, "n": 1}).decode()},
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(said: object) -> None:
    """And what is left is JSON still."""
    clean = scrubbed(msgspec.json.encode(said))
    assert SECRET.encode() not in clean
    assert b"***" in clean
    msgspec.json.decode(clean)


def test_names_written_with_escapes_hide_nothing() -> None:
    """JSON allows any letter to be written so."""
    assert SECRET.encode() not in scrubbed(b'{"authoriz\\u0061tion": "%s"}' % SECRET.encode())
    assert SECRET.encode() not in scrubbed(b'{"a": "\\u0073k-%s"}' % SECRET.encode())
    assert SECRET.encode() not in scrubbed(b'{"a": "\\u0020sk-%s"}' % SECRET.encode())


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":  "response.create"}',
        b'{"text": "a risk-assessment of the week_schedule for task-management"}',
        b'{"text": "caf\\u00e9"}',
        b'{"headers_seen": 3, "basic": "x"}',
        b'{"transcript": "I have a basic question about basic mathematics."}',
        b"no json",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(frame: bytes) -> None:
    """Byte for byte."""
    assert scrubbed(frame) == frame


def test_broken_json_that_may_hold_a_secret_goes_whole() -> None:
    """It cannot be searched by its fields."""
    assert SECRET.encode() not in scrubbed(b'{"headers": {"X": "%s"' % SECRET.encode())


def test_the_shape_of_a_secret_stays() -> None:
    """So that one sees what was there."""
    assert without({"headers": {"A": "x", "n": 1}, "b": [True]}) == {"headers": {"A": "***", "n": 1}, "b": [True]}


@pytest.mark.parametrize("levels", [600, 3000])
def test_what_is_too_deep_to_be_searched_goes_whole(levels: int) -> None:
    """Else whoever sends it would end the recording."""
    deep = b"[" * levels + b"]" * levels
    assert SECRET.encode() not in scrubbed(b'{"authorization":"' + SECRET.encode() + b'","deep":' + deep + b"}")
