"""Counted ids."""

from octi.simulator.ids import Ids


def test_ids_are_counted_by_their_kind() -> None:
    """The same calls give the same ids."""
    ids = Ids()
    assert [ids.next("item"), ids.next("resp"), ids.next("item")] == ["item_sim_1", "resp_sim_1", "item_sim_2"]
