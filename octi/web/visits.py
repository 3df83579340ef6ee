"""Who knocks at a socket's door: what they bring and ask for, by their upgrade, and what of that cannot be. Pure."""

from collections.abc import Iterator

import attrs
from websockets.datastructures import Headers

from octi.access_config import origin_of
from octi.directory.admission import NO_MODEL
from octi.errors import BadIntent, BadMessage, BadModel, BetaGone, OctiError, UnknownCall, Unserved
from octi.websocket.handshake import Upgrade

KEY_PROTOCOL = "openai-insecure-api-key."
BETA_PROTOCOL = "openai-beta.realtime-v1"
# Told in band to everybody: so the provider refuses what was asked for, and its clients expect it (protocol 4.3).
IN_BAND = (BadModel, BadIntent, UnknownCall, BadMessage, BetaGone, Unserved)
OF_A_CALL = "You must not provide a {} for a call: it has its own."


@attrs.frozen(kw_only=True)
class Visit:
    """What an upgrade asks for. `model`: "" if it names none."""

    secret: str | None = attrs.field(repr=False)
    doubtful: bool = False  # they bring several, or none that can be read: a proxy may have taken another one for it
    session: str | None
    model: str
    transcribes: bool  # they want their words written down, and no answers
    call_id: str | None
    beta: bool  # they want the shapes of old
    reads_status: bool
    origin: str = ""  # of the page that they are, as browsers write it; "": they are none

    def problem(self, *, realtime: bool) -> OctiError | None:
        """What cannot be, whoever asks. realtime: at the door of the Realtime API, which alone has all of it."""
        if not realtime:
            if self.call_id is not None or self.transcribes:
                return Unserved("There are calls (?call_id=) and transcriptions (?intent=) only at /v1/realtime.")
            return None
        if self.beta:
            return BetaGone()
        if self.call_id is not None and self.model:
            return BadModel(OF_A_CALL.format("model parameter"))
        if self.call_id is not None and self.transcribes:
            return BadIntent(OF_A_CALL.format("intent"))
        if self.transcribes and self.model:
            return BadModel(NO_MODEL)
        return None

    def in_band(self, error: OctiError) -> bool:
        """Is a refusal told behind the 101? A browser is shown no status of an upgrade that was refused."""
        return isinstance(error, IN_BAND) or not self.reads_status


def visit_of(upgrade: Upgrade) -> Visit:
    """What an upgrade asks for."""
    query, offered, brought = upgrade.query, list(offered_in(upgrade.headers)), list(secrets_in(upgrade.headers))
    beta = any("realtime" in line for line in upgrade.headers.get_all("OpenAI-Beta"))
    return Visit(
        secret=secret_in(upgrade.headers),
        doubtful=len(brought) > 1 or None in brought,
        session=query.get("session"),
        model=query.get("model", ""),
        transcribes=query.get("intent") == "transcription",
        call_id=query.get("call_id"),
        beta=beta or BETA_PROTOCOL in offered,
        reads_status=not offered and "Origin" not in upgrade.headers,
        origin=origin_of(", ".join(upgrade.headers.get_all("Origin"))),
    )


def offered_in(headers: Headers) -> Iterator[str]:
    """The sub-protocols that a client offers."""
    for line in headers.get_all("Sec-WebSocket-Protocol"):
        yield from (each.strip() for each in line.split(",") if each.strip())


def secret_in(headers: Headers) -> str | None:
    """The first key that a client brings; None: none."""
    return next((each for each in secrets_in(headers) if each is not None), None)


def secrets_in(headers: Headers) -> Iterator[str | None]:
    """The keys that a client brings: as a bearer's, and, where a browser can send no header, as a sub-protocol.

    None for an Authorization that is no bearer's.
    """
    for line in headers.get_all("Authorization"):
        scheme, _, value = line.strip().partition(" ")
        yield value.strip() if scheme.lower() == "bearer" and value.strip() else None
    yield from (each.removeprefix(KEY_PROTOCOL) for each in offered_in(headers) if each.startswith(KEY_PROTOCOL))
