"""The OCTI protocol's JSON messages."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.realtime.octi_messages import (
    LONGEST_TEXT,
    ClientMessage,
    Interrupt,
    ResetSession,
    StartConversation,
    UserAudioClear,
    UserAudioCommit,
    UserAudioEnd,
    UserText,
    read_client_message,
    say,
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"type": "start_conversation"}', StartConversation()),
        (b'{"type": "user_audio_end"}', UserAudioEnd()),
        (b'{"type": "reset_session"}', ResetSession()),
        (b'{"type": "user_text", "text": "Salut \xc3\xa0 toi"}', UserText("Salut à toi")),
        (b'{"type": "interrupt", "played_ms": 250}', Interrupt(250)),
        (b'{"type": "interrupt", "played_ms": 250.75}', Interrupt(250.75)),
        (b'{"type": "interrupt", "played_ms": null}', Interrupt()),
        (b'{"type": "interrupt"}', Interrupt()),
        (b'{"type": "user_audio_clear"}', UserAudioClear()),
        (b'{"type": "user_audio_commit"}', UserAudioCommit()),
        (b'{"id": 7, "type": "reset_session", "why": {"a": [1]}}', ResetSession()),
    ],
)
def test_a_message_is_read(data: bytes, message: ClientMessage) -> None:
    """Fields that octi does not know are ignored."""
    assert read_client_message(data) == message


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not JSON: "),
        (b"nonsense", "not JSON: "),
        (b'{"type":"user_text","text":"\xff"}', "not JSON: "),
        (b'{"type":"interrupt","x":' + b"[" * 100_000, "not JSON: "),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "Object missing required field `type`; the types are: start_conversation, "),
        (b'{"type":5}', "Expected `str` - at `$.type`; the types are: "),
        (b'{"type":"sing"}', "Invalid value 'sing' - at `$.type`; the types are: "),
        (b'{"type":"user_text"}', "Object missing required field `text`"),
        (b'{"type":"user_text","text":""}', "Expected `str` of length >= 1 - at `$.text`"),
        (b'{"type":"user_text","text":["a"]}', "Expected `str`, got `array` - at `$.text`"),
        (b'{"type":"interrupt","played_ms":"1"}', "Expected `float | null`, got `str` - at `$.played_ms`"),
        (b'{"type":"interrupt","played_ms":-1}', "Expected `float` >= 0.0 - at `$.played_ms`"),
        (b'{"type":"interrupt","played_ms":1e999}', "Number out of range - at `$.played_ms`"),
    ],
)
def test_a_bad_message_is_told_what_is_wrong_with_it(data: bytes, problem: str) -> None:
    """A wrong type is told the right ones."""
    with pytest.raises(BadMessage) as refused:
        read_client_message(data)
    assert str(refused.value).startswith(problem)
    assert ("user_audio_commit" in str(refused.value)) == ("type" in problem and "types" in problem)


def test_a_text_may_be_long_but_not_endless() -> None:
    def text(length: int) -> bytes:
        return msgspec.json.encode({"type": "user_text", "text": "é" * length})

    assert read_client_message(text(LONGEST_TEXT)) == UserText("é" * LONGEST_TEXT)
    with pytest.raises(BadMessage, match="length <= 32768"):
        read_client_message(text(LONGEST_TEXT + 1))


@given(st.binary() | st.text().map(str.encode))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(BadMessage):
        assert isinstance(read_client_message(data), ClientMessage)


@given(st.text())
def test_octis_own_messages_are_json_with_their_type_first(words: str) -> None:
    told = say("transcript", text=words)
    assert told.startswith(b'{"type":"transcript","text":"')
    assert msgspec.json.decode(told) == {"type": "transcript", "text": words}
