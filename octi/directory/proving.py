"""Whether a client secret opens what somebody wants to enter, and whose that is then.

A provider's own secrets, which octi has made for clients that speak to the provider, are known here as well: they open
octi's doors, too, and can be revoked there. At the provider's doors they hold until they expire: there nobody can
revoke them, or bind them to a page or to one use.
"""

from collections.abc import Callable

import attrs
import structlog

from octi.directory.secrets import digest, looks_like_secret
from octi.directory.shelf import Shelf
from octi.errors import BadSecret, UnknownSession
from octi.guard.caller import ANYBODY, Caller, Scope
from octi.records import SecretRecord, SessionRecord
from octi.session.seats import Seat, any_seat

log = structlog.get_logger("octi.directory")


@attrs.frozen(kw_only=True)
class Visitor:
    """Who wants in: what the door knows of him, and what he brings."""

    caller: Caller = ANYBODY  # with a client secret alone he has no scope: he is whom the secret was made for
    secret: str | None = attrs.field(default=None, repr=False)
    origin: str = ""  # of the page that he is; "": he is none
    seat: Callable[[SessionRecord], Seat] = any_seat  # his session's place among those that are counted


@attrs.frozen(kw_only=True)
class Bounds:
    """How far a client secret reaches, beside its time."""

    origin: str = ""  # only for a page of this origin
    once: bool = False  # for one socket or call


UNBOUND = Bounds()


@attrs.define(eq=False)
class Proving:
    """Looks at client secrets. Which way one is no good the log says; whoever brings it is not told."""

    _shelf: Shelf

    async def known(self, visitor: Visitor, session: str | None) -> SecretRecord | None:
        """The client secret that somebody brings; None: he need not, for what he may do anyway. Raises BadSecret."""
        value = visitor.secret
        if value is None or not looks_like_secret(value):
            if not visitor.caller.scopes:
                raise BadSecret
            return None
        secret = await self._shelf.store.secret(digest(value))
        if why := self._why_not(secret, visitor, session):
            self._refuse(why, visitor)
        return secret

    async def use(self, secret: SecretRecord | None, visitor: Visitor) -> None:
        """Use up a secret that is for once, now that the place is there. Raises BadSecret if another was quicker."""
        if secret is None or not secret.once:
            return
        if not await self._shelf.store.use_secret(secret.digest, self._shelf.now()):
            self._refuse("it was used, and is for once", visitor)

    def check_owner(self, record: SessionRecord, secret: SecretRecord | None, visitor: Visitor) -> None:
        """Is a session there for whoever wants in? Of another's he is told what he is told of none.

        Raises BadSecret, UnknownSession.
        """
        if secret is not None and secret.session == record.id:
            if secret.tenant != record.tenant:
                self._refuse("its session is another tenant's", visitor)
        elif not visitor.caller.reaches(record.tenant, record.user):
            log.warning("a caller was refused", why="the session is another's", client=visitor.caller.address)
            raise UnknownSession

    def _why_not(self, secret: SecretRecord | None, visitor: Visitor, session: str | None) -> str | None:
        if secret is None:
            return "it is not known"
        if why := secret.closed_by(self._shelf.now()):
            return why
        if secret.origin and secret.origin != visitor.origin:
            return "it is for pages of another origin"
        if session and secret.session and secret.session != session:
            return "it is for another session"
        if session and not secret.session and not visitor.caller.may(Scope.SESSIONS):
            return "it is for new sessions"
        return None

    def _refuse(self, why: str, visitor: Visitor) -> None:
        log.warning("a client secret was refused", why=why, client=visitor.caller.address)
        raise BadSecret


def owner(caller: Caller, secret: SecretRecord | None) -> Caller:
    """Whose a new session is: whom the secret was made for, or who asks."""
    if secret is None:
        return caller
    return attrs.evolve(caller, tenant=secret.tenant, key=secret.key, user=secret.user)


def owned(record: SessionRecord, caller: Caller) -> SessionRecord:
    """A session that is somebody's."""
    return attrs.evolve(record, tenant=caller.tenant, key=caller.key, user=caller.user)
