"""A provider that fails: every route that needs it says so in its origin's shape, with 502 or 429, never 500."""

import sqlite3

import attrs
import httpx2
import pytest
import trio

from tests.origins.conftest import Stage, client_of
from tests.origins.processes import free_port, serving
from tests.origins.talking import Json, ready, tell
from tests.origins.test_sessions import made, named

MINT, EXTRACTION = "/v1/realtime/client_secrets", "/v1/responses"
SPENT = {"error": {"message": "You exceeded your quota.", "type": "insufficient_quota", "code": "insufficient_quota"}}


@attrs.frozen
class Trouble:
    """How a provider fails, and what octi's callers are told: a status, a piece of the detail, when to come back.

    tries: how often octi asks, for each who asks octi.
    """

    fault: Json
    status: int
    detail: str
    retry_after_s: int | None = None  # 0: some time or other
    tries: int = 1


TROUBLES = [
    Trouble({"status": 500}, 502, "HTTP 500", tries=3),
    Trouble({"status": 429, "headers": {"retry-after": "45"}}, 429, "again in 45 s", 45),
    Trouble({"status": 429}, 429, "at its limit", 0, tries=3),
    Trouble({"status": 429, "body": SPENT}, 502, "You exceeded your quota."),
    Trouble({"status": 200, "body": "<html>Welcome</html>"}, 502, "does not speak"),
    Trouble({"status": 200, "body": {"hello": "world"}}, 502, "does not speak"),
    Trouble({"status": 401}, 502, "HTTP 401"),
    Trouble({"drop": True}, 502, "is not there", tries=3),
]
NOBODY = Trouble({}, 502, "cannot be reached")
FAILED = {
    "/token": "Failed to mint client secret",
    "/session": "Failed to create session",
    "/session/renew": "Failed to renew session token",
    "/extract-profile": "Failed to extract profile",
}
MINTING = [("POST", "/token"), ("POST", "/session"), ("POST", "/session/renew")]
MINTING += [("GET", "/api/session"), ("POST", "/api/client-secret")]
EXTRACTING = [("POST", "/extract-profile")]


async def test_a_provider_in_trouble_is_nobody_elses_fault(stage: Stage) -> None:
    """The first origin's routes say what failed and why, the second's why, with a code; and all when to come back.

    No session is left of one that could not be made, and the one in whose place it was to be goes on.
    """
    faults: list[Json] = [{"path": MINT}]  # a first session can be made
    for trouble in TROUBLES:
        for path, routes in ((MINT, MINTING), (EXTRACTION, EXTRACTING)):
            faults.append({"path": path, "times": trouble.tries * len(routes), **trouble.fault})
    async with client_of(stage.node.base) as http:
        with stage.playing({"agent": [{"say": "Hello."}], "faults": faults}):
            session = (await made(http, enableTranscription=True))["sessionId"]
            await tell(stage.node, session, "My name is Anna Berg.")
            before = await sessions_to_come(http)
            for trouble in TROUBLES:
                await check(http, session, trouble)
            assert (await named(http, "/extract-profile", session))[0] == 200
        await check(http, session, NOBODY)
        assert await sessions_to_come(http) == before
        assert (await named(http, "/session/close", session))[1]["closed"] is True


async def sessions_to_come(http: httpx2.AsyncClient) -> list[str]:
    """Those that nobody has entered yet."""
    found = (await http.get("/sessions", params={"state": "created", "limit": 200})).json()["sessions"]
    return [each["id"] for each in found]


async def check(http: httpx2.AsyncClient, session: str, trouble: Trouble) -> None:
    """Ask for everything that needs the provider, all at once."""
    told: dict[str, httpx2.Response] = {}

    async def ask(method: str, path: str) -> None:
        told[path] = await http.request(method, path, json={"sessionId": session, "previousSessionId": session})

    async with trio.open_nursery() as nursery:
        for method, path in MINTING + EXTRACTING:
            nursery.start_soon(ask, method, path)
    for path, answer in told.items():
        assert answer.status_code == trouble.status, (trouble, path, answer.text)
        body = answer.json()
        assert set(body) == ({"error", "detail"} if path in FAILED else {"error", "code"})
        assert body["error"] == FAILED[path] if path in FAILED else trouble.detail in body["error"]
        assert trouble.detail in body.get("detail", trouble.detail), (trouble, path)
        check_patience(answer, trouble)


def check_patience(answer: httpx2.Response, trouble: Trouble) -> None:
    """It is said when to come back where that is known."""
    named = answer.headers.get("Retry-After")
    if trouble.retry_after_s is None:
        assert named is None
    else:
        assert named is not None
        assert int(named) == trouble.retry_after_s or (trouble.retry_after_s == 0 and int(named) > 0)


async def test_a_rate_limit_in_a_conversation_is_told_and_waited_for(stage: Stage) -> None:
    """As long as the provider names; then the session is a fresh one, and `ready` comes again."""
    limit = {"fail": "rate_limit_exceeded", "message": "Rate limit reached. Please try again in 1.2s."}
    with stage.playing({"agent": [limit]}):
        async with ready(stage.node) as talker:
            await talker.say("user_text", text="Hello")
            assert "Rate limit reached" in (await talker.until("error"))["message"]
            began = trio.current_time()
            await talker.until("ready")
            assert trio.current_time() - began >= 1.1


async def test_a_store_that_fails_is_503(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the same two fields; octi itself goes on, and says that it is not ready."""
    folder = tmp_path_factory.mktemp("unstored")
    with serving(folder, f"http://127.0.0.1:{free_port()}", tidy=False) as node:
        with sqlite3.connect(folder / "octi.db") as store:
            tables = store.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (table,) in tables:
                store.execute(f'alter table "{table}" rename to "lost_{table}"')
        store.close()
        async with client_of(node.base) as http:
            for path, failed in {**FAILED, "/session/close": "Failed to close session"}.items():
                if path == "/token":
                    continue  # the provider is not there, and is asked first
                answer = await http.post(path, json={"sessionId": "any"})
                assert (answer.status_code, set(answer.json())) == (503, {"error", "detail"}), path
                assert answer.json()["error"] == failed
                assert answer.json()["detail"].startswith("the store failed: ")
            assert (await http.get("/health")).status_code == 200
            assert (await http.get("/readyz")).status_code == 503
