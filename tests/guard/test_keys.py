"""Server keys: made, written down, known again."""

import hmac
import re

import pytest

from octi.errors import BadConfig
from octi.guard.caller import Caller, Scope
from octi.guard.keys import PREFIX, ServerKey, digest, key_for, keys_in, new_key

VALUE = new_key(bytes)
BACKEND = ServerKey(name="backend", scopes=frozenset({Scope.MINT}), digest=digest(VALUE))
OTHER = ServerKey(name="ops", tenant="acme", scopes=frozenset({Scope.SESSIONS, Scope.OPERATE}), digest=digest("other"))


def test_a_key_has_256_bits_and_may_stand_in_a_header_and_in_a_sub_protocol() -> None:
    """Whatever its bytes: letters, digits, - and _."""
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return b"\xfb\xff\xfe" * 10 + b"\xff\xff"

    assert re.fullmatch(rf"{PREFIX}[\w-]{{43}}", new_key(random), re.ASCII)
    assert asked == [32]


def test_the_line_of_a_key_is_read_as_that_key() -> None:
    """Its name, its tenant if it has one, its scopes, its SHA-256; and not the key."""
    assert keys_in(f"{BACKEND.line},\n# whoever looks after octi\n{OTHER.line}\n") == (BACKEND, OTHER)
    assert VALUE not in BACKEND.line
    assert OTHER.line == f"ops@acme:sessions+operate:{OTHER.digest}"
    assert keys_in("") == ()


def test_a_key_is_known_by_its_value_alone() -> None:
    assert key_for(VALUE, [OTHER, BACKEND]) == BACKEND
    assert key_for(VALUE.upper(), [OTHER, BACKEND]) is None
    assert key_for(BACKEND.digest, [OTHER, BACKEND]) is None
    assert key_for("\ud800", [BACKEND]) is None
    assert key_for("", []) is None


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found or not, the first or the last: how long it takes tells nothing about them."""
    compared: list[str] = []
    in_constant_time = hmac.compare_digest

    def compare(asked: str, kept: str) -> bool:
        compared.append(kept)
        return in_constant_time(asked, kept)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for value in (VALUE, "other", "nobody's"):
        compared.clear()
        key_for(value, [BACKEND, OTHER])
        assert compared == [BACKEND.digest, OTHER.digest]


def test_whoever_holds_a_key_is_its_tenants_and_may_what_it_says() -> None:
    caller = OTHER.caller("192.0.2.1")
    assert caller == Caller(tenant="acme", key="ops", address="192.0.2.1", scopes=OTHER.scopes)


@pytest.mark.parametrize(
    "entry", [VALUE, f"backend:mint:{VALUE}", "sk-live-1234", "backend:mint:sk-1", "backend:mint:zz"]
)
def test_a_key_in_the_setting_itself_is_refused_with_the_remedy(entry: str) -> None:
    """It is not repeated: it has been seen by enough people."""
    with pytest.raises(BadConfig) as caught:
        keys_in(f"{OTHER.line},{entry}")
    (problem,) = caught.value.problems
    assert problem.startswith("OCTI_API_KEYS, entry 2: should hold the SHA-256 of a key")
    assert "octi keys new NAME --scope mint" in problem
    assert entry not in problem


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (f"a b:mint:{'0' * 64}", "should be NAME"),
        (f"back:{'0' * 64}", "should be NAME"),
        (f"backend:mint+fly:{'0' * 64}", "fly should be of mint, sessions, operate"),
        (f"jwt:mint:{'0' * 64}", "no key should be called jwt"),
        (f"backend@:mint:{'0' * 64}", "should be NAME"),
    ],
)
def test_an_entry_that_is_none_is_refused(entry: str, problem: str) -> None:
    with pytest.raises(BadConfig, match=re.escape(problem)):
        keys_in(entry)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadConfig) as caught:
        keys_in("one,two")
    assert len(caught.value.problems) == 2


def test_two_keys_of_one_name_are_refused() -> None:
    """Else nobody knew whose rules hold."""
    with pytest.raises(BadConfig, match="two keys of the name backend"):
        keys_in(f"{BACKEND.line},backend:mint:{'0' * 64}")


def test_a_key_does_not_show_its_digest() -> None:
    assert BACKEND.digest not in repr(BACKEND)
