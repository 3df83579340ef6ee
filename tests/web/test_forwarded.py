"""Who the client is behind proxies: what only those may say who are trusted."""

import ipaddress

import pytest

from octi.web.forwarded import address_in, client_of

PROXIES = [ipaddress.ip_network(each) for each in ("127.0.0.1", "10.0.0.0/8", "fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("::ffff:127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("fd00::5", ["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1", " 203.0.113.7 ,10.1.2.3"], "203.0.113.7"),
        ("127.0.0.1", ["10.1.2.4, 10.1.2.3"], "10.1.2.4"),
        ("127.0.0.1", ["198.51.100.1, unknown, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["<script>"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7:40000, [fd00::1]:80"], "203.0.113.7"),
        ("", ["203.0.113.7"], ""),
        ("a pipe", ["203.0.113.7"], "a pipe"),
    ],
    ids=[
        "no proxy",
        "a client that speaks for another",
        "a proxy that says nothing",
        "a proxy",
        "a proxy over IPv6",
        "all by IPv6",
        "what the client wrote itself",
        "in several headers",
        "proxies only",
        "an unknown one",
        "no address",
        "with ports",
        "nobody",
        "no network",
    ],
)
def test_the_client_is_the_last_one_that_no_trusted_proxy_has(peer: str, told: list[str], client: str) -> None:
    """And never what stands before it."""
    assert client_of(peer, told, PROXIES) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    """The default."""
    assert client_of("127.0.0.1", ["203.0.113.7"], ()) == "127.0.0.1"


@pytest.mark.parametrize(
    "text", ["", " ", "[", "[]", ":", "1.2.3", "1.2.3.4.5", "[1.2.3.4", "x:1", "1:2:3", "\0", "9" * 9999]
)
def test_what_is_no_address_does_no_harm(text: str) -> None:
    """Or is read as the address that it begins with."""
    assert address_in(text) in {None, ipaddress.ip_address("1.2.3.4")}
