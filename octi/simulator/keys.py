"""Whose requests the simulator takes: the configured key, and the client secrets that it made. Pure."""

from collections.abc import Mapping
from typing import Any

import attrs

from octi.clock import Now
from octi.simulator.ids import Ids

SECRET = "ek_"
IN_SUBPROTOCOL = "openai-insecure-api-key."  # where a browser's socket has its key (protocol 4.1)


@attrs.frozen
class Secret:
    """An ephemeral key, and the session object that it presets."""

    value: str = attrs.field(repr=False)
    expires_at: int  # seconds since 1970
    session: dict[str, Any]


@attrs.define
class Keys:
    """The keys. `key` "": any key but an unknown client secret, and none, is taken."""

    _key: str = attrs.field(repr=False)
    _ids: Ids
    _now: Now
    _secrets: dict[str, Secret] = attrs.field(factory=dict, repr=False)

    def mint(self, session: dict[str, Any], seconds: int) -> Secret:
        """A new client secret. It can be used again and again until it expires."""
        secret = Secret(self._ids.next("ek"), int(self._now()) + seconds, session)
        self._secrets[secret.value] = secret
        return secret

    def opens(self, credential: str) -> bool:
        """Whether sessions may be opened with it."""
        return self.preset(credential) is not None if credential.startswith(SECRET) else self.is_key(credential)

    def is_key(self, credential: str) -> bool:
        """Whether it is a full key, which a client secret is not."""
        return not credential.startswith(SECRET) and self._key in {"", credential}

    def preset(self, credential: str) -> dict[str, Any] | None:
        """The session that a client secret presets; None for what is none, or not any more."""
        secret = self._secrets.get(credential)
        return secret.session if secret and self._now() < secret.expires_at else None

    def hidden(self, value: Any) -> Any:
        """JSON without the keys in it: they become ***."""
        match value:
            case dict():
                return {name: "***" if name in CONFIDENTIAL else self.hidden(each) for name, each in value.items()}
            case list():
                return [self.hidden(each) for each in value]
            case str() if self._is_secret(value):
                return "***"
            case _:
                return value

    def _is_secret(self, text: str) -> bool:
        return text.startswith((SECRET, "sk-")) or bool(self._key and self._key in text)


CONFIDENTIAL = frozenset({"authorization", "headers", "api_key", "client_secret"})


def credential_in(headers: Mapping[str, str]) -> str:
    """The key that a request brings; "" if none. Names of headers in small letters."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    offered = [each.strip() for each in headers.get("sec-websocket-protocol", "").split(",")]
    return next((each.removeprefix(IN_SUBPROTOCOL) for each in offered if each.startswith(IN_SUBPROTOCOL)), "")
