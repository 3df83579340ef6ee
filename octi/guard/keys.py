"""Server keys: how one is made, how the setting names it, and how it is known again. Pure.

The setting keeps of a key its SHA-256 alone, so whoever reads it cannot use it. A slow hash is for what people choose,
which can be guessed; a key is 256 bits that nobody chose, and nobody tries 2**256 of them, however fast the hash is.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

import attrs

from octi.errors import BadConfig
from octi.guard.caller import JWT, Caller, Scope

PREFIX = "octi_sk_"
KEY_BYTES = 32
SETTING = "OCTI_API_KEYS"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"  # of a key, and of a tenant: as in the file of rules, and in the log
FORM = "NAME[@TENANT]:SCOPE+SCOPE:SHA256, as `octi keys new NAME --scope mint` prints it"
_ENTRY = re.compile(rf"(?P<name>{NAME})(?:@(?P<tenant>{NAME}))?:(?P<scopes>[a-z]+(?:\+[a-z]+)*):(?P<digest>\S+)")

Random = Callable[[int], bytes]  # so many bytes that nobody can guess


@attrs.frozen(kw_only=True)
class ServerKey:
    """A key of somebody's server: who it is, what it may, and its SHA-256 in hex."""

    name: str
    tenant: str = ""
    scopes: frozenset[Scope]
    digest: str = attrs.field(repr=False)

    @property
    def line(self) -> str:
        """As the setting has it."""
        who = f"{self.name}@{self.tenant}" if self.tenant else self.name
        return f"{who}:{'+'.join(scope for scope in Scope if scope in self.scopes)}:{self.digest}"

    def caller(self, address: str) -> Caller:
        """Whoever holds the key, and asks from an address."""
        return Caller(tenant=self.tenant, key=self.name, address=address, scopes=self.scopes)


def new_key(random: Random) -> str:
    """A fresh key, of letters that may stand in a header and in the name of a sub-protocol."""
    return PREFIX + urlsafe_b64encode(random(KEY_BYTES)).decode().rstrip("=")


def digest(value: str) -> str:
    """What is kept of a key."""
    return sha256(value.encode(errors="surrogatepass")).hexdigest()


def key_for(value: str, keys: Iterable[ServerKey]) -> ServerKey | None:
    """The key that a caller brings; None: there is none like it.

    All are looked at, each in a time that does not tell where it differs.
    """
    asked, found = digest(value), None
    for key in keys:
        if hmac.compare_digest(asked, key.digest):
            found = key
    return found


def keys_in(setting: str) -> tuple[ServerKey, ...]:
    """The keys of a setting, with commas or line ends between them. Raises BadConfig with every mistake."""
    entries = [entry for each in re.split(r"[,\n]", setting) if (entry := each.strip()) and not entry.startswith("#")]
    problems = [
        f"{SETTING}, entry {number}: {wrong}" for number, each in enumerate(entries, 1) for wrong in wrongs(each)
    ]
    if problems:
        raise BadConfig(problems)
    keys = [read_entry(each) for each in entries]
    if doubled := twice(key.name for key in keys):
        raise BadConfig([f"{SETTING}: there are two keys of the name {doubled}; each should have its own"])
    return tuple(keys)


def wrongs(entry: str) -> Iterator[str]:
    """What is wrong with an entry, without a word of what may be a key in it."""
    found = _ENTRY.fullmatch(entry)
    if is_plain(entry) or (found and not re.fullmatch("[0-9a-f]{64}", found["digest"])):
        yield f"should hold the SHA-256 of a key in small hex, never a key: {FORM}; make a new one, this one was shown"
    elif not found:
        yield f"should be {FORM}"
    else:
        if unknown := [said for said in found["scopes"].split("+") if said not in list(Scope)]:
            yield f"{', '.join(unknown)} should be of {', '.join(Scope)}"
        if found["name"] == JWT:
            yield f"no key should be called {JWT}: so are those whom your own login sends"


def is_plain(entry: str) -> bool:
    """Does it hold a key itself?"""
    return PREFIX in entry or re.search(r"(^|:)(sk|ek)[-_]", entry) is not None or ":" not in entry


def read_entry(entry: str) -> ServerKey:
    """An entry in which nothing is wrong."""
    found = _ENTRY.fullmatch(entry)
    assert found is not None, "it was looked at"
    scopes = frozenset(Scope(said) for said in found["scopes"].split("+"))
    return ServerKey(name=found["name"], tenant=found["tenant"] or "", scopes=scopes, digest=found["digest"])


def twice(names: Iterable[str]) -> str:
    """A name that is there more than once; "" if none is."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def scopes_in(said: Sequence[str]) -> frozenset[Scope]:
    """Those of octi's scopes that are among some words. Whatever else a login grants is not octi's affair."""
    return frozenset(scope for scope in Scope if scope in said)
