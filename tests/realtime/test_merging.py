"""How a session's configuration takes in a change."""

from octi.realtime.merging import merged

OLD = {"instructions": "Be kind.", "audio": {"input": {"format": {"type": "audio/pcm"}}, "output": {"voice": "ash"}}}


def test_what_is_not_named_stays() -> None:
    """At every depth of the audio."""
    new = merged(OLD, {"audio": {"output": {"speed": 1.2}}})
    assert new["audio"] == {"input": {"format": {"type": "audio/pcm"}}, "output": {"voice": "ash", "speed": 1.2}}
    assert new["instructions"] == "Be kind."


def test_empty_values_replace() -> None:
    """That is how a client clears them."""
    new = merged(OLD, {"instructions": "", "audio": {"input": {"format": None}}})
    assert (new["instructions"], new["audio"]["input"]) == ("", {"format": None})


def test_other_objects_are_replaced_whole() -> None:
    """A tool choice or a prompt is one value."""
    assert merged({"prompt": {"id": "a", "version": "1"}}, {"prompt": {"id": "b"}}) == {"prompt": {"id": "b"}}


def test_the_old_configuration_is_left_as_it_was() -> None:
    """Who refuses the new one goes on with it."""
    merged(OLD, {"audio": {"output": {"voice": "alloy"}}})
    assert OLD["audio"] == {"input": {"format": {"type": "audio/pcm"}}, "output": {"voice": "ash"}}
