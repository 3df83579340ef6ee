"""Whoever answers: what octi knows of it, and the configured provider. What is opened its caller closes."""

import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import attrs
import structlog

from octi.config import Config, UpstreamKind
from octi.directory.minting import CheckModel, any_model
from octi.observe.base import Meter
from octi.upstream.api import ProviderApi, open_api
from octi.upstream.asking import Exchange
from octi.upstream.azure import azure
from octi.upstream.base import Upstream
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.openai import openai
from octi.upstream.provider import Provider
from octi.websocket.poll import Poll

log = structlog.get_logger("octi.serve")

CALL_IN_PATH = re.compile(r"(?<=/calls/)[^/]+")  # for metrics all calls are one


@attrs.frozen(kw_only=True)
class Answerer:
    """Whoever answers, and where that is asked by HTTP; and, of the engine, why it has no voice, or none just now."""

    upstream: Upstream
    api: ProviderApi | None = None
    problem: str | None = None
    trouble: Callable[[], str | None] = lambda: None
    statistics: Callable[[], attrs.AttrsInstance] | None = None  # of the engine's voice: see its pool
    most_sessions: int = 0  # that it answers in time; 0: any number
    check_model: CheckModel = any_model


async def open_provider(
    config: Config, opened: AsyncExitStack, meter: Meter | None = None, poll: Poll | None = None
) -> Answerer:
    """The configured provider. poll: who waits for its sockets."""
    upstream = dialled(config, poll)
    noted = partial(note, meter or Meter())
    return Answerer(upstream=upstream, api=await opened.enter_async_context(open_api(upstream.provider, noted=noted)))


def note(meter: Meter, exchange: Exchange) -> None:
    """A line for each request to the provider, with the ids under which both sides' books have it."""
    meter.provider_asked(CALL_IN_PATH.sub("{call}", exchange.path), exchange.status, exchange.seconds)
    log.info(
        "provider request",
        path=exchange.path,
        status=exchange.status,
        duration_ms=round(exchange.seconds * 1000, 1),
        provider_request=exchange.request_id,
        client_request_id=exchange.client_request_id,
    )


def dialled(config: Config, poll: Poll | None = None) -> Dialled:
    """The configured provider. poll: who waits for its sockets."""
    upstream = config.upstream
    return Dialled(
        provider=provider(upstream.kind, upstream.key, upstream.url),
        max_message_bytes=config.limits.max_message_bytes,
        connect_s=upstream.connect_s,
        poll=poll,
    )


def provider(kind: UpstreamKind, key: str, url: str) -> Provider:
    """A provider's value."""
    match kind:
        case UpstreamKind.OPENAI:
            return openai(key, url)
        case UpstreamKind.AZURE:
            return azure(key, url)
        case UpstreamKind.COMPATIBLE | UpstreamKind.EMBEDDED:
            return compatible(key or None, url)
