"""Opens who answers: the configured provider, or the embedded engine. What is opened its caller closes."""

from contextlib import AsyncExitStack

from octi.answerer import Answerer, open_provider
from octi.config import Config, UpstreamKind
from octi.observe.base import Meter
from octi.vitals import Guard, unguarded
from octi.websocket.poll import Poll


async def open_answerer(
    config: Config,
    opened: AsyncExitStack,
    meter: Meter | None = None,
    guard: Guard = unguarded,
    poll: Poll | None = None,
) -> Answerer:
    """The configured provider, or the embedded engine. Raises BadConfig for a scenario that cannot be played."""
    if config.upstream.kind is not UpstreamKind.EMBEDDED:
        return await open_provider(config, opened, meter, poll)
    from octi.engine_opening import open_engine  # noqa: PLC0415  (the engine: who has a provider starts without)

    return await open_engine(config, opened, guard)
