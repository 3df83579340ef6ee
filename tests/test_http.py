"""The HTTP that clients speak; what it does on a connection is in `test_front.py` and `attacks/`."""

import h11
import pytest

from octi.http import upgrade_in, wants_socket


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([], False),
        ([("Upgrade", "websocket")], True),
        ([("Upgrade", "h2c"), ("upgrade", "WebSocket")], True),
        ([("Upgrade", "h2c, \xa0websocket")], True),
        ([("Upgrade", "websockets")], False),
        ([("Connection", "upgrade")], False),
    ],
)
def test_whoever_names_websocket_wants_it(lines: list[tuple[str, str]], wanted: bool) -> None:
    headers = [("Host", "octi"), *((name, value.encode("latin-1")) for name, value in lines)]
    request = h11.Request(method="GET", target="/", headers=headers)  # type: ignore[arg-type]  # both are taken
    assert wants_socket(request) is wanted


def test_an_upgrade_is_as_it_was_written() -> None:
    """With what came behind its head."""
    headers = [("Host", "octi"), ("X", b"\xff"), ("X", "y")]
    request = h11.Request(method="GET", target="/ws?a=b", headers=headers)  # type: ignore[arg-type]  # both are taken
    upgrade = upgrade_in(request, b"behind", "192.0.2.1")
    assert (upgrade.method, upgrade.target, upgrade.leftover, upgrade.peer) == (
        "GET",
        "/ws?a=b",
        b"behind",
        "192.0.2.1",
    )
    assert upgrade.headers.get_all("X") == ["\xff", "y"]
