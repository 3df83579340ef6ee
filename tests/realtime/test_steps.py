"""What a door asks its session to do, as values."""

from octi.realtime.steps import DropAudio, Heard, Renew, Step, ToClient, ToProvider


def test_the_usual_step_is_said_briefly() -> None:
    """An event carries no audio, a message is text that is kept, a renewal is at once."""
    assert ToProvider(b"{}") == ToProvider(b"{}", audio_bytes=0)
    assert ToClient(b"{}") == ToClient(b"{}", text=True, audio=False)
    assert Renew() == Renew(wait_s=0.0)


def test_steps_are_told_apart_by_their_class() -> None:
    """The one without fields is a step like the others."""
    steps: list[Step] = [ToProvider(b""), ToClient(b""), DropAudio(), Heard("a", 0), Renew()]
    assert [type(step) for step in steps] == [ToProvider, ToClient, DropAudio, Heard, Renew]
    assert all(steps)
