"""The runs that words of a command line name: by their ids, or by their card."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlkanban.errors import NotFound, RuleRefused
from mlkanban.paths import places
from mlkanban.runs.local.folder import find_run, folders_of
from mlkanban.runs.model.run_ids import ID
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import not_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlkanban.cli.session import Session
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.model.run import Run

_CARD = re.compile(r"[a-z]{1,3}\d+")
"""What may be a card. The end of the id of a run can look the same: a card goes first."""


def named_run(session: Session, word: str) -> RunFolder:
    """The files of the run that a word names: a card names its newest run, anything else is the id
    of a run or a part of it. An error says why there are none, of a run that only a tracker knows
    too."""
    if (runs := card_runs(session, word)) is not None:
        return run_folders(runs, word)[0]
    try:
        return find_run(places().data, word)
    except NotFound:
        with session.service() as service:
            tracked = service.runs.tracked(word)
        if tracked is None:
            raise
        raise RuleRefused(not_ours(tracked.id, tracked.where)) from None


def card_runs(session: Session, word: str) -> list[Run] | None:
    """The runs of the card that a word names, newest first; None where it names none."""
    name = word.strip().lower()
    if ID.fullmatch(name) or not _CARD.fullmatch(name):
        return None
    with session.service() as service:
        return service.runs.of_card(name) if service.runs.card_called(name) else None


def run_folders(runs: Sequence[Run], card: str) -> list[RunFolder]:
    """The files of those of these runs that have any here; an error where none has."""
    own = [run.id for run in runs if run.state is not RunState.TRACKED]
    folders = [folder for folder in folders_of(places().data, own) if folder.path.is_dir()]
    if folders:
        return folders
    if runs and not own:
        raise RuleRefused(not_ours(runs[0].id, runs[0].where))
    raise NotFound(f"There is no run of {card} here.", f"List them: mlkanban runs {card}")
