"""Who knocks at a socket's door: what they bring and ask for, by their upgrade, and what of that cannot be. Pure."""

from collections.abc import Iterator

import attrs
from websockets.datastructures import Headers

from octi.directory.admission import NO_MODEL
from octi.errors import BadMessage, BadModel, BadSecret, BetaGone, OctiError, Unserved
from octi.websocket.handshake import Upgrade

KEY_PROTOCOL = "openai-insecure-api-key."
BETA_PROTOCOL = "openai-beta.realtime-v1"
# Told in band to everybody: so the provider refuses what was asked for, and its clients expect it (protocol 4.3).
IN_BAND = (BadSecret, BadModel, BadMessage, BetaGone, Unserved)


@attrs.frozen(kw_only=True)
class Visit:
    """What an upgrade asks for. `model`: "" if it names none."""

    secret: str | None = attrs.field(repr=False)
    session: str | None
    model: str
    transcribes: bool  # they want their words written down, and no answers
    call_id: str | None
    beta: bool  # they want the shapes of old
    reads_status: bool

    def problem(self, *, realtime: bool) -> OctiError | None:
        """What cannot be, whoever asks. realtime: at the door of the Realtime API, which alone has all of it."""
        if not realtime:
            if self.call_id is not None or self.transcribes:
                return Unserved("There are calls (?call_id=) and transcriptions (?intent=) only at /v1/realtime.")
            return None
        if self.beta:
            return BetaGone()
        if self.transcribes and self.model:
            return BadModel(NO_MODEL)
        return None

    def in_band(self, error: OctiError) -> bool:
        """Is a refusal told behind the 101? A browser is shown no status of an upgrade that was refused."""
        return isinstance(error, IN_BAND) or not self.reads_status


def visit_of(upgrade: Upgrade) -> Visit:
    """What an upgrade asks for."""
    query, offered = upgrade.query, list(offered_in(upgrade.headers))
    beta = any("realtime" in line for line in upgrade.headers.get_all("OpenAI-Beta"))
    return Visit(
        secret=secret_in(upgrade.headers),
        session=query.get("session"),
        model=query.get("model", ""),
        transcribes=query.get("intent") == "transcription",
        call_id=query.get("call_id"),
        beta=beta or BETA_PROTOCOL in offered,
        reads_status=not offered and "Origin" not in upgrade.headers,
    )


def offered_in(headers: Headers) -> Iterator[str]:
    """The sub-protocols that a client offers."""
    for line in headers.get_all("Sec-WebSocket-Protocol"):
        yield from (each.strip() for each in line.split(",") if each.strip())


def secret_in(headers: Headers) -> str | None:
    """The key that a client brings: as a bearer's, or, where a browser can send no header, as a sub-protocol."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    keys = (each.removeprefix(KEY_PROTOCOL) for each in offered_in(headers) if each.startswith(KEY_PROTOCOL))
    return next(keys, None)
