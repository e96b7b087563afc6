"""Removing a pasted secret for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.service.redaction import Redacted, RedactionPlan
from mlkanban.text import quantity

_SHOWN = 60
_NOT_REACHED = (
    "Not reached: clones and earlier commits of the sync repository, backups of a PostgreSQL"
    " database, backups and exports elsewhere, logs of runs. Change the secret itself."
)


@click.command()
@click.argument("target", metavar="CARD|EVENT")
@click.option("--field", "fields", multiple=True, metavar="NAME",
              help="Only this field: note, title, link ...; may be repeated.")  # fmt: skip
@click.option("--containing", metavar="TEXT",
              help="Only what contains this text; - reads it from stdin.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def redact(
    session: Session, target: str, fields: tuple[str, ...], containing: str | None, yes: bool
) -> None:
    """Remove a pasted secret from a card, for good and everywhere.

    What is found in the texts of the card, or of one event (its id is in history --json), is
    shown and, when you agree, replaced by [redacted]: in the log, the search, the backups of this
    store, and at the next sync in the sync files or the database; the other machines follow at
    theirs. It cannot be undone.
    """
    if containing == "-":
        containing = sys.stdin.read().strip("\r\n")
    if containing is not None and not containing:
        raise UsageProblem("The text to look for is empty.", "Nothing was changed.")
    with session.service(write=True) as service:
        redacting = service.redacting
        if redacting.is_pending:
            _say_failed(session, redacting.finish())
            session.show_message("An earlier removal, which was interrupted, is finished now.")
        plan = redacting.plan(target.strip().lower(), fields, containing or "")
        if not yes:
            if session.json or not sys.stdin.isatty():
                raise RuleRefused(
                    f"{quantity(len(plan.found), 'text')} would be removed for good.",
                    "Add --yes. Nothing was changed.",
                )
            for line in _planned(session, plan):
                session.show_message(line)
            if not click.confirm("Remove this for good?", err=True):
                session.show_message("Nothing was changed.")
                return
        done = redacting.redact(plan)
    _answer(session, plan, done)


def _planned(session: Session, plan: RedactionPlan) -> Iterator[str]:
    yield f"{plan.ref or 'The board'}: {quantity(len(plan.found), 'text')} found"
    for event, field, text in plan.found:
        cut = f"{text[:_SHOWN]}..." if len(text) > _SHOWN else text
        yield session.clean(f"  {event.at[:16].replace('T', ' ')}  {field.rstrip(':')}: {cut}")


def _say_failed(session: Session, done: Redacted) -> None:
    for file in done.failed:
        session.show_message(f"It may still be in the backup {file}: delete that one.")


def _answer(session: Session, plan: RedactionPlan, done: Redacted) -> None:
    def lines() -> Iterator[str]:
        yield (
            f"Removed from {quantity(done.events, 'event')} and {quantity(done.backups, 'backup')}."
        )

    session.answer(
        "redact",
        lambda: {
            "id": plan.ref or None,
            "removed": [
                {
                    "event": event.id,
                    "at": event.at,
                    "field": field.rstrip(":"),
                    "characters": len(text),
                }
                for event, field, text in plan.found
            ],
            "events": done.events,
            "backups": done.backups,
            "backups_left": list(map(str, done.failed)),
            "elsewhere": list(plan.elsewhere),
        },
        lines,
        acted=True,
    )
    _say_failed(session, done)
    if plan.elsewhere:
        refs = ", ".join(plan.elsewhere)
        session.show_message(f"The same text is on other cards, too: {refs}. Redact these as well.")
    if not session.json:
        session.show_message("Sync now, so that sync files and other machines follow.")
        session.show_message(_NOT_REACHED)
