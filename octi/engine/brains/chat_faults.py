"""What went wrong with a chat model, in words a person understands, and whether another try may help. No I/O."""

import re
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import attrs
import httpx2
import msgspec

from octi.realtime.rate_limits import SPENT

FOR_NOW = frozenset({408, 409, 425, 429})  # and whatever is the server's fault
USUAL_PAUSE_S = 0.5


@attrs.frozen
class ChatFault(Exception):
    """A question that was not answered. `pause_s`: after how long to ask once more; None: it is not worth it now."""

    why: str
    retryable: bool = True  # may the same work later?
    pause_s: float | None = None

    def __str__(self) -> str:
        return self.why


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, model: str, has_key: bool) -> ChatFault:
    """An answer that is no success."""
    said, code = words_in(body)
    http = f"HTTP {status}: {said}" if said else f"HTTP {status}, {_phrase(status)}"
    if status in (401, 403):
        remedy = "refuses OCTI_CHAT_KEY" if has_key else "wants a key, and OCTI_CHAT_KEY is not set"
        return ChatFault(f"{remedy} ({http})", retryable=False)
    if status == 404:
        return ChatFault(
            f"does not know OCTI_CHAT_MODEL={model}, or OCTI_CHAT_URL is not its address ({http})", retryable=False
        )
    if status == 429 and code in SPENT:
        return ChatFault(f"has no more quota ({http})", retryable=False)
    if status == 429:
        pause_s = named_pause_s(headers)
        again = f", again in {pause_s:g} s" if pause_s else ""
        return ChatFault(f"is at its limit{again} ({http})", pause_s=pause_s or USUAL_PAUSE_S)
    if status >= 500 or status in FOR_NOW:
        return ChatFault(f"cannot answer now ({http})", pause_s=named_pause_s(headers) or USUAL_PAUSE_S)
    return ChatFault(f"refuses the question ({http})", retryable=False)


def named_pause_s(headers: Mapping[str, str]) -> float | None:
    """After how many seconds a server says to ask again; None if it does not, or names a date."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", said := headers.get(name, "").strip()) and float(said):
            return float(said) * unit_s
    return None


def words_in(body: bytes) -> tuple[str, str | None]:
    """What an error's body says, in any of the shapes that servers have for it, and its code. Nothing of a page."""
    try:
        return words_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body.decode(errors="replace")
        return ("" if text.lstrip().startswith("<") else text.strip()), None


def words_of(said: Any) -> tuple[str, str | None]:
    """The same, of what a body means."""
    match said:
        case [first, *_]:
            return words_of(first)
        case {"error": dict() | str() as error}:
            return words_of(error)
        case {"message": str(words)} | {"detail": str(words)}:
            codes = (said.get("code"), said.get("type"))
            return words, next((code for code in codes if isinstance(code, str)), None)
        case str():
            return said, None
        case _:
            return "", None


def failure(error: Exception) -> ChatFault:
    """A request that got no answer, or not all of it."""
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):  # it will not be trusted in a second either
            return ChatFault(f"shows a certificate that is not trusted ({each.verify_message})", retryable=False)
    match error:
        case httpx2.LocalProtocolError() | httpx2.InvalidURL() | UnicodeError():
            # Their texts would repeat the header, and with it the key.
            return ChatFault("cannot be asked: its address or OCTI_CHAT_KEY is not plain text", retryable=False)
        case httpx2.SSEError():
            return ChatFault("sends events that are too long", retryable=False)
        case httpx2.RemoteProtocolError() if "disconnected" in str(error) or "peer" in str(error):
            return ChatFault("left before its answer was complete", pause_s=USUAL_PAUSE_S)
        case httpx2.RemoteProtocolError() | httpx2.DecodingError():
            return ChatFault(f"does not speak HTTP as it should ({error})", retryable=False)
        case httpx2.ReadError() | httpx2.WriteError() | httpx2.CloseError():
            return ChatFault("left before its answer was complete", pause_s=USUAL_PAUSE_S)
        case _:
            return ChatFault(f"cannot be reached ({_reasons(error)})", pause_s=USUAL_PAUSE_S)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "which is no known status"


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
