"""What changed in the code between two runs."""

from __future__ import annotations

import sys

import click

from mlkanban.cli.named_runs import named_run
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RUN_OR_CARD
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.paths import places
from mlkanban.runs.local.commits import difference, kept_patch
from mlkanban.runs.model.run import Run
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.text import display_lines


@click.command()
@click.argument("run", type=RUN_OR_CARD)
@click.argument("before", type=RUN_OR_CARD, required=False)
@click.option(
    "--patch", is_flag=True, help="Print the uncommitted changes that RUN was started with."
)
@pass_session
def diff(session: Session, run: str, before: str | None, patch: bool) -> None:
    """Print the code changes between two runs.

    They are those between the commits of BEFORE and RUN. Without BEFORE, from the run of the same
    card before it. Both are ids of runs, or a beginning or an end of one, or a card, for its newest
    run.

    With --patch, print what RUN had that no commit has, as it was kept when RUN was started: up to
    1 MB, for `git apply`. Secrets are ***; changes beside a line of the commit that holds one, and
    files that git does not track, are named in the first lines only.
    """
    folder = named_run(session, run)
    start = folder.start()
    if patch:
        if before is not None:
            raise UsageProblem("--patch is about one run.", "Leave out the other one.")
        kept = kept_patch(places().data, folder.id)
        text = kept.decode(errors="replace")
        on_terminal = sys.stdout.isatty()
        session.answer(
            "patch",
            lambda: {
                "run": folder.id,
                "commit": start.get("commit", ""),
                "patch": text,
                "exact": text.encode() == kept,
            },
            (lambda: [display_lines(text).rstrip("\n")]) if on_terminal else None,
        )
        if not (session.json or on_terminal):
            session.print_bytes(kept)
        return
    report = RunReport(Run(folder.id), start.get("card", ""), start.get("card_id", ""))
    with session.service() as service:
        known = service.runs.beside(report)
        card = service.runs.card_of(report) if known else ""
    if not known:
        raise NotFound(f"The board does not know run {folder.id} yet.", "See: mlkanban runs")
    at = [run.id for run in known].index(folder.id)
    if before is not None:
        wanted = named_run(session, before).id
        others = [run for run in known if run.id == wanted]
        if not others:
            raise NotFound(
                f"{wanted} is no run of {card}, as {folder.id} is.",
                f"List them: mlkanban runs {card}",
            )
    else:
        others = known[at + 1 : at + 2]
        if not others:
            advice = f"What it had that no commit has: mlkanban diff {folder.id} --patch"
            raise NotFound(
                f"{folder.id} is the first run of {card}: there is none before it.",
                advice if folder.patch_file.exists() else "",
            )
    changes = difference(places().data, others[0], known[at])
    session.answer(
        "diff",
        lambda: {"from": others[0].id, "to": folder.id, **changes._asdict()},
        lambda: [changes.text],
    )
