"""A provider as a value: where it is and how it wants to be spoken to."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import attrs

from octi.settings import masked

SOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def versioned(base: str) -> str:
    """A base address as the providers' documentation has it: a bare host gets the usual `/v1`."""
    whole = base.rstrip("/")
    return whole if urlsplit(whole).path else whole + "/v1"


@attrs.frozen(kw_only=True)
class Provider:
    """One address that speaks the Realtime API. `base` ends before `/realtime`; http and ws mean the same."""

    name: str
    base: str = attrs.field(repr=lambda base: masked(repr(base)))
    key: str | None = attrs.field(default=None, repr=False)
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "

    def socket_url(self, model: str) -> str:
        """The address of a session's socket. Raises ValueError if `base` is no such address."""
        return self._socket(model=model)

    def transcription_url(self) -> str:
        """The address of a session that only transcribes; it names no model. Raises ValueError as `socket_url`."""
        return self._socket(intent="transcription")

    def call_url(self, call_id: str) -> str:
        """The address of a sideband to a call. Raises ValueError as `socket_url`."""
        return self._socket(call_id=call_id)

    def with_secret(self, secret: str) -> "Provider":
        """The same for whoever holds a client secret of its: that is a bearer's everywhere."""
        return attrs.evolve(self, key=secret, key_header="Authorization", key_prefix="Bearer ")

    def _socket(self, **query: str) -> str:
        parts = urlsplit(self.base)
        if parts.scheme not in SOCKET_SCHEMES or not parts.hostname:
            raise ValueError(f"{masked(self.base)!r} is not an http, https, ws or wss address")
        path = parts.path.rstrip("/") + "/realtime"
        return urlunsplit((SOCKET_SCHEMES[parts.scheme], parts.netloc, path, urlencode(query), ""))

    def headers(self) -> list[tuple[str, str]]:
        """What goes with the handshake; holds the key."""
        return [(self.key_header, self.key_prefix + self.key)] if self.key else []
