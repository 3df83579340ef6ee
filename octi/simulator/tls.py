"""TLS for a simulator: a certificate of its own, or one from files."""

import ipaddress
import ssl
import subprocess
from pathlib import Path

from octi.errors import Unserved

DAYS = 30
PATIENCE_S = 30.0


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context. Raises OSError (ssl.SSLError too) for files that cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def sign_for(host: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, for this host and for loopback, and its key, in `folder`: 30 days.

    Clients trust the certificate's file. Raises Unserved where there is no openssl to make it with.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = dict.fromkeys(("DNS:localhost", "IP:127.0.0.1", "IP:::1", _name(host)))
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", str(DAYS), "-subj", "/CN=octi simulate", "-addext", f"subjectAltName={','.join(names)}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unserved(f"a certificate needs openssl ({error}); give one with --tls-cert and --tls-key") from error
    if made.returncode:
        raise Unserved(f"openssl made no certificate: {made.stderr.strip()}; give one with --tls-cert and --tls-key")
    return certificate, key


def _name(host: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(host)}"
    except ValueError:
        return f"DNS:{host}"
