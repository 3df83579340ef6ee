"""A session whose provider's leg may wait for it already."""

import attrs

from octi.session.session import Session
from octi.upstream.warm_pool import Warmed, WarmPool


def warmed(pool: WarmPool | None, session: Session) -> Session:
    """The session, its legs from the pool where that has some for it; any other as it is.

    The pool's are opened with octi's key, to the provider as it is configured: not for calls and transcriptions, nor
    for a model that the client has chosen.
    """
    if pool is None or session.upstream is not pool.upstream:
        return session
    return attrs.evolve(session, upstream=Warmed(pool, session.setup.update()))
