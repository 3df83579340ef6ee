"""`octi keys`."""

from click.testing import CliRunner, Result

from octi.api_keys import keys_group
from octi.guard.caller import Scope
from octi.guard.keys import key_for, keys_in


def run(*words: str) -> Result:
    return CliRunner().invoke(keys_group, ["new", *words])


def test_a_key_is_shown_once_with_the_entry_that_knows_it() -> None:
    shown = run("backend", "--scope", "mint", "--scope", "sessions", "--tenant", "acme")
    value, entry = (line.strip() for line in shown.output.splitlines() if line.startswith("  "))
    key = key_for(value, keys_in(entry))
    assert key is not None
    assert (key.name, key.tenant, key.scopes) == ("backend", "acme", frozenset({Scope.MINT, Scope.SESSIONS}))
    assert value not in entry


def test_no_two_keys_are_the_same() -> None:
    assert run("a", "--scope", "mint").output != run("a", "--scope", "mint").output


def test_a_script_gets_the_key_and_its_entry_apart() -> None:
    """The key on standard output, the entry on standard error, and nothing else."""
    made = run("backend", "--scope", "mint", "--line")
    assert key_for(made.stdout.strip(), keys_in(made.stderr.strip()))


def test_a_key_that_octi_would_refuse_is_not_made() -> None:
    for words in (("a b", "--scope", "mint"), ("jwt", "--scope", "mint"), ("a",), ("a", "--scope", "fly")):
        assert run(*words).exit_code == 2
    assert run("a", "--scope", "mint", "--tenant", "a/b").exit_code == 2
