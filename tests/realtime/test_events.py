"""What the events' values say of themselves; how they are read: `test_reading`."""

from typing import get_args

from octi.realtime import events as e


def test_the_words_of_an_item_are_those_of_its_parts() -> None:
    parts = [e.Part("input_audio", transcript="one"), e.Part("input_image"), e.Part("input_text", "two")]
    assert e.Item(content=parts).words == "one two"
    assert e.Part().words == ""


def test_a_failure_has_its_error_and_nothing_else_has_one() -> None:
    """However it is told."""
    body = e.ErrorBody("No.")
    assert e.Response(status="failed", status_details=e.StatusDetails(error=body)).error == body
    assert e.Response(status="failed", status_details="No.").error == body
    assert e.Response(status="failed", status_details=e.StatusDetails()).error == e.ErrorBody(
        "the agent's answer failed"
    )
    assert e.Response(status="completed", status_details="completed").error is None
    assert e.Response(status="cancelled", status_details=e.StatusDetails(error=body)).error is None


def test_every_kind_has_a_name_of_its_own() -> None:
    """The wire's name of each event stands at its class, once."""
    names = [str(kind.__struct_config__.tag) for kind in get_args(e.Known)]
    assert len(names) == len(set(names))
    assert all(name for name in names)
