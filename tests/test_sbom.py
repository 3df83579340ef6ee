"""The list of packages in an image."""

import json
from collections.abc import Callable, Mapping
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

from deploy.sbom import Unlocked, sbom

ONE, TWO = "1" * 64, "2" * 64
LOCK = f"""\
# made
Some.thing==1.0 ; os_name != 'nt' \\
    --hash=sha256:{ONE} \\
    --hash=sha256:{TWO}
    # via another
"""
Install = Callable[..., Distribution]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Installs a package, as far as anybody looks at it."""

    def made(name: str = "some_thing", version: str = "1.0", said: str = "") -> Distribution:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n{said}", encoding="utf-8")
        return Distribution.at(folder)

    return made


def report(info: Mapping[str, Any]) -> dict[str, Any]:
    """What pip says of one package, installed from an archive of which it knows this."""
    download = {"url": "file:///x", "archive_info": info}
    return {"install": [{"metadata": {"name": "Some_Thing", "version": "1.0"}, "download_info": download}]}


GOOD = report({"hash": f"sha256={ONE}"})


@pytest.mark.parametrize("info", [{"hashes": {"sha256": TWO}}, {"hash": f"sha256={TWO}"}])
def test_a_package_is_listed_with_the_hash_of_what_was_installed(install: Install, info: dict[str, Any]) -> None:
    """As pip before and after 23.1 tells it; with no address, and each time the same."""
    thing = install(said="License-Expression: MIT\n")
    listed = sbom("0.1.0", [LOCK], [report(info), {"install": []}], [thing])
    assert listed["metadata"]["component"]["version"] == "0.1.0"
    assert listed["components"] == [
        {
            "type": "library",
            "bom-ref": "pkg:pypi/some-thing@1.0",
            "name": "some-thing",
            "version": "1.0",
            "purl": "pkg:pypi/some-thing@1.0",
            "hashes": [{"alg": "SHA-256", "content": TWO}],
            "licenses": [{"expression": "MIT"}],
        }
    ]
    assert "://" not in json.dumps(listed)
    assert listed == sbom("0.1.0", [LOCK], [report(info)], [thing])


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("License: BSD\n", "BSD"),
        ("License: a text\n  of lines\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        ("License: see http://example.com\n", None),
        ("", None),
    ],
)
def test_a_licence_is_a_name_or_nothing(install: Install, said: str, licence: str | None) -> None:
    """Neither a whole text nor an address."""
    (listed,) = sbom("0.1.0", [LOCK], [GOOD], [install(said=said)])["components"]
    assert listed.get("licenses") == (None if licence is None else [{"license": {"name": licence}}])


def test_what_pip_did_not_install_stops_the_build(install: Install) -> None:
    """As does another version, and what it says it installed and is not there."""
    thing, other, newer = install(), install("other"), install(version="1.1")
    for reports, installed in (([GOOD], [thing, other]), ([GOOD], [newer]), ([GOOD], []), ([], [thing])):
        with pytest.raises(Unlocked, match="installed, or reported by pip, but not both"):
            sbom("0.1.0", [LOCK], reports, installed)


def test_what_was_not_locked_stops_the_build(install: Install) -> None:
    """Another version, or another archive of the same one."""
    thing = install()
    for lock in (LOCK.replace("1.0", "1.1"), LOCK.replace(ONE, "3" * 64), ""):
        with pytest.raises(Unlocked, match=r"not as the locks have it: some-thing 1\.0"):
            sbom("0.1.0", [lock], [GOOD], [thing])
