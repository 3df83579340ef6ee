"""What every answer says, and what of a request it may say back."""

from octi.surface import ALWAYS, shown, surfaced


def test_an_answer_says_what_it_does_not_say_itself() -> None:
    """Its own words stay, whatever case they are written in."""
    own = [(b"Content-Security-Policy", b"script-src 'self'"), (b"cache-control", b"max-age=60")]
    said = surfaced(own)
    assert said[:2] == own
    names = [name.lower() for name, _ in said]
    assert sorted(names) == sorted(name.lower().encode() for name, _ in ALWAYS)


def test_only_over_octis_own_tls_a_browser_is_told_to_keep_to_it() -> None:
    assert b"strict-transport-security" not in dict(surfaced([]))
    assert b"strict-transport-security" in dict(surfaced([], secure=True))


def test_what_is_shown_is_short_and_steers_nothing() -> None:
    assert shown("/a/b") == "/a/b"
    assert shown("a\r\nb\x1b[31m\u202e") == "a??b?[31m?"
    assert len(shown("x" * 10_000)) == 101
