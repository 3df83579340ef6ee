"""What goes wrong with a chat model, in words."""

import ssl

import httpx2
import pytest

from octi.engine.brains.chat_faults import ChatFault, failure, named_pause_s, refusal, words_in


def refused(status: int, body: bytes = b"", *, has_key: bool = True, **headers: str) -> ChatFault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(status, named, body, model="m", has_key=has_key)


@pytest.mark.parametrize(
    ("fault", "why", "retryable", "pause_s"),
    [
        (refused(401), "refuses OCTI_CHAT_KEY (HTTP 401, Unauthorized)", False, None),
        (refused(403, has_key=False), "wants a key, and OCTI_CHAT_KEY is not set", False, None),
        (
            refused(404, b'{"error":"model m not found"}'),
            "does not know OCTI_CHAT_MODEL=m, or OCTI_CHAT_URL",
            False,
            None,
        ),
        (refused(429, b"slow down", retry_after="7"), "is at its limit, again in 7 s (HTTP 429: slow down)", True, 7.0),
        (refused(429), "is at its limit (HTTP 429, Too Many Requests)", True, 0.5),
        (refused(429, b'{"error":{"message":"Pay.","code":"insufficient_quota"}}'), "no more quota", False, None),
        (refused(500, b"<html>"), "cannot answer now (HTTP 500, Internal Server Error)", True, 0.5),
        (refused(503, retry_after="3"), "cannot answer now (HTTP 503", True, 3.0),
        (refused(408), "cannot answer now", True, 0.5),
        (refused(599), "HTTP 599, which is no known status", True, 0.5),
        (refused(400, b'{"detail":"too many tokens"}'), "refuses the question (HTTP 400: too many", False, None),
        (refused(307), "refuses the question (HTTP 307, Temporary Redirect)", False, None),
    ],
)
def test_a_refusal_says_what_to_change(fault: ChatFault, why: str, retryable: bool, pause_s: float | None) -> None:
    """By the variables' names, and whether it may pass."""
    assert why in fault.why
    assert str(fault) == fault.why
    assert (fault.retryable, fault.pause_s) == (retryable, pause_s)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"message":"no","type":"t"}}', ("no", "t")),
        (b'{"error":{"message":"no","code":404,"type":"t"}}', ("no", "t")),
        (b'{"error":"no"}', ("no", None)),
        (b'[{"error":{"message":"no","code":"c"}}]', ("no", "c")),
        (b'{"object":"error","message":"no"}', ("no", None)),
        (b'{"detail":"no"}', ("no", None)),
        (b'"no"', ("no", None)),
        (b'{"detail":[{"loc":1}]}', ("", None)),
        (b" no ", ("no", None)),
        (b"\n<!doctype html>", ("", None)),
        (b"[]", ("", None)),
        (b"\xff", ("\ufffd", None)),
        (b"", ("", None)),
    ],
)
def test_every_servers_errors_are_read(body: bytes, words: tuple[str, str | None]) -> None:
    """They have many shapes; a page for browsers says nothing."""
    assert words_in(body) == words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "0"}, None),
        ({"retry-after": "Fri, 02 Oct 2026 12:00:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_a_server_may_say_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    """In seconds, or finer."""
    assert named_pause_s(headers) == seconds


def untrusted() -> Exception:
    error = httpx2.ConnectError("no")
    error.__cause__ = ssl.SSLCertVerificationError("bad")
    error.__cause__.verify_message = "self-signed"
    return error


def unreachable() -> Exception:
    error = httpx2.ConnectError("all attempts failed")
    error.__cause__ = ExceptionGroup("", [OSError(111, "Connection refused"), OSError(111, "Connection refused")])
    return error


@pytest.mark.parametrize(
    ("error", "why", "retryable"),
    [
        (untrusted(), "a certificate that is not trusted (self-signed)", False),
        (unreachable(), "cannot be reached (Connection refused)", True),
        (httpx2.ReadError("x"), "left before its answer was complete", True),
        (httpx2.RemoteProtocolError("peer closed connection without sending all"), "left before", True),
        (httpx2.RemoteProtocolError("Server disconnected without sending a response."), "left before", True),
        (httpx2.RemoteProtocolError("illegal status line"), "does not speak HTTP as it should (illegal", False),
        (httpx2.LocalProtocolError("Illegal header value b'sk-secret'"), "is not plain text", False),
        (httpx2.SSEError("too long"), "events that are too long", False),
    ],
)
def test_a_failure_says_what_happened(error: Exception, why: str, retryable: bool) -> None:
    """A wrong certificate does not mend itself, a server that is down may come back."""
    fault = failure(error)
    assert why in fault.why
    assert "secret" not in fault.why
    assert fault.retryable is retryable
    assert (fault.pause_s is not None) is retryable
