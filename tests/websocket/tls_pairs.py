"""Two ends of a TLS connection over kernel sockets with small buffers, hands shaken."""

import socket
import ssl
from contextlib import suppress

from tests.scripted_provider import client_tls, server_tls

Ends = tuple[ssl.SSLSocket, ssl.SSLSocket]


def tls_pair() -> Ends:
    """A client's end and a server's, both without blocking. The caller closes them."""
    near, far = socket.socketpair()
    for each in (near, far):
        each.setblocking(False)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client = client_tls().wrap_socket(
        near, server_hostname="localhost", do_handshake_on_connect=False, suppress_ragged_eofs=False
    )
    server = server_tls().wrap_socket(far, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False)
    _shake_hands(client, server)
    return client, server


def _shake_hands(client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
    for each in (client, server) * 4:
        with suppress(ssl.SSLWantReadError):
            each.do_handshake()
    assert client.version() == server.version() == "TLSv1.3"
