"""What was asked."""

from octi.simulator.journal import MOST_ENTRIES, Entry, Journal


def test_the_latest_requests_are_kept_in_their_order() -> None:
    """And the oldest forgotten."""
    journal = Journal()
    for number in range(MOST_ENTRIES + 2):
        journal.note(Entry(f"r{number}", "GET", "/", {}, True)).status = 200
    kept = journal.wire()
    assert (len(kept), kept[0]["id"], kept[-1]["id"], kept[0]["status"]) == (
        MOST_ENTRIES,
        "r2",
        f"r{MOST_ENTRIES + 1}",
        200,
    )
