"""The scripted providers of a run, plain and with TLS, beside the load generator's core."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import trustme

from bench.relaying.kit import Kit
from bench.relaying.running import free_port, running, wait_for


@attrs.frozen
class Provider:
    """A provider that runs."""

    url: str
    port: int
    pid: int
    authority: Path | None = None


@attrs.frozen
class Providers:
    """Both. secure None: the load generator was built without OpenSSL."""

    plain: Provider
    secure: Provider | None

    def of(self, *, tls: bool) -> Provider | None:
        """The one that a load is for."""
        return self.secure if tls else self.plain


@contextmanager
def providers(kit: Kit, folder: Path, core: int | None) -> Iterator[Providers]:
    """They end with the block."""
    with ExitStack() as opened:
        plain = opened.enter_context(_provider(kit, folder, core))
        authority, papers = certificate(folder)
        secure = opened.enter_context(_provider(kit, folder, core, authority, papers)) if kit.tls else None
        yield Providers(plain, secure)


def certificate(folder: Path) -> tuple[Path, list[str]]:
    """An authority of this run's; and the server's certificate and key, as the scripted provider is told them."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    trusted, chain, key = folder / "authority.pem", folder / "provider.pem", folder / "provider.key"
    authority.cert_pem.write_to_path(str(trusted))
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return trusted, ["-c", str(chain), "-k", str(key)]


@contextmanager
def _provider(
    kit: Kit, folder: Path, core: int | None, authority: Path | None = None, papers: list[str] | None = None
) -> Iterator[Provider]:
    port, log = free_port(), folder / "provider.log"
    with running([kit.program, "provide", "-p", str(port), *(papers or [])], log, core) as process:
        wait_for(process, port, log)
        scheme = "http" if authority is None else "https"
        yield Provider(f"{scheme}://localhost:{port}", port, process.pid, authority)
