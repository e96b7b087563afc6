"""Backups, and going back to one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mlkanban.cli.layout import hanging, table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import BACKUP, FILE, SuggestingGroup
from mlkanban.clock import local_timezone
from mlkanban.display.event_text import event_text
from mlkanban.errors import UsageProblem
from mlkanban.paths import places
from mlkanban.service import restore
from mlkanban.service.backups import Backup, all_below
from mlkanban.text import quantity, short_name

if TYPE_CHECKING:
    from mlkanban.service.restore import RestorePlan, StoreShare


@click.group("backup", cls=SuggestingGroup, invoke_without_command=True)
@click.option("--to", type=FILE, metavar="FILE",
              help="Write it to this file, or into this folder.")  # fmt: skip
@click.pass_context
def backup(ctx: click.Context, to: Path | None) -> None:
    """Make a verified backup of the store, or list the backups.

    The store backs itself up, at most every 30 minutes when something changed. Of those backups the
    newest 4 are kept, and the last of each of 12 days, 10 weeks and 9 months; older ones
    are compressed (.db.gz), and the oldest go where all take more than backup_room_mb (2000 MB).
    All others stay until you remove them.
    """
    session: Session = ctx.obj
    if ctx.invoked_subcommand is not None:
        if to is not None:
            raise UsageProblem("--to is where a backup is written.", "Leave one of the two out.")
        return
    with session.service(as_is=True) as service:
        made = service.backups.make() if to is None else service.backups.make_at(to)
        size = made.stat().st_size
        session.answer("backup", lambda: {"file": str(made), "bytes": size}, acted=True)
        if not session.json:
            session.show_message(f"Written and verified: {made} ({_size(size)}).")


@backup.command("list")
@pass_session
def list_backups(session: Session) -> None:
    """Show the backups, the newest first."""
    backups = all_below(places().data)
    zone = ZoneInfo(session.settings.timezone or local_timezone())

    def lines() -> Iterator[str]:
        rows = [
            (f"{copy.made.astimezone(zone):%Y-%m-%d %H:%M}", copy.label.replace("-", " "),
             _size(copy.size), session.clean(copy.path.name))
            for copy in backups
        ]  # fmt: skip
        if rows:
            yield from table(rows, ("MADE", "WHY", "SIZE", "NAME"))
            yield ""
            yield _room_text(backups, session.settings.backup_room)

    session.answer(
        "backups",
        lambda: [
            {"name": entry.path.name, "file": str(entry.path), "made": entry.made.isoformat(),
             "label": entry.label, "bytes": entry.size}
            for entry in backups
        ],
        lines,
        meta=lambda: {
            "bytes": sum(entry.size for entry in backups),
            "automatic_bytes": _automatic_bytes(backups),
            "room": session.settings.backup_room or None,
        },
    )  # fmt: skip
    if not backups and not session.json:
        session.show_message("There is no backup yet. Make one: mlkanban backup")


@click.command()
@pass_session
def compact(session: Session) -> None:
    """Make the store and its backups smaller.

    First a verified backup is made, which stays. The store is written anew without the room that is
    free in it, and all older backups are compressed, except those made by hand. Nothing of your
    boards changes. No other mlkanban may be writing meanwhile.
    """
    with session.service(write=True, as_is=True) as service:
        made = service.backups.compact(session.settings.backup_room)
    session.answer("compact", lambda: made._asdict() | {"backup": str(made.backup)}, acted=True)
    if not session.json:
        for what, before, after in (
            ("Store", made.store_before, made.store_after),
            ("Backups", made.backups_before, made.backups_after),
        ):
            session.show_message(f"{what}: {_size(before)} before, {_size(after)} now.")
        session.show_message(f"Backed up first: {made.backup}")


def _automatic_bytes(backups: Sequence[Backup]) -> int:
    return sum(entry.size for entry in backups if entry.automatic)


def _room_text(backups: Sequence[Backup], room: int) -> str:
    """What backups take, and may take."""
    taken = sum(entry.size for entry in backups)
    limit = (
        f"automatic ones {_size(_automatic_bytes(backups))} of {_size(room)} (backup_room_mb)"
        if room
        else "automatic ones have no limit (backup_room_mb = 0)"
    )
    return f"{quantity(len(backups), 'backup')}, {_size(taken)} in all; {limit}."


@click.command()
@click.argument("name", type=BACKUP, metavar="FILE|NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def restore_backup(session: Session, name: str, yes: bool) -> None:
    """Replace the store with a backup.

    First it says what you would lose and gain, and asks. What is there now is backed up before, so
    that you can go back. No other mlkanban may have the store open.
    """
    data = places().data
    plan = restore.plan(data, restore.find_backup(data, name))
    if not session.json:
        for line in _plan(session, plan):
            session.show_message(line)
    if not yes:
        if session.json or not sys.stdin.isatty():
            raise UsageProblem(
                "Nobody is here to be asked whether to restore.", "Nothing was changed. Add --yes."
            )
        if not click.confirm("Restore it?", err=True):
            session.show_message("Nothing was changed.")
            return
    kept = restore.restore(data, plan.file)
    session.answer("restore", lambda: _data(plan, kept), acted=True)
    if not session.json:
        session.show_message(f"Restored {plan.file}.")
        if kept is not None:
            session.show_message(f"What was there before: {kept}")


def _plan(session: Session, plan: RestorePlan) -> Iterator[str]:
    yield f"{plan.file}: {_count(plan.cards, 'card')}, {_count(plan.events, 'event')}."
    if plan.altered:
        yield "Note: its log does not fit together; somebody altered it. mlkanban doctor --deep"
    if plan.unreadable:
        yield f"It cannot be compared with what is there: {plan.unreadable}"
        return
    if not plan.lost.events and not plan.won.events:
        yield "It holds the same as the store now."
    yield from _share(session, plan.lost, "Would be lost")
    if plan.lost.events:
        yield "What other machines have of that, the next sync brings back."
    yield from _share(session, plan.won, "Would be won back")


def _share(session: Session, share: StoreShare, what: str) -> Iterator[str]:
    if not share.events:
        return
    cards = f", {_count(share.cards, 'card')}" if share.cards else ""
    yield f"{what}: {_count(share.events, 'event')}{cards}. The newest:"
    for entry, board in share.newest:
        at = datetime.fromisoformat(entry.event.at).astimezone(ZoneInfo(board.timezone))
        card = f"{entry.ref} " if entry.ref else ""
        line = f"{short_name(entry.event.actor)}: {card}{event_text(entry.event, board)}"
        yield from hanging(session.clean(f"  {at:%Y-%m-%d %H:%M}  {line}"), 20)


def _data(plan: RestorePlan, kept: Path | None) -> dict[str, Any]:
    return {
        "file": str(plan.file),
        "lost": {"events": plan.lost.events, "cards": plan.lost.cards},
        "won": {"events": plan.won.events, "cards": plan.won.cards},
        "kept": str(kept) if kept else None,
    }


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
