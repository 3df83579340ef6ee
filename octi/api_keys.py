"""`octi keys`: server keys for OCTI_API_KEYS."""

import re
import secrets
from collections.abc import Sequence

import click

from octi.guard.caller import JWT, Scope
from octi.guard.keys import NAME, ServerKey, digest, new_key


@click.group(name="keys", context_settings={"help_option_names": ["-h", "--help"]})
def keys_group() -> None:
    """Make keys for servers that use octi."""


@keys_group.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
              help="What it may; may be given again. mint: have client secrets and sessions made. sessions: talk, see, "
              "steer and end its tenant's sessions. operate: metrics, census, and all tenants' sessions.")  # fmt: skip
@click.option("--tenant", default="", help="Whose sessions it makes and sees. Default: the operator's own.")
@click.option("--line", is_flag=True, help="Print the line for OCTI_API_KEYS on standard error alone, for scripts.")
def new(name: str, scopes: Sequence[str], tenant: str, line: bool) -> None:
    """Make a key called NAME. It is shown once: octi keeps its SHA-256 alone.

    \b
    octi keys new backend --scope mint
    octi keys new support --scope sessions --tenant acme
    octi keys new backend --scope mint --line >backend.key 2>>api_keys
    """
    for said, what in ((name, "NAME"), (tenant or "x", "--tenant")):
        if not re.fullmatch(NAME, said) or said == JWT:
            raise click.UsageError(f"{what} should be letters, digits, . _ and -, at most 64, and not {JWT}.")
    value = new_key(secrets.token_bytes)
    key = ServerKey(name=name, tenant=tenant, scopes=frozenset(map(Scope, scopes)), digest=digest(value))
    if line:
        click.echo(value)
        click.echo(key.line, err=True)
        return
    click.echo(f"The key, for whoever uses it, as `Authorization: Bearer …`; it is not shown again:\n  {value}")
    click.echo(f"Its entry in OCTI_API_KEYS, or in the file that OCTI_API_KEYS_FILE names:\n  {key.line}")
