"""Secrets in files, as a container has them."""

import os
from collections import Counter
from pathlib import Path

import pytest

from octi.advice import unknown_settings
from octi.cli import _read_secret  # the only thing that reads such a file
from octi.config import Config, read_config
from octi.errors import BadConfig
from octi.secret_files import MOST_BYTES
from octi.settings import all_settings

KEY = {"OPENAI_API_KEY_FILE": "/run/secrets/key", "OCTI_SYSTEM_PROMPT": "Be kind."}


def config_with(env: dict[str, str], **files: bytes) -> Config:
    """The settings, where these are the files in /run/secrets."""

    def read(path: str) -> bytes:
        try:
            return files[path.removeprefix("/run/secrets/")]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", path) from None

    return read_config(env, read=read)


def problems(env: dict[str, str], **files: bytes) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        config_with(env, **files)
    return list(caught.value.problems)


@pytest.mark.parametrize("content", [b"sk-1", b"sk-1\n", b"sk-1\r\n", b"\xef\xbb\xbfsk-1\n"])
def test_a_secret_is_read_from_its_file(content: bytes) -> None:
    """Without the last line's end; and it counts as set, wherever that matters."""
    config = config_with(KEY, key=content)
    assert (config.upstream.key, config.upstream.kind) == ("sk-1", "openai")


def test_the_stores_address_may_be_in_a_file_for_its_password() -> None:
    """As may every secret; for all else there is no such variable, and none has the name of another setting."""
    config = config_with({"OCTI_STORE_URL_FILE": "/run/secrets/url"}, url=b"postgresql://me:hush@db/octi\n")
    assert config.store_url == "postgresql://me:hush@db/octi"
    specs = list(all_settings(Config))
    in_files = {spec.name for spec in specs if spec.file_name}
    assert in_files == {spec.name for spec in specs if spec.secret} | {"OCTI_STORE_URL"}
    assert max(Counter(name for spec in specs for name in (spec.name, spec.file_name) if name).values()) == 1


def test_a_name_without_a_value_is_not_set() -> None:
    """Nor is a path; the other one of the two counts."""
    assert config_with({"OPENAI_API_KEY_FILE": " "}) == Config()
    assert config_with({**KEY, "OPENAI_API_KEY": ""}, key=b"sk-1").upstream.key == "sk-1"
    assert config_with({**KEY, "OPENAI_API_KEY": "sk-2", "OPENAI_API_KEY_FILE": ""}).upstream.key == "sk-2"


def test_a_secret_that_is_set_twice_is_told() -> None:
    """By both names, and without either."""
    both = {**KEY, "OPENAI_API_KEY": "sk-2"}
    assert problems(both, key=b"sk-1") == [
        "OPENAI_API_KEY_FILE='/run/secrets/key': should not be set beside OPENAI_API_KEY"
    ]


@pytest.mark.parametrize(
    ("content", "right"),
    [
        (None, "be a file that octi can read (No such file or directory)"),
        (b"", "be a file with something in it"),
        (b" \r\n", "be a file with something in it"),
        (b"\xff\xfe", "be a file of UTF-8 text"),
        (b"x" * (MOST_BYTES + 1), f"be a file of at most {MOST_BYTES} bytes"),
    ],
)
def test_a_file_that_holds_no_secret_is_told_by_variable_and_path(content: bytes | None, right: str) -> None:
    """In one line, with whatever else is wrong; that the key is missing as well is not said."""
    files = {} if content is None else {"key": content}
    assert problems({**KEY, "OCTI_UPSTREAM": "openai", "PORT": "no"}, **files) == [
        f"OPENAI_API_KEY_FILE='/run/secrets/key': should {right}",
        "PORT='no': should be a whole number from 0 to 65535",
    ]


def test_a_secret_of_the_wrong_kind_is_not_shown() -> None:
    """Its variable is named, as if it had been set there."""
    assert problems(KEY, key=b"sk one") == ["OPENAI_API_KEY=***: should be printable ASCII without spaces"]


@pytest.mark.parametrize(
    ("variable", "said"),
    [("OPENAI_API_KEY_FILE", "sk-hush"), ("OCTI_STORE_URL_FILE", "postgresql://me:hush@db/octi")],
)
def test_a_secret_in_the_place_of_its_path_is_not_shown(variable: str, said: str) -> None:
    """That happens."""
    line = problems({variable: said})[0]
    assert line.startswith(f"{variable}=")
    assert "should be a file that octi can read (No such file or directory)" in line
    assert "hush" not in line


def test_a_variable_for_a_file_is_a_known_setting() -> None:
    """But only for what may be in one."""
    assert unknown_settings({"OCTI_STORE_URL_FILE": "x", "OCTI_CHAT_KEY_FILE": "x"}) == []
    (line,) = unknown_settings({"OCTI_BRAIN_FILE": "x"})
    assert line.startswith("OCTI_BRAIN_FILE: octi has no such setting")


# The real files


def test_a_file_is_read_but_no_further_than_a_secret_can_be(tmp_path: Path) -> None:
    """One byte more shows that it is too large."""
    (tmp_path / "key").write_bytes(b"x" * (2 * MOST_BYTES))
    assert len(_read_secret(str(tmp_path / "key"))) == MOST_BYTES + 1


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    """Nobody may ever write into a pipe, and a device has no end."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "missing"):
        with pytest.raises(OSError, match=r"regular file|No such file"):
            _read_secret(str(path))
