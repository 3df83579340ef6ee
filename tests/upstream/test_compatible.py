"""Any other provider's address."""

import pytest

from octi.upstream.compatible import compatible


@pytest.mark.parametrize(
    ("base", "name", "url"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws://127.0.0.1:8000/v1/realtime?model=m"),
        ("wss://h.example/api-ws/v1", "h.example", "wss://h.example/api-ws/v1/realtime?model=m"),
        ("https://me:pw@h.example/v1", "h.example", "wss://me:pw@h.example/v1/realtime?model=m"),
    ],
)
def test_it_is_called_by_its_host(base: str, name: str, url: str) -> None:
    """Never by a password in its address: names are told to clients and stored."""
    provider = compatible(None, base)
    assert (provider.name, provider.socket_url("m")) == (name, url)


def test_a_key_is_optional() -> None:
    """Servers at home seldom have one."""
    assert compatible(None, "http://h").headers() == []
    assert compatible("k", "http://h").headers() == [("Authorization", "Bearer k")]
