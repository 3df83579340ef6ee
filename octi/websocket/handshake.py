"""The opening of a WebSocket, both sides, as values: a parsed request in, a response and a codec out."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

import attrs
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from octi.surface import ALWAYS
from octi.websocket.codec import Codec, Side

ORIGIN = re.compile("^https?://[^/?]*", re.IGNORECASE)  # proxies may put it before the path
REALTIME = Subprotocol("realtime")  # the only sub-protocol that is ever echoed: the others carry keys


@attrs.frozen
class Upgrade:
    """A request to speak WebSocket: `target` as on the wire, `leftover` what came behind its head."""

    method: str
    target: str
    headers: Headers = attrs.field(repr=False)  # may hold keys
    leftover: bytes = attrs.field(default=b"", repr=False)
    peer: str = ""  # the client's address, for the log

    @property
    def path(self) -> str:
        """The target without its query."""
        return self._split()[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's fields; of a repeated one the last."""
        return dict(parse_qsl(self._split()[1]))

    @property
    def has_body(self) -> bool:
        """Does a body follow? It would be taken for frames."""
        return "Transfer-Encoding" in self.headers or self.headers.get_all("Content-Length") not in ([], ["0"])

    def _split(self) -> tuple[str, str]:
        path, _, query = ORIGIN.sub("", self.target).partition("?")  # urlsplit refuses some targets
        return path, query


@attrs.frozen
class Accepted:
    """Send `response`, then speak through `codec`."""

    response: bytes
    codec: Codec


@attrs.frozen
class Refused:
    """Send `response`, then close. `status` is for the log."""

    response: bytes
    status: int


def _select(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """`realtime` if it was offered, else none: echoing a key would publish it (and a browser insists on an echo)."""
    return REALTIME if REALTIME in offered else None


def answer(upgrade: Upgrade, *, max_message_bytes: int) -> Accepted | Refused:
    """Check an upgrade by RFC 6455 4.2. No extension is ever granted: deflating audio costs more than it saves."""
    if upgrade.has_body:
        return refuse(400, "An upgrade has no body.")
    server = ServerProtocol(subprotocols=[REALTIME], select_subprotocol=_select)
    response = server.accept(Request(upgrade.target, upgrade.headers, upgrade.method))
    if response.status_code != 101:
        response.headers["Sec-WebSocket-Version"] = "13"
        _surface(response)
        return Refused(response.serialize(), response.status_code)
    return Accepted(response.serialize(), Codec(Side.SERVER, max_message_bytes))


def refuse(status: int, text: str, headers: Sequence[tuple[str, str]] = ()) -> Refused:
    """A plain HTTP answer to an upgrade that octi does not want."""
    response = ServerProtocol().reject(status, text + "\n")
    for name, value in headers:
        response.headers[name] = value
    _surface(response)
    return Refused(response.serialize(), status)


def _surface(response: Response) -> None:
    for name, value in ALWAYS:
        if name not in response.headers:
            response.headers[name] = value


def ask(url: str, headers: Sequence[tuple[str, str]], *, max_message_bytes: int) -> tuple[ClientProtocol, bytes]:
    """What expects the server's answer, and the request to send. Raises ValueError for an address it is not."""
    try:
        asking = ClientProtocol(parse_uri(url), max_size=max_message_bytes)
    except InvalidURI as error:
        raise ValueError(str(error)) from error
    request = asking.connect()
    for name, value in headers:
        request.headers[name] = value
    return asking, request.serialize()


def answered_in(asking: ClientProtocol, data: bytes) -> bytes:
    """Read the server's answer, as far as it has come; what stands behind it are frames, and returned.

    Line by line: the library reads frames as well, and would keep them.
    """
    while data and not asking.events and asking.handshake_exc is None:
        line, newline, data = data.partition(b"\n")
        asking.receive_data(line + newline)
    return data


def refusal_in(asking: ClientProtocol) -> tuple[str, int | None] | None:
    """Why the server did not accept (text, HTTP status), or None if it did."""
    error = asking.handshake_exc
    if isinstance(error, InvalidStatus):
        return _body_of(error.response), error.response.status_code
    if isinstance(error, InvalidHandshake | EOFError):
        return str(error) or "no answer to the handshake", None
    return None if error is None else (str(error), None)


def _body_of(response: Response) -> str:
    text = bytes(response.body or b"").decode(errors="replace").strip()
    return text[:500] or response.reason_phrase
