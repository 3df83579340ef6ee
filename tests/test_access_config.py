"""The settings of who may come in."""

import pytest

from octi.access_config import BY_KEY_SET, BY_SECRET, AccessConfig, Auth, origin_of
from octi.config import Config, read_config
from octi.errors import BadConfig
from octi.settings import secrets_in

SECRET = "s" * 32
ISSUED = {"OCTI_JWT_ISSUER": "https://login.example", "OCTI_JWT_AUDIENCE": "octi"}
BY_URL = {"OCTI_JWKS_URL": "https://login.example/keys", **ISSUED}
SHARED = {"OCTI_JWT_SECRET": SECRET, **ISSUED}


def access(**env: str) -> AccessConfig:
    return read_config(env).access


def problems(env: dict[str, str]) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        read_config(env)
    return list(caught.value.problems)


def test_by_default_nobody_is_asked_for_octi_is_on_this_machine_alone() -> None:
    assert not access().guarded
    assert access().auth is Auth.AUTO


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_a_loopback_address_needs_no_keys(host: str) -> None:
    assert not access(HOST=host).guarded


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "octi.example", "192.0.2.1"])
def test_any_other_address_needs_something_said_about_who_may_come(host: str) -> None:
    """It is told at once what that could be; any of it will do."""
    (problem,) = problems({"HOST": host})
    for remedy in ("OCTI_API_KEYS", "octi keys new", "OCTI_JWKS_URL", "OCTI_JWT_SECRET", "OCTI_AUTH=none"):
        assert remedy in problem
    assert not access(HOST=host, OCTI_AUTH="none").guarded
    for env in ({"OCTI_API_KEYS": "x"}, BY_URL, SHARED):
        assert access(HOST=host, **env).guarded


def test_who_asks_nobody_cannot_have_keys_as_well() -> None:
    """It may have been meant either way."""
    for env in ({"OCTI_API_KEYS": "x"}, BY_URL, SHARED):
        assert problems({"OCTI_AUTH": "none", **env})[0].startswith("OCTI_AUTH=none: should not be set beside")


def test_keys_and_the_logins_secret_are_secrets() -> None:
    """They may come in files, and are hidden wherever they would be logged."""
    config = read_config({"OCTI_API_KEYS": "x", **SHARED})
    assert {"x", SECRET} <= set(secrets_in(config))
    assert SECRET not in repr(config)
    filed = read_config({"OCTI_API_KEYS_FILE": "/run/keys"}, read=lambda path: b"one\ntwo\n")
    assert filed.access.api_keys == "one\ntwo"


def test_each_kind_of_key_has_its_own_algorithms() -> None:
    assert access(**SHARED).signed_by == ("HS256",)
    assert access(**BY_URL).signed_by == ("RS256", "ES256", "EdDSA")
    assert access(**BY_URL, OCTI_JWT_ALGORITHMS="PS256, ES384").signed_by == ("PS256", "ES384")


@pytest.mark.parametrize("name", BY_SECRET)
def test_a_secrets_algorithm_is_refused_with_a_logins_public_keys(name: str) -> None:
    """Whoever knows a public key, and everybody may, could sign with it as a secret."""
    assert problems({**BY_URL, "OCTI_JWT_ALGORITHMS": f"RS256,{name}"})[0].startswith(f"OCTI_JWT_ALGORITHMS: {name}")


@pytest.mark.parametrize("name", BY_KEY_SET)
def test_a_key_pairs_algorithm_is_refused_with_a_secret(name: str) -> None:
    assert problems({**SHARED, "OCTI_JWT_ALGORITHMS": f"{name},HS256"})[0].startswith(f"OCTI_JWT_ALGORITHMS: {name}")


@pytest.mark.parametrize("name", ["none", "None", "", "RS255", "HS256,none"])
def test_no_token_goes_unsigned(name: str) -> None:
    if name:
        assert problems({**SHARED, "OCTI_JWT_ALGORITHMS": name})[0].startswith("OCTI_JWT_ALGORITHMS=")


def test_both_ways_to_sign_at_once_are_refused() -> None:
    assert problems({**SHARED, **BY_URL}) == [
        "OCTI_JWT_SECRET: should not be set beside OCTI_JWKS_URL; a login signs with one of the two"
    ]


@pytest.mark.parametrize("name", ISSUED)
@pytest.mark.parametrize("env", [SHARED, BY_URL])
def test_whose_tokens_they_are_and_for_whom_must_be_set(env: dict[str, str], name: str) -> None:
    assert problems({each: said for each, said in env.items() if each != name})[0].startswith(f"{name} is not set")


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    """And not shown."""
    (problem,) = problems({**SHARED, "OCTI_JWT_SECRET": "correct horse"})
    assert "32 bytes" in problem
    assert "horse" not in problem


def test_a_logins_keys_come_from_a_web_address() -> None:
    assert problems({**BY_URL, "OCTI_JWKS_URL": "wss://login.example"})
    assert problems({**BY_URL, "OCTI_JWKS_URL": "/etc/keys"})


def test_what_a_token_may_without_scopes_is_of_octis_scopes() -> None:
    assert access(OCTI_JWT_SCOPES="mint, sessions").jwt_scopes == ("mint", "sessions")
    assert "fly should be of" in problems({"OCTI_JWT_SCOPES": "mint,fly"})[0]


def test_origins_are_read_as_browsers_write_them() -> None:
    said = "https://App.Example:443, http://localhost:5173,*,capacitor://localhost"
    assert access(OCTI_ORIGINS=said).origins == (
        "https://app.example",
        "http://localhost:5173",
        "*",
        "capacitor://localhost",
    )
    assert Config().access.origins == ""  # type: ignore[comparison-overlap]  # no default is "", as for every setting


@pytest.mark.parametrize(
    "said", ["app.example", "https://app.example/path", "https://", "https://*.example/", "null", "https://a:0"]
)
def test_what_is_no_origin_is_refused(said: str) -> None:
    assert origin_of(said) == ""
    assert problems({"OCTI_ORIGINS": said})[0].startswith("OCTI_ORIGINS=")
