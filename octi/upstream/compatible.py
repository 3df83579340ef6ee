"""Any other server that speaks the Realtime API."""

from urllib.parse import urlsplit

from octi.upstream.provider import Provider, versioned


def compatible(key: str | None, base: str) -> Provider:
    """A server at `base`, the part of its address before `/realtime`; a bare host gets the usual `/v1`."""
    host = urlsplit(base).netloc.rpartition("@")[2]  # never with a password: the name is told to clients
    return Provider(name=host or base, base=versioned(base), key=key)
