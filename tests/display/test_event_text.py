"""What an event says, in a sentence."""

from dataclasses import replace
from typing import Any

import pytest

from mlkanban.core.board import UNTIL_RUN, Board, Stage
from mlkanban.core.events import Event
from mlkanban.display.event_text import event_text, who
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState

BOARD = Board(
    id="b",
    key="b",
    name="B",
    stages=(Stage(id="s1", name="Ideas"), Stage(id="s2", name="Training")),
)


def event(kind: str, set: dict[str, Any] | None = None, **data: Any) -> Event:
    return Event(
        id="e", replica="r", rseq=1, hlc="h", at="2026-03-20T09:00:00Z", actor="ada", host="h",
        board="b", card="c", kind=kind, version=1, data={"set": set or {}, **data},
        action="a", undoes="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (
            event("card.created", {"place": ["s1", "a"], "title": "Focal loss"}),
            "written in Ideas: Focal loss",
        ),
        (
            event("card.moved", {"place": ["s2", "a"]}, was={"place": [["s1", "a"], "x"]}),
            "moved from Ideas to Training",
        ),
        (
            event(
                "card.moved", {"place": ["s2", "a"], "outcome": "shipped"},
                was={"place": [["s1", "a"], "x"]}, reason="deadline",
            ),
            "moved from Ideas to Training, shipped, over the limit: deadline",
        ),
        (
            event(
                "card.moved", {"place": ["s2", "a"]}, was={"place": [["s1", "a"], "x"]},
                reason="deadline", unticked=["three seeds", "report"],
            ),
            "moved from Ideas to Training, with 2 unticked: deadline (three seeds; report)",
        ),
        (
            event("card.finished", {"outcome": "shipped"}, reason="now", unticked=["report"]),
            "finished, shipped, with 1 unticked: now (report)",
        ),
        (
            event("card.moved", {"place": ["gone", "a"]}, was={"place": [["s1", "a"], "x"]}),
            "moved from Ideas to a removed stage",
        ),
        (
            event("card.reopened", {"place": ["s2", "a"], "outcome": None},
                  was={"place": [["s1", "a"], "x"]}),
            "re-opened, moved from Ideas to Training",
        ),
        (event("card.reordered", {"place": ["s1", "b"]}), "put in another place in Ideas"),
        (
            event("card.blocked", {"blocker": {"reason": "bug", "note": "ticket 4"}}),
            "blocked by bug: ticket 4",
        ),
        (event("card.blocked", {"blocker": {"reason": "bug", "note": ""}}), "blocked by bug"),
        (event("card.unblocked", {"blocker": None}), "unblocked"),
        (
            event("card.alerted", {
                "alert:psi": {"value": 0.31, "threshold": ">0.2", "alert": True, "at": "2026-03"},
                "health": "alert",
            }, note="new merchants"),
            "psi 0.31, alert at >0.2; alert: new merchants",
        ),
        (
            event("card.alerted", {
                "alert:auc": {"value": 0.9, "threshold": "<0.8", "alert": False, "at": "2026-03"},
            }),
            "auc 0.9, within (alert at <0.8)",
        ),
        (
            event("card.edited", {"lineage:ablation-of:g12": True, "lineage:retrain-of:g1": False}),
            "ablation of g12, retrain of g1 no more",
        ),
        (event("undone", {"alert:psi": None, "health": None}),
         "undone: reading of psi taken away, health cleared"),
        (
            event(
                "triage.ended",
                {"triage": {
                    "view": "all", "began": "2026-03-20T08:50:00Z", "seconds": 470, "queue": 23,
                    "decided": {"accepted": 10, "snoozed": 2}, "skipped": 3, "undone": 1,
                    "overrides": 0, "left": ["v1"],
                }},
            ),
            "triage: 12 of 23 decided in 8 minutes",
        ),
        (event("triage.ended", {"triage": {"view": "all"}}), "triage: set"),
        (event("card.noted", note="PSI is up"), "note: PSI is up"),
        (
            event("card.finished", {"outcome": "learned", "verdict": "no gain"}),
            "finished, learned: no gain",
        ),
        (event("card.archived", {"archived": True}), "archived"),
        (
            event("card.archived", {"archived": True, "outcome": "abandoned"}),
            "archived and abandoned",
        ),
        (event("card.restored", {"archived": False}), "brought back from the archive"),
        (event("card.edited", {"title": "New"}), "title: New"),
        (event("card.edited", {"due": None}), "due cleared"),
        (event("card.edited", {"service_class": "expedite"}), "class: expedite"),
        (event("card.edited", {"tag:x": True, "tag:y": False}), "tag x added, tag y removed"),
        (event("card.edited", {"needs:v3": True}), "dependency v3 added"),
        (event("card.edited", {"metric": {"name": "auc"}}), "metric: auc"),
        (event("card.edited", {"checklist": [1, 2]}), "checklist: 2 items"),
        (
            event("card.edited", {"checklist": [{"text": "a", "done": True}]},
                  was={"checklist": [[{"text": "a", "done": False}], "x"]}),
            "ticked a",
        ),
        (
            event("card.edited", {"title": "New", "checklist": [{"text": "a", "done": False}]},
                  was={"title": ["Old", "x"], "checklist": [None, ""]}),
            "added a, title: New",
        ),
        (
            event("card.edited", {"checklist": None},
                  was={"checklist": [[{"text": "a", "done": False}], "x"]}),
            "removed a",
        ),
        (event("undone", {"place": ["s1", "a"]}), "undone: in Ideas again"),
        (
            event("undone", {"place": ["s1", "b"]}, was={"place": [["s1", "a"], "x"]}),
            "undone: its place in Ideas",
        ),
        (event("undone", {"blocker": None}), "undone: blocker cleared"),
        (
            event("redone", {"blocker": {"reason": "bug", "note": "ticket 4"}}),
            "done again: blocked by bug: ticket 4",
        ),
        (event("undone", {"snoozed_until": None}), "undone: snooze cleared"),
        (event("undone", {"snoozed_until": None, "snoozed_run": None}), "undone: snooze cleared"),
        (event("redone", {"snoozed_until": "2026-04-01"}), "done again: snoozed until 2026-04-01"),
        (
            event("redone", {"snoozed_until": UNTIL_RUN, "snoozed_run": "12"}),
            "done again: snoozed until run 12 ends",
        ),
        (event("undone", {"snoozed_until": UNTIL_RUN}), "undone: snoozed until its run ends"),
        (
            event("undone", {"blocker": {"reason": "bug"}, "outcome": None, "work": None,
                             "place": ["s2", "a"]}, was={"place": [["s1", "a"], "x"]}),
            "undone: in Training again, open again, blocked by bug",
        ),
        (event("undone", {"deleted": True}), "undone: taken away"),
        (event("redone", {"deleted": False}), "done again: brought back"),
        (
            event("undone", {"place": ["s1", "a"], "outcome": None, "verdict": None},
                  was={"place": [["s2", "a"], "x"], "outcome": [None, ""], "verdict": [None, ""]}),
            "undone: in Ideas again",
        ),
        (
            event("card.archived", {"archived": True, "verdict": None},
                  was={"archived": [None, ""], "verdict": [None, ""]}),
            "archived",
        ),
        (
            event("card.settled", {"place": ["s1", "a"], "outcome": "learned", "archived": False,
                                   "verdict": None},
                  was={"place": [["s1", "a"], "x"], "outcome": ["learned", "x"],
                       "archived": [None, ""], "verdict": [None, ""]},
                  settles={"lifecycle": ["x"]}),
            "conflict resolved: kept Ideas, learned",
        ),
        (
            event("card.settled", {"place": ["s2", "a"], "outcome": None, "archived": True},
                  was={"place": [["s1", "a"], "x"], "outcome": ["learned", "x"],
                       "archived": [None, ""]}, settles={"lifecycle": ["x"]}),
            "conflict resolved: Training, archived",
        ),
        (
            event("card.settled", {"title": "New"}, was={"title": ["New", "x"]},
                  settles={"title": ["x"]}),
            "conflict resolved: kept title: New",
        ),
        (
            event("card.settled", {"deleted": False}, was={"deleted": [False, "x"]},
                  settles={"deleted": ["x"]}),
            "conflict resolved: kept the card",
        ),
        (event("undone"), "undone: an earlier change"),
        (event("board.created", {"name": "Fraud"}), "board Fraud made"),
        (event("stage.added", {"name": "Review"}), "stage Review added"),
        (event("stage.edited", {"limit": 3}, stage="s2"), "stage Training: limit: 3"),
        (event("some.future-kind"), "some.future-kind"),
    ],
    ids=lambda x: x.kind if isinstance(x, Event) else "",
)  # fmt: skip
def test_what_happened(happened: Event, sentence: str) -> None:
    assert event_text(happened, BOARD) == sentence


def test_a_removed_stage_is_named_by_what_it_was_called() -> None:
    removed = event("stage.removed", {"deleted": True}, was={"name": ["Review", "x"]}, stage="s9")
    assert event_text(removed, BOARD) == "stage Review removed"
    assert event_text(event("stage.removed", {"deleted": True}), BOARD) == "stage removed"


def test_long_and_hostile_texts_become_one_safe_line() -> None:
    text = event_text(
        event("card.noted", note="a\n\nb \x1b]52;c;QQ==\x07 \u202e" + "x" * 500), BOARD
    )
    assert text.startswith("note: a b \ufffd]52;c;QQ==\ufffd \ufffd")
    assert text.endswith("..")
    assert len(text) < 140
    assert "\n" not in text


def test_an_undo_that_sets_nothing_says_what_it_took_back() -> None:
    note = event("card.noted", note="PSI is up")
    assert event_text(event("undone"), BOARD, note) == "undone: note: PSI is up"
    assert event_text(event("redone"), BOARD, note) == "done again: note: PSI is up"
    priority = event("undone", {"priority": None}, was={"priority": ["high", "x"]})
    assert event_text(priority, BOARD, event("card.edited", {"priority": "high"})) == (
        "undone: priority cleared"
    )


def test_a_run_is_named_once() -> None:
    run = Run("20261128-112318-36fd7a06", RunState.FINISHED, exit=0).to_field()
    ended = event(
        "run.ended", {"place": ["s2", "a"], "run:20261128-112318-36fd7a06": run},
        reason="run 20261128-112318-36fd7a06",
    )  # fmt: skip
    by_run = replace(ended, actor="run:20261128-112318-36fd7a06")
    assert event_text(by_run, BOARD) == (
        "run 20261128-112318-36fd7a06 finished (exit 0), moved to Training, over the limit"
    )
    assert (who(by_run), who(ended)) == ("run", "ada")


def test_of_an_array_it_is_told_how_far_it_is() -> None:
    run = Run("r1", RunState.RUNNING, task_count=500, tasks_over=20)
    changed = event("run.changed", {"run:r1": run.to_field()})
    assert event_text(changed, BOARD) == "run r1 goes on, 20 of 500 tasks over"
