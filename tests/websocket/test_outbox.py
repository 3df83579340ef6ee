"""What waits for a peer leaves in order and whole, but for audio that was taken back before it began."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from octi.websocket.outbox import PIECE_BYTES, Outbox

BOUND = 1_000


class OutboxMachine(RuleBasedStateMachine):
    """An outbox against the plainest model: a list of frames, and how much of the first has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(BOUND)
        self.frames: list[tuple[bytes, bool]] = []  # what is left of each, and whether it may be taken back
        self.dropped = 0
        self.number = 0

    @rule(size=st.integers(1, 400), audio=st.booleans(), taken=st.integers(0, 399))
    def put(self, size: int, audio: bool, taken: int) -> None:
        """A frame of its own bytes, some of which may have gone to the kernel before."""
        self.number += 1
        data, taken = bytes([self.number % 256]) * size, min(taken, size - 1)
        self.outbox.put(data, audio=audio, taken=taken)
        self.frames.append((data[taken:], audio and not taken))

    @precondition(lambda self: self.frames)
    @rule(part=st.floats(0, 1))
    def send(self, part: float) -> None:
        """The peer is offered the head, and takes some of it."""
        head, data = self.outbox.head(), self.frames[0][0]
        assert bytes(head) == data
        count = round(part * len(head))
        self.outbox.took(count)
        if count == len(data):
            del self.frames[0]
        else:
            self.frames[0] = (data[count:], False)

    @rule()
    def drop_audio(self) -> None:
        self.outbox.drop_audio()
        self.dropped += sum(len(data) for data, droppable in self.frames if droppable)
        self.frames = [(data, droppable) for data, droppable in self.frames if not droppable]

    @invariant()
    def counts(self) -> None:
        """Bytes waiting and dropped are exact, and the bound is for what stands behind the first frame."""
        sizes = [len(data) for data, _ in self.frames]
        assert self.outbox.waiting == sum(sizes)
        assert self.outbox.dropped == self.dropped
        assert bool(self.outbox) == bool(sizes)
        assert self.outbox.overfull == (sum(sizes[1:]) + PIECE_BYTES * len(sizes[1:]) > BOUND)


TestOutbox = OutboxMachine.TestCase


def test_one_frame_may_be_larger_than_the_bound() -> None:
    """A long answer to a client that reads is no sign of a client that does not; nor is a word behind it."""
    outbox = Outbox(BOUND)
    outbox.put(bytes(10 * BOUND), audio=False)
    outbox.put(b"a word", audio=False)
    assert not outbox.overfull


def test_many_small_frames_count_for_what_keeping_them_costs() -> None:
    """Or a million of two bytes, the answers to a million pings, would be within any bound."""
    outbox = Outbox(BOUND)
    for _ in range(5):
        outbox.put(b"\x8a\x00", audio=False)
    assert outbox.overfull


def test_a_frame_that_was_offered_is_never_taken_back() -> None:
    """The writer holds it: how much of it leaves, nobody knows yet."""
    outbox = Outbox(BOUND)
    outbox.put(b"first", audio=True)
    outbox.put(b"second", audio=True)
    head = outbox.head()
    outbox.drop_audio()
    outbox.took(len(head))
    assert not outbox
    assert outbox.dropped == len(b"second")
