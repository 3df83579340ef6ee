"""`octi replay`."""

import socket
from pathlib import Path

import pytest

from tests.command_line import octi


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


CASSETTE = """\
{"cassette":1,"session":"s","door":"realtime","upstream":"x","model":"m","started_at":"2026-01-02T03:04:05.000Z"}
{"at":1,"leg":"provider","number":1,"way":"in","event":{"type":"response.created","response":{"id":"r"}}}
{"at":2,"leg":"client","number":1,"way":"in","event":{"type":"response.create"}}
{"at":3,"leg":"client","number":1,"way":"in","close":{"code":1000}}
{"at":4,"end":"complete"}
"""


def test_a_cassette_is_retold(folder: Path) -> None:
    """By its file; nothing is served."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    result = octi("replay", "cassette.jsonl", "--to-scenario")
    assert result.exit_code == 0
    assert result.stdout.endswith('name = "session s"\n\n[[turn]]\n')


def test_a_damaged_cassette_is_explained(folder: Path) -> None:
    """Exit code 1, the file, and the line at fault."""
    (folder / "cassette.jsonl").write_text(CASSETTE.replace('{"at":2,', "{"), encoding="utf-8")
    result = octi("replay", "cassette.jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith("octi replay: cassette.jsonl:3: is damaged")


def test_a_replay_to_nobody_is_explained(folder: Path) -> None:
    """Nobody listens there."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    result = octi("replay", "cassette.jsonl", "--client", "ws://127.0.0.1:9/v1/realtime")
    assert result.exit_code == 1
    assert result.stderr.startswith("octi replay: 127.0.0.1:9 is not there")


def test_what_cannot_be_served_is_explained(folder: Path) -> None:
    """A port that somebody else has; a leg that is not there."""
    (folder / "cassette.jsonl").write_text(CASSETTE, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = octi("replay", "cassette.jsonl", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Use --host and --port." in result.stderr
    (folder / "cassette.jsonl").write_text(CASSETTE.replace('"provider"', '"client"'), encoding="utf-8")
    assert "no leg of a provider" in octi("replay", "cassette.jsonl", "--port", "0").stderr
