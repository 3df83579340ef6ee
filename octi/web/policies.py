"""Which policy a socket's client has, and its session under it."""

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from octi.errors import BadModel
from octi.guard.caller import Caller
from octi.guard.policed import PolicedDoor
from octi.guard.policed_octi import PolicedOctiDoor, takes_from_octi
from octi.guard.policy import FULL, Policy
from octi.policy_config import May
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.records import SessionRecord
from octi.services import Services
from octi.session.door import Door
from octi.session.session import Session
from octi.upstream.base import FreshSetup, Setup, TranscriptionSetup
from octi.web.visits import Visit


def policy_of(services: Services, caller: Caller) -> Policy:
    """What a session's client may say and see.

    Where callers are asked who they are, a server of the operator's own that talks itself is no client.
    """
    guarded = services.gate.guarded
    if guarded and caller.trusted:
        return FULL
    level = services.config.policy.may or (May.SPEAK if guarded else May.EVERYTHING)
    return services.rules.of(caller).policy.holding(May(level))


def check_model(services: Services, caller: Caller, visit: Visit) -> None:
    """May who comes without a secret or a session choose the model? Those have one. Raises BadModel."""
    own = services.config.upstream.model
    if visit.secret is not None and not caller.scopes:
        return
    if visit.session is not None or visit.call_id is not None or visit.model in {"", own}:
        return
    if not policy_of(services, caller).fields.lets("session.model"):
        raise BadModel(f"this client may not choose one; leave it out, or name {own!r}")


def policed(services: Services, caller: Caller, session: Session) -> Session:
    """A session whose client says and sees what it may."""
    policy = policy_of(services, caller)
    setup = setup_under(policy, session.setup)
    door = door_under(policy, session.door, preset_of(session.record, setup))
    return attrs.evolve(session, door=door, setup=setup, policy=policy.may)


def setup_under(policy: Policy, setup: Setup) -> Setup:
    """What a session's legs are asked for: the client's own word on it (`?turn_detection=none`) counts if it may."""
    if policy.fields.lets("session.audio.input.turn_detection") or not isinstance(
        setup, FreshSetup | TranscriptionSetup
    ):
        return setup
    return attrs.evolve(setup, turn_detection="server_vad")


def door_under(policy: Policy, door: Door, preset: Mapping[str, Any]) -> Door:
    """A door under a policy; the same where there is nothing to watch."""
    match door:
        case RealtimeDoor() if not policy.is_full:
            return PolicedDoor(door, policy, preset)
        case OctiDoor() if takes_from_octi(policy):
            return PolicedOctiDoor(door, policy)
        case _:
            return door


def preset_of(record: SessionRecord, setup: Setup) -> dict[str, Any]:
    """What a session's maker said of it, as far as the record has it, and how octi will have it heard and spoken.

    Its client may say so before the provider has: most SDKs send their first update without waiting for anything.
    """
    preset = {**msgspec.json.decode(record.config, type=dict[str, Any]), "model": record.model}
    return preset | {"audio": setup.session()["audio"]} if isinstance(setup, FreshSetup) else preset
