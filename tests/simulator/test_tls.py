"""Certificates."""

import ssl
from pathlib import Path

import pytest

from octi.errors import Unserved
from octi.simulator.server import open_simulator
from octi.simulator.tls import context_of, sign_for
from octi.websocket.opener import Upgrade, open_websocket


@pytest.mark.parametrize("host", ["127.0.0.1", "simulator.test"])
async def test_a_certificate_that_signs_itself_is_trusted_by_its_file(host: str, tmp_path: Path) -> None:
    """For loopback, and for the host that was named."""
    certificate, key = sign_for(host, tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    async with open_simulator(tls=context_of(certificate, key)) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        address = simulator.url.replace("https", "wss") + "/v1/realtime?model=m"
        async with open_websocket(address, Upgrade(headers={"Authorization": "Bearer k"}), tls=trusting) as socket:
            assert "session.created" in str(await socket.get_message())


def test_without_openssl_files_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the options' names."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unserved, match="--tls-cert and --tls-key"):
        sign_for("127.0.0.1", tmp_path)


def test_files_that_are_no_certificate_are_refused(tmp_path: Path) -> None:
    """Before anything listens."""
    (tmp_path / "x").write_text("x", encoding="utf-8")
    with pytest.raises(OSError, match=r"PEM|no start line|SSL"):
        context_of(tmp_path / "x", tmp_path / "x")
