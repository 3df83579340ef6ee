"""A call whose media does not pass octi, as an upstream: each leg is one more sideband to the same conversation."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import attrs

from octi.errors import CallOver, ProviderFault, UpstreamExpired, UpstreamLost, UpstreamRefused
from octi.observe.plain import Own
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
    _joined: bool = False  # the first credential has let us in

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.dialled.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """A sideband, silent until it is asked something. See `Upstream.open`. Raises CallOver as well."""
        opened = False
        try:
            async with AsyncExitStack() as stack:
                leg = await self._enter(stack)
                opened = True
                yield leg
        except UpstreamRefused as refused:
            raise self._refused(refused) from None
        except (UpstreamLost, UpstreamExpired):
            self._joined = self._joined or opened
            raise

    async def _enter(self, stack: AsyncExitStack) -> Leg:
        """A socket, with the first credential that is not refused at the door; those before it are not tried again."""
        while True:
            dialled = self.dialled.with_secret(self.credentials[0])
            try:
                return await stack.enter_async_context(dialled.open_at(dialled.provider.call_url(self.call_id)))
            except UpstreamRefused as refused:
                if len(self.credentials) == 1 or (self._joined and not is_about_key(refused)):
                    raise
                self._next()

    def _next(self) -> None:
        self.credentials.pop(0)
        self._joined = False

    def _refused(self, refused: UpstreamRefused) -> ProviderFault:
        """Refused once it had been joined, a call is over: the provider knows it no more. But a secret expires, too."""
        if self._joined and not is_about_key(refused):
            return CallOver(self.name)
        if len(self.credentials) > 1:  # in band, once the socket was open
            self._next()
            words = Own("a sideband was refused, another credential may do: ", refused.why)
            return UpstreamLost(self.name, words)
        return refused


def is_about_key(refused: UpstreamRefused) -> bool:
    """Was it the credential that was refused, whatever it was for?"""
    return refused.status in {401, 403} or refused.code in {"invalid_api_key", "3000"}
