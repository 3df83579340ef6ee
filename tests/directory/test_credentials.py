"""The secrets that sessions hold now."""

from octi.directory.credentials import MOST_SECRETS, Credentials
from octi.units import SessionId

ONE, OTHER = SessionId("one"), SessionId("other")


def test_a_session_s_newest_secret_is_the_one_to_use() -> None:
    """Clients that renew use the new one."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_1", 5.0)
    held.remember(ONE, "ek_2", 5.0)
    assert (held.newest(ONE), held.newest(OTHER)) == ("ek_2", None)


def test_an_expired_secret_is_none() -> None:
    """From its last second on."""
    now = 1.0
    held = Credentials(lambda: now)
    held.remember(ONE, "ek_1", 5.0)
    now = 5.0
    assert held.newest(ONE) is None


def test_what_expired_is_not_held_on_to() -> None:
    """It goes as the next one comes."""
    now = 1.0
    held = Credentials(lambda: now)
    held.remember(ONE, "ek_1", 5.0)
    now = 6.0
    held.remember(OTHER, "ek_2", 9.0)
    assert len(held) == 1


def test_the_oldest_sessions_give_way() -> None:
    """The number of sessions is bounded."""
    held = Credentials(lambda: 1.0, 2)
    for name in "abc":
        held.remember(SessionId(name), f"ek_{name}", 5.0)
    assert [held.newest(SessionId(name)) for name in "abc"] == [None, "ek_b", "ek_c"]


def test_a_session_holds_few() -> None:
    """However often it renews."""
    held = Credentials(lambda: 1.0)
    for number in range(10):
        held.remember(ONE, f"ek_{number}", 5.0)
    assert len(held._held[ONE]) == MOST_SECRETS
    assert held.newest(ONE) == "ek_9"


def test_a_session_that_is_over_holds_none() -> None:
    """Forgetting twice is forgetting once."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_1", 5.0)
    held.forget(ONE)
    held.forget(ONE)
    assert held.newest(ONE) is None


def test_no_secret_is_shown() -> None:
    """Neither by who holds it nor by itself."""
    held = Credentials(lambda: 1.0)
    held.remember(ONE, "ek_hidden", 5.0)
    assert "hidden" not in repr(held) + repr(held._held[ONE])
