"""octi/store/__init__.py: a URL, and the store it names."""

import subprocess
import sys
from pathlib import Path

import pytest

import octi
from octi.errors import StoreFailed
from octi.store import open_store
from octi.store.memory import MemoryStore


async def test_memory_is_the_reference_implementation() -> None:
    """Without a database at all."""
    async with open_store("memory:") as store:
        assert isinstance(store, MemoryStore)


async def test_a_file_is_made_next_to_where_octi_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three strokes: relative."""
    monkeypatch.chdir(tmp_path)
    async with open_store("sqlite:///octi.db"):
        assert (tmp_path / "octi.db").exists()


@pytest.mark.parametrize("url", ["", "octi.db", "mysql://localhost/octi", "SQLITE:///octi.db"])
def test_a_kind_that_is_not_known_is_refused_with_those_that_are(url: str) -> None:
    """What works is in the message."""
    with pytest.raises(StoreFailed, match=r"use sqlite:///file\.db, postgresql://user@host/database or memory:"):
        open_store(url)


@pytest.mark.parametrize("kind", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_without_its_driver_says_what_to_install(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not tell the password."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg" or "store.postgres" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreFailed, match=r"PostgreSQL needs psycopg: install octi\[postgres\]") as caught:
        open_store(f"{kind}://octi:secret@db/octi")
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_the_memory_store_starts_without_sqlalchemy() -> None:
    """Half a second of imports is for those who keep something."""
    look = "import sys, octi.store; octi.store.open_store('memory:'); sys.exit('sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", look], check=True, cwd=Path(octi.__file__).parents[1])
