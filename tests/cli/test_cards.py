from datetime import UTC, datetime, timedelta

import pytest

from mlkanban.core.card_fields import FIELDS
from mlkanban.core.card_templates import CARD_TEMPLATES
from mlkanban.errors import StoreBusy
from mlkanban.service.consequences import Conditions

CARD_KEYS = {
    "id", "uuid", "board", "stage", "title", "type", "priority", "class", "tags", "due",
    "snoozed_until", "snoozed_run", "blocked", "metric", "work", "hypothesis", "dataset",
    "checklist", "links", "needs", "parent", "outcome", "verdict", "archived", "created",
    "entered", "started", "finished", "age_days", "notes", "worth", "lineage",
    "health", "readings", "budget", "ab", "person",
    *(field.json_name for field in FIELDS if not field.part_of),
}  # fmt: skip


def test_a_card_with_everything(board) -> None:
    first = board.card("Label the data")
    card = board.data(
        "add", "Try", "focal", "loss", "--stage", "read", "--type", "model", "--tag", "GPU",
        "--tag", "#loss", "--priority", "high", "--class", "fixed-date", "--due", "2026-12-01",
        "--metric", "val_auc>=0.92", "--metric", "val_auc=0.91", "--baseline", "0.88",
        "--noise", "0.01", "--hypothesis", "helps", "--dataset", "v3", "--checklist", "[x] split",
        "--checklist", "run", "--link", "https://example.org", "--needs", first.upper(),
        "--parent", first, "--note", "why not",
    )  # fmt: skip
    assert card.keys() == CARD_KEYS
    wanted = {
        "title": "Try focal loss", "stage": "Ready", "board": "fraud", "type": "model",
        "tags": ["gpu", "loss"], "priority": "high", "class": "fixed-date", "due": "2026-12-01",
        "metric": {"name": "val_auc", "direction": ">=", "target": 0.92, "baseline": 0.88,
                   "noise": 0.01, "value": 0.91},
        "checklist": [{"text": "split", "done": True, "gate": ""},
                      {"text": "run", "done": False, "gate": ""}],
        "links": ["https://example.org"], "needs": [first], "parent": first, "blocked": None,
        "outcome": None, "age_days": None, "started": None,
    }  # fmt: skip
    assert {key: card[key] for key in wanted} == wanted
    assert [note["text"] for note in card["notes"]] == ["why not"]
    shown = board.data("show", card["id"].upper())
    assert shown.pop("label").endswith(f":{card['id']}")
    assert shown == {**card, "spent": None, "due_chance": None, "parts": None, "metric_worth": None}
    assert board("undo").code == 0
    assert board("show", card["id"]).code == 3


def test_one_card_is_shown_to_people(board) -> None:
    ref = board.card("Try", "--metric", "loss<=0.1", "--tag", "gpu", "--stage", "data")
    board("block", ref, "--reason", "labelling", "--note", "until Monday")
    shown = board("show", ref).out
    for words in (
        f"{ref}  Try\n", "Stage       Data prep", "#gpu", "labelling (external), since 20",
        "\n            until Monday\n",
        "Age         1 day",
    ):  # fmt: skip
        assert words in shown
    assert "\x1b" not in shown


def test_edit_changes_and_clears(board) -> None:
    ref = board.card("a", "--tag", "x", "--due", "2026-12-01", "--metric", "auc>=0.9")
    done = board.data("edit", ref, "--title", "b", "--untag", "x", "--tag", "y", "--due", "none",
                      "--metric", "auc=0.5", "--verdict", "v")  # fmt: skip
    assert done.keys() == {"cards", "message", "warning"}
    [card] = done["cards"]
    assert (card["title"], card["tags"], card["due"], card["verdict"]) == ("b", ["y"], None, "v")
    assert card["metric"]["target"] == 0.9
    assert card["metric"]["value"] == 0.5
    [card] = board.data("edit", ref, "--metric", "none", "--verdict", "")["cards"]
    assert (card["metric"], card["verdict"]) == (None, "")
    assert board("edit", ref).code == 2
    assert board("edit", ref, "--needs", "g999").code == 3


def test_target_and_value_may_stand_in_one_option(board) -> None:
    ref = board.card("a", "--metric", "auc>=.9 auc=.7")
    [card] = board.data("edit", ref, "--metric", "auc>=.95 auc=.8")["cards"]
    assert (card["metric"]["target"], card["metric"]["value"]) == (0.95, 0.8)


def test_one_metric_belongs_to_one_card(board) -> None:
    answer = board("edit", board.card("a"), board.card("b"), "--metric", "auc=1")
    assert answer.code == 2


def test_a_full_stage_refuses_and_an_override_passes(board) -> None:
    first, second = board.card("a", "--stage", "train"), board.card("b")
    refused = board("--json", "move", second, "train")
    assert refused.code == 1
    assert refused.object["data"]["message"] == "Training is 1/1."
    assert board.data("show", second)["stage"] == "Ideas"
    moved = board("--json", "move", second, "train", "--override", "deadline")
    assert moved.data["cards"][0]["stage"] == "Training"
    assert "deadline" in moved.data["warning"]
    assert "deadline" in moved.err
    assert board("add", "c", "--stage", "train").code == 1
    assert board("move", first, second, "mon").code == 0


def test_several_cards_move_or_none(board) -> None:
    cards = [board.card(name) for name in "abcd"]
    assert board("move", *cards, "ready").code == 1
    assert {card["stage"] for card in board.data("list")} == {"Ideas"}
    done = board.data("move", *cards[:3], "ready")
    assert [card["id"] for card in done["cards"]] == cards[:3]
    board("move", cards[2], "ready", "--before", cards[0])
    ready = [c["id"] for c in board.data("list") if c["stage"] == "Ready"]
    assert ready == [cards[2], cards[0], cards[1]]


def test_cards_of_two_boards_do_not_move_together(board) -> None:
    here = board.card("a")
    board("init", "Churn", "--template", "plain")
    there = board.card("b")
    assert board("move", here, there, "ready").code == 1
    assert board.data("move", there, "doing")["cards"][0]["board"] == "churn"
    assert board.data("move", here, "ready")["cards"][0]["board"] == "fraud"


def test_an_ambiguous_stage_is_asked_about(board) -> None:
    answer = board("move", board.card("a"), "d")
    assert answer.code == 2
    assert "Data prep or Deployment" in answer.err


def test_blocking(board) -> None:
    ref, other = board.card("a"), board.card("b")
    [card] = board.data("block", ref, "--reason", "data-access", "--note", "S3",
                        "--until", f"card:{other.upper()}")["cards"]  # fmt: skip
    [listed] = [c for c in board.data("list") if c["id"] == ref]
    assert listed["blocked"] == card["blocked"]
    assert board.data()["cards"][0]["blocked"] == card["blocked"]
    blocked = card["blocked"]
    assert blocked.pop("since")
    assert blocked == {
        "reason": "data-access", "external": True, "note": "S3", "until": f"card:{other}"
    }  # fmt: skip
    [card] = board.data("block", ref, "--reason", "bug", "--external", "--until", "run:7")["cards"]
    assert card["blocked"]["external"] is True
    assert board.data("unblock", ref)["cards"][0]["blocked"] is None
    assert board("unblock", ref).code == 1
    for until, code in (("card:g999", 3), ("2026-13-01", 2), ("soon", 2), ("card:", 2)):
        assert board("block", ref, "--reason", "bug", "--until", until).code == code


def test_a_block_ends_on_a_day_as_people_type_it(board) -> None:
    ref = board.card("a")
    for typed, day in (("2d", 2), ("tomorrow", 1), ("none", 0)):
        [card] = board.data("block", ref, "--reason", "bug", "--until", typed)["cards"]
        wanted = datetime.now(UTC).date() + timedelta(days=day)
        assert card["blocked"]["until"] == (wanted.isoformat() if day else None)
    answer = board("block", ref, "--reason", "labelling", "--until", "fri")
    assert "until Fri" in answer.err
    answer = board("block", ref, "--reason", "labelling", "--note", "until fri")
    assert "a remark only: nothing lifts the block" in answer.err
    assert "--until 20" in answer.err
    answer = board("block", ref, "--reason", "labelling", "--note", "until they answer")
    assert "remark" not in answer.err


def test_notes_come_from_the_line_or_from_stdin(board) -> None:
    ref, other = board.card("a"), board.card("b")
    board("note", ref, other, "one")
    board("note", ref, "-", stdin="two\nlines\n")
    assert [note["text"] for note in board.data("show", ref)["notes"]] == ["one", "two\nlines"]
    assert board("note", ref, " ").code == 2
    assert "two\nlines" in board("show", ref).out


@pytest.mark.parametrize("outcome", ["shipped", "learned", "superseded", "abandoned"])
def test_done(board, outcome) -> None:
    ref = board.card("a", "--stage", "train")
    [card] = board.data("done", ref, "--outcome", outcome, "--verdict", "so it is")["cards"]
    assert (card["outcome"], card["verdict"]) == (outcome, "so it is")
    assert card["age_days"] == 1
    on_board = [ref] if outcome == "shipped" else []
    assert [c["id"] for c in board.data("list")] == on_board
    assert [c["id"] for c in board.data("list", "--all")] == [ref]


def test_what_was_never_committed_is_discarded(board) -> None:
    ref = board.card("a")
    assert board.data("done", ref, "--outcome", "abandoned")["cards"][0]["outcome"] == "discarded"


def test_archive_and_restore(board) -> None:
    ref = board.card("a")
    assert board.data("archive", ref)["cards"][0]["archived"] is True
    assert board.data("list") == []
    assert board.data("archive", ref, "--restore")["cards"][0]["archived"] is False
    assert board("archive", ref, "--restore").code == 1


def test_undo_and_redo_in_other_sessions(board) -> None:
    ref = board.card("a")
    board("move", ref, "ready")
    undone = board.data("undo")
    assert undone["cards"][0]["stage"] == "Ideas"
    assert board.data("redo")["cards"][0]["stage"] == "Ready"
    assert board("redo").code == 1


def test_what_a_store_cannot_keep_is_refused(board) -> None:
    assert board("add", "a\x00b").code == 2
    assert board("add", "a\udc80b").code == 2
    assert board("add", " ").code == 2
    assert board.data("list") == []


def test_a_day_is_that_of_the_board(board, monkeypatch) -> None:
    noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    monkeypatch.setattr("mlkanban.clock.now", lambda: noon)
    assert board.data("init", "Far", "--timezone", "Pacific/Kiritimati")
    due = [board.data("--board", b, "add", "x", "--due", "today")["due"] for b in ("fraud", "far")]
    assert due == ["2026-03-01", "2026-03-02"]
    ref = board.card("y")
    assert board.data("edit", ref, "--due", "1d")["cards"][0]["due"] == "2026-03-03"


def test_a_card_in_one_line(board) -> None:
    card = board.data(
        "add",
        "focal loss #nlp !high @exp metric:val_auc>=0.92",
        "--priority",
        "low",
        "--tag",
        "gpu",
    )
    assert card["title"] == "focal loss"
    assert (sorted(card["tags"]), card["priority"]) == (["gpu", "nlp"], "low")
    assert card["metric"]["target"] == 0.92
    assert board.data("add", r"talk about \#nlp")["title"] == "talk about #nlp"
    assert board("add", "#nlp").code == 2


def test_marks_that_are_none_are_told_and_stay_in_the_title(board) -> None:
    added = board("add", "Report ^2026-02-30 !hgih")
    assert added.code == 0
    assert "^2026-02-30 is no day" in added.err
    assert "!hgih is no priority" in added.err
    assert [card["title"] for card in board.data("list")] == ["Report ^2026-02-30 !hgih"]
    assert board("add", "plain words!").err.count("\n") == 1


def test_a_metric_in_the_title_takes_its_baseline_from_an_option(board) -> None:
    metric = board.data("add", "x metric:lift>=3.5", "--baseline", "2.9", "--noise", "0.1")[
        "metric"
    ]
    assert (metric["name"], metric["target"]) == ("lift", 3.5)
    assert (metric["baseline"], metric["noise"]) == (2.9, 0.1)
    other = board.data("add", "x metric:lift>=3.5", "--metric", "auc>=0.9")["metric"]
    assert (other["name"], other["target"]) == ("auc", 0.9), "an option wins over the title"


def test_each_line_of_stdin_makes_a_card_and_all_are_one_step(board) -> None:
    answer = board("--json", "add", "-", "--tag", "idea", stdin="Try mixup\n\nTry cutmix !high\r\n")
    cards = answer.data
    assert [(card["title"], card["priority"]) for card in cards] == [
        ("Try mixup", "normal"), ("Try cutmix", "high"),
    ]  # fmt: skip
    assert all(card["tags"] == ["idea"] for card in cards)
    assert board("undo").code == 0
    assert board.data("list") == []
    refused = board("add", "-", "--stage", "Ready", stdin="a\nb\nc\nd\n")
    assert refused.code == 1, "Ready has room for three"
    assert board.data("list") == [], "all or none"
    assert board("add", "-", stdin=" \n").code == 2


def test_lines_of_a_list_lose_their_marks_and_a_single_text_keeps_it(board) -> None:
    added = board("--json", "add", "-", stdin="- one\n* two\n1. three\n- [ ] four\n").data
    assert [card["title"] for card in added] == ["one", "two", "three", "four"]
    for text, titles in (("- one\n", ["- one"]), ("- one\ntwo\n", ["- one", "two"])):
        added = board("--json", "add", "-", stdin=text).data
        assert [card["title"] for card in added] == titles


def test_a_missing_choice_is_told_in_one_line(board) -> None:
    for args, choice in ((("done", board.card("x")), "shipped"), (("block", "v1"), "compute")):
        answer = board(*args)
        said = answer.err.splitlines()[0]
        assert (answer.code, choice in said, "\t" in answer.err) == (2, True, False)


@pytest.mark.parametrize("text", ["- from a list", "- [ ] a box", "- "])
def test_a_text_may_begin_with_a_dash(board, text: str) -> None:
    ref = board.card("x", "--note", text)
    assert board("note", ref, text + "more").code == 0
    notes = [note["text"] for note in board.data("show", ref)["notes"]]
    assert (text + "more") in notes
    assert board.data("add", text + "title")["title"] == (text + "title").strip()
    assert "needs -- before it" in board("note", ref, "-lr was too high").err
    assert board("note", ref, "--", "-lr was too high").code == 0


def test_snoozed_cards_are_out_of_the_list(board) -> None:
    ref = board.card("later")
    other = board.card("now")

    def listed(*args):
        return [card["id"] for card in board.data("list", *args)]

    assert board("snooze", ref, "--until", "2w").code == 0
    assert listed() == [other]
    assert listed("--all") == listed("-q", "snoozed:yes or snoozed:no") == [ref, other]
    assert listed("-q", "snoozed:yes") == [ref]
    assert board("snooze", ref, "--until", "2020-01-01").code == 2
    assert board("snooze", ref, "--until", "none").code == 0
    assert listed() == [ref, other]
    assert board("snooze", other, "--until", "none").code == 1


def test_a_command_lifts_the_blocks_it_ends(board, monkeypatch) -> None:
    first, second = board.card("labels"), board.card("model")
    board("block", second, "--reason", "labelling", "--until", f"card:{first}")
    done = board("done", first, "--outcome", "shipped")
    assert (done.code, f"{second} is not blocked any more: {first} is shipped." in done.err) == (
        0, True,
    )  # fmt: skip
    assert board.data("list", "-q", "blocked:yes") == []

    def busy(self):
        raise StoreBusy("Somebody writes.", "Try again.")

    monkeypatch.setattr(Conditions, "lift", busy)
    added = board("add", "still done")
    assert (added.code, "were not lifted: Somebody writes." in added.err) == (0, True)
    assert len(board.data("list", "-q", "still")) == 1


GATED = ("--checklist", "split fixed", "--checklist", "[x] report", "--checklist", "three seeds")


def items(card) -> list[tuple[str, bool]]:
    return [(item["text"], item["done"]) for item in card["checklist"]]


def test_items_are_ticked_by_number_and_by_beginning(board) -> None:
    ref = board.card("a", *GATED)
    [card] = board.data("edit", ref, "--tick", "1", "--tick", "THREE", "--untick", "rep")["cards"]
    assert items(card) == [("split fixed", True), ("report", False), ("three seeds", True)]
    assert board("undo").code == 0
    assert items(board.data("show", ref)) == [
        ("split fixed", False), ("report", True), ("three seeds", False),
    ]  # fmt: skip
    assert (board("edit", ref, "--tick", "4").code, board("edit", ref, "--tick", "").code) == (3, 2)
    answer = board("edit", ref, "--tick", "four")
    assert "No item of the checklist is called 'four'" in answer.err
    assert "1 split fixed; 2 report; 3 three seeds" in answer.err
    shown = board("history", ref).out
    assert "ticked split fixed, three seeds; unticked report" in shown


def test_a_card_from_a_template_has_its_type_and_checklist(board) -> None:
    card = board.data("add", "--template", "model-release", "Fraud", "v3", "#fraud")
    assert (card["type"], card["title"], card["tags"]) == ("model", "Fraud v3", ["fraud"])
    assert {"text": "rollback tested", "done": False, "gate": "Deployment"} in card["checklist"]
    shown = board("show", card["id"]).out
    assert "Checklist   0/10" in shown
    assert "  · rollback tested  (gate: Deployment)\n" in shown
    board("init", "Other", "--template", "plain")
    other = board.data("--board", "other", "add", "--template", "chore", "x")
    assert {item["gate"] for item in other["checklist"]} == {"", "Doing"}


def test_what_is_given_wins_over_the_template(board) -> None:
    card = board.data("add", "--template", "experiment", "a @feature metric:auc>=0.9",
                      "--hypothesis", "h", "--checklist", "mine")  # fmt: skip
    assert (card["type"], card["hypothesis"]) == ("feature", "h")
    assert card["metric"]["target"] == 0.9
    assert items(card) == [("mine", False)]
    assert board.data("add", "--template", "chore", "b", "--type", "data")["type"] == "data"
    assert board("add", "--template", "poem", "c").code == 3


def test_the_help_lists_the_templates(board) -> None:
    shown = board("add", "--help").out
    for template in CARD_TEMPLATES:
        assert f"  {template.key:<14}{template.about}\n" in shown


def test_a_gate_refuses_and_a_reason_passes(board) -> None:
    ref = board.card("v3", "--template", "model-release", "--stage", "deployment")
    answer = board("--json", "move", ref, "monitoring")
    assert answer.code == 1
    assert answer.object["data"]["message"] == (
        f"{ref} leaves Deployment with 4 unticked: features the same in training and serving; "
        "small share of traffic served first; rollback tested; somebody named who watches it."
    )
    assert "override with a reason" in answer.err
    assert board("done", ref, "--outcome", "shipped").code == 1
    assert board("done", ref, "--outcome", "learned").code == 0
    assert board("undo").code == 0
    done = board.data("done", ref, "--outcome", "shipped", "--override", "agreed with risk")
    assert done["cards"][0]["outcome"] == "shipped"
    assert "Gone on all the same: agreed with risk." in done["warning"]
    shown = board("history", ref).out
    assert "finished, shipped, with 4 unticked: agreed with risk (features the same" in shown
    assert "rollback tested; somebody named who watches it)" in shown
    [event] = [e for e in board.data("history", ref) if e["reason"]]
    assert (event["kind"], event["reason"]) == ("card.finished", "agreed with risk")
    assert event["unticked"][-1] == "somebody named who watches it"
    assert board("undo").code == 0
    for number in ("7", "8", "9", "10"):
        assert board("edit", ref, "--tick", number).code == 0
    assert board("move", ref, "monitoring").code == 0


def test_a_due_date_in_words_is_answered_with_its_day(board) -> None:
    ref = board.card("one")
    answer = board("edit", ref, "--due", "tomorrow")
    assert answer.err == f"{ref} saved. Due {board.data('show', ref)['due']}.\n"
    assert board("edit", ref, "--due", "none").err == f"{ref} saved.\n"
