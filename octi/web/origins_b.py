"""The second origin's routes beside its socket and `/health`: secrets for a front end that does WebRTC itself."""

import uuid

from quart import Blueprint
from quart.typing import ResponseReturnValue

from octi.config import Config
from octi.services import Services
from octi.upstream.base import Minted
from octi.web.callers import current_caller
from octi.web.cors import allow_browsers
from octi.web.presets import agent_session, voice_in
from octi.web.replies import NO_STORE, refuse_while_draining
from octi.web.shapes import Shape


def origin_b_pages(services: Services) -> Blueprint:
    """`/api/session`, `/api/client-secret`. Neither reads a body."""
    pages = Blueprint("origin_b", __name__)
    allow_browsers(pages, services.gate.origins)

    async def minted() -> Minted:
        refuse_while_draining(services.live)
        return await services.directory.mint(None, agent_session(services.config), direct=True, caller=current_caller())

    @pages.get("/api/session")
    async def session() -> ResponseReturnValue:
        return ephemeral_session(await minted(), services.config), NO_STORE

    @pages.post("/api/client-secret")
    async def client_secret() -> ResponseReturnValue:
        return {"value": (await minted()).value}, NO_STORE

    return pages


def ephemeral_session(minted: Minted, config: Config) -> Shape:
    """The provider's session object as it was minted, with the fields that the origin's front ends read."""
    told = {name: value for name, value in minted.session.items() if value is not None}
    return {
        "id": f"sess_{uuid.uuid4().hex}",  # unless the provider gave it one
        "model": config.upstream.model,
        "instructions": config.agent.prompt,
        **told,
        "object": "realtime.session",
        "voice": voice_in(told) or config.agent.voice,
        "expires_at": told.get("expires_at") or minted.expires_at,  # a session that has not begun has none, or 0
        "client_secret": {"value": minted.value, "expires_at": minted.expires_at},
    }
