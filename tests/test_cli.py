"""The command line: its help, its settings, and what it prints of a store."""

import json
import re
from pathlib import Path

import pytest
import trio

from octi.cli import environment
from octi.records import Role, SessionRecord, SessionState, Turn
from octi.store import open_store
from octi.units import ItemId, Milliseconds, SessionId
from tests.command_line import octi

ONE, OTHER = SessionId("11111111-0000-0000-0000-000000000000"), SessionId("22222222-0000-0000-0000-000000000000")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Help


def test_help_names_the_commands() -> None:
    """And how to begin."""
    result = octi("--help")
    assert result.exit_code == 0
    for said in ("serve", "transcripts", "OPENAI_API_KEY", "OCTI_SYSTEM_PROMPT", ".env"):
        assert said in result.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("serve", ["ws://127.0.0.1:8080/ws/realtime", "ws://127.0.0.1:8080/v1/realtime", "PORT", ".env.example"]),
        ("transcripts", ["export", "purge", "SESSION --format jsonl", "--older-than 30d --dry-run"]),
        ("simulate", ["[SCRIPT]", "--host", "--port", "--key", "--pace", "--once", "--wait", "docs/scenarios.md"]),
        ("replay", ["CASSETTE", "--client", "--strict / --match", "--speed", "--to-scenario", "docs/cassettes.md"]),
    ],
)
def test_each_command_explains_itself(command: str, said: list[str]) -> None:
    """With examples that can be copied."""
    result = octi(command, "-h")
    assert result.exit_code == 0
    assert [words for words in said if words not in result.output] == []


def test_the_version_is_told() -> None:
    """With the program's name."""
    assert re.fullmatch(r"octi, version \d+\.\d+\.\d+\n", octi("--version").output)


# Settings


def test_wrong_settings_are_all_reported(folder: Path) -> None:
    """Exit code 2, a line for each, and nothing is started."""
    result = octi("serve", PORT="no", OCTI_UPSTREAM="nobody", OCTI_SILENCE_MS="1")
    assert result.exit_code == 2
    for name in ("PORT='no'", "OCTI_UPSTREAM='nobody'", "OCTI_SILENCE_MS='1'"):
        assert name in result.stderr
    assert "ready" not in result.output


def test_wrong_settings_do_not_show_the_key(folder: Path) -> None:
    """Its name is enough."""
    result = octi("serve", OPENAI_API_KEY="sk very secret")
    assert result.exit_code == 2
    assert "OPENAI_API_KEY" in result.stderr
    assert "secret" not in result.output


@pytest.mark.slow
def test_a_scenario_that_cannot_be_played_is_a_wrong_setting(folder: Path) -> None:
    """With its file, its line and what to do about it; nothing is served."""
    (folder / "s.toml").write_text('[[turn]]\nsay = "Hi"\nlatency = { pace = 1 }\n', encoding="utf-8")
    result = octi("serve", OCTI_BRAIN="scenario", OCTI_SCENARIO="s.toml", PORT="0")
    assert result.exit_code == 2
    assert "  OCTI_SCENARIO='s.toml': s.toml:3: turn[0].latency: does nothing in the embedded engine; " in result.stderr
    assert result.stdout == ""


def test_settings_are_read_from_the_folder(folder: Path) -> None:
    """And the process's own environment wins."""
    (folder / ".env").write_text("PORT=from-file\nOCTI_BRAIN=from-file\n", encoding="utf-8")
    result = octi("serve", PORT="from-environment")
    assert result.exit_code == 2
    assert "PORT='from-environment'" in result.stderr
    assert "OCTI_BRAIN='from-file'" in result.stderr


def test_a_line_without_a_value_is_no_setting(folder: Path) -> None:
    """`export` and quotes are understood, a bare name is passed over."""
    (folder / ".env").write_text("export OCTI_TEST_A='a b'\nOCTI_TEST_B\n", encoding="utf-8")
    found = environment()
    assert found["OCTI_TEST_A"] == "a b"
    assert "OCTI_TEST_B" not in found


def test_a_file_of_settings_that_is_no_text_is_a_wrong_setting(folder: Path) -> None:
    """Not a stack trace."""
    (folder / ".env").write_bytes(b"PORT=\xff\xfe\n")
    result = octi("serve")
    assert result.exit_code == 2
    assert ".env cannot be read: " in result.stderr


# Transcripts


def session(session_id: SessionId, created_at: float) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        state=SessionState.ENDED,
        door="octi",
        upstream="embedded",
        model="m",
        voice="alloy",
        created_at=created_at,
        ended_at=created_at + 9,
        ended_by="client",
        end_reason="the client left",
    )


def turn(session_id: SessionId, position: int, role: Role, text: str) -> Turn:
    return Turn(
        session=session_id,
        item=ItemId(f"i{position}"),
        position=position,
        role=role,
        text=text,
        start_ms=Milliseconds(1000 * position),
        end_ms=Milliseconds(1000 * position + 900),
    )


async def keep_two_conversations() -> None:
    """In the working directory's store; the older one was stored last."""
    async with open_store("sqlite:///octi.db") as store:
        await store.save([session(OTHER, 2000.0), turn(OTHER, 0, Role.USER, "Autre chose ?")])
        await store.save([session(ONE, 1000.0), turn(ONE, 0, Role.USER, "Hello?")])
        await store.save([turn(ONE, 1, Role.ASSISTANT, "Good morning.")])


@pytest.fixture
def told(folder: Path) -> Path:
    """A folder with a store with two conversations."""
    trio.run(keep_two_conversations)
    return folder


def test_transcripts_are_printed_for_reading(told: Path) -> None:
    """All of them, oldest first."""
    result = octi("transcripts")
    assert result.exit_code == 0
    assert result.output.index(ONE) < result.output.index("user: Hello?") < result.output.index(OTHER)
    assert "[00:01.000] assistant: Good morning." in result.output
    assert "Autre chose ?" in result.output


def test_transcripts_are_printed_for_programs(told: Path) -> None:
    """A JSON object for each turn."""
    lines = [json.loads(line) for line in octi("transcripts", "--format", "jsonl").output.splitlines()]
    assert [(line["session"], line["item"], line["role"]) for line in lines] == [
        (ONE, "i0", "user"),
        (ONE, "i1", "assistant"),
        (OTHER, "i0", "user"),
    ]
    said = ["session", "item", "role", "text", "start_ms", "end_ms", "interrupted"]
    assert list(lines[0]) == [*said, "generated", "sent", "transcription"]


def test_transcripts_are_printed_as_subtitles(told: Path) -> None:
    """With times."""
    output = octi("transcripts", "--format", "srt").output
    assert output.startswith("1\n00:00:00,000 --> 00:00:00,900\nuser: Hello?\n\n2\n00:00:01,000 --> ")


@pytest.mark.parametrize("format_", ["text", "jsonl", "srt"])
def test_one_session_is_printed_alone(told: Path, format_: str) -> None:
    """In every format."""
    result = octi("transcripts", OTHER, "--format", format_)
    assert result.exit_code == 0
    assert "Autre chose ?" in result.output
    assert "Hello?" not in result.output


def test_an_unknown_session_is_said_to_be_unknown(told: Path) -> None:
    """Exit code 1, and nothing on the output that a program could take for a transcript."""
    result = octi("transcripts", "no-such")
    assert result.exit_code == 1
    assert "There is no session no-such in sqlite:///octi.db." in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("format_", ["text", "jsonl", "srt"])
def test_an_empty_store_is_an_empty_transcript(folder: Path, format_: str) -> None:
    """And no mistake."""
    (folder / "octi.db").touch()
    result = octi("transcripts", "--format", format_)
    assert (result.exit_code, result.output) == (0, "")


def test_a_store_that_cannot_be_opened_is_explained(folder: Path) -> None:
    """Exit code 1."""
    (folder / "letter.db").write_text("Dear reader, this is no database, and it is long enough to see that. " * 20)
    result = octi("transcripts", OCTI_STORE_URL="sqlite:///letter.db")
    assert result.exit_code == 1
    assert "file is not a database" in result.stderr


def test_looking_for_transcripts_makes_no_store(folder: Path) -> None:
    """A folder without one stays as it is, and the user is told."""
    result = octi("transcripts")
    assert result.exit_code == 1
    assert "octi makes it when it serves" in result.stderr
    assert not list(folder.iterdir())


def test_an_unknown_format_is_refused() -> None:
    """With the known ones."""
    result = octi("transcripts", "--format", "pdf")
    assert result.exit_code == 2
    assert "jsonl" in result.stderr
