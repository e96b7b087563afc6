"""Readings of the goal of the board, from the command line."""

from pathlib import Path

from tests.cli.conftest import Person
from tests.service.exchanging import meet
from tests.service.people import Person as Ada


def test_a_reading_stands_beside_its_target(board: Person) -> None:
    assert board("charter", "set", "target", "eur_saved>=50000 EUR/year").code == 0
    assert "no reading yet" in board("charter").out
    answer = board("reading", "goal", "eur_saved=18200", "--note", "invoices of June")
    assert answer.err.startswith("Goal: eur_saved 18,200.\n")
    assert "target at least 50,000 EUR/year, not reached" in answer.err
    assert "eur_saved 18,200 EUR/year on " in board("charter").out
    assert board.data("charter")["readings"][0]["value"] == 18200
    board("reading", "goal", "eur_saved=51000")
    goal = board.data("reading", "goal")
    assert (goal["reached"], goal["now"]["value"]) == (True, 51000)
    assert [one["value"] for one in goal["readings"]] == [18200, 51000]
    assert "goal: eur_saved 18,200: invoices of June" in board("history").out


def test_undo_takes_a_reading_back(board: Person) -> None:
    board("reading", "goal", "eur_saved=1", "users=7")
    board("reading", "goal", "eur_saved=2")
    assert board("undo").err == "Undone: the reading of the goal.\n"
    goal = board.data("reading", "goal")
    assert [(one["metric"], one["value"]) for one in goal["readings"]] == [
        ("eur_saved", 1), ("users", 7),
    ]  # fmt: skip
    assert board.data("charter")["readings"][0]["value"] == 1
    board("redo")
    assert [one["value"] for one in board.data("reading", "goal")["readings"]] == [1, 7, 2]
    board("undo")
    board("undo")
    assert board.data("reading", "goal")["readings"] == []


def test_what_is_no_reading_is_refused_and_nothing_is_written(board: Person) -> None:
    for value in ("eur_saved", "eur_saved=much", "eur_saved=inf", "=3"):
        assert board("reading", "goal", "users=1", value).code == 2
    assert board("reading", "goal", "--note", "x").code == 2
    assert board("reading", "nothing-such", "psi=1").code == 3
    assert board.data("reading", "goal")["readings"] == []
    assert "No reading yet" in board("reading", "goal").err


def test_a_mistyped_metric_of_the_goal_is_seen(board) -> None:
    unknown = "The target is about eur_saved;"
    board("reading", "goal", "users=7")
    board("charter", "set", "target", "eur_saved>=50000")
    assert unknown not in board("reading", "goal", "users=8", "eur_saved=1").err
    answer = board("reading", "goal", "eur_savd=2")
    assert f"{unknown} eur_savd had no reading before.\n" in answer.err


def test_what_the_program_reads_of_the_charter_is_checked(board: Person) -> None:
    assert board("charter", "set", "worth", "val_auc 0.9=1").code == 2
    assert board("charter", "set", "target", "much").code == 2
    assert board("charter").out == ""
    assert board("charter", "set", "worth", "val_auc 0.9=0 0.95=31000 EUR/year").code == 0
    assert board("charter", "set", "worth", "").code == 0


def test_two_machines_that_read_one_metric_are_no_conflict(tmp_path: Path) -> None:
    ada, bob = Ada(tmp_path / "a"), Ada(tmp_path / "b", "bob")
    board = ada.starts()
    (tmp_path / "shared").mkdir()
    meet(tmp_path / "shared", ada, bob)
    ada.service.charter.measure(board.id, ["eur=1"])
    bob.service.charter.measure(board.id, ["eur=2"])
    meet(tmp_path / "shared", ada, bob)
    for person in (ada, bob):
        assert [one.value for one in person.service.charter.readings(board.id)] == [1, 2]
        assert person.service.charter.goal(board.id).readings[0].value == 2
        assert not person.service.conflicts.all()
