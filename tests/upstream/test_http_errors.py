"""What a provider's answers mean."""

import ssl
from email.utils import formatdate

import httpx2
import pytest

from octi.errors import UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.upstream.http_errors import Answer, failure, hides, is_worth_a_retry, named_wait, refusal, words_in

KEY = "sk-very-secret"
NOW = 1_790_000_000.0
QUOTA = b'{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","code":null}}'


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=httpx2.Headers(named), body=body)


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 413, 422])
def test_a_refusal_is_one_for_good(status: int) -> None:
    """With the provider's words, status and code."""
    fault = refusal(answer(status, b'{"error":{"message":"No.","code":"nope"}}'), "p", NOW)
    assert repr(fault) == repr(UpstreamRefused("p", "No.", status, "nope"))
    assert not fault.retryable


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 529])
def test_trouble_is_a_loss_for_now(status: int) -> None:
    """Another try may help."""
    assert repr(refusal(answer(status, b"out of GPUs"), "p", NOW)) == repr(
        UpstreamLost("p", f"HTTP {status}, out of GPUs")
    )


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"Retry_After": "7"}, b"", 7),
        ({"Retry_After": "1.5"}, b"", 1.5),
        ({"Retry_After_Ms": "250", "Retry_After": "7"}, b"", 0.25),
        ({"Retry_After": "3600"}, b"", 60),
        ({"Retry_After": formatdate(NOW + 20, usegmt=True)}, b"", 20),
        ({"Retry_After": formatdate(NOW - 20, usegmt=True)}, b"", 5),
        ({"Retry_After": "soon"}, b"Please try again in 1.5s.", 1.5),
        ({"Retry_After": "-1"}, b"", 5),
        ({}, b'{"error":{"message":"Rate limit reached. Please try again in 2s."}}', 2),
        ({}, b"", 5),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(headers: dict[str, str], body: bytes, wait_s: float) -> None:
    """By its headers, or else by its words, or else a usual time; at most a minute."""
    fault = refusal(answer(429, body, **headers), "p", NOW)
    assert isinstance(fault, UpstreamBusy)
    assert fault.wait_s == wait_s


def test_a_spent_quota_is_a_refusal() -> None:
    """It comes as a 429 as well, but no wait helps."""
    assert repr(refusal(answer(429, QUOTA), "p", NOW)) == repr(
        UpstreamRefused("p", "You exceeded your current quota.", 429)
    )


def test_a_fault_names_the_providers_request() -> None:
    """Its support asks for it."""
    assert repr(refusal(answer(403, b"no", X_Request_Id="req_1"), "p", NOW)) == repr(
        UpstreamRefused("p", "no (request req_1)", 403)
    )


@pytest.mark.parametrize("name", ["", "req 1", "x" * 129])
def test_a_request_id_is_one_short_word(name: str) -> None:
    """What else stands there is not repeated."""
    assert answer(200, X_Request_Id=name).request_id is None


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        (b'{"error":{"message":"Bad key.","code":"invalid_api_key"}}', "Bad key.", "invalid_api_key"),
        (b'{"error":"no such model"}', "no such model", None),
        (b'{"error":{"code":"invalid_api_key"}}', "invalid_api_key", "invalid_api_key"),
        (b'{"error":{}}', "Unauthorized", None),
        (b'{"error":null}', '{"error":null}', None),
        (b"<html>401</html>", "Unauthorized", None),
        (b"", "Unauthorized", None),
        (b"x" * 9000, "x" * 500, None),
        (b"\xff", "\N{REPLACEMENT CHARACTER}", None),
    ],
)
def test_the_words_of_a_refusal_are_found(body: bytes, words: str, code: str | None) -> None:
    """In JSON as providers write it, in plain text, and never a page for browsers."""
    said = words_in(answer(401, body), str)
    assert (said.message, said.code) == (words, code)


def test_a_status_without_a_name_is_told_by_its_number() -> None:
    """When there is nothing else to tell."""
    assert words_in(answer(599), str).message == "status 599"


@pytest.mark.parametrize("place", [0, 490, 495])
def test_a_key_is_hidden_before_words_are_cut(place: int) -> None:
    """Half of it at the end would not be found."""
    body = "x" * place + KEY + "y" * 100
    assert "sk-" not in words_in(answer(401, body.encode()), hides(KEY)).message


def test_a_key_is_hidden_wherever_a_provider_puts_it() -> None:
    """In the code and in the request id too."""
    body = b'{"error":{"message":"","code":"bad_%b"}}' % KEY.encode()
    assert KEY not in repr(refusal(answer(401, body, X_Request_Id=f"req_{KEY}"), "p", NOW, hides(KEY)))


def test_without_a_key_nothing_is_hidden() -> None:
    """An empty one is in every text."""
    assert hides(None)("text") == hides("")("text") == "text"


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, False), (401, False), (404, False), (408, True), (409, True), (422, False), (429, True), (500, True)],
)
def test_some_statuses_are_worth_a_retry(status: int, again: bool) -> None:
    """As for the official SDKs."""
    assert is_worth_a_retry(answer(status)) is again


@pytest.mark.parametrize(("said", "again"), [("true", True), ("false", False), (" TRUE ", True)])
@pytest.mark.parametrize("status", [400, 503])
def test_the_providers_word_on_retries_comes_first(status: int, said: str, again: bool) -> None:
    """`x-should-retry`, whatever the status; of any other value nothing follows."""
    assert is_worth_a_retry(answer(status, X_Should_Retry=said)) is again
    assert is_worth_a_retry(answer(status, X_Should_Retry="maybe")) is (status == 503)


@pytest.mark.parametrize("headers", [{}, {"X_Should_Retry": "true"}])
def test_a_spent_quota_is_never_worth_a_retry(headers: dict[str, str]) -> None:
    """Not even by the provider's word."""
    assert not is_worth_a_retry(answer(429, QUOTA, **headers))


def test_no_header_names_no_wait() -> None:
    """Nor does a time that is over."""
    assert named_wait({}, NOW) is None
    assert named_wait({"retry-after": "0", "retry-after-ms": "0"}, NOW) is None


def chained(error: Exception, *causes: BaseException) -> Exception:
    """As libraries raise them: each with the next behind it, by cause or by context."""
    at: BaseException = error
    for number, cause in enumerate(causes):
        setattr(at, ("__cause__", "__context__")[number % 2], cause)
        at = cause
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx2.RemoteProtocolError("peer closed connection without …"), UpstreamLost("p", "left without an answer")),
        (httpx2.RemoteProtocolError("bad header"), UpstreamNonsense("p", "over HTTP, bad header")),
        (httpx2.DecodingError("no gzip"), UpstreamNonsense("p", "over HTTP, no gzip")),
        (chained(httpx2.ReadError(""), OSError(104, "reset")), UpstreamLost("p", "broke off: reset")),
        (
            chained(httpx2.ConnectError("c"), OSError("all"), ExceptionGroup("", [OSError(1, "a"), OSError(2, "b")])),
            UpstreamLost("p", "cannot be reached: a; b"),
        ),
        (UnicodeError("label too long"), UpstreamLost("p", "cannot be reached: label too long")),
    ],
)
def test_a_request_without_an_answer_is_told_by_its_cause(error: Exception, fault: Exception) -> None:
    """What the system said, not the library around it."""
    assert repr(failure(error, "p")) == repr(fault)


def test_a_certificate_that_is_not_trusted_is_a_refusal() -> None:
    """Ours, and for good."""
    distrust = ssl.SSLCertVerificationError(1, "certificate verify failed")
    distrust.verify_message = "self-signed"
    fault = failure(chained(httpx2.ConnectError("c"), OSError(), distrust), "p")
    assert repr(fault) == repr(UpstreamRefused("p", "its certificate is not trusted (self-signed)"))


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    """It may be the key."""
    assert KEY not in repr(failure(httpx2.LocalProtocolError(f"Illegal header value b'Bearer {KEY}\\n'"), "p"))


def test_a_secret_in_an_answer_is_not_shown() -> None:
    """An answer's repr may stand in a log."""
    assert "ek_" not in repr(answer(200, b'{"value":"ek_1"}', Set_Cookie="ek_2"))
