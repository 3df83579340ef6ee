"""`octi health`: whether the octi on this machine is alive, as a container's health check asks it.

It is asked every few seconds, so it loads next to nothing: neither Trio nor the server.
"""

import json
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from time import monotonic

import attrs
import click
from dotenv import dotenv_values

from octi.listen_config import Listen
from octi.settings import read_part

PATIENCE_S = 3.0  # for all of it: above what octi gives its store, below what a container gives its check
MOST_BYTES = 1 << 16
UNWELL = 1
WILDCARDS: Mapping[str, str] = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Unwell(Exception):
    """Why octi cannot be called healthy, as a sentence."""


@attrs.frozen
class Probe:
    """Whom to ask, and what."""

    host: str
    port: int
    path: str
    tls: bool

    def __str__(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """Host and port, as an address has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--ready", is_flag=True, help="Ask whether it takes new sessions (/readyz), not only whether it lives.")
@click.option("--host", envvar="HOST", help="Where octi listens. Default: HOST, or 127.0.0.1.")
@click.option("--port", envvar="PORT", help="Its port. Default: PORT, or 8080.")
@click.option("--tls-cert", envvar="OCTI_TLS_CERT", help="Set if it serves https. Default: OCTI_TLS_CERT.")
def health(ready: bool, host: str | None, port: str | None, tls_cert: str | None) -> None:
    """Ask the octi on this machine whether it is alive; the exit code is 0 if it is, else 1.

    It asks /livez at the HOST and PORT that `octi serve` has from the environment and .env. An octi that drains is
    alive, but not ready.
    """
    given = {"HOST": host, "PORT": port, "OCTI_TLS_CERT": tls_cert}
    try:
        probe = probe_for(given, "/readyz" if ready else "/livez")
        ask(probe, PATIENCE_S)
    except Unwell as error:
        click.echo(f"octi health: {error}", err=True)
        sys.exit(UNWELL)
    click.echo(f"octi is {'ready' if ready else 'alive'}: {probe}")


def probe_for(given: Mapping[str, str | None], path: str) -> Probe:
    """Where octi listens by these variables, and by those of `.env` where they are not set. Raises Unwell."""
    try:
        written = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        raise Unwell(f".env cannot be read: {error}") from error
    problems: list[str] = []
    said = {name: said for name, value in given.items() if (said := value or written.get(name))}
    listen = Listen(**read_part(Listen, said, problems))
    if listen.port == 0:
        problems.append("PORT=0: should be the port that octi got; --port says it")
    if problems:
        raise Unwell("; ".join(problems))
    tls = listen.tls is not None and bool(listen.tls.cert)
    return Probe(WILDCARDS.get(listen.host, listen.host), listen.port, path, tls)


def ask(probe: Probe, patience_s: float) -> None:
    """Return if the answer is 200, in time. Raises Unwell."""
    deadline = monotonic() + patience_s
    try:
        answer = fetched(probe, deadline)
    except TimeoutError as error:
        raise Unwell(f"{probe} did not answer within {patience_s:g} s") from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be a host's
        raise Unwell(f"{probe} cannot be reached: {error}") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head[: len(b"HTTP/1.1 200")].partition(b" ")[2]
    if not head.startswith(b"HTTP/1.") or not status.isdigit():
        raise Unwell(f"{probe} does not speak HTTP: it is another program, or serves https (OCTI_TLS_CERT)")
    if status != b"200":
        raise Unwell(f"{probe} answers {status.decode()}{''.join(f': {why}' for why in problems_in(body))}")


def fetched(probe: Probe, deadline: float) -> bytes:
    """All that a server answers to a GET until it closes. Raises OSError; TimeoutError at the deadline."""
    request = f"GET {probe.path} HTTP/1.1\r\nHost: {probe.authority}\r\nConnection: close\r\n\r\n"
    answer = b""
    with (
        socket.create_connection((probe.host, probe.port), timeout=left(deadline)) as plain,
        wrapped(plain) if probe.tls else plain as stream,
    ):
        stream.sendall(request.encode())
        while len(answer) < MOST_BYTES:
            stream.settimeout(left(deadline))
            if not (chunk := stream.recv(MOST_BYTES)):
                break
            answer += chunk
    return answer


def wrapped(plain: socket.socket) -> ssl.SSLSocket:
    """TLS whose certificate may be for any name: it is for the one by which others know octi. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


def left(deadline: float) -> float:
    """How long one step may take. Raises TimeoutError."""
    if (seconds := deadline - monotonic()) <= 0:
        raise TimeoutError
    return seconds


def problems_in(body: bytes) -> Iterator[str]:
    """What octi itself says is wrong, in one line."""
    try:
        told = json.loads(body)
    except ValueError:
        return
    if isinstance(told, dict) and isinstance(problems := told.get("problems"), list):
        said = "; ".join(map(str, problems))
        yield "".join(sign if sign.isprintable() else "?" for sign in said)[:500]
