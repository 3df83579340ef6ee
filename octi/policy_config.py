"""The settings of what clients may say and see; `octi.config` puts them with the others."""

# ruff: noqa: RUF009 - `setting` makes attrs fields, but ruff only knows `attrs.field` by its name

from enum import StrEnum

import attrs

from octi.settings import Parse, one_of, setting


class May(StrEnum):
    """How much a client may say, by name."""

    SPEAK = "speak"  # speak, type, interrupt, ask for an answer
    TOOLS = "tools"  # the same, and answer the agent's calls of functions
    EVERYTHING = "everything"  # whatever the provider takes


level: Parse = one_of(May)


@attrs.frozen(kw_only=True)
class PolicyConfig:
    """What clients may say and see where no rule says otherwise."""

    may: May | str = setting(  # "": as it depends
        "OCTI_CLIENT_POLICY",
        "What clients may say: speak; tools, which is to answer calls of functions as well; or everything, the "
        "agent's instructions, model and tools among it. Server keys that talk themselves may say everything.",
        level,
        otherwise="speak where keys are asked for, else everything",
    )
