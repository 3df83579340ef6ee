"""octi's own certificate: what is one, and how a new one is taken up while octi serves."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
import trio
import trio.testing
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_der_x509_certificate
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.certificate import LOOK_S, follow, tls_context
from octi.listen_config import TlsFiles
from tests.scripted_provider import authority


def write(files: TlsFiles) -> None:
    """A new certificate and its key."""
    certificate = authority().issue_cert("127.0.0.1")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(files.cert, append=number > 0)
    certificate.private_key_pem.write_to_path(files.key)


@pytest.fixture
def tls_files(tmp_path: Path) -> TlsFiles:
    """A certificate and its key."""
    files = TlsFiles(cert=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem"))
    write(files)
    return files


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    structlog.reset_defaults()


async def test_tls_speaks_http_1_1_alone(tls_files: TlsFiles, autojump_clock: MockClock) -> None:
    """A client that prefers HTTP/2 is told so in the handshake."""
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(asking)
    asking.set_alpn_protocols(["h2", "http/1.1"])
    near, far = trio.testing.memory_stream_pair()
    client = trio.SSLStream(near, asking, server_hostname="127.0.0.1")
    server = trio.SSLStream(far, tls_context(tls_files), server_side=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.do_handshake)
        nursery.start_soon(server.do_handshake)
    assert client.selected_alpn_protocol() == "http/1.1"


def test_files_that_are_no_certificate_are_named(tls_files: TlsFiles) -> None:
    """Both of them: OpenSSL does not say which."""
    Path(tls_files.cert).write_text("nonsense", encoding="utf-8")
    with pytest.raises(OSError, match=r"cert.pem and .*key.pem are no certificate and its key"):
        tls_context(tls_files)


def test_a_key_that_is_encrypted_is_no_question_at_the_terminal(tls_files: TlsFiles) -> None:
    """A server has nobody to answer it."""
    plain = load_pem_private_key(Path(tls_files.key).read_bytes(), None)
    locked = plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))
    Path(tls_files.key).write_bytes(locked)
    with pytest.raises(OSError, match="not encrypted"):
        tls_context(tls_files)


# A new one


async def shown(context: ssl.SSLContext) -> int:
    """The serial number of the certificate that a new client is shown."""
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(asking)
    near, far = trio.testing.memory_stream_pair()
    client = trio.SSLStream(near, asking, server_hostname="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.do_handshake)
        nursery.start_soon(trio.SSLStream(far, context, server_side=True).do_handshake)
    return load_der_x509_certificate(client.getpeercert(binary_form=True)).serial_number


async def test_a_new_certificate_is_shown_to_new_clients(tls_files: TlsFiles, autojump_clock: MockClock) -> None:
    """Soon after its files were written, and without a word from anybody."""
    context = tls_context(tls_files)
    first = await shown(context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow, context, tls_files)
        await trio.sleep(2.5 * LOOK_S)
        assert await shown(context) == first
        write(tls_files)
        with capture_logs() as lines:
            await trio.sleep(LOOK_S)
        assert await shown(context) != first
        assert [line["event"] for line in lines] == ["the certificate is taken up anew"]
        nursery.cancel_scope.cancel()


def remove(files: TlsFiles) -> None:
    Path(files.cert).unlink()


def write_half(files: TlsFiles) -> None:
    """The key is still the one of the certificate before."""
    authority().issue_cert("127.0.0.1").cert_chain_pems[0].write_to_path(files.cert)


@pytest.mark.parametrize("spoil", [remove, write_half])
async def test_files_that_are_no_pair_change_nothing(
    spoil: Callable[[TlsFiles], None], tls_files: TlsFiles, autojump_clock: MockClock
) -> None:
    """That is said once; and when they are one, it is taken up."""
    context = tls_context(tls_files)
    first = await shown(context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow, context, tls_files)
        await trio.sleep(LOOK_S / 2)
        spoil(tls_files)
        with capture_logs() as lines:
            await trio.sleep(3 * LOOK_S)
        assert [line["event"] for line in lines] == ["the certificate is not taken up, the one before it stays"]
        assert await shown(context) == first
        write(tls_files)
        await trio.sleep(LOOK_S)
        assert await shown(context) != first
        nursery.cancel_scope.cancel()
