"""Web pages that may speak to octi."""

import pytest

from octi.guard.origins import Origins

HERE = "127.0.0.1:8080"
LAPTOP = Origins(loopback=True, strict=True)
PUBLIC = Origins()
LISTED = Origins(listed=frozenset({"https://app.example"}))


@pytest.mark.parametrize("origins", [LAPTOP, PUBLIC, LISTED])
def test_whoever_is_no_page_may(origins: Origins) -> None:
    """Who is no browser says what he likes in his headers: it is his key that counts."""
    assert origins.allow(None, HERE)


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://127.0.0.1:3000", "https://[::1]:8443", "http://app.localhost"]
)
def test_a_page_of_this_machine_may_where_octi_is_on_it_alone(origin: str) -> None:
    assert LAPTOP.allow(origin, HERE)
    assert not PUBLIC.allow(origin, "octi.example")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "null",
        "",
        "file://",
        "http://localhost@evil.example",
        "http://evil.example/http://localhost",
        "https://app.example, https://evil.example",
        "http://[",
        "http://localhost:0",
    ],
)
@pytest.mark.parametrize("origins", [LAPTOP, PUBLIC, LISTED])
def test_any_other_page_may_not(origins: Origins, origin: str) -> None:
    """Least of all one that nobody can tell where it is from."""
    assert not origins.allow(origin, HERE)


def test_a_page_that_is_listed_may() -> None:
    """However its origin is written; not with another scheme or port, nor as a part of another name."""
    assert LISTED.allow("https://app.example", "octi.example")
    assert LISTED.allow("HTTPS://App.Example:443", "octi.example")
    for origin in (
        "http://app.example",
        "https://app.example:8443",
        "https://www.app.example",
        "https://app.example.org",
    ):
        assert not LISTED.allow(origin, "octi.example")


def test_octis_own_page_may() -> None:
    """By the name and port by which it was loaded."""
    assert PUBLIC.allow("https://octi.example", "octi.example")
    assert PUBLIC.allow("https://octi.example:8443", "OCTI.example:8443")
    assert not PUBLIC.allow("https://octi.example:8443", "octi.example")


def test_where_any_may_any_may() -> None:
    assert Origins(any=True).allow("null", HERE)
    assert Origins(any=True, strict=True).know("evil.example")


@pytest.mark.parametrize("host", [HERE, "localhost", "[::1]:8080", "octi", "octi:8080", "10.0.0.7:80", "a.localhost:1"])
def test_where_nobody_is_asked_octi_is_known_by_names_that_no_stranger_can_have(host: str) -> None:
    """Addresses, and names without a dot."""
    assert LAPTOP.know(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[", "a@evil.example"]
)
def test_and_by_no_name_that_somebody_may_let_lead_here(host: str) -> None:
    """A page of that name would be octi's own otherwise; where keys are asked for it has none."""
    assert not LAPTOP.know(host)
    assert PUBLIC.know(host)


def test_a_listed_origins_name_is_octis_as_well() -> None:
    """So is octi behind a proxy of that name known."""
    origins = Origins(listed=frozenset({"https://octi.example"}), strict=True)
    assert origins.know("octi.example")
    assert not origins.know("app.example")
