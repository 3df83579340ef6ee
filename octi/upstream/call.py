"""A call whose media does not pass octi, as an upstream: each leg is one more sideband to the same conversation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from octi.errors import CallOver, ProviderFault, UpstreamLost, UpstreamRefused
from octi.upstream.dial import Dialled
from octi.websocket.base import Leg


@attrs.define(eq=False)
class Call:
    """Opens sidebands to one call, as an `upstream.base.Upstream`.

    A call is known to the credential that created it and to no other (peers 5.1); who that was is not always known, so
    of several the next is tried where one is refused.
    """

    dialled: Dialled
    call_id: str
    credentials: list[str | None] = attrs.field(repr=False)  # client secrets; None: octi's key
    _joined: bool = False

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.dialled.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """A sideband, silent until it is asked something. See `Upstream.open`. Raises CallOver as well."""
        dialled = self.dialled.with_secret(self.credentials[0])
        opened = False
        try:
            async with dialled.open_at(dialled.provider.call_url(self.call_id)) as leg:
                opened = True
                yield leg
        except UpstreamRefused as refused:
            raise self._refused(refused) from None
        except UpstreamLost:
            self._joined = self._joined or opened
            raise

    def _refused(self, refused: UpstreamRefused) -> ProviderFault:
        """Refused once it had been joined, a call is over: the provider knows it no more."""
        if self._joined:
            return CallOver(self.name)
        if len(self.credentials) > 1:
            self.credentials.pop(0)
            return UpstreamLost(self.name, f"a sideband was refused ({refused.why}), another credential may do")
        return refused
