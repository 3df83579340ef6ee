"""octi/web/policies.py: who is held to what."""

from typing import Any

import attrs
import msgspec
import pytest

from octi.config import read_config
from octi.errors import BadModel
from octi.guard.caller import ANYBODY, JWT, Caller, Scope
from octi.guard.gate import Gate
from octi.guard.policed import PolicedDoor
from octi.guard.policed_octi import PolicedOctiDoor
from octi.guard.policy import FULL, LEVELS, PolicyRule
from octi.guard.rules import Rules, rules_in
from octi.policy_config import May
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import ToProvider
from octi.records import SessionRecord
from octi.services import Services
from octi.units import SessionId
from octi.upstream.base import CallSetup, FreshSetup, TranscriptionSetup
from octi.web.policies import check_model, door_under, policy_of, preset_of, setup_under
from octi.web.visits import Visit
from tests.parts import node
from tests.providers import NOBODY

SERVER = Caller(tenant="acme", key="web", scopes=frozenset({Scope.MINT, Scope.SESSIONS}))
CLIENT = Caller(tenant="acme", key="web", user="ana")  # who comes with a secret that the server had made
USER = Caller(tenant="acme", key=JWT, user="ana", scopes=frozenset({Scope.MINT}))
RECORD = SessionRecord(
    id=SessionId("s"), door="realtime", upstream="u", model="m", voice="", created_at=1.0, config='{"voice":"x"}'
)
VISIT = Visit(secret=None, session=None, model="", transcribes=False, call_id=None, beta=False, reads_status=True)


def services(*, guarded: bool = True, rules: str = "", **env: str) -> Services:
    config = read_config(env)
    read = rules_in("rules.toml", lambda path: rules) if rules else Rules()
    return attrs.evolve(node(NOBODY, config=config), gate=Gate(guarded=guarded), rules=read)


@pytest.mark.parametrize("caller", [CLIENT, USER])
def test_where_callers_are_asked_a_client_may_speak_and_no_more(caller: Caller) -> None:
    assert policy_of(services(), caller) == LEVELS[May.SPEAK]


def test_a_server_that_talks_itself_may_say_everything() -> None:
    """Whatever holds for the clients that it has secrets made for."""
    strict = services(rules='[key.web.policy]\nmay = "speak"', OCTI_CLIENT_POLICY="speak")
    assert policy_of(strict, SERVER) is FULL
    assert policy_of(strict, CLIENT) == LEVELS[May.SPEAK]


def test_where_nobody_is_asked_nothing_is_watched() -> None:
    """Unless that is said: then it holds for whoever comes."""
    assert policy_of(services(guarded=False), ANYBODY).is_full
    assert policy_of(services(guarded=False, OCTI_CLIENT_POLICY="tools"), ANYBODY) == LEVELS[May.TOOLS]
    ruled = services(guarded=False, rules='[default.policy]\nmay = "speak"')
    assert policy_of(ruled, ANYBODY) == LEVELS[May.SPEAK]


def test_a_rule_counts_before_the_setting() -> None:
    ruled = services(rules='[tenant.acme.policy]\nmay = "everything"', OCTI_CLIENT_POLICY="speak")
    assert policy_of(ruled, CLIENT).is_full
    assert policy_of(ruled, Caller(tenant="other")) == LEVELS[May.SPEAK]


def test_a_door_is_watched_only_where_there_is_something_to_watch() -> None:
    """Without a policy it is the door itself, and costs nothing."""
    realtime, octi = RealtimeDoor(), OctiDoor()
    assert door_under(FULL, realtime, {}) is realtime
    assert isinstance(door_under(LEVELS[May.SPEAK], realtime, {}), PolicedDoor)
    assert door_under(LEVELS[May.SPEAK], octi, {}) is octi
    mute = PolicyRule(events=("-input_audio_buffer.append",)).holding(May.SPEAK)
    assert isinstance(door_under(mute, octi, {}), PolicedOctiDoor)


def test_how_turns_are_heard_a_client_may_say_in_its_address_too() -> None:
    """If it may say so at all."""
    asked = FreshSetup(instructions=None, prompt_id=None, voice="alloy", transcription_model="w", turn_detection=None)
    heard = TranscriptionSetup(transcription_model="w", turn_detection=None)
    call = CallSetup(instructions=None)
    strict = PolicyRule(fields=("-session.audio.input.turn_detection",)).holding(May.SPEAK)
    assert setup_under(LEVELS[May.SPEAK], asked) is asked
    assert setup_under(strict, asked) == attrs.evolve(asked, turn_detection="server_vad")
    assert setup_under(strict, heard) == attrs.evolve(heard, turn_detection="server_vad")
    assert setup_under(strict, call) is call


def test_what_a_sessions_maker_said_may_be_said_again() -> None:
    assert preset_of(RECORD, CallSetup(instructions=None)) == {"voice": "x", "model": "m"}


def test_how_octi_has_it_heard_may_be_said_before_the_provider_has() -> None:
    """Most SDKs send their first update without waiting for anything."""
    setup = FreshSetup(instructions="secret", prompt_id=None, voice="alloy", transcription_model="w")
    known = preset_of(RECORD, setup)
    assert known["audio"]["input"]["transcription"] == {"model": "w"}
    assert "secret" not in str(known)
    door = PolicedDoor(RealtimeDoor(), LEVELS[May.SPEAK], known)
    asked = {"type": "realtime", "audio": {"input": {"transcription": {"model": "w"}}}}
    steps = door.from_client(msgspec.json.encode({"type": "session.update", "session": asked}), text=True, now=0.0)
    assert [type(step) for step in steps] == [ToProvider]


@pytest.mark.parametrize(
    ("caller", "visit", "allowed"),
    [
        (USER, {"model": "gpt-dear"}, False),
        (USER, {}, True),
        (USER, {"model": "gpt-dear", "session": "s"}, True),  # that has one already
        (SERVER, {"model": "gpt-dear"}, True),
        (attrs.evolve(CLIENT, scopes=frozenset()), {"model": "gpt-dear", "secret": "ek_1"}, True),  # so does a secret
    ],
)
def test_who_brings_no_session_may_not_choose_its_model(caller: Caller, visit: dict[str, Any], allowed: bool) -> None:
    asked = attrs.evolve(VISIT, **visit)
    if allowed:
        check_model(services(), caller, asked)
        return
    with pytest.raises(BadModel, match="may not choose"):
        check_model(services(), caller, asked)


def test_the_configured_model_may_be_named() -> None:
    """As official clients do."""
    octi = services()
    check_model(octi, USER, attrs.evolve(VISIT, model=octi.config.upstream.model))
