"""What changed in the code between two runs."""

from __future__ import annotations

import click

from mlkanban.cli.runs import folder_of
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RUN
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.paths import places
from mlkanban.runs.local.commits import difference, kept_patch
from mlkanban.runs.model.run import Run
from mlkanban.runs.use_cases.card_runs import RunReport


@click.command()
@click.argument("run", type=RUN)
@click.argument("before", type=RUN, required=False)
@click.option(
    "--patch", is_flag=True, help="Print the uncommitted changes that RUN was started with."
)
@pass_session
def diff(session: Session, run: str, before: str | None, patch: bool) -> None:
    """Print the code changes between the commits of two runs, BEFORE and RUN.

    Without BEFORE, from the run of the same card before it. Both are ids of runs, or a beginning or
    an end of one.

    With --patch, print what RUN had that no commit has, as it was kept when RUN was started: up to
    1 MB, without secrets, for `git apply`. Files that git does not track are named only.
    """
    folder = folder_of(session, run)
    start = folder.start()
    if patch:
        if before is not None:
            raise UsageProblem("--patch is about one run.", "Leave out the other one.")
        text = kept_patch(places().data, folder.id)
        session.answer(
            "patch",
            lambda: {"run": folder.id, "commit": str(start.get("commit", "")), "patch": text},
            lambda: [text.rstrip("\n")],
        )
        return
    report = RunReport(Run(folder.id), str(start.get("card", "")), str(start.get("card_id", "")))
    with session.service() as service:
        known = service.runs.beside(report)
    if not known:
        raise NotFound(f"The board does not know run {folder.id} yet.", "See: mlkanban runs")
    at = [run.id for run in known].index(folder.id)
    if before is not None:
        wanted = folder_of(session, before).id
        others = [run for run in known if run.id == wanted]
    else:
        others = known[at + 1 : at + 2]
    if not others:
        raise NotFound(
            f"There is no {before or 'run before it'} among the runs of this card.",
            "See: mlkanban runs CARD",
        )
    changes = difference(places().data, others[0], known[at])
    session.answer(
        "diff",
        lambda: {"from": others[0].id, "to": folder.id, **changes._asdict()},
        lambda: [changes.text],
    )
