"""The simulator over WebSocket, on loopback."""

from contextlib import suppress

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from octi.simulator.http import serve_connection
from octi.simulator.routes import Routes
from octi.simulator.script import Calls, Fault, Says, Script, Speaks, WaitsFor
from octi.simulator.sockets import Sockets
from octi.websocket.base import Leg, LegClosed
from octi.websocket.handshake import ask
from octi.websocket.opener import UpgradeRefused, open_websocket
from tests.simulator.clients import KEY, simulating
from tests.simulator.talking import EXTRACT, RESPOND, TRANSCRIBED, kinds, output_of, said_in, typed, update
from tests.streams import window_stream_pair

UPDATED = WaitsFor("session.update")


async def test_a_socket_of_its_own_converses() -> None:
    """It is greeted; its conversation is nobody else's."""
    script = Script(agent=(Speaks("Good morning."),))
    async with simulating(script) as client, client.socket("model=m") as one, client.socket("model=m") as other:
        for socket in (one, other):
            assert (await socket.next())["type"] == "session.created"
            await socket.ask(typed("Hello"), RESPOND)
            assert said_in(await socket.until("rate_limits.updated")) == ["Good morning."]


async def test_a_browser_brings_its_key_as_a_subprotocol() -> None:
    """`realtime` alone is echoed; the secret's session is the socket's."""
    async with simulating() as client:
        session = {"type": "realtime", "model": "other", "instructions": "Be brief."}
        secret = (await client.post("/v1/realtime/client_secrets", json={"session": session})).json()["value"]
        async with client.socket("model=m", secret, browser=True) as socket:
            assert socket.socket.subprotocol == "realtime"
            created = (await socket.next())["session"]
            assert (created["instructions"], created["model"]) == ("Be brief.", "m")


@pytest.mark.parametrize(
    ("query", "key", "code", "close"),
    [
        ("model=m", "sk-other", "invalid_api_key", 3000),
        ("", "sk-simulated", "missing_model", 4000),
        ("intent=transcription", "sk-simulated", "invalid_value", 4000),
    ],
)
async def test_who_may_not_come_in_is_told_inside(query: str, key: str, code: str, close: int) -> None:
    """As upstream: the handshake succeeds, an error follows, then the close (protocol 4.3)."""
    async with simulating() as client, client.socket(query, key) as socket:
        events, closed, reason = await socket.end()
        assert [event["error"]["code"] for event in events] == [code]
        assert (closed, reason) == (close, f"invalid_request_error.{code}")


async def test_a_secret_of_a_transcription_opens_nothing_where_nobody_writes() -> None:
    """A script has no such sessions; whoever holds the secret is told so, whatever the address says."""
    async with simulating() as client:
        wish = {"session": {"type": "transcription"}}
        secret = (await client.post("/v1/realtime/client_secrets", json=wish)).json()["value"]
        for query in ("model=m", "intent=transcription"):
            async with client.socket(query, secret) as socket:
                events, closed, _ = await socket.end()
            assert ([event["error"]["code"] for event in events], closed) == (["invalid_value"], 4000)


async def test_a_sideband_hears_a_call_and_steers_it() -> None:
    """Silent at first; then everything, for every sideband; and the answer uses the new instructions."""
    script = Script(caller=(UPDATED, Says("My name is Anna Berg."), UPDATED))
    async with simulating(script) as client:
        call = await client.call()
        async with client.socket(f"call_id={call}") as one, client.socket(f"call_id={call}") as other:
            await one.ask(update(tools=[EXTRACT]))
            assert (await one.next())["type"] == "session.updated"
            told = await one.until("rate_limits.updated")
            (name,) = [event["name"] for event in told if event["type"] == "response.function_call_arguments.done"]
            assert name == "extract_profile"
            await one.ask(output_of("call_sim_1"), update(instructions='- first_name: "Anna"'), RESPOND)
            assert said_in(await one.until("rate_limits.updated")) == ["Thank you, Anna. Please go on."]
            assert said_in(await other.until("response.output_audio_transcript.done")) == [
                "Thank you, Anna. Please go on."
            ]
            await client.post(f"/v1/realtime/calls/{call}/hangup")
            assert (await one.end())[1:] == (1000, "the call has ended")
            assert (await other.end())[1] == 1000
        (told_of,) = await client.get("/_simulator/calls")
        assert (told_of["asked"]["session.update"], told_of["asked"].get("refused"), told_of["notes"]) == (2, None, [])
        assert told_of["instructed"] == ['- first_name: "Anna"']
        assert [tool["name"] for tool in told_of["session"]["tools"]] == ["extract_profile"]
        assert told_of["items"][2]["output"] == "{}"
        assert told_of["transcript"][0]["text"] == "My name is Anna Berg."
        with pytest.raises(UpgradeRefused):
            async with client.socket(f"call_id={call}"):
                pass


async def test_only_the_credential_that_made_a_call_lets_a_sideband_in() -> None:
    """All others are told that there is no such call, at the handshake."""
    async with simulating() as client:
        secret = (await client.post("/v1/realtime/client_secrets")).json()["value"]
        call = await client.call(secret)
        for query, key in ((f"call_id={call}", "sk-simulated"), (f"call_id={call}", "sk-other"), ("call_id=x", secret)):
            with pytest.raises(UpgradeRefused) as refused:
                async with client.socket(query, key):
                    pass
            assert (refused.value.status, "call_id_not_found" in refused.value.why) == (404, True)
        async with client.socket(f"call_id={call}", secret) as sideband:
            await sideband.ask(TRANSCRIBED)
            assert (await sideband.next())["type"] == "session.updated"


async def test_a_handshake_can_fail_by_script() -> None:
    """With a status, or by a connection that drops; the next one comes in."""
    faults = (Fault("/v1/realtime", status=503, headers={"retry-after": "1"}), Fault("/v1/realtime", drop=True))
    async with simulating(Script(faults=faults)) as client:
        with pytest.raises(UpgradeRefused) as refused:
            async with client.socket("model=m"):
                pass
        assert refused.value.status == 503
        with pytest.raises(Exception, match="hung up"):
            async with client.socket("model=m"):
                pass
        async with client.socket("model=m") as socket:
            assert (await socket.next())["type"] == "session.created"
        statuses = [each["status"] for each in await client.get("/_simulator/requests")]
        assert statuses == [503, None, 101]


@pytest.mark.parametrize(("close", "code"), [(1011, 1011), (1006, 1006)])
async def test_a_sideband_is_cut_off_by_script_and_the_call_lives_on(close: int, code: int) -> None:
    """What happens meanwhile is not told again to the next one."""
    fault = Fault("/v1/realtime?call_id=*", after_events=2, close=close)
    script = Script(agent=(Calls("f", {}),), caller=(UPDATED, Says("Hello", then_wait="nothing")), faults=(fault,))
    async with simulating(script) as client:
        call = await client.call()
        async with client.socket(f"call_id={call}") as sideband:
            await sideband.ask(TRANSCRIBED)
            events, closed, _ = await sideband.end()
            assert kinds(events) == ["session.updated", "input_audio_buffer.speech_started"]
            assert closed == code
        while (await client.get("/_simulator/calls"))[0]["transcript"] == []:
            pass
        async with client.socket(f"call_id={call}") as sideband:
            await sideband.ask({"type": "conversation.item.retrieve", "item_id": "item_sim_1"})
            assert "Hello" in str((await sideband.until("conversation.item.retrieved"))[-1])


async def test_a_sideband_that_leaves_ends_nothing() -> None:
    """The call goes on (peers 5.3)."""
    async with simulating() as client:
        call = await client.call()
        async with client.socket(f"call_id={call}"):
            pass
        assert (await client.get("/_simulator/calls"))[0]["state"] == "live"


async def test_another_path_has_no_socket() -> None:
    """404 at the handshake."""
    async with simulating() as client:
        url = client.simulator.url.replace("http", "ws", 1) + "/v1/other?model=m"
        with pytest.raises(UpgradeRefused) as refused:
            async with open_websocket(url):
                pass
        assert refused.value.status == 404


async def test_somebody_else_may_answer() -> None:
    """In the script's place; that is a session too, which has begun and ends with its socket."""

    async def echo(leg: Leg, model: str) -> None:
        leg.send(model.encode())
        with suppress(LegClosed):
            while True:
                for message in await leg.receive():
                    leg.send(message.data)

    async with simulating(converse=echo) as client:
        stages = client.simulator.house.stages
        assert not stages.came.is_set()
        async with client.socket("model=m") as socket:
            assert await socket.socket.get_message() == "m"
            assert (stages.came.is_set(), stages.over.is_set()) == (True, False)
            await socket.ask({"type": "x"})
            assert await socket.next() == {"type": "x"}
        await stages.over.wait()


async def test_who_answers_in_the_scripts_place_may_hang_up() -> None:
    """While somebody reads what the client says: its goodbye is waited for, and nothing crashes."""

    async def converse(leg: Leg, model: str) -> None:
        async with trio.open_nursery() as nursery:

            async def hang_up() -> None:
                await leg.close(1000, f"{model} hangs up")

            with suppress(LegClosed):
                while True:
                    leg.send((await leg.receive())[0].data)
                    nursery.start_soon(hang_up)

    with capture_logs() as logs:
        async with simulating(converse=converse) as client, client.socket("model=m") as socket:
            await socket.ask({"type": "hello"})
            assert await socket.end() == ([{"type": "hello"}], 1000, "m hangs up")
            with trio.fail_after(5):
                await client.simulator.house.stages.over.wait()
    assert logs == []


async def test_who_answers_in_the_scripts_place_may_crash() -> None:
    """The session has ended, and its client is told whose fault it is."""

    async def converse(leg: Leg, model: str) -> None:
        await leg.receive()
        raise ValueError("a bug")

    with capture_logs() as logs:
        async with simulating(converse=converse) as client, client.socket("model=m") as socket:
            await socket.ask({"type": "hello"})
            assert await socket.end() == ([], 1011, "the speech engine failed")
            with trio.fail_after(5):
                await client.simulator.house.stages.over.wait()
    assert [each["event"] for each in logs] == ["the engine's conversation crashed"]


async def test_a_client_that_leaves_in_mid_sentence_is_told_goodbye() -> None:
    """What was being sent to it is finished first: cut off in its middle there would be no room for a close frame."""

    async def talk(leg: Leg, model: str) -> None:
        leg.send(bytes(1 << 20))
        with suppress(LegClosed):
            await leg.receive()

    async with simulating(converse=talk) as client, trio.open_nursery() as nursery:
        near, far = window_stream_pair(4096)
        serve, house = serve_connection, client.simulator.house
        nursery.start_soon(serve, far, Routes(house), Sockets(house, talk))
        codec, request = ask(
            "ws://h/v1/realtime?model=m", [("Authorization", f"Bearer {KEY}")], max_message_bytes=2 << 20
        )
        await near.send_all(request)
        while not codec.events:
            codec.receive_data(await near.receive_some(512))
        codec.send_close(1000, "I leave")
        await near.send_all(b"".join(codec.data_to_send()))
        await trio.testing.wait_all_tasks_blocked()
        while data := await near.receive_some(65_536):
            codec.receive_data(data)
        assert codec.close_rcvd is not None
        assert codec.close_rcvd.code == 1000
