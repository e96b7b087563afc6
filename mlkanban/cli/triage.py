"""The queue of cards that ask for a decision."""

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RenamedChoice
from mlkanban.core.triage import FORMER_VIEWS, TriageView
from mlkanban.paths import places
from mlkanban.streams import on_terminal
from mlkanban.text import beginning


@click.command()
@click.option(
    "--view",
    type=RenamedChoice(map(str, TriageView), FORMER_VIEWS),
    default=TriageView.ALL.value,
    help="Show only this part of the queue.",
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), help="At most this many cards, or printed runs."
)
@pass_session
def triage(session: Session, view: str, limit: int | None) -> None:
    """Decide on one card after the other.

    Without a terminal, the queue is printed. What was written on two machines at once comes first,
    then models at alert, snoozes that came due, blocked cards nothing was done with for three days,
    cards that are late or will be (a chance below 50 %), those that are old for their stage, those
    with a run that ended, and new ones, the oldest first. A session that was paused within the last
    seven days is gone on with where it stopped. The view `unlinked` has the runs of trackers that
    belong to no card yet.
    """
    if on_terminal() and not session.json:
        # Textual: 300 ms that a queue printed as text does without.
        from mlkanban.tui.start import run_board

        code = run_board(
            places(),
            session.settings,
            session.board_key or session.settings.board,
            actor=session.actor,
            triage=(TriageView(view), limit),
        )
        raise click.exceptions.Exit(code)
    if view == TriageView.UNLINKED:
        _unlinked(session, limit)
        return
    with session.service() as service:
        board = session.board(service)
        items = service.triage.queue(board, TriageView(view)).first(limit).items
        faces = {face.ref: face for face in service.boards.snapshot(board.id).faces}

        def lines() -> list[str]:
            rows = [
                (
                    item.ref,
                    session.clean(item.why),
                    session.clean(beginning(faces[item.ref].title, 200)),
                )
                for item in items
            ]
            return list(table(rows, ("CARD", "WHY", "TITLE"))) if rows else []

        session.answer(
            "triage",
            lambda: [
                {
                    "id": item.ref,
                    "why": item.why,
                    "title": faces[item.ref].title,
                    "person": faces[item.ref].person or None,
                }
                for item in items
            ],
            lines,
        )
        if not items and not session.json:
            session.show_message("Nothing asks for a decision.")


def _unlinked(session: Session, limit: int | None) -> None:
    """Print what sync-runs would leave for a decision; it has not linked what is tagged."""
    # Trackers and SLURM: 40 ms that the other views do without.
    from mlkanban.cli.links import deciding, inbox_lines, read_trackers
    from mlkanban.runs.model.inbox import experiments

    with session.service() as service:
        tracker_runs = read_trackers(session, service, only_news=True)
        inbox = service.links.inbox(tracker_runs.runs)
    runs = inbox.unlinked
    listed = [(experiment, run) for experiment in experiments(runs) for run in experiment.runs][
        :limit
    ]
    session.answer(
        "triage",
        lambda: [
            {
                "id": run.ref,
                "why": f"unlinked run of {experiment.name}",
                "title": run.title,
                "person": None,
            }
            for experiment, run in listed
        ],
        lambda: map(session.clean, inbox_lines("unlinked", runs, inbox.metrics, limit)),
    )
    for problem in tracker_runs.problems:
        session.show_message(problem)
    if not session.json:
        session.show_message(deciding() if listed else "No run of a tracker asks for a decision.")
