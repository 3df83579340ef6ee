"""octi's own certificate: how it is loaded, and taken up anew when its files change, as they do every few weeks."""

import ssl
from pathlib import Path

import structlog
import trio

from octi.listen_config import TlsFiles

log = structlog.get_logger("octi.serve")

LOOK_S = 30.0  # how often the files are looked at


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Serve https and wss, HTTP/1.1 only. Raises OSError for what are no such files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    load(context, files)
    context.set_alpn_protocols(["http/1.1"])
    return context


def load(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Show this certificate from now on; connections that are there keep the one that they were shown."""
    try:
        context.load_cert_chain(files.cert, files.key, password="")  # an encrypted key is an error, not a question
    except ssl.SSLError as error:
        why = f"{files.cert} and {files.key} are no certificate and its key, in PEM and not encrypted"
        raise OSError(f"{why} ({error.reason})") from error


async def follow(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Take up the files whenever they change, for new connections. What is no pair is left, and looked at again."""
    known = state_of(files)
    failed: object = None
    while True:
        await trio.sleep(LOOK_S)
        if (now := state_of(files)) == known:
            continue
        try:
            tls_context(files)  # apart: a context that took a certificate and not its key would serve nobody
            load(context, files)
        except OSError as error:
            if now != failed:
                log.warning("the certificate is not taken up, the one before it stays", error=str(error))
            failed = now
        else:
            known, failed = now, None
            log.info("the certificate is taken up anew", file=files.cert)


def state_of(files: TlsFiles) -> list[tuple[int, int, int] | None]:
    """What changes when a file is written or replaced, the target of a link as well; None for one that is not there."""
    return [_state(Path(name)) for name in (files.cert, files.key)]


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
