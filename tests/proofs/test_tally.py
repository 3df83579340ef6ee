"""What the proofs of a run went through is summed up, over all the processes that made it."""

from tests.proofs.tally import Proofs


def test_what_several_processes_did_is_one_line_of_each_kind() -> None:
    """Kinds that only one of them had are there as well."""
    here, there = Proofs(), Proofs()
    here.add("cuts", {"scenes": 1}, {"leaks": 0})
    there.add("cuts", {"scenes": 2}, {"leaks": 1})
    there.add("kills", {"kills": 3}, {"lost": 0})
    here.merge(there)
    assert list(here.lines()) == ["cuts   3 scenes; 1 leaks", "kills  3 kills; 0 lost"]
