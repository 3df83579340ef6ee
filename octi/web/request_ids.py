"""What a request is called: as its client calls it, or else by a name of octi's own, which the answer tells. Pure."""

import re
from collections.abc import Iterable
from uuid import uuid4

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+/@-]{0,127}")
KEYLIKE = re.compile(r"(?:^|[^A-Za-z0-9])(?:sk|ek|pk|rk)[-_]|^eyJ|^Basic|^Bearer", re.IGNORECASE)


def request_id(said: Iterable[str]) -> str:
    """The client's name for a request, if it is one that may stand in a log; of several none is."""
    names = [each.strip() for each in said]
    if len(names) == 1 and SANE.fullmatch(names[0]) and not KEYLIKE.search(names[0]):
        return names[0]
    return uuid4().hex


def with_request_id(head: bytes, request: str) -> bytes:
    """An answer's head, with the name of its request."""
    return head.replace(b"\r\n\r\n", f"\r\n{HEADER}: {request}\r\n\r\n".encode(), 1)
