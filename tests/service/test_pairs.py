"""Whatever is done to one card on two machines apart: nothing is lost from sight, no two values
contradict each other, both machines show the same, and what was overruled is told."""

from pathlib import Path

import pytest

from tests.service.pairs import Pair, all_pairs, walk
from tests.stress.sizes import FULL

EVERY_DAY = [
    *(Pair("fresh", "undo its adding", then) for then in
      ("edit", "note", "move on", "learn", "archive", "merge into other", "merge other into it")),
    *(Pair("fresh", first, "undo its adding") for first in ("note", "ship by a move", "block")),
    *(Pair("open", "archive", then) for then in
      ("move on", "note", "edit", "block", "snooze", "unattended", "learn")),
    *(Pair("open", first, "archive") for first in ("move on", "note", "snooze")),
    *(Pair("open", "learn, with a verdict", then) for then in
      ("move on", "block", "snooze", "unattended", "learn", "ship", "merge into other")),
    *(Pair("open", first, then) for first in ("learn", "abandon")
      for then in ("move on", "note", "block", "unattended", "ship")),
    *(Pair("open", first, "learn") for first in ("move back", "edit", "block")),
    *(Pair("open", "merge into other", then) for then in
      ("note", "edit", "block", "move on", "merge other into it", "merge into other")),
    *(Pair("open", first, "merge into other") for first in ("note", "merge other into it")),
    *(Pair("open", first, then) for first in ("ship", "ship by a move") for then in
      ("move back", "block", "unattended", "snooze", "commit Monitoring",
       "move Monitoring first")),
    *(Pair("open", first, "ship by a move") for first in ("move back", "block", "unattended")),
    Pair("open", "commit Monitoring", "ship"), Pair("open", "move Monitoring first", "ship"),
    *(Pair("open", first, then) for first, then in (
        ("rename its stage to Fit", "rename Review to Fit"),
        ("rename Review to Fit", "add stage Fit"),
        ("add stage Fit", "add stage Fit"), ("uncommit Deployment", "commit Monitoring"),
        ("uncommit Deployment", "add stage Fit"), ("commit Monitoring", "add stage Fit"),
        ("remove Review", "to Review"), ("unattended", "move on"), ("move on", "unattended"),
    )),
    *(Pair("shipped", first, then) for first, then in (
        ("archive", "reopen in Training"), ("archive", "alert"), ("alert", "archive"),
        ("reopen in Training", "alert"), ("retrain", "reopen in Ready"),
        ("reopen in Training", "retire"), ("reopen in Ready", "commit Monitoring"),
        ("archive", "commit Monitoring"), ("note", "move Monitoring first"),
    )),
    Pair("learned", "reopen in Training", "archive"), Pair("learned", "archive", "note"),
    Pair("archived", "restore", "move on"), Pair("archived", "learn", "ship by a move"),
    *(Pair("blocked", first, then) for first, then in (
        ("block anew", "ship by a move"), ("learn", "block anew"), ("archive", "unblock"),
        ("merge into other", "block anew"),
    )),
    Pair("snoozed", "snooze longer", "learn"), Pair("snoozed", "archive", "wake"),
]  # fmt: skip
"""Some of every kind of pair that ever went wrong."""


@pytest.mark.parametrize("pair", [*all_pairs()] if FULL else EVERY_DAY, ids=str)
def test_two_machines_do_something_to_one_card(pair: Pair, tmp_path: Path) -> None:
    assert walk(pair, tmp_path) == []
