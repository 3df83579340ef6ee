"""Who makes a client secret: the provider, for clients that speak to it; octi, for those that speak to octi."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from octi.clock import Now
from octi.directory.ports import Provider
from octi.directory.proving import UNBOUND, Bounds
from octi.directory.secrets import Random, digest, new_secret
from octi.directory.wishes import TRANSCRIPTION, encoded, read_preset
from octi.engine.settings import initial, updated
from octi.engine.transcribing import initial_transcription, updated_transcription
from octi.errors import BadMessage
from octi.guard.caller import ANYBODY, Caller
from octi.realtime.merging import merged
from octi.records import SecretRecord
from octi.units import SessionId
from octi.upstream.base import Minted

LONGEST_S = 7200  # providers make none that lasts longer
MARGIN_S = 60

CheckModel = Callable[[str], object]  # raises BadMessage for a model that cannot be had


def any_model(model: str) -> None:
    """Whoever answers says itself what it does not have."""


@attrs.frozen(kw_only=True)
class Minter:
    """Makes secrets; stores none. `provider` is None where the embedded engine answers."""

    provider: Provider | None
    secret_s: int  # how long a secret opens sessions
    call_s: float  # how long a call may last
    now: Now
    random: Random
    check_model: CheckModel = any_model

    async def mint(
        self,
        preset: Mapping[str, Any],
        *,
        direct: bool,
        session: SessionId | None = None,
        seconds: int | None = None,
        safety_identifier: str | None = None,
    ) -> Minted:
        """A secret whose session is preset to a session object.

        direct: for a client that speaks to the provider, if there is one. seconds: how long it lives; as configured if
        None. Raises ProviderFault; BadMessage for what octi's own sessions cannot be.
        """
        if direct and self.provider is not None:
            return await self.provider.mint_secret(
                preset, seconds=seconds or self._direct_s(session), safety_identifier=safety_identifier
            )
        return self.own(preset, session=session, seconds=seconds)

    def check_bounds(self, bounds: Bounds, *, direct: bool) -> None:
        """Can a secret have these bounds? A provider's cannot. Raises BadMessage."""
        if bounds != UNBOUND and direct and self.provider is not None:
            raise BadMessage("is for octi's own secrets; this one is the provider's, which knows no bounds", "secret")

    def _direct_s(self, session: SessionId | None) -> int:
        """How long a provider's secret lasts: a session's as long as its call, which nothing else joins again."""
        longest = min(LONGEST_S, math.ceil(self.call_s) + MARGIN_S)
        return self.secret_s if session is None else max(self.secret_s, longest)

    def own(self, preset: Mapping[str, Any], *, session: SessionId | None = None, seconds: int | None = None) -> Minted:
        """octi's own, in the provider's shape. Raises BadMessage."""
        value, expires_at = new_secret(self.random), int(self.now()) + (seconds or self.secret_s)
        effective = self._effective(preset, session.replace("-", "") if session else self.random(16).hex())
        raw = {"value": value, "expires_at": expires_at, "session": effective}
        return Minted(value=value, expires_at=expires_at, session=effective, raw=raw)

    def _effective(self, preset: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The whole session object. The engine says what it cannot do; a provider does so when the session begins."""
        wanted, change = read_preset(preset), dict(preset)
        if wanted.type == TRANSCRIPTION:
            fresh = initial_transcription(f"sess_{name}", self.now())
            return updated_transcription(fresh, change) if self.provider is None else merged(fresh, preset)
        if wanted.type != "realtime":
            known = f"Supported values are: 'realtime' and '{TRANSCRIPTION}'."
            raise BadMessage(f"Invalid value: {wanted.type!r}. {known}", "session.type")
        fresh = initial(f"sess_{name}", wanted.model or "", self.now())
        if self.provider is not None:
            return merged(fresh, preset)
        self.check_model(wanted.model or "")
        return updated(fresh, change, voice_locked=False)


def secret_record(
    minted: Minted,
    session: SessionId | None,
    config: Mapping[str, Any],
    created_at: float,
    *,
    whose: Caller = ANYBODY,
    bounds: Bounds = UNBOUND,
) -> SecretRecord:
    """What is stored of a secret: not the secret."""
    return SecretRecord(
        digest=digest(minted.value),
        session=session,
        config=encoded(config),
        tenant=whose.tenant,
        key=whose.key,
        user=whose.user,
        origin=bounds.origin,
        once=bounds.once,
        created_at=created_at,
        expires_at=float(minted.expires_at),
    )
