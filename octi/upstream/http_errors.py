"""What a provider's HTTP answer means when it is not the one hoped for, and whether to ask again. Values, no I/O."""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import attrs
import httpx2
import msgspec

from octi.errors import ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.observe.plain import Own
from octi.realtime.events import ErrorBody
from octi.realtime.rate_limits import LONGEST_WAIT_S, SPENT, named_wait_s

SHOWN = 500  # characters of a provider's words
SHOWN_ID = 128
RETRIED = frozenset({408, 409, 429})  # and whatever is the server's fault (protocol 6)
FOR_NOW = frozenset({408, 409, 425})  # of what is no rate limit: another try may help
LEFT = ("Server disconnected", "peer closed connection", "peer unexpectedly closed")  # as httpcore and h11 say it
CANNOT_BE_SENT = "the request cannot be sent: a header, perhaps the key, is not plain text"

Hide = Callable[[str], str]  # takes the key out of a text


@attrs.frozen(kw_only=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # whatever the case of their names
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")  # may hold a secret

    @property
    def ok(self) -> bool:
        """Whether the provider did what it was asked."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The provider's name for the request, to quote to its support."""
        said = self.headers.get("x-request-id", "")
        return said if re.fullmatch("[!-~]+", said) and len(said) <= SHOWN_ID else None


class _Refusal(msgspec.Struct):
    error: ErrorBody | str


def hides(key: str | None) -> Hide:
    """A function that takes `key` out of a text: some providers repeat the key that they refuse."""

    def hide(text: str) -> str:
        return text.replace(key, "***") if key else text

    return hide


def words_in(answer: Answer, hide: Hide) -> ErrorBody:
    """What a refusal says: the error in its JSON, or its text; of a page for browsers, and of nothing, the status.

    Its `type` and `code` as in the JSON. Nothing in it is long, and nothing holds what `hide` hides.
    """
    try:
        error = msgspec.json.decode(answer.body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = answer.body.decode(errors="replace").strip()
    said = ErrorBody(error) if isinstance(error, str) else error
    type_, code = (hide(each)[:SHOWN_ID] if each else None for each in (said.type, said.code))
    if not said.message or said.message.startswith("<"):
        return ErrorBody(code or _phrase(answer.status), type_, code)
    # Hidden before it is cut: half of a key at the end would be found no more.
    return ErrorBody(hide(said.message)[:SHOWN], type_, code)


def refusal(answer: Answer, provider: str, now: float, hide: Hide = str) -> ProviderFault:
    """An answer that is not `ok`, as an error of ours. `now`: seconds since 1970."""
    said = words_in(answer, hide)
    why = f"{said.message} (request {hide(answer.request_id)})" if answer.request_id else said.message
    if answer.status == 429 and not _spent(said):
        named = named_wait(answer.headers, now)
        return UpstreamBusy(provider, why, named_wait_s(said.message) if named is None else min(named, LONGEST_WAIT_S))
    if answer.status >= 500 or answer.status in FOR_NOW:
        return UpstreamLost(provider, Own(f"HTTP {answer.status}, ", why))
    return UpstreamRefused(provider, why, answer.status, said.code)


def is_worth_a_retry(answer: Answer) -> bool:
    """May the same request be answered better in a moment? The provider's own word for it comes first.

    But no wait helps a spent quota, and it is not asked again whatever else is said.
    """
    if _spent(words_in(answer, str)):
        return False
    if (said := answer.headers.get("x-should-retry", "").strip().lower()) in {"true", "false"}:
        return said == "true"
    return answer.status in RETRIED or answer.status >= 500


def named_wait(headers: Mapping[str, str], now: float) -> float | None:
    """After how many seconds a provider's headers say to ask again: milliseconds, seconds, or a date.

    None if they say nothing of use, and for a time that is over.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    seconds = _number(said)
    return _until(said, now) if seconds is None else seconds


def failure(error: Exception, provider: str, hide: Hide = str) -> ProviderFault:
    """A request that got no answer, as an error of ours."""
    match error:
        case httpx2.LocalProtocolError():
            # Its text would repeat the header, and with it the key, in a spelling that is hard to find again.
            return UpstreamRefused(provider, Own(CANNOT_BE_SENT))
        case httpx2.RemoteProtocolError() if str(error).startswith(LEFT):
            return UpstreamLost(provider, Own("left without an answer"))
        case httpx2.RemoteProtocolError() | httpx2.DecodingError():
            return UpstreamNonsense(provider, hide(f"over HTTP, {error}")[:SHOWN])
        case httpx2.ReadError() | httpx2.WriteError():
            return UpstreamLost(provider, Own(hide(f"broke off: {_reasons(error)}")))
        case _:
            return _unreached(error, provider, hide)


def _unreached(error: Exception, provider: str, hide: Hide) -> ProviderFault:
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):  # it will not be trusted in a second either
            return UpstreamRefused(provider, Own(f"its certificate is not trusted ({each.verify_message})"))
    return UpstreamLost(provider, Own(hide(f"cannot be reached: {_reasons(error)}")))


def _spent(said: ErrorBody) -> bool:
    return said.code in SPENT or said.type in SPENT


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else f"status {status}"


def _number(said: str) -> float | None:
    """A positive number; what is none, or nothing, or in the past, says nothing."""
    return float(said) if re.fullmatch(r"\s*\d{1,12}(\.\d+)?\s*", said) and float(said) > 0 else None


def _until(date: str, now: float) -> float | None:
    try:
        seconds = parsedate_to_datetime(date).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what is behind it. httpcore raises `from None`, so a context counts where there is no cause."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _reasons(error: Exception) -> str:
    """Why a connection failed. Trio says that all attempts did, and keeps each one's reason behind that."""
    *_, root = _chain(error)
    reasons = root.exceptions if isinstance(root, BaseExceptionGroup) else [root]
    return "; ".join(dict.fromkeys(getattr(each, "strerror", None) or str(each) for each in reasons))
