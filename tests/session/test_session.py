"""octi/session/session.py: what a session is given, and what it is taken to be unless somebody says otherwise."""

from math import inf

import attrs

from octi.observe.base import Observer
from octi.session.ending import RESTART
from octi.session.session import Session
from octi.session.tools import NoTools


def test_a_session_needs_no_more_than_its_two_sides_and_a_store() -> None:
    """The rest has defaults: no tools, nobody told, no idle end, closed as a restart closes."""
    fields = attrs.fields_dict(Session)
    needed = {name for name, field in fields.items() if field.default is attrs.NOTHING}
    assert needed == {"record", "client", "door", "upstream", "setup", "store", "draining", "longest_s", "now"}
    assert (fields["tools"].default, fields["observer"].default) == (attrs.Factory(NoTools), attrs.Factory(Observer))
    assert (fields["idle_s"].default, fields["restart_code"].default) == (inf, RESTART)
