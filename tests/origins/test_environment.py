"""The variables of both origins, and what the first one logged."""

import json
import uuid

import trio

from tests.origins.conftest import ANNA, INCOME, ORIGINS_SETTINGS, UPDATED, Stage, client_of
from tests.origins.processes import Node
from tests.origins.talking import SOON_S, Json
from tests.origins.test_calls import THANKS, answers, said, scene_of


def logged(node: Node) -> list[Json]:
    """What was logged so far."""
    lines = (node.folder / "errors.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def test_the_origins_settings_mean_what_they_meant(stage: Stage) -> None:
    """Model and voice where a client names none, the cooldown, and the log of what a sideband hears."""
    caller = [UPDATED, {"say": ANNA}, {"say": INCOME}]
    with stage.playing({"caller": caller}):
        async with scene_of(stage.node) as play:
            ephemeral = (await play.http.get("/api/session")).json()
            assert ephemeral["model"] == ORIGINS_SETTINGS["REALTIME_MODEL"]
            assert ephemeral["voice"] == ORIGINS_SETTINGS["OCTI_DEFAULT_VOICE"]
            session = await play.session(voice="alloy")
            call = await play.called(session)
            state = await play.provider.wait(call, lambda state: said(state) == [THANKS, THANKS])
            assert state["session"]["model"] == ORIGINS_SETTINGS["REALTIME_MODEL"]
            assert state["session"]["audio"]["output"]["voice"] == "alloy"
            assert 0 < answers(state)[1]["retryAfterSeconds"] <= int(ORIGINS_SETTINGS["EXTRACTION_COOLDOWN_SECONDS"])
            events = [line for line in logged(stage.node) if line.get("session") == session["sessionId"]]
            heard = {line["type"] for line in events if "type" in line}
            assert {"session.updated", "conversation.item.input_audio_transcription.completed"} <= heard


async def test_every_request_is_logged(embedded_node: Node) -> None:
    """Method, path, status and duration; no secret."""
    path = f"/sessions/{uuid.uuid4()}"
    async with client_of(embedded_node.base) as http:
        secret = (await http.post("/token")).json()["clientSecret"]
        await http.get(path)
    lines: list[Json] = []
    with trio.fail_after(SOON_S):
        while not lines:  # the log follows the answer
            await trio.sleep(0.02)
            lines = [line for line in logged(embedded_node) if line.get("path") == path]
    assert [(line["method"], line["status"]) for line in lines] == [("GET", 404)]
    assert lines[0]["duration_ms"] >= 0
    assert secret not in str(logged(embedded_node))
