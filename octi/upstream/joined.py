"""A call as a client sees it that listens to it: refused as the provider refuses it, over when the provider says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from octi.errors import CallOver, UnknownCall, UpstreamLost, UpstreamRefused
from octi.upstream.call import Call, is_about_key
from octi.websocket.base import Leg

UNKNOWN, CODE = 404, "call_id_not_found"
NO_CALL = "There is no such call here."
OVER = 1000  # how a call's sidebands are closed when it ends


@attrs.frozen
class Joined:
    """Opens a sideband for a client, as an `upstream.base.Upstream`."""

    call: Call

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.call.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """A sideband. See `Upstream.open`. Raises UnknownCall, and CallOver, as well."""
        if not self.call.credentials:  # nobody's whom this client may speak for
            raise UnknownCall(NO_CALL)
        try:
            async with self.call.open(model) as leg:
                yield leg
        except UpstreamRefused as refused:
            if is_about_key(refused) or not (refused.status == UNKNOWN or refused.code == CODE):
                raise
            raise UnknownCall(refused.why) from None
        except UpstreamLost as lost:
            if lost.code == OVER:
                raise CallOver(self.name) from None
            raise
