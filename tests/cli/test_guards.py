"""A guard, a limit that must hold beside the metric, on every surface of the command line."""

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Person
from tests.service import people
from tests.service.machine import FINISHED, Machine

TITLE = "focal loss metric:auc>=.92 metric:p95_ms<=50 metric:fpr<=1.25"


@pytest.fixture
def ref(home: dict[str, str], mlk: Person) -> str:
    """A card in Evaluation whose runs reach the target, break one guard, and leave one out."""
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    ada.service.close()
    made = str(mlk.data("add", TITLE, "--stage", "Training")["id"])
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    box = Machine(ada)
    for name, auc, p95 in (("r1", 0.94, 61), ("r2", 0.93, 60), ("r3", 0.935, 62)):
        box.starts(made, name, argv=("t", f"seed={name}"))
        box.ends(made, name, FINISHED, metrics={"auc": auc, "p95_ms": p95})
    ada.service.close()
    mlk("move", made, "Evaluation", "--override", "full")
    return made


def test_a_broken_guard_stands_everywhere(mlk: Person, ref: str) -> None:
    shown = mlk("show", ref).out
    assert "p95_ms 61/<=50  broken" in shown
    assert "fpr <=1.25  not measured" in shown
    card = mlk.data("show", ref)
    assert [(one["name"], one["value"], one["state"]) for one in card["guards"]] == [
        ("p95_ms", 61.0, "broken"), ("fpr", None, "not measured"),
    ]  # fmt: skip
    assert card["metric"]["name"] == "auc"
    assert "✗ p95_ms 61→≤50" in mlk().out
    [row] = csv.DictReader(mlk("export", "csv").out.splitlines())
    assert (row["metric_name"], row["metric_value"]) == ("auc", "0.935")
    assert (row["metric_direction"], row["metric_target"]) == (">=", "0.92")
    assert row["guards"] == "p95_ms 61/<=50  fpr <=1.25"
    said = mlk("runs", ref).out
    assert "guards: p95_ms 61 +- 1, not <=50; fpr not measured" in said
    assert "proposed: not supported; >=0.92 is reached, but p95_ms is 61 +- 1, not <=50" in said
    figures = mlk("--json", "runs", ref).object["meta"]["figures"]
    assert [(one["name"], one["n"], one["state"]) for one in figures["guards"]] == [
        ("p95_ms", 3, "broken"), ("fpr", 0, "not measured"),
    ]  # fmt: skip
    assert figures["proposal"] == "not supported"


@pytest.mark.parametrize(
    ("query", "found"),
    [("metric:p95_ms>50", True), ("metric:p95_ms<=50", False), ("metric:p95_ms", True),
     ("metric:auc>=.9", True), ("metric:fpr", True), ("metric:fpr<=2", False)],
)  # fmt: skip
def test_a_query_asks_where_a_guard_stands(mlk: Person, ref: str, query: str, found: bool) -> None:
    assert (mlk.data("list", "-q", query) != []) is found


def test_leaving_evaluation_is_refused_or_gone_on_with_a_reason(mlk: Person, ref: str) -> None:
    refused = mlk("move", ref, "Deployment")
    assert refused.code == 1
    assert (
        f"{ref} leaves Evaluation with a broken guard: p95_ms 61, not <=50. Repair it first, or"
        " override with a reason." in refused.err
    )
    assert mlk("done", ref, "--outcome", "shipped").code == 1
    assert mlk("move", ref, "Training", "--override", "full").code == 0, "back is always free"
    mlk("move", ref, "Evaluation", "--override", "full")
    assert mlk("move", ref, "Deployment", "--override", "users wait").code == 0
    assert "with 1 broken guard: users wait (p95_ms 61, not <=50)" in mlk("history", ref).out
    [moved] = [one for one in mlk.data("history", ref) if one["broken"]]
    assert (moved["broken"], moved["unticked"]) == (["p95_ms 61, not <=50"], [])


def test_a_limit_that_holds_lets_it_pass(mlk: Person, ref: str) -> None:
    assert mlk("edit", ref, "--metric", "p95_ms<=70").code == 0
    assert [one["state"] for one in mlk.data("show", ref)["guards"]] == ["held", "not measured"]
    assert mlk("move", ref, "Deployment").code == 0
    figures = mlk("--json", "runs", ref).object["meta"]["figures"]
    assert figures["proposal"] == "open", "fpr was not measured"


def test_guards_are_set_changed_and_taken_away(mlk: Person, ref: str) -> None:
    def guards(*args: str) -> list[str]:
        [card] = mlk.data("edit", ref, *args)["cards"]
        return [f"{one['name']}{one['direction']}{one['target']:g}" for one in card["guards"]]

    assert guards("--metric", "fpr=none") == ["p95_ms<=50"]
    assert guards("--metric", "auc>=.95", "--metric", "ram<=8") == ["p95_ms<=50", "ram<=8"]
    assert guards("--guards", "p95_ms<=40 gap<=.1") == ["p95_ms<=40", "gap<=0.1"]
    assert guards("--guards", "none") == []
    assert mlk("edit", ref, "--guards", "p95_ms=40").code == 2
    other = mlk("edit", ref, "--metric", "f1>=.5")
    assert f"{ref} is measured by f1 now, no longer by auc." in other.out + other.err
    assert mlk("undo").code == 0
    new = mlk.data(
        "add", "x", "--metric", "auc>=.9", "--metric", "p95_ms<=50", "--metric", "auc=.8"
    )
    assert (new["metric"]["value"], new["guards"][0]["name"]) == (0.8, "p95_ms")


def test_a_value_typed_by_hand_says_so(mlk: Person, ref: str) -> None:
    mlk("edit", ref, "--metric", "fpr=1.5")
    assert "fpr 1.5/<=1.25 typed  broken" in mlk("show", ref).out
    assert "fpr 1.5, not <=1.25" in mlk("move", ref, "Deployment").err
    figures = mlk("--json", "runs", ref).object["meta"]["figures"]
    assert figures["guards"][1]["state"] == "not measured", "no run reported it"
