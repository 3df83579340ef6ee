"""Upstreams made of others: who only transcribes, and a model that its client has chosen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from octi.errors import BadModel, UpstreamLost, UpstreamRefused
from octi.observe.plain import plain
from octi.upstream.base import Upstream
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.upstream.sessions import Chosen, transcriber
from octi.websocket.base import Leg
from octi.websocket.memory import memory_legs
from tests.providers import SIMULATED, UNUSED, Legs


async def converse(leg: Leg, model: str) -> None:
    """Answers nobody."""


async def transcribe(leg: Leg, model: str) -> None:
    """Hears nobody."""


def test_the_engine_transcribes_where_it_can() -> None:
    found = transcriber(Embedded(converse, transcribe=transcribe))
    assert isinstance(found, Embedded)
    assert (found.converse, found.name) == (transcribe, "embedded")
    assert transcriber(Embedded(converse)) is None


def test_a_provider_is_dialled_for_it() -> None:
    dialled = Dialled(provider=SIMULATED, max_message_bytes=1000, tls=UNUSED)
    assert transcriber(dialled) == attrs.evolve(dialled, transcribes=True)


def test_others_have_no_transcriptions() -> None:
    assert transcriber(Legs([])) is None


@attrs.frozen
class Refusing:
    error: Exception
    name: str = "openai"

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        if model:
            raise self.error
        yield memory_legs()[0]


async def raised(upstream: Upstream) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  which one is what is asked
        async with upstream.open("m"):
            pass
    return caught.value


@pytest.mark.parametrize("code", ["invalid_model", "model_not_found", "DeploymentNotFound"])
async def test_a_model_that_there_is_not_is_the_fault_of_who_chose_it(code: str) -> None:
    """In the provider's words, which are not for the log."""
    chosen = Chosen(Refusing(UpstreamRefused("openai", "no model my-secret-model", 404, code)))
    error = await raised(chosen)
    assert isinstance(error, BadModel)
    assert (str(error), plain(error), chosen.name) == ("no model my-secret-model", "invalid_model", "openai")


@pytest.mark.parametrize(
    "error",
    [
        UpstreamRefused("openai", "bad key", 401, "invalid_api_key"),
        UpstreamRefused("openai", "not here", 404),
        UpstreamLost("openai", "gone"),
    ],
)
async def test_any_other_refusal_is_not(error: Exception) -> None:
    assert await raised(Chosen(Refusing(error))) is error
