"""octi/answering.py: who answers is opened as the settings say."""

from contextlib import AsyncExitStack

from octi.answering import open_answerer
from octi.config import read_config
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded

OPENAI = {"OPENAI_API_KEY": "sk-very-secret", "OCTI_SYSTEM_PROMPT": "Be kind."}


async def test_a_provider_is_asked_over_its_sockets_and_by_http() -> None:
    """It brings its own speech."""
    async with AsyncExitStack() as opened:
        answerer = await open_answerer(read_config(OPENAI), opened)
    assert isinstance(answerer.upstream, Dialled)
    assert answerer.api is not None
    assert answerer.statistics is None


async def test_the_engine_answers_where_there_is_no_provider() -> None:
    """With its voice, or with what keeps it from having one."""
    async with AsyncExitStack() as opened:
        answerer = await open_answerer(read_config({"OCTI_ENGINE_WORKERS": "1"}), opened)
        assert isinstance(answerer.upstream, Embedded)
        assert answerer.api is None
        assert (answerer.problem is None) == (answerer.statistics is not None)
