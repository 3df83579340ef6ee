"""Whose requests are taken."""

import pytest

from octi.simulator.ids import Ids
from octi.simulator.keys import Keys, credential_in


def test_only_the_configured_key_is_taken() -> None:
    """Where one is configured."""
    keys = Keys("sk-1", Ids(), lambda: 0.0)
    assert [keys.opens(each) for each in ("sk-1", "sk-2", "")] == [True, False, False]


def test_any_key_is_taken_where_none_is_configured() -> None:
    """But no client secret that was not made here."""
    keys = Keys("", Ids(), lambda: 0.0)
    assert [keys.opens(each) for each in ("sk-2", "", "ek_unknown")] == [True, True, False]


def test_a_secret_opens_sessions_until_it_expires() -> None:
    """As often as one likes; it is no key for the rest."""
    now = 1000.0
    keys = Keys("sk-1", Ids(), lambda: now)
    secret = keys.mint({"type": "realtime"}, 600)
    assert (secret.value, secret.expires_at) == ("ek_sim_1", 1600)
    assert keys.opens("ek_sim_1")
    assert keys.opens("ek_sim_1")
    assert keys.preset("ek_sim_1") == {"type": "realtime"}
    assert not keys.is_key("ek_sim_1")
    now = 1600.0
    assert not keys.opens("ek_sim_1")


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        ({"authorization": "Bearer sk-1"}, "sk-1"),
        ({"authorization": "bearer  sk-1 "}, "sk-1"),
        ({"authorization": "Basic abc"}, ""),
        ({"sec-websocket-protocol": "realtime, openai-insecure-api-key.ek_sim_1"}, "ek_sim_1"),
        ({}, ""),
    ],
)
def test_a_key_comes_in_a_header_or_a_subprotocol(headers: dict[str, str], credential: str) -> None:
    """Browsers can only do the latter."""
    assert credential_in(headers) == credential


def test_keys_are_hidden_in_what_is_kept() -> None:
    """Wherever they stand."""
    keys = Keys("my-key", Ids(), lambda: 0.0)
    body = {"a": ["ek_1", "text", "with my-key inside"], "headers": {"X": "1"}, "n": 3, "tool": {"authorization": "x"}}
    assert keys.hidden(body) == {
        "a": ["***", "text", "***"],
        "headers": "***",
        "n": 3,
        "tool": {"authorization": "***"},
    }
    assert "my-key" not in repr(keys)
