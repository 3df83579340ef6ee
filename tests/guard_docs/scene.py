"""A guarded octi in memory, everybody who may come to it, and every door of it."""

from collections.abc import Mapping

import attrs
from joserfc.jwk import KeySet
from quart.typing import TestClientProtocol

from octi.config import read_config
from octi.directory.wishes import Wish
from octi.guard.caller import Caller, Scope
from octi.guard.gate import gate_of
from octi.guard.keys import ServerKey, digest
from octi.guard.tokens import reader_of, secret_key
from octi.records import SessionRecord
from octi.services import Services
from octi.web.app import create_app
from octi.web.needs import NEEDS
from tests.guard.tokens import AUDIENCE, CLAIMS, ISSUER, NOW, SECRET, by_secret
from tests.parts import node
from tests.providers import NOBODY

OWNER = Caller(tenant="acme", key="jwt", user="ana")
FROM_AFAR = ("192.0.2.1", 50_000)
SCOPES = {
    "minter": ("acme", {Scope.MINT}),
    "talker": ("acme", {Scope.SESSIONS}),
    "other": ("other", {Scope.MINT, Scope.SESSIONS}),
    "operator": ("", {Scope.OPERATE, Scope.SESSIONS}),
}
KEYS = {
    name: ServerKey(name=name, tenant=tenant, scopes=frozenset(scopes), digest=digest(f"octi_sk_{name}"))
    for name, (tenant, scopes) in SCOPES.items()
}
ENV = {
    "HOST": "0.0.0.0",
    "OCTI_API_KEYS": "\n".join(key.line for key in KEYS.values()),
    "OCTI_JWT_SECRET": SECRET,
    "OCTI_JWT_ISSUER": ISSUER,
    "OCTI_JWT_AUDIENCE": AUDIENCE,
    "OCTI_JWT_TENANT_CLAIM": "org",
}


def token(user: str, tenant: str = "acme", **claims: object) -> str:
    """Of the operator's own login."""
    return by_secret(claims={**CLAIMS, "sub": user, "org": tenant, **claims})


async def shared(named: str | None) -> KeySet:
    return secret_key(SECRET)


def services_with(env: Mapping[str, str] = ENV) -> Services:
    """A node with these settings."""
    config = read_config(env)
    services = node(NOBODY, config=config, now=lambda: NOW)
    return attrs.evolve(
        services, gate=gate_of(config.access, config.listen.host, list(KEYS.values()), reader_of(config.access, shared))
    )


@attrs.define(eq=False)
class House:
    """One octi, with a session of Ana's and a client secret for it."""

    services: Services = attrs.field(factory=services_with)

    async def session(self) -> tuple[SessionRecord, str]:
        """A fresh session of Ana's, and a secret that opens it."""
        record = await self.services.directory.make(Wish(), OWNER)
        return record, (await self.services.directory.mint(record, {}, direct=False, caller=OWNER)).value

    @property
    def client(self) -> TestClientProtocol:
        return create_app(self.services).test_client()


# By what stands in the table: what each brings. {secret}: the session's client secret.
CALLERS: Mapping[str, str | None] = {
    "nobody": None,
    "a stranger": "octi_sk_stranger",
    "key: mint": "octi_sk_minter",
    "key: sessions": "octi_sk_talker",
    "key: operate + sessions, no tenant": "octi_sk_operator",
    "another tenant's key": "octi_sk_other",
    "its user's token": token("ana"),
    "another user's token": token("bob"),
    "client secret": "{secret}",
}
DOORS = [*NEEDS]
SOCKETS = {
    "a new session": "/v1/realtime",
    "the session, by its name": "/ws/realtime?session={session}",
}
