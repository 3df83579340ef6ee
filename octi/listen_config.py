"""Where octi listens, and the files that TLS needs; `octi.config` puts them with the other settings."""
# ruff: noqa: RUF009 - `setting` and `part` make attrs fields, but ruff only knows `attrs.field` by its name

from collections.abc import Callable, Iterator

import attrs

from octi.settings import Network, host, networks, part, setting, text, whole

MOST_CONNECTIONS = 100_000


@attrs.frozen(kw_only=True)
class TlsFiles:
    """Certificate chain and private key, as paths of PEM files."""

    cert: str = setting("OCTI_TLS_CERT", "File with a certificate chain (PEM), to serve https and wss.", text)
    key: str = setting("OCTI_TLS_KEY", "File with the certificate's private key (PEM).", text)


@attrs.frozen(kw_only=True)
class Listen:
    """Where octi listens; with `tls` it serves https and wss, and nothing else."""

    host: str = setting("HOST", "Address to listen on; 0.0.0.0 for every interface.", host, "127.0.0.1")
    port: int = setting("PORT", "Port to listen on; 0 for any that is free.", whole(0, 65_535), "8080")
    tls: TlsFiles | None = part(TlsFiles, default=None)
    proxies: tuple[Network, ...] = setting(
        "OCTI_TRUSTED_PROXIES",
        "Proxies who say by X-Forwarded-For whom the log names as client: addresses and networks, with commas.",
        networks,
        otherwise="none",
    )
    connections: int = setting(
        "OCTI_MAX_CONNECTIONS",
        "Connections at once, HTTP and sockets; octi asks for as many open files. At the bound those make room that"
        " have asked for nothing yet, or not whole, the oldest first; else newcomers are answered 503. 0: no bound.",
        whole(0, MOST_CONNECTIONS),
        "4096",
    )
    connections_each: int = setting(
        "OCTI_MAX_CONNECTIONS_PER_ADDRESS",
        "The same, from one address (IPv6: one /64). Not for OCTI_TRUSTED_PROXIES and this machine's own. 0: no bound.",
        whole(0, MOST_CONNECTIONS),
        "256",
    )


def broken_tls_rules(tls: TlsFiles, can_read: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong with them together: both files or none, and they can be read."""
    if tls.cert and not tls.key:
        yield f"OCTI_TLS_KEY is not set: should be the key's file for OCTI_TLS_CERT={tls.cert!r}"
    if tls.key and not tls.cert:
        yield f"OCTI_TLS_CERT is not set: should be the certificate's file for OCTI_TLS_KEY={tls.key!r}"
    for name, path in (("OCTI_TLS_CERT", tls.cert), ("OCTI_TLS_KEY", tls.key)):
        if path and not can_read(path):
            yield f"{name}={path!r}: should be a file that octi can read"
