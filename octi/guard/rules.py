"""What each tenant and key may say, do at once and spend: a file's rules, and whose holds for whom. Pure."""

import re
import tomllib
from collections.abc import Callable, Mapping

import msgspec

from octi.errors import BadConfig
from octi.guard.budgets import BudgetRule
from octi.guard.caller import Caller
from octi.guard.limits import LimitRule
from octi.guard.part import Part
from octi.guard.policy import PolicyRule

Read = Callable[[str], str]


class Rule(Part, frozen=True):
    """What holds for somebody, by subject."""

    policy: PolicyRule = PolicyRule()
    limits: LimitRule = LimitRule()
    budgets: BudgetRule = BudgetRule()

    def over(self, wider: "Rule") -> "Rule":
        """These rules; what each part leaves out, as that of a wider rule has it."""
        return Rule(
            policy=self.policy.over(wider.policy),
            limits=self.limits.over(wider.limits),
            budgets=self.budgets.over(wider.budgets),
        )


NOTHING_SAID = Rule()


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All rules. `key`: by the names of server keys, and `jwt` for those whom the operator's own login sends."""

    default: Rule = NOTHING_SAID
    tenant: Mapping[str, Rule] = {}
    key: Mapping[str, Rule] = {}

    def of(self, caller: Caller) -> Rule:
        """What holds for a caller: his key's rules, then his tenant's, then those for everybody."""
        tenant, key = self.tenant.get(caller.tenant, NOTHING_SAID), self.key.get(caller.key, NOTHING_SAID)
        return key.over(tenant.over(self.default))

    def over(self, wider: Rule) -> "Rules":
        """These rules, with what nobody says anything about as a wider rule has it."""
        return msgspec.structs.replace(self, default=self.default.over(wider))


def rules_in(path: str, read: Read) -> Rules:
    """A file's rules, as TOML; none without a path. read: a file's text; may raise OSError. Raises BadConfig."""
    if not path:
        return Rules()
    try:
        return msgspec.convert(tomllib.loads(read(path)), Rules)
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, f"cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, f"{error}; should be TOML, as docs/security.md shows") from error
    except msgspec.ValidationError as error:
        raise _bad(path, _in_words(str(error))) from None


def _in_words(said: str) -> str:
    """A mistake with its place in front: `tenant.acme.limits: …`."""
    found = re.fullmatch(r"(?P<words>.*?) - at `(?:key in )?\$\.?(?P<place>[^`]*)`", said, re.DOTALL)
    return f"{found['place']}: {found['words']}" if found else said


def _bad(path: str, problem: str) -> BadConfig:
    return BadConfig([f"OCTI_RULES={path!r}: {problem}"])
