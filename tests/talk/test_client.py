"""`octi talk`, from files to the last word: in virtual time over memory, and over the loopback as users have it."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing
import trustme
from trio_websocket import WebSocketConnection, WebSocketRequest, serve_websocket

from octi.talk.call import Call, TalkFailed, hold
from octi.talk.client import (
    WORDS_S,
    Recording,
    TalkOptions,
    TalkResult,
    bare_interrupt,
    measured,
    result_of,
    speak_live,
    speak_recordings,
    talk,
)
from octi.talk.conversation import Spoken
from octi.talk.dialect import Dialect, Octi, Realtime
from octi.talk.mic import Sound
from octi.talk.wav import BadWav, encode_wav, read_wav
from octi.websocket.opener import Unreachable, UpgradeRefused
from tests.talk.scripted import Heard, Script, ignore, line_to, octi_agent, play, read_on, realtime_agent, say, speech

HELLO = measured("hello.wav", speech(200))
AGAIN = measured("again.wav", speech(120, then_silent_ms=80))


async def spoken(
    nursery: trio.Nursery, script: Script, dialect: Dialect, recordings: Sequence[Recording], lines: list[str]
) -> TalkResult:
    """What comes of speaking recordings to a scripted agent, in virtual time."""
    async with line_to(nursery, script) as socket:
        call = Call(socket, dialect, lines.append)
        await hold(call, partial(speak_recordings, recordings, 30.0), 5.0)
    return result_of(call)


@pytest.mark.parametrize(("agent", "dialect"), [(octi_agent, Octi()), (realtime_agent, Realtime())])
async def test_two_recordings_are_spoken_heard_and_answered(
    agent: Callable[..., Script],
    dialect: Dialect,
    nursery: trio.Nursery,
    autojump_clock: trio.testing.MockClock,
) -> None:
    """In both dialects: words of both sides, latencies, the agent's voice, and nothing to complain of.

    The agent answers 200 ms of silence; the second recording holds 80 ms of them, which count as silence too.
    """
    lines: list[str] = []
    result = await spoken(nursery, agent(Heard(), "Good day.", "Good bye."), dialect, [HELLO, AGAIN], lines)
    assert [(one.name, one.heard, one.answer) for one in result.spoken] == [
        ("hello.wav", "Turn 1.", "Good day."),
        ("again.wav", "Turn 2.", "Good bye."),
    ]
    assert [round(one.latency_s or 0, 3) for one in result.spoken] == [0.2, 0.2]
    assert (result.problems, result.pcm) == ((), speech(120) * 2)
    assert set(lines) == {
        "> hello.wav (0.2 s)",
        "  you: Turn 1.",
        "agent: Good day.",
        "       (0.20 s from the end of speech to the first sound)",
        "> again.wav (0.2 s)",
        "  you: Turn 2.",
        "agent: Good bye.",
    }


async def test_the_agent_is_let_finish_before_the_next_recording(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """Its sound comes faster than it plays: two seconds of it take two seconds. (A piece of ours is 40 ms.)"""
    await spoken(nursery, octi_agent(Heard(), "Long.", "Long.", answer_ms=2000), Octi(), [HELLO, HELLO], [])
    assert abs(trio.current_time() - 2 * (0.4 + 2.0)) < 0.1


async def test_sound_is_sent_in_real_time_without_drift(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """A piece each 40 ms, also while the agent speaks: a microphone is never silent on the wire."""
    times: list[float] = []

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"})
        await socket.get_message()
        for _ in range(100):
            await socket.get_message()
            times.append(trio.current_time())
        await say(socket, {"type": "bot_audio_end"}, {"type": "user_transcript", "text": "Hm."})
        await read_on(Heard(), socket)

    await spoken(nursery, script, Octi(), [HELLO], [])
    assert [round(time, 6) for time in times] == [round(0.04 * n, 6) for n in range(1, 101)]


async def test_no_answer_is_told_and_the_next_recording_spoken(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """After the time that an answer may take."""

    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"})
        await read_on(Heard(), socket)

    lines: list[str] = []
    result = await spoken(nursery, script, Octi(), [HELLO, AGAIN], lines)
    assert result.spoken == (Spoken("hello.wav", "", "", None), Spoken("again.wav", "", "", None))
    assert result.problems == tuple(f"no answer to {name} within 30 s" for name in ("hello.wav", "again.wav"))
    assert "error: no answer to again.wav within 30 s" in lines
    assert abs(trio.current_time() - 2 * (0.2 + 30.0 + WORDS_S)) < 0.1


async def test_an_agent_that_leaves_in_mid_sentence_is_told(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    async def script(socket: WebSocketConnection) -> None:
        await say(socket, {"type": "ready"})
        await Heard().turn(socket)
        await say(socket, {"type": "transcript_delta", "text": "I must"})
        await socket.aclose(1012, "restart")

    with pytest.raises(TalkFailed, match="closed the conversation with 1012: restart"):
        await spoken(nursery, script, Octi(), [HELLO], [])


async def test_the_client_leaves_with_1000(nursery: trio.Nursery, autojump_clock: trio.testing.MockClock) -> None:
    """And has sent no piece of sound half."""
    codes: list[int] = []
    async with line_to(nursery, octi_agent(Heard(), "Good day."), codes) as socket:
        await hold(Call(socket, Octi(), ignore), partial(speak_recordings, [HELLO], 30.0), 5.0)
    await trio.testing.wait_all_tasks_blocked()
    assert codes == [1000]


async def test_a_microphone_is_heard_until_it_is_switched_off(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """What it heard before the agent was ready is forgotten; the agent's voice goes to the loudspeaker."""
    heard, lines = Heard(), list[str]()
    sound = Sound(*trio.open_memory_channel[bytes](100))
    sound.keep(b"\0\x20" * 960)

    async def speak_and_stop() -> None:
        for piece in [b"\0\x20" * 960, *[bytes(1920)] * 5]:
            await trio.sleep(0.04)
            sound.keep(piece)
        await trio.sleep(1)

    async with line_to(nursery, octi_agent(heard, "Good day.")) as socket:
        call = Call(socket, Octi(), lines.append)
        await hold(call, partial(speak_live, sound, speak_and_stop), 5.0)
    assert lines == ["speak; Ctrl-C ends the conversation", "  you: Turn 1.", "agent: Good day."]
    assert heard.loud == 1
    assert bytes(sound.speaker.waiting) == speech(120)
    assert call.failure is None


def test_ctrl_c_comes_out_as_it_is() -> None:
    """Out of whatever groups the tasks it met have made of it; other errors stay as they are."""
    with pytest.raises(KeyboardInterrupt), bare_interrupt():
        raise BaseExceptionGroup("", [BaseExceptionGroup("", [KeyboardInterrupt()])])
    with pytest.RaisesGroup(ValueError), bare_interrupt():
        raise ExceptionGroup("", [ValueError()])


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """A recording on disk."""
    path = tmp_path / "hello.wav"
    path.write_bytes(encode_wav(speech(200)))
    return path


async def listening(
    nursery: trio.Nursery,
    answer: Callable[[WebSocketRequest], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> int:
    """A server on the loopback; its port."""
    server = await nursery.start(partial(serve_websocket, answer, "127.0.0.1", 0, tls))
    return int(server.port)


def follows(
    script: Script, requests: list[WebSocketRequest], codes: list[int]
) -> Callable[[WebSocketRequest], Awaitable[None]]:
    async def answer(request: WebSocketRequest) -> None:
        requests.append(request)
        await play(script, await request.accept(), codes)

    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("agent", "path"), [(octi_agent, "/ws/realtime"), (realtime_agent, "/v1/realtime?model=m"), (octi_agent, "")]
)
async def test_a_file_is_talked_about_over_a_real_socket(
    agent: Callable[..., Script], path: str, nursery: trio.Nursery, hello: Path, tmp_path: Path
) -> None:
    """The address chooses the dialect, the key stands in the header, the agent's voice is saved."""
    requests: list[WebSocketRequest] = []
    codes: list[int] = []
    port = await listening(nursery, follows(agent(Heard(), "Good day."), requests, codes))
    saved = tmp_path / "reply.wav"
    options = TalkOptions(url=f"http://127.0.0.1:{port}{path}", files=[hello], save=saved, key="hush")
    lines: list[str] = []
    result = await talk(options, lines.append)
    [one] = result.spoken
    assert (one.heard, one.answer) == ("Turn 1.", "Good day.")
    assert 0.15 <= (one.latency_s or 0) <= 0.4
    assert read_wav(saved) == result.pcm == speech(120)
    assert (requests[0].path, codes) == (path or "/ws/realtime", [1000])
    assert (b"authorization", b"Bearer hush") in requests[0].headers
    assert lines[0] == f"talking with ws://127.0.0.1:{port}{requests[0].path.partition('?')[0]}"
    assert "hush" not in repr(options)


@pytest.mark.slow
async def test_a_server_with_tls_is_talked_to(nursery: trio.Nursery, hello: Path) -> None:
    """With the authorities that the caller trusts."""
    authority, trusted = trustme.CA(), ssl.create_default_context()
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    authority.configure_trust(trusted)
    port = await listening(nursery, follows(octi_agent(Heard(), "Good day."), [], []), served)
    result = await talk(TalkOptions(url=f"https://127.0.0.1:{port}", files=[hello], tls=trusted), ignore)
    assert result.spoken[0].answer == "Good day."


async def test_nobody_there_is_told(hello: Path) -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    with pytest.raises(Unreachable, match="Connection refused"):
        await talk(TalkOptions(url=f"ws://127.0.0.1:{port}/ws/realtime", files=[hello]), ignore)


async def test_a_refusal_is_told(nursery: trio.Nursery, hello: Path) -> None:
    """With the server's status and words."""

    async def refuse(request: WebSocketRequest) -> None:
        await request.reject(403, body=b"not you")

    port = await listening(nursery, refuse)
    with pytest.raises(UpgradeRefused, match="with HTTP 403: not you"):
        await talk(TalkOptions(url=f"ws://127.0.0.1:{port}/ws/realtime", files=[hello]), ignore)


@pytest.mark.parametrize("url", ["", "octi", "ftp://host", "ws://[::1"])
async def test_an_address_that_is_none_is_told(url: str, hello: Path) -> None:
    with pytest.raises(Unreachable, match="should be a ws:// or wss:// address"):
        await talk(TalkOptions(url=url, files=[hello]), ignore)


async def test_a_bad_file_is_told_before_anybody_is_called(tmp_path: Path) -> None:
    with pytest.raises(BadWav, match=r"nowhere\.wav"):
        await talk(TalkOptions(url="ws://127.0.0.1:9", files=[tmp_path / "nowhere.wav"]), ignore)


async def test_there_must_be_something_to_say_and_one_who_says_it(hello: Path) -> None:
    for options in (TalkOptions(url="ws://h"), TalkOptions(url="ws://h", files=[hello], mic=True)):
        with pytest.raises(TalkFailed, match="one of the two"):
            await talk(options, ignore)


@pytest.mark.slow
async def test_a_reply_that_cannot_be_written_is_told(nursery: trio.Nursery, hello: Path, tmp_path: Path) -> None:
    port = await listening(nursery, follows(octi_agent(Heard(), "Good day."), [], []))
    options = TalkOptions(url=f"ws://127.0.0.1:{port}", files=[hello], save=tmp_path / "nowhere" / "reply.wav")
    with pytest.raises(TalkFailed, match=r"reply\.wav cannot be written: No such file"):
        await talk(options, ignore)
