"""A provider as a value."""

import pytest

from octi.upstream.provider import Provider, versioned


def at(base: str, key: str | None = None) -> Provider:
    return Provider(name="p", base=base, key=key)


@pytest.mark.parametrize(
    ("base", "whole"),
    [
        ("https://h.example", "https://h.example/v1"),
        ("https://h.example/", "https://h.example/v1"),
        ("http://h.example:8000", "http://h.example:8000/v1"),
        ("https://h.example/v1", "https://h.example/v1"),
        ("https://h.example/api-ws/v1/", "https://h.example/api-ws/v1"),
    ],
)
def test_a_bare_host_gets_the_usual_path(base: str, whole: str) -> None:
    """Any path that is there stays as it is."""
    assert versioned(base) == whole


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h.example/v1", "wss://h.example/v1/realtime?model=m"),
        ("wss://h.example/v1/", "wss://h.example/v1/realtime?model=m"),
        ("http://127.0.0.1:8000/v1", "ws://127.0.0.1:8000/v1/realtime?model=m"),
        ("ws://[::1]:9/x", "ws://[::1]:9/x/realtime?model=m"),
    ],
)
def test_the_sockets_address_is_made_from_the_base(base: str, url: str) -> None:
    """http and ws mean the same."""
    assert at(base).socket_url("m") == url


@pytest.mark.parametrize("base", ["ftp://h.example", "h.example:80", "", "https:///v1"])
def test_what_is_no_address_is_refused(base: str) -> None:
    """With the address."""
    with pytest.raises(ValueError, match="is not an http, https, ws or wss address"):
        at(base).socket_url("m")


def test_a_model_is_quoted() -> None:
    """It is data, not part of the address."""
    assert at("https://h/v1").socket_url("a&b=c d").endswith("?model=a%26b%3Dc+d")


def test_the_key_goes_into_a_header() -> None:
    """And without a key there is none."""
    assert at("https://h", "sk-1").headers() == [("Authorization", "Bearer sk-1")]
    assert at("https://h").headers() == []
    assert at("https://h", "").headers() == []


def test_a_calls_sockets_address_names_only_the_call() -> None:
    """A model beside it is refused by the provider."""
    assert at("https://h/v1").call_url("rtc_1") == "wss://h/v1/realtime?call_id=rtc_1"


def test_a_transcription_names_no_model() -> None:
    """Its address has the intent alone (protocol 1.6)."""
    assert at("https://h/v1").transcription_url() == "wss://h/v1/realtime?intent=transcription"


def test_a_client_secret_is_a_bearers_whatever_header_the_key_has() -> None:
    """Azure has one of its own for the key."""
    azure = Provider(name="p", base="https://h/v1", key="k", key_header="api-key", key_prefix="")
    assert azure.with_secret("ek_1").headers() == [("Authorization", "Bearer ek_1")]


def test_neither_key_nor_password_is_shown() -> None:
    """In a log or a traceback."""
    shown = repr(at("https://me:hunter2@h.example/v1", "sk-1"))
    assert "sk-1" not in shown
    assert "hunter2" not in shown
    with pytest.raises(ValueError, match=r"ftp://me:\*\*\*@h") as caught:
        at("ftp://me:hunter2@h").socket_url("m")
    assert "hunter2" not in str(caught.value)
