"""octi/steering/forgetting.py: what was extracted is told to nobody any more, and all else is."""

from octi.extraction.composer import LayerName
from octi.records import Development, DevelopmentKind
from octi.steering.forgetting import without_profile
from octi.steering.state import State, instructed, read_state
from octi.units import SessionId

S = SessionId("s")
BASE, PROFILE = LayerName.BASE, LayerName.PROFILE


def steps() -> list[Development]:
    """A base prompt; what is known of the user; that he moved; and a note."""
    texts = [{BASE: "Be kind."}, {PROFILE: "Lives in Lyon."}, {PROFILE: "Lives in Nice."}, {LayerName.NOTE: "Hurry."}]
    rows, state = [], State()
    for at, said in enumerate(texts):
        after = state.saying(said)
        rows.append(instructed(S, state.instructions, after.instructions, float(at)))
        state = after
    return rows


def test_instructions_are_kept_without_what_was_known() -> None:
    """Neither in their text nor in the difference; under their old ids, in their order."""
    rows = steps()
    cleaned = list(without_profile(rows))
    assert [row.id for row in cleaned] == [row.id for row in rows[1:]]
    assert not [row for row in cleaned if "Lyon" in row.body or "Nice" in row.body]
    assert read_state(cleaned, "").instructions.text == "Be kind.\n\nHurry."


def test_what_tells_nothing_of_the_user_stays_as_it_is() -> None:
    """Nor are other kinds of developments touched."""
    rows = steps()[:1]
    gap = Development(session=S, id="g", kind=DevelopmentKind.GAP, at=1.0, body="{}")
    assert list(without_profile([*rows, gap])) == []


def test_it_can_be_done_again() -> None:
    """Somebody may have been interrupted."""
    once = list(without_profile(steps()))
    again = {row.id: row for row in without_profile(once)}
    assert read_state([again.get(row.id, row) for row in once], "") == read_state(once, "")


def test_after_it_was_silenced_the_difference_is_gone_as_well() -> None:
    """Also of the step that took the profile back: its difference held the text."""
    state = State().saying({PROFILE: "Lives in Lyon."})
    silent = state.saying({PROFILE: ""})
    (row,) = without_profile([instructed(S, state.instructions, silent.instructions, 1.0)])
    assert "Lyon" not in row.body
