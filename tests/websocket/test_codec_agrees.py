"""octi/websocket/codec.py against two independent libraries: whatever is sent, cut however, all three hear the same."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.protocol import Side as TheirSide
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from octi.websocket.base import Message
from octi.websocket.codec import Codec, Side
from tests.websocket.test_codec import frame

MOST = 1 << 20

texts = st.one_of(st.text(max_size=300), st.text(alphabet="aé\U0001f600", min_size=100, max_size=400)).map(str.encode)
payloads = st.one_of(texts, st.binary(max_size=300), st.sampled_from([b"x" * 65_535, b"x" * 65_536, b"x" * 70_000]))

sayings = st.lists(st.tuples(payloads, st.booleans()), max_size=5)
places = st.lists(st.integers(0, 1 << 18), max_size=6)


class Heard(list[Message]):
    """What somebody heard, and whether the peer failed."""

    failed = False


def chunks(data: bytes, cuts: Sequence[int]) -> Iterable[bytes]:
    """The bytes, cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)] or [b""]


def ours(pieces: Iterable[bytes], side: Side = Side.SERVER) -> Heard:
    """What octi's codec hears."""
    codec, heard = Codec(side, MOST), Heard()
    for piece in pieces:
        heard += codec.receive(piece)
    heard.failed = codec.failed
    return heard


def websockets_(pieces: Iterable[bytes], side: TheirSide = TheirSide.SERVER) -> Heard:
    """What the `websockets` library hears. It leaves the joining of parts, and UTF-8, to who uses it."""
    codec, heard, parts, text = Protocol(side, state=State.OPEN, max_size=MOST), Heard(), b"", False
    for piece in pieces:
        if codec.state is State.OPEN and piece:
            codec.receive_data(piece)
    for event in codec.events_received():
        if isinstance(event, Frame) and event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            text = event.opcode is Opcode.TEXT if event.opcode is not Opcode.CONT else text
            parts += event.data
            if event.fin:
                try:
                    parts.decode() if text else None
                except UnicodeDecodeError:
                    heard.failed = True
                    return heard
                heard.append(Message(bytes(parts), text))
                parts = b""
    # A close between a message's parts is legal, as any control frame there (5.4); only this library minds.
    heard.failed = codec.parser_exc is not None and str(codec.parser_exc) != "incomplete fragmented message"
    return heard


def wsproto_(pieces: Iterable[bytes], kind: ConnectionType = ConnectionType.SERVER) -> Heard:
    """What wsproto hears. It knows no limit, and tells of a message's parts as they come."""
    connection, heard = Connection(kind), Heard()
    parts: list[bytes] = []
    try:
        for piece in pieces:
            connection.receive_data(piece)
            for event in connection.events():
                if isinstance(event, CloseConnection):
                    return heard
                if isinstance(event, TextMessage | BytesMessage):
                    data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
                    parts.append(data)
                    if event.message_finished:
                        heard.append(Message(b"".join(parts), isinstance(event, TextMessage)))
                        parts = []
    except (RemoteProtocolError, LocalProtocolError):
        heard.failed = True
    return heard


@given(
    data=st.lists(st.tuples(payloads, st.booleans()), max_size=5), cuts=st.lists(st.integers(0, 1 << 18), max_size=6)
)
def test_what_octi_sends_others_understand(data: list[tuple[bytes, bool]], cuts: list[int]) -> None:
    """As a client, masked, and as a server."""
    said = [Message(payload, text and _is_text(payload)) for payload, text in data]
    as_client, as_server = Codec(Side.CLIENT, MOST), Codec(Side.SERVER, MOST)
    masked = b"".join(as_client.message(each.data, text=each.text) for each in said)
    plain = b"".join(as_server.message(each.data, text=each.text) for each in said)
    assert websockets_(chunks(masked, cuts)) == said
    assert websockets_(chunks(plain, cuts), TheirSide.CLIENT) == said
    assert wsproto_(chunks(masked, cuts)) == said
    assert wsproto_(chunks(plain, cuts), ConnectionType.CLIENT) == said


@given(
    data=st.lists(st.tuples(payloads, st.booleans()), max_size=5), cuts=st.lists(st.integers(0, 1 << 18), max_size=6)
)
def test_what_others_send_octi_understands(data: list[tuple[bytes, bool]], cuts: list[int]) -> None:
    """From clients and from servers, cut anywhere."""
    said = [Message(payload, text and _is_text(payload)) for payload, text in data]
    for their_side, side in ((TheirSide.CLIENT, Side.SERVER), (TheirSide.SERVER, Side.CLIENT)):
        theirs = Protocol(their_side, state=State.OPEN)
        for each in said:
            (theirs.send_text if each.text else theirs.send_binary)(each.data)
        heard = ours(chunks(b"".join(theirs.data_to_send()), cuts), side)
        assert heard == said
        assert not heard.failed


frames = st.builds(
    frame,
    st.one_of(st.integers(0, 255), st.sampled_from([0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A, 0x88])),
    st.one_of(texts, st.binary(max_size=130)),
    masked=st.sampled_from([True] * 9 + [False]),
)


@settings(max_examples=500)
@given(stream=st.lists(frames, min_size=1, max_size=6).map(b"".join), cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_of_any_frames_all_hear_the_same_messages(stream: bytes, cuts: list[int]) -> None:
    """Legal ones and others: up to the first that may not be, and then nothing more."""
    pieces = list(chunks(stream, cuts))
    heard, first, second = ours(pieces), websockets_(pieces), wsproto_(pieces)
    assert heard == first
    assert heard.failed == first.failed
    assert heard == second[: len(heard)] or heard[: len(second)] == second
    if not heard.failed:
        assert heard == second


@settings(max_examples=500)
@given(stream=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_of_any_bytes_all_hear_the_same_messages(stream: bytes, cuts: list[int]) -> None:
    """Of a length that is written longer than it need be wsproto hears nothing more."""
    pieces = list(chunks(stream, cuts))
    heard, theirs = ours(pieces), wsproto_(pieces)
    assert heard == websockets_(pieces)
    assert heard[: len(theirs)] == theirs
    assert heard == ours([stream])


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
