"""Who asks: of each request before its route is called, and of an upgrade before a session is looked for.

What a stranger is told does not say what was wrong with what he brought; the log does, without it.
"""

from collections.abc import Iterable, Mapping

import attrs
import structlog
from quart import Quart, Request, g, request

from octi.access_config import is_here
from octi.directory.secrets import looks_like_secret
from octi.errors import BadMessage, BadSecret, Forbidden
from octi.guard.caller import ANYBODY, JWT, Caller, Scope
from octi.guard.gate import NOTHING, SEVERAL, Refused, brought_in
from octi.records import SessionRecord
from octi.services import Services
from octi.web.census import is_local
from octi.web.forwarded import client_of, is_trusted
from octi.web.needs import EVERYBODY, Need, need_of
from octi.web.visits import Visit
from octi.websocket.handshake import Upgrade

log = structlog.get_logger("octi.http")

# Where a query is logged by every proxy, and stands in a browser's history.
QUERY_KEYS = frozenset({"key", "api_key", "apikey", "api-key", "token", "access_token", "auth", "authorization"}) | {
    "secret",
    "client_secret",
    "clientsecret",
    "password",
    "bearer",
}
IN_QUERY = "a key does not belong into an address, which proxies log; send a new one as `Authorization: Bearer …`"
FOREIGN = "pages of this origin may not speak to this octi; OCTI_ORIGINS lists those that may"
MISNAMED = "octi is not known by this name; set OCTI_ORIGINS to its own origin, or OCTI_TRUSTED_PROXIES to its proxy"
ELSEWHERE = "only for whoever asks from this machine, at 127.0.0.1, with no proxy between"


def ask_callers(app: Quart, services: Services) -> None:
    """Have each request's caller found before its route is called. Whoever may not is refused there."""

    @app.before_request
    async def ask() -> None:
        g.caller = await caller_of_request(services, request)


def current_caller() -> Caller:
    """Who asks, while a request is answered."""
    caller: Caller = g.get("caller", ANYBODY)
    return caller


async def caller_of_request(services: Services, asked: Request) -> Caller:
    """Who asks, if he may. Raises BadSecret, Forbidden, BadMessage."""
    peer, proxies = asked.remote_addr or "", services.config.listen.proxies
    address = client_of(peer, asked.headers.getlist("X-Forwarded-For"), proxies)
    rule = asked.url_rule.rule if asked.url_rule else None
    asks_first = asked.method == "OPTIONS"
    method = asked.headers.get("Access-Control-Request-Method", "") if asks_first else asked.method
    need = EVERYBODY if rule is None else need_of(method, rule)
    if need == EVERYBODY:
        return Caller(address=address)
    check_page(services, asked.headers.get("Origin"), asked.headers.get("Host", ""), peer)
    if asks_first:
        return Caller(address=address)
    check_query(asked.args)
    if not services.gate.guarded:
        need = need or EVERYBODY
        inside = need.within and is_here(services.config.listen.host)
        if (need.here or need.within) and not (inside or is_local(asked)):
            raise Forbidden(ELSEWHERE)
        return attrs.evolve(ANYBODY, address=address)
    if need is None:
        raise Forbidden("This route is not open to anybody.")
    return await proven(services, brought_in(asked.headers.getlist("Authorization")), need, address)


async def proven(services: Services, brought: str | None, need: Need, address: str) -> Caller:
    """Who comes with a key or a token, if he may what a route wants. Raises BadSecret, Forbidden."""
    if brought is not None and looks_like_secret(brought) and need.secret:
        return Caller(address=address)
    caller = await identified(services, brought, address)
    assert need.scope is not None, "it is not for everybody"
    if not caller.may(need.scope):
        raise Forbidden(f"This needs the scope {need.scope}, which {called(caller)} does not have.")
    return caller


async def identified(services: Services, brought: str | None, address: str) -> Caller:
    """Whose a key or a token is. Raises BadSecret, and logs why."""
    if brought is None:
        raise BadSecret(NOTHING)
    try:
        return await services.gate.identify(brought, address, services.now())
    except Refused as error:
        log.warning("a caller was refused", why=error.why, client=address)
        raise BadSecret from None


async def caller_of_upgrade(services: Services, upgrade: Upgrade, visit: Visit) -> Caller:
    """Who wants a socket. With a client secret nobody yet: who he is the secret says, at which the directory looks.

    A login's user who may have secrets made opens sockets without one, too: with it he could. A server's key needs the
    scope to talk. Raises BadSecret, Forbidden, BadMessage.
    """
    address = address_of(services, upgrade)
    check_query(upgrade.query)
    if not services.gate.guarded:
        return attrs.evolve(ANYBODY, address=address)
    if visit.doubtful:
        raise BadSecret(SEVERAL)
    if visit.secret is not None and looks_like_secret(visit.secret):
        return Caller(address=address)
    caller = await identified(services, visit.secret, address)
    if not (caller.may(Scope.SESSIONS) or (caller.key == JWT and caller.may(Scope.MINT))):
        raise Forbidden(f"A socket needs a client secret, or the scope {Scope.SESSIONS}.")
    return caller


def address_of(services: Services, upgrade: Upgrade) -> str:
    """Where an upgrade comes from."""
    told = upgrade.headers.get_all("X-Forwarded-For")
    return client_of(upgrade.peer, told, services.config.listen.proxies)


def speaker(caller: Caller, record: SessionRecord) -> Caller:
    """Who talks in a session: who asked for it, or, with a client secret, whomever that was made for."""
    if caller.scopes:
        return caller
    return attrs.evolve(caller, tenant=record.tenant, key=record.key, user=record.user)


def called(caller: Caller) -> str:
    """A caller in words."""
    return "this token" if caller.key == JWT else f"the key {caller.key!r}"


def check_query(query: Mapping[str, str] | Iterable[str]) -> None:
    """Is there no key in an address? Raises BadMessage."""
    if any(name.lower() in QUERY_KEYS for name in query):
        raise BadMessage(IN_QUERY, code="key_in_query")


def check_upgrade(services: Services, upgrade: Upgrade) -> None:
    """May a page of this origin open a socket, under this name? Raises Forbidden."""
    origins, hosts = upgrade.headers.get_all("Origin"), upgrade.headers.get_all("Host")
    host = hosts[0] if len(hosts) == 1 else ""
    check_page(services, ", ".join(origins) if origins else None, host, upgrade.peer)


def check_page(services: Services, origin: str | None, host: str, peer: str) -> None:
    """May a page of this origin speak to octi, under this name? A trusted proxy knows its names. Raises Forbidden."""
    origins = services.gate.origins
    if not (origins.know(host) or is_trusted(peer, services.config.listen.proxies)):
        log.warning("a caller was refused", why="octi is not known by that name", host=host[:200], peer=peer)
        raise Forbidden(MISNAMED)
    if not origins.allow(origin, host):
        log.warning("a caller was refused", why="a foreign origin", origin=(origin or "")[:200], peer=peer)
        raise Forbidden(FOREIGN)
