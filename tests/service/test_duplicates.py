"""Duplicates: what was written on one goes to the other, in one step that can be undone."""

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.use_cases.card_runs import RunReport
from tests.service.machine import Machine
from tests.service.people import Person


def test_what_was_written_moves_over(ada: Person) -> None:
    [base] = ada.adds("a base")
    first, second = ada.adds("drift", "drift again", tags=["q4"])
    ada.cards.edit([second], add={"tags": ["psi"], "links": ["mlflow:1"], "needs": [base]})
    ada.cards.note([second], "PSI is 0.3")
    ada.cards.block([second], BlockReason.BUG)
    before = ada.state()
    assert ada.service.duplicates.merge(second, first).message == (
        f"{second} merged into {first}, and archived as discarded."
    )
    kept, gone = ada.cards.get(first), ada.cards.get(second)
    assert (kept.tags, kept.links, kept.needs) == (("psi", "q4"), ("mlflow:1",), (base,))
    assert kept.notes[-1].text.startswith(f"From {second}, 2026-03-02:")
    assert kept.notes[-1].text.endswith("PSI is 0.3")
    assert (gone.outcome, gone.archived, gone.blocker) == (Outcome.DISCARDED, True, None)
    assert gone.verdict == f"duplicate of {first}"
    ada.undoes()
    fields = [
        [{**card, "notes": ()} for card in state[1]] for state in (before, ada.state())
    ]  # fmt: skip
    assert fields[0] == fields[1], "notes alone stay: they are never taken back"


def test_what_was_begun_is_superseded_and_leaves_its_slot(ada: Person) -> None:
    first, second = ada.adds("a", "b", to="Data prep")
    ada.service.duplicates.merge(second, first)
    assert ada.cards.get(second).outcome is Outcome.SUPERSEDED
    assert ada.boards.loads(ada.board_id)[ada.stage("Data prep").id].total == 1


def test_what_cannot_be_merged(ada: Person) -> None:
    first, second = ada.adds("a", "b")
    with pytest.raises(RuleRefused, match="itself"):
        ada.service.duplicates.merge(first, first)
    with pytest.raises(NotFound):
        ada.service.duplicates.merge(first, "z99")
    ada.cards.finish([first], Outcome.DISCARDED)
    with pytest.raises(RuleRefused, match="not open"):
        ada.service.duplicates.merge(first, second)
    assert ada.cards.get(second).notes == ()


def test_one_that_needed_the_other_does_not_make_it_need_itself(ada: Person) -> None:
    first, second = ada.adds("a", "b")
    ada.cards.edit([second], add={"needs": [first]})
    ada.service.duplicates.merge(second, first)
    assert ada.cards.get(first).needs == ()


def test_the_runs_of_a_duplicate_move_over_and_an_undo_takes_them_back(
    ada: Person, box: Machine
) -> None:
    same, kept = ada.adds("focal loss", "focal loss again")
    box.starts(same, "r1")
    box.ends(same, "r1", RunState.FINISHED)
    ada.service.duplicates.merge(same, kept)
    assert [run.id for run in ada.service.runs.of_card(kept)] == ["r1"]
    assert [(ref, run.id) for ref, run in ada.service.runs.of_board(ada.board_id)] == [
        (kept, "r1")
    ]  # fmt: skip
    assert ada.undoes() == f"Undone: merging {same} into {kept}."
    assert ada.service.runs.of_card(kept) == []
    assert [ref for ref, _ in ada.service.runs.of_board(ada.board_id)] == [same]


def test_what_was_merged_away_does_not_count_its_runs_again(ada: Person, box: Machine) -> None:
    first, second, last = ada.adds("a", "b", "c")
    fields = {"budget": "8 gpu-hours", "metric": {"name": "auc"}}
    ada.cards.edit([first, second, last], fields)
    runs = ada.service.runs

    def counted(ref: str) -> tuple[int, int, float]:
        spent, figures = runs.spending(ref), runs.results(ref)
        assert spent is not None
        return len(runs.of_card(ref)), len(figures.values) if figures else 0, spent.used

    box.starts(first, "r1", gpus=60)
    box.ends(first, "r1", RunState.FINISHED, metrics={"auc": 0.9})
    had, none = counted(first), (0, 0, 0)
    told = RunReport(box.runs["r1"], first)
    assert had[:2] == (1, 1)
    assert had[2] > 0
    ada.service.duplicates.merge(first, second)
    assert [counted(ref) for ref in (first, second, last)] == [none, had, none]
    ada.service.duplicates.merge(second, last)
    assert [counted(ref) for ref in (first, second, last)] == [none, none, had]
    ada.undoes()
    assert [counted(ref) for ref in (first, second, last)] == [none, had, none]
    ada.undoes()
    assert [counted(ref) for ref in (first, second, last)] == [had, none, none]
    ada.redoes()
    assert [counted(ref) for ref in (first, second, last)] == [none, had, none]
    box.starts(second, "r2")
    assert sorted(run.id for run in runs.beside(told)) == ["r1", "r2"]


def test_what_a_tracker_says_of_a_moved_run_goes_where_it_went(ada: Person) -> None:
    same, kept, last = ada.adds("focal loss", "focal loss again", "focal loss once more")
    links = ada.service.links
    links.link(same, Tracked("mlflow:1", says="RUNNING", where="/m.db"))
    ada.service.duplicates.merge(same, kept)
    ada.service.duplicates.merge(kept, last)
    told = Tracked("mlflow:1", says="FINISHED", where="/m.db", metrics={"auc": 0.9})
    assert links.sync([told]).changed == ("mlflow:1",)
    [(ref, run)] = ada.service.runs.of_board(ada.board_id)
    assert (ref, run.metrics) == (last, {"auc": 0.9})
    assert links.sync([told]).changed == ()


def test_a_card_whose_run_goes_on_is_not_merged_yet(ada: Person, box: Machine) -> None:
    same, kept = ada.adds("focal loss", "focal loss again")
    box.starts(same, "r1")
    with pytest.raises(RuleRefused, match="The run r1 of"):
        ada.service.duplicates.merge(same, kept)
    box.ends(same, "r1", RunState.FINISHED)
    ada.service.duplicates.merge(same, kept)
