"""Writes the image's list of packages (CycloneDX 1.5, JSON) while it is built, or fails if that is not what was locked.

    python sbom.py VERSION --locks FILE... --reports FILE... >sbom.cdx.json

A report is what `pip install --report` writes: the archives that were installed, each with its hash.
"""

import argparse
import json
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

Sbom = dict[str, Any]
Package = tuple[str, str]  # its normal name, and its version


class Unlocked(Exception):
    """What is installed is not what was locked."""


def normal(name: str) -> str:
    """A package's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_in(lock: str) -> dict[Package, set[str]]:
    """The SHA-256 hashes that a lock allows, by package."""
    found: dict[Package, set[str]] = {}
    for entry in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if head := re.match(r"([\w.-]+)==([^\s;\\]+)", entry):
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
            found.setdefault((normal(head[1]), head[2]), set()).update(hashes)
    return found


def archives_in(report: Mapping[str, Any]) -> dict[Package, str]:
    """The SHA-256 of each archive that pip installed, by package."""
    found = {}
    for item in report["install"]:
        package = normal(item["metadata"]["name"]), item["metadata"]["version"]
        told = item["download_info"]["archive_info"]  # pip before 23.1 writes only `hash`
        found[package] = told["hashes"]["sha256"] if "hashes" in told else told["hash"].removeprefix("sha256=")
    return found


def sbom(
    version: str, locks: Iterable[str], reports: Iterable[Mapping[str, Any]], installed: Iterable[Distribution]
) -> Sbom:
    """The document. Raises Unlocked where the three do not agree."""
    allowed: dict[Package, set[str]] = {}
    for lock in locks:
        for package, hashes in locked_in(lock).items():
            allowed.setdefault(package, set()).update(hashes)
    archives: dict[Package, str] = {}
    for report in reports:
        archives |= archives_in(report)
    found = {(normal(each.name), each.version): each for each in installed}
    refuse("installed, or reported by pip, but not both", found.keys() ^ archives.keys())
    refuse("not as the locks have it", (it for it, archive in archives.items() if archive not in allowed.get(it, ())))
    return document(version, [component(found[package], archives[package]) for package in sorted(found)])


def refuse(why: str, packages: Iterable[Package]) -> None:
    """Raises Unlocked if there are any."""
    if named := sorted(" ".join(package) for package in packages):
        raise Unlocked(f"{why}: {', '.join(named)}")


def component(package: Distribution, archive: str) -> Sbom:
    """One package."""
    name = normal(package.name)
    purl = f"pkg:pypi/{name}@{package.version}"
    said = {"type": "library", "bom-ref": purl, "name": name, "version": package.version, "purl": purl}
    return said | {"hashes": [{"alg": "SHA-256", "content": archive}]} | licence(package)


def licence(package: Distribution) -> Sbom:
    """What its makers say of its licence, where that is a name and not a text."""
    said = {name: (package.metadata.get_all(name) or [""])[0].strip() for name in ("License-Expression", "License")}
    if expression := said["License-Expression"]:
        return {"licenses": [{"expression": expression}]}
    name = said["License"]
    if not name or len(name) > 60 or "\n" in name or "://" in name:
        classes = [line.split(" :: ") for line in package.metadata.get_all("Classifier") or ()]
        name = " AND ".join(parts[-1] for parts in classes if parts[0] == "License")
    return {"licenses": [{"license": {"name": name}}]} if name else {}


def document(version: str, components: list[Sbom]) -> Sbom:
    """The whole: the same packages give the same document."""
    octi = {"type": "application", "bom-ref": "octi", "name": "octi", "version": version}
    licensed = octi | {"licenses": [{"license": {"id": "MIT"}}]}
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([licensed, components]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": serial.urn,
        "version": 1,
        "metadata": {"component": licensed},
        "components": components,
    }


def main() -> None:
    """Read the files that are named, look at what this Python has, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--locks", nargs="+", type=Path, required=True)
    parser.add_argument("--reports", nargs="+", type=Path, required=True)
    given = parser.parse_args()
    locks = [path.read_text(encoding="utf-8") for path in given.locks]
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in given.reports]
    try:
        json.dump(sbom(given.version, locks, reports, distributions()), sys.stdout, indent=1)
    except Unlocked as error:
        sys.exit(f"sbom: {error}")


if __name__ == "__main__":
    main()
