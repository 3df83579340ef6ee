"""`/extract-profile`: what octi read of its user, out of the transcript that it kept itself."""

import httpx2
import pytest
import trio

from tests.origins.processes import PROMPT, Node
from tests.origins.talking import Json, ready, tell
from tests.origins.test_sessions import made, named

NOTHING_SAID = (400, {"error": "No transcript available for extraction"})


async def extracted(http: httpx2.AsyncClient, session: str) -> Json:
    status, told = await named(http, "/extract-profile", session)
    assert status == 200, told
    assert set(told) == {"profile", "instructions"}
    assert set(told["profile"]) == {"first_name", "last_name", "income"}
    return told


async def test_a_profile_needs_that_somebody_said_something(node: Node, http: httpx2.AsyncClient) -> None:
    """Neither a fresh session nor one whose user said nothing has any."""
    session = (await made(http))["sessionId"]
    assert await named(http, "/extract-profile", session) == NOTHING_SAID
    async with ready(node, f"?session={session}"):
        assert await named(http, "/extract-profile", session) == NOTHING_SAID


async def test_a_profile_is_what_was_said_and_null_for_the_rest(node: Node, http: httpx2.AsyncClient) -> None:
    """Three fields; the income is a number, for a month."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "My name is Anna Berg.")
    assert (await extracted(http, session))["profile"] == {"first_name": "Anna", "last_name": "Berg", "income": None}
    await tell(node, session, "I earn 36000 euros a year.")
    assert (await extracted(http, session))["profile"] == {"first_name": "Anna", "last_name": "Berg", "income": 3000}


async def test_a_correction_takes_the_place_of_what_was_said_before(node: Node, http: httpx2.AsyncClient) -> None:
    """The newest word counts."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "I earn 3000 euros a month.")
    assert (await extracted(http, session))["profile"]["income"] == 3000
    await tell(node, session, "Sorry, that was wrong. I earn 3200 euros a month.")
    assert (await extracted(http, session))["profile"]["income"] == 3200


async def test_who_says_nothing_of_himself_has_an_empty_profile(node: Node, http: httpx2.AsyncClient) -> None:
    """Every field is there, and null."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "What time is it?")
    assert (await extracted(http, session))["profile"] == {"first_name": None, "last_name": None, "income": None}


async def test_the_instructions_make_an_assistant_of_the_profile(node: Node, http: httpx2.AsyncClient) -> None:
    """It is the truth, not to be read out; the name is used; what is missing is asked for once."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "My first name is Anna.")
    told = (await extracted(http, session))["instructions"]
    assert told.startswith(PROMPT)
    assert 'first_name: "Anna"' in told
    for words in ("truth about the user", "first name where it fits", "never read", "Ask once", "do not ask again"):
        assert words in told
    missing = told.partition("missing: ")[2].partition(".")[0]
    assert missing == "last_name, income"


async def test_a_profile_is_extracted_while_the_conversation_goes_on(node: Node, http: httpx2.AsyncClient) -> None:
    """And the agent goes on answering."""
    session = (await made(http))["sessionId"]
    async with ready(node, f"?session={session}") as talker:
        await talker.say("user_text", text="My name is Anna Berg.")
        await talker.until("bot_audio_end")
        assert (await extracted(http, session))["profile"]["first_name"] == "Anna"
        await talker.say("user_text", text="And I earn 3000 euros a month.")
        await talker.until("bot_audio_end")
        assert talker.of("error") == []
    assert (await extracted(http, session))["profile"]["income"] == 3000


async def test_several_who_ask_at_once_get_the_same_profile(node: Node, http: httpx2.AsyncClient) -> None:
    """Nobody is turned away, and the next one gets it again."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "My name is Anna Berg.")
    told: list[Json] = []

    async def ask() -> None:
        told.append(await extracted(http, session))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
    await ask()
    assert told[1:] == told[:-1]


@pytest.mark.parametrize("path", ["/extract-profile", "/session/renew"])
async def test_the_profile_of_a_session_that_was_closed_is_gone(
    node: Node, http: httpx2.AsyncClient, path: str
) -> None:
    """For the origin's routes."""
    session = (await made(http))["sessionId"]
    await tell(node, session, "My name is Anna Berg.")
    await named(http, "/session/close", session)
    assert await named(http, path, session) == (404, {"error": "Unknown sessionId"})
