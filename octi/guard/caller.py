"""Who asks something of octi, and what he may."""

from enum import StrEnum

import attrs

JWT = "jwt"  # the key's name of those whom the operator's own login vouches for


class Scope(StrEnum):
    """What somebody may do."""

    MINT = "mint"  # have client secrets and sessions made
    SESSIONS = "sessions"  # talk himself; see, steer and end his tenant's sessions
    OPERATE = "operate"  # see how octi is: metrics, census, console


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks. What he is not known to be is ""."""

    tenant: str = ""  # "": the operator's own; of all tenants with OPERATE
    key: str = ""  # the name of the server key, or of what vouches for him; never a key itself
    user: str = ""  # as the operator's own login calls him
    address: str = ""  # where he asks from
    scopes: frozenset[Scope] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Was he given it?"""
        return scope in self.scopes

    def owns(self, tenant: str) -> bool:
        """Is what belongs to a tenant his to see and to change? Of all tenants only where he operates octi."""
        return self.tenant == tenant or (not self.tenant and self.may(Scope.OPERATE))

    def reaches(self, tenant: str, user: str) -> bool:
        """Is somebody's session his? Whoever is a user himself, and may not see those of others, has his own alone."""
        return self.owns(tenant) and (not self.user or self.user == user or self.may(Scope.SESSIONS))

    @property
    def sees(self) -> str | None:
        """The tenant whose sessions he may look at, as far as he may at all; None: those of all."""
        return None if not self.tenant and self.may(Scope.OPERATE) else self.tenant

    @property
    def of_all(self) -> bool:
        """Is everything his, whoever's it is?"""
        return self.sees is None

    @property
    def trusted(self) -> bool:
        """Is he a server of the operator's, whose code may do with a session what it likes? No user, no secret's."""
        return self.may(Scope.SESSIONS) and self.key != JWT


ANYBODY = Caller(scopes=frozenset(Scope))  # where nobody is asked who he is
