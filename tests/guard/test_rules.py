"""octi/guard/rules.py: which rules there are, and whose hold for whom."""

import pytest

from octi.errors import BadConfig
from octi.guard.caller import Caller
from octi.guard.rules import Rule, Rules, rules_in


def read(text: str) -> Rules:
    return rules_in("rules.toml", lambda path: text)


def test_without_a_file_there_are_no_rules() -> None:
    def unread(path: str) -> str:
        raise AssertionError(path)

    assert rules_in("", unread) == Rules()
    assert Rules().of(Caller(tenant="acme", key="web")) == Rule()


def test_a_file_that_cannot_be_read_is_named() -> None:
    def missing(path: str) -> str:
        raise FileNotFoundError(2, "No such file")

    with pytest.raises(BadConfig, match=r"OCTI_RULES='rules.toml': cannot be read"):
        rules_in("rules.toml", missing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default", "TOML"),
        ("[tenants.acme]", "unknown field `tenants`"),
        ("[tenant.acme.limit]", "Object contains unknown field `limit`"),
        ("tenant = 3", "tenant: Expected `object`"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        read(text)
