"""Upstreams made of others: one that only transcribes, and one whose model its client has chosen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from octi.errors import BadModel, UpstreamRefused
from octi.upstream.base import Upstream
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.websocket.base import Leg

# How providers call a refusal of the model: OpenAI in band and by HTTP, and Azure, where it is a deployment.
ABOUT_MODEL = frozenset({"invalid_model", "missing_model", "model_not_found", "DeploymentNotFound"})


def transcriber(upstream: Upstream) -> Upstream | None:
    """The same provider, for sessions that only transcribe; None: it has none."""
    match upstream:
        case Dialled():
            return attrs.evolve(upstream, transcribes=True)
        case Embedded(transcribe=transcribe) if transcribe:
            return attrs.evolve(upstream, converse=transcribe)
        case _:
            return None


@attrs.frozen
class Chosen:
    """One that is asked for a model which octi's settings do not name: it is not octi's fault that there is none."""

    upstream: Upstream

    @property
    def name(self) -> str:
        """See `Upstream.name`."""
        return self.upstream.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """See `Upstream.open`. Raises BadModel as well."""
        try:
            async with self.upstream.open(model) as leg:
                yield leg
        except UpstreamRefused as refused:
            if refused.code in ABOUT_MODEL:
                raise BadModel(refused.why) from None
            raise
