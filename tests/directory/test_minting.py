"""Who makes a client secret, and what comes with it."""

import re
from typing import Any

import attrs
import pytest

from octi.directory.minting import Minter, secret_record
from octi.directory.secrets import digest
from octi.errors import BadMessage, UpstreamBusy
from octi.units import SessionId
from tests.directory.scenes import FakeProvider, counting

PRESET: dict[str, Any] = {
    "type": "realtime",
    "model": "m1",
    "instructions": "Be kind.",
    "audio": {"output": {"voice": "marin"}},
}


def minter(provider: FakeProvider | None = None) -> Minter:
    return Minter(provider=provider, secret_s=600, call_s=3599.5, now=lambda: 1000.5, random=counting())


async def test_who_speaks_to_the_provider_gets_its_secret() -> None:
    """With the configured life, unless another is wanted; and bound to who uses it."""
    provider = FakeProvider()
    minted = await minter(provider).mint(PRESET, direct=True, safety_identifier="u1")
    assert (minted.value, provider.minted) == ("ek_provider1", [PRESET])
    await minter(provider).mint(PRESET, direct=True, seconds=30)
    assert (provider.seconds, provider.users) == ([600, 30], ["u1", None])


async def test_a_session_s_secret_lasts_as_long_as_its_call() -> None:
    """A sideband that is lost can be joined again with nothing else; no provider makes one that lasts two hours."""
    provider = FakeProvider()
    await minter(provider).mint(PRESET, direct=True, session=SessionId("s"))
    await attrs.evolve(minter(provider), call_s=86_400).mint(PRESET, direct=True, session=SessionId("s"))
    await attrs.evolve(minter(provider), call_s=60).mint(PRESET, direct=True, session=SessionId("s"))
    assert provider.seconds == [3660, 7200, 600]


async def test_who_speaks_to_octi_gets_octi_s() -> None:
    """The provider is not asked."""
    provider = FakeProvider()
    minted = await minter(provider).mint(PRESET, direct=False)
    assert re.fullmatch(r"ek_[\w-]{43}", minted.value, re.ASCII)
    assert provider.minted == []


async def test_without_a_provider_every_secret_is_octi_s() -> None:
    """For direct clients too."""
    assert (await minter().mint(PRESET, direct=True)).expires_at == 1600


def test_octi_s_answer_has_the_provider_s_shape() -> None:
    """The whole session object, as it will be in force."""
    minted = minter().own(PRESET, session=SessionId("1-2-3"))
    assert minted.raw == {"value": minted.value, "expires_at": 1600, "session": minted.session}
    session = minted.session
    assert (session["id"], session["object"], session["type"]) == ("sess_123", "realtime.session", "realtime")
    assert (session["model"], session["instructions"]) == ("m1", "Be kind.")
    assert session["audio"]["output"]["voice"] == "marin"
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["output_modalities"] == ["audio"]


def test_sessions_without_a_name_get_one_each() -> None:
    """So do secrets."""
    mint = minter()
    one, other = mint.own(PRESET), mint.own(PRESET)
    assert one.session["id"] != other.session["id"]
    assert one.value != other.value


@pytest.mark.parametrize("provider", [None, FakeProvider()])
def test_what_no_session_of_octi_s_can_be_is_refused(provider: FakeProvider | None) -> None:
    """Another type; and what is no session object at all."""
    with pytest.raises(BadMessage, match="transcription") as refused:
        minter(provider).own({"type": "translation"})
    assert refused.value.param == "session.type"
    with pytest.raises(BadMessage):
        minter(provider).own({"audio": 5})


@pytest.mark.parametrize("provider", [None, FakeProvider()])
def test_a_session_may_only_transcribe(provider: FakeProvider | None) -> None:
    """Then it shows nothing about answers."""
    heard = {"input": {"transcription": {"model": "whisper-1"}}}
    session = minter(provider).own({"type": "transcription", "audio": heard}).session
    assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
    assert session["audio"]["input"]["transcription"]["model"] == "whisper-1"
    assert not {"model", "instructions", "tools"} & session.keys()


def test_the_engine_s_transcriptions_are_checked_when_they_are_made() -> None:
    with pytest.raises(BadMessage):
        minter().own({"type": "transcription", "instructions": "Be kind."})


async def test_a_model_that_cannot_be_has_no_secret() -> None:
    """Where octi knows: of a provider's models that says itself which there are."""

    def nothing_but_rules(model: str) -> None:
        if model != "rules":
            raise BadMessage(f"There is no brain {model!r} here", "model", "invalid_model")

    knowing = attrs.evolve(minter(), check_model=nothing_but_rules)
    with pytest.raises(BadMessage, match="chat"):
        knowing.own({**PRESET, "model": "chat"})
    assert knowing.own({**PRESET, "model": "rules"}).session["model"] == "rules"
    assert attrs.evolve(knowing, provider=FakeProvider()).own(PRESET).session["model"] == "m1"


def test_the_engine_s_secrets_are_checked_when_they_are_made() -> None:
    """A provider's session is checked by the provider."""
    odd = {**PRESET, "max_output_tokens": -1}
    with pytest.raises(BadMessage):
        minter().own(odd)
    assert minter(FakeProvider()).own(odd).session["max_output_tokens"] == -1


async def test_a_provider_s_fault_is_passed_on() -> None:
    """With its meaning."""
    with pytest.raises(UpstreamBusy):
        await minter(FakeProvider(fault=UpstreamBusy("p", "slow down", 2.0))).mint(PRESET, direct=True)


def test_what_is_stored_of_a_secret_is_not_the_secret() -> None:
    """Its digest, what it opens, and until when."""
    minted = minter().own(PRESET)
    kept = secret_record(minted, SessionId("s"), {"model": "m1"}, 1000.5)
    assert minted.value not in repr(kept)
    assert (kept.digest, kept.session, kept.config) == (digest(minted.value), "s", '{"model":"m1"}')
    assert (kept.created_at, kept.expires_at) == (1000.5, 1600.0)
    assert minted.value not in repr(minted)
