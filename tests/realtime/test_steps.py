"""What a door asks its session to do, as values."""

from octi.realtime.steps import DropAudio, Heard, Renew, Step, ToClient, ToProvider


def test_the_usual_step_is_said_briefly() -> None:
    """An event carries no audio, a message is text that is kept, a renewal is at once."""
    assert ToProvider(b"{}") == (b"{}", 0)
    assert ToClient(b"{}") == (b"{}", True, False)
    assert Renew() == (0.0,)


def test_steps_are_told_apart_by_their_class() -> None:
    """Not by their truth: the one without fields is empty, and is a step all the same."""
    steps: list[Step] = [ToProvider(b""), ToClient(b""), DropAudio(), Heard("a", 0), Renew()]
    assert [type(step) for step in steps] == [ToProvider, ToClient, DropAudio, Heard, Renew]
    assert not DropAudio()
