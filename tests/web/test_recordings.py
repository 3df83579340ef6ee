"""`/sessions/{id}/audio`: what was heard, whole and in parts."""

import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest
from quart.wrappers import Response

from octi.guard.caller import Caller, Scope
from octi.recording.stereo import open_stereo
from octi.records import SessionRecord
from octi.services import Services
from octi.units import SessionId
from octi.web import recordings
from octi.web.app import create_app
from octi.web.recordings import ELSEWHERE, OFF, SILENT
from tests.web.test_sockets import services_with

SESSION = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
FRAMES = bytes(range(1, 201)) * 4
SIZE = 44 + len(FRAMES)


async def services_in(folder: Path) -> Services:
    """With a session that was recorded."""
    services = services_with(OCTI_RECORD_AUDIO_FOLDER=str(folder))
    await services.store.save([SESSION])
    file = open_stereo(folder / "s.wav", 0.0)
    file.append(FRAMES)
    file.close()
    services.recordings.look()
    return services


async def answer_of(services: Services, session: str = "s", method: str = "GET", **headers: str) -> Response:
    client = create_app(services).test_client()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    ask = client.head if method == "HEAD" else client.get
    answer = await ask(f"/sessions/{session}/audio", headers=named)
    assert isinstance(answer, Response)
    return answer


async def test_a_recording_is_had_whole(tmp_path: Path) -> None:
    """As a file that any player opens, and no cache keeps."""
    answer = await answer_of(await services_in(tmp_path))
    body = await answer.get_data(as_text=False)
    with wave.open(BytesIO(body)) as file:
        assert file.readframes(file.getnframes()) == FRAMES
    assert (answer.status_code, answer.content_type, len(body)) == (200, "audio/wav", SIZE)
    headers = {name: answer.headers[name] for name in ("Accept-Ranges", "Cache-Control", "Content-Length")}
    assert headers == {"Accept-Ranges": "bytes", "Cache-Control": "no-store", "Content-Length": str(SIZE)}
    assert answer.headers["Content-Disposition"] == 'inline; filename="s.wav"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-", 0, SIZE), ("bytes=44-143", 44, 144), ("bytes=-10", SIZE - 10, SIZE), ("bytes=800-9999", 800, SIZE)],
)
async def test_players_seek(tmp_path: Path, asked: str, start: int, end: int) -> None:
    """By asking for a part."""
    answer = await answer_of(await services_in(tmp_path), Range=asked)
    whole = (tmp_path / "s.wav").read_bytes()
    assert await answer.get_data(as_text=False) == whole[start:end]
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"bytes {start}-{end - 1}/{SIZE}")
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=9999-", "bytes=0-1,5-6", "seconds=0-1"])
async def test_a_part_that_there_is_not_is_refused(tmp_path: Path, asked: str) -> None:
    """Several at once, too; with how much there is."""
    answer = await answer_of(await services_in(tmp_path), Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert "error" in await answer.get_json()


async def test_what_grew_meanwhile_is_had_anew(tmp_path: Path) -> None:
    """A player that knows a part of it by its tag gets all of it once it is another."""
    services = await services_in(tmp_path)
    tag = (await answer_of(services)).headers["ETag"]
    part = await answer_of(services, Range="bytes=0-9", If_Range=tag)
    file = open_stereo(tmp_path / "s.wav", 0.0)
    file.append(FRAMES)
    file.close()
    whole = await answer_of(services, Range="bytes=0-9", If_Range=tag)
    assert (part.status_code, whole.status_code) == (206, 200)
    assert len(await whole.get_data(as_text=False)) > SIZE


async def test_a_recording_may_be_looked_for(tmp_path: Path) -> None:
    """Without its sound."""
    answer = await answer_of(await services_in(tmp_path), method="HEAD")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(SIZE))


async def test_a_long_one_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never in memory as a whole; and one that is deleted meanwhile ends."""
    monkeypatch.setattr(recordings, "PIECE_BYTES", 100)
    answer = await answer_of(await services_in(tmp_path))
    assert await answer.get_data(as_text=False) == (tmp_path / "s.wav").read_bytes()
    pieces = recordings.parts_of(tmp_path / "s.wav", 0, SIZE + 500)
    assert sum([len(piece) async for piece in pieces]) == SIZE


async def test_where_there_is_none_it_is_said_why(tmp_path: Path) -> None:
    """As far as that is known; of an unknown session nothing."""
    services = await services_in(tmp_path)
    on = services_with(OCTI_RECORD="audio", OCTI_RECORD_AUDIO_FOLDER=str(tmp_path))
    silent = attrs.evolve(SESSION, id=SessionId("t"))
    call = attrs.evolve(SESSION, id=SessionId("u"), door="call", call_id="rtc_1")
    odd = attrs.evolve(SESSION, id=SessionId("an odd name"))
    for each in (services, on):
        await each.store.save([silent, call, odd])
    cases = [(services, "t", OFF), (on, "t", SILENT), (on, "u", ELSEWHERE), (on, "an%20odd%20name", SILENT)]
    for node, name, why in cases:
        answer = await answer_of(node, name)
        assert (answer.status_code, await answer.get_json()) == (404, {"error": why, "code": "no_recording"})
    assert (await (await answer_of(services, "x")).get_json())["error"] == "Unknown sessionId"


async def test_only_whose_session_it_is_may_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To another tenant there is no such session."""
    services = await services_in(tmp_path)
    await services.store.save([attrs.evolve(SESSION, tenant="acme")])
    for tenant, status in (("acme", 200), ("other", 404)):
        caller = Caller(tenant=tenant, key="k", scopes=frozenset({Scope.SESSIONS}))
        monkeypatch.setattr(recordings, "current_caller", lambda caller=caller: caller)
        assert (await answer_of(services)).status_code == status


async def test_sessions_say_whether_they_are_recorded(tmp_path: Path) -> None:
    """So that a page knows whether to show a player."""
    services = await services_in(tmp_path)
    await services.store.save([attrs.evolve(SESSION, id=SessionId("t"))])
    client = create_app(services).test_client()
    listed: Any = await (await client.get("/sessions")).get_json()
    assert {each["id"]: each["recording"] for each in listed["sessions"]} == {"s": True, "t": False}
    shown: Any = await (await client.get("/sessions/s")).get_json()
    assert shown["recording"] is True
