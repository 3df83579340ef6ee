"""`octi talk`, as far as nobody is spoken to; how it speaks: tests/talk."""

from tests.command_line import octi


def test_talking_explains_itself() -> None:
    """With examples that can be copied."""
    result = octi("talk", "-h")
    assert result.exit_code == 0
    for said in ("[FILES]", "--mic", "--url", "--save", "octi talk question.wav"):
        assert said in result.output


def test_talking_to_nobody_is_explained() -> None:
    """In a sentence, with exit code 1."""
    result = octi("talk", __file__, "--url", "ws://127.0.0.1:9/ws/realtime")
    assert result.exit_code == 1
    assert result.stderr.startswith("octi talk: ")
