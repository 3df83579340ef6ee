"""octi/guard/limits.py: how limits are written, and which of them hold."""

import msgspec
import pytest

from octi.errors import BadConfig
from octi.guard.caller import Caller
from octi.guard.limits import NAMES, LimitRule, PerSession, Share
from octi.guard.rules import Rules, rules_in

FILE = """
[default.limits.per_session]
messages_per_second = 100
[default.limits.per_address]
sessions = 10
new_sessions_per_minute = 30
[tenant.acme.limits.per_address]
sessions = 50
[key.kiosk.limits.per_address]
sessions = 0
[key.kiosk.limits.per_key]
sessions = 200
"""


def read(text: str) -> Rules:
    return rules_in("rules.toml", lambda path: text)


def test_each_table_says_for_whom_it_is_counted() -> None:
    """A narrower rule counts field by field; what it leaves out a wider one says."""
    limits = read(FILE).of(Caller(tenant="acme")).limits
    assert limits.per_address == Share(sessions=50, new_sessions_per_minute=30)
    assert limits.per_session == PerSession(messages_per_second=100)


def test_a_narrower_rule_lifts_a_limit_with_0() -> None:
    limits = read(FILE).of(Caller(tenant="acme", key="kiosk")).limits
    assert (limits.per_address.sessions, limits.per_key.sessions) == (0, 200)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default.limits.per_adress]", "unknown field `per_adress`"),
        ("[default.limits.per_user]\nsession = 1", "default.limits.per_user: Object contains unknown field `session`"),
        ("[default.limits.per_user]\nsessions = -1", "default.limits.per_user.sessions: Expected `int` >= 0"),
        ("[default.limits.per_user]\nsessions = 1.5", "Expected `int"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        read(text)


def test_every_limit_has_its_name() -> None:
    """Table and field, as the file has them."""
    fields = {f"{table}.{field}" for table in LimitRule.__struct_fields__ for field in fields_of(table)}
    kept = {f"per_session.{name}" for name in ("seconds", "idle_seconds", "messages_burst", "bytes_burst")}
    assert set(NAMES) == fields - kept, "those that end a session have words of their own"


def fields_of(table: str) -> tuple[str, ...]:
    kind = type(msgspec.structs.asdict(LimitRule())[table])
    return tuple(kind.__struct_fields__)
