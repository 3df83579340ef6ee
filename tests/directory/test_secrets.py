"""Client secrets."""

import re

from octi.directory.secrets import digest, looks_like_secret, new_secret

UNLUCKY = b"\xfb\xff\xfe" * 10 + b"\xff\xff"  # plain base64 of it has +, / and =


def test_a_secret_may_stand_in_a_header_and_in_a_sub_protocol() -> None:
    """Whatever its bytes: letters, digits, - and _; and it begins as real clients expect."""
    for value in (new_secret(lambda size: UNLUCKY[:size]), new_secret(bytes)):
        assert re.fullmatch(r"ek_[\w-]{43}", value, re.ASCII)


def test_a_secret_has_all_the_randomness_it_was_given() -> None:
    """256 bits."""
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    new_secret(random)
    assert asked == [32]


def test_a_digest_knows_its_secret_and_does_not_show_it() -> None:
    """SHA-256, in hex."""
    assert digest("ek_a") == digest("ek_a") != digest("ek_b")
    assert re.fullmatch("[0-9a-f]{64}", digest("ek_a"))


def test_any_text_has_a_digest() -> None:
    """A client may send half a surrogate pair: that opens nothing, and breaks nothing."""
    assert digest("ek_\ud800")


def test_other_keys_are_no_client_secrets() -> None:
    """An API key, a bearer of someone else's."""
    assert looks_like_secret("ek_1")
    assert not looks_like_secret("sk-1")
    assert not looks_like_secret("")
