"""The integrity check of a store, and the repair of what can be repaired without risk."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mlkanban.core.events import RANK, Change
from mlkanban.errors import UNREADABLE, MlkanbanError, StoreProblem
from mlkanban.hints import hint
from mlkanban.service.transaction import Context
from mlkanban.store import backup, errors, integrity, ranks, repository, restore_backup
from mlkanban.store.backup import Backup
from mlkanban.store.log import broken_link

_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of an integrity check.

    `damage` and `broken` concern the source of truth, the file and the log; `differing` are
    projections that can be rebuilt from it. `newest` is the newest backup, `spoilt` are backups
    that cannot be restored, with the reason.
    """

    damage: str
    broken: str
    differing: Sequence[str]
    crowded: Sequence[tuple[str, str]]
    future: Mapping[str, int]
    open_modes: Sequence[tuple[Path, int]]
    not_writable: str
    locked_by: str
    open_in: Sequence[str]
    journal_mode: str
    library: str
    newest: Backup | None
    spoilt: Mapping[Path, str]

    @property
    def sound(self) -> bool:
        """Whether file and log can be trusted, so that the rest can be repaired from them."""
        return not (self.damage or self.broken)


def check(
    context: Context, library: str, progress: Callable[[str, str], None] = lambda *_: None
) -> Findings:
    """Check everything; nothing is changed."""
    store = context.store
    conn, path = store.conn, store.path
    progress("checking the pages of the store ...", "")
    damage = integrity.damage(conn)
    broken, differing, crowded, future = "", [], [], {}
    if not damage:
        try:
            with errors.explained(path), integrity.copied(conn) as copy:
                progress("checking the chains of hashes ...", "")
                broken = broken_link(copy)

                def replayed(events: int) -> None:
                    progress("replaying the log ...", f"{events:,} events")

                differing = [] if broken else integrity.differences(copy, replayed)
                progress("checking the rest ...", "")
                crowded = integrity.crowded(copy)
                future = integrity.from_the_future(copy, context.clock() + _SKEW)
        except UNREADABLE as error:
            damage = f"what is in it cannot be read: {error}"
    made = backup.all_of(path)
    holder = errors.lock_holder(path)
    mode = integrity.journal_mode(conn)
    return Findings(
        damage=damage,
        broken=broken,
        differing=differing,
        crowded=crowded,
        future=future,
        open_modes=_open_modes(path),
        not_writable=errors.why_not_writable(path),
        locked_by=str(holder) if holder else "",
        open_in=[str(holder) for holder in errors.holders_of(path)],
        journal_mode=mode,
        library=integrity.library_defect(library, mode),
        newest=made[0] if made else None,
        spoilt={copy.path: why for copy in made if (why := _why_spoilt(copy.path))},
    )


def _why_spoilt(file: Path) -> str:
    try:
        with restore_backup.opened(file):
            return ""
    except MlkanbanError as error:
        return error.message


def repair(context: Context, findings: Findings) -> list[str]:
    """Repair what can be repaired without risk, after a backup; returns a sentence for each
    repair."""
    for place, wanted in findings.open_modes:
        place.chmod(wanted)
    done = [f"{place} is private now ({wanted:o})." for place, wanted in findings.open_modes]
    if not findings.sound:
        raise StoreProblem(
            "The store itself is damaged: it cannot be repaired from its own contents.",
            hint("See: {backup list}; restore one: {restore NAME}. ") + " ".join(done),
        )
    if not (findings.differing or findings.crowded):
        return done
    store = context.store
    done.append(f"Backed up first: {backup.write(store.conn, store.path, label='before-fix')}")
    if findings.differing:
        with store.writing() as conn:
            integrity.rebuild(conn)
        done.append(f"Rebuilt from the log: {', '.join(findings.differing)}.")
    for board, stage in _rekeyed(context):
        done.append(f"The cards in {stage} of {board} have short ranks of their own again.")
    return done


def _rekeyed(context: Context) -> list[tuple[str, str]]:
    """Give the cards of crowded stages new ranks in the same order, as one action."""
    done = []
    with context.writing() as tx:
        boards = {board.id: board for board in repository.boards(tx.conn)}
        for board_id, stage_id in integrity.crowded(tx.conn):
            order = repository.stage_order(tx.conn, board_id, stage_id)
            for (card, _), rank in zip(order, ranks.fresh(len(order)), strict=True):
                values = {RANK + stage_id: rank}
                tx.write(Change("card.reordered", board_id, card=card, set=values))
            board = boards[board_id]
            names = {stage.id: stage.name for stage in (*board.former, *board.stages)}
            done.append((board.key, names.get(stage_id, "a removed stage")))
    return done


def _open_modes(path: Path) -> list[tuple[Path, int]]:
    """The files and folders of the store that others can read, and the modes they should have."""
    folder = backup.folder_of(path)
    places = [(path.parent, 0o700), (path, 0o600), (folder, 0o700)]
    places += [(copy.path, 0o600) for copy in backup.all_of(path)]
    return [
        (place, wanted)
        for place, wanted in places
        if place.exists() and stat.S_IMODE(place.stat().st_mode) & 0o077
    ]
