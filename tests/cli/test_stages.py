import pytest


def names(board):
    return [stage["name"] for stage in board.data("stages")]


def stage(board, name):
    return next(s for s in board.data("stages") if s["name"] == name)


def test_the_stages_of_a_new_board(board) -> None:
    assert stage(board, "Training") == {
        "name": "Training", "kind": "active", "role": "train", "committed": True,
        "deliverables": [], "limit": 1, "unattended": 2, "soft": False, "count": 0, "running": 0,
        "over_since_merge": False,
    }  # fmt: skip
    assert "1/1" not in board("stages").out
    assert "0/1 + 0/2 running" in board("stages").out


def test_the_role_of_a_stage_is_set_and_shown(board) -> None:
    roles = [stage["role"] for stage in board.data("stages")]
    assert roles == [None, None, "data", "build", "train", "evaluate", "deploy", "monitor"]
    answer = board.data("stages", "role", "ready", "scope")
    assert answer["message"] == (
        "Stage Ready saved (0/3). Its role is scope; gates of cards that there are stay where they"
        " are."
    )
    assert stage(board, "Ready")["role"] == "scope"
    assert "queue   scope     -" in board("stages").out
    board("stages", "role", "train", "none")
    assert stage(board, "Training")["role"] is None
    board("undo")
    assert stage(board, "Training")["role"] == "train"
    board("stages", "role", "ready", "auto")
    assert stage(board, "Ready")["role"] is None
    assert board("stages", "role", "ready", "nonsense").code == 2


def test_what_a_stage_asks_of_new_cards_is_set_and_shown(board) -> None:
    answer = board.data(
        "stages", "deliverables", "train", "seeds noted", " Seeds noted ", "baseline beaten"
    )
    assert answer["message"] == (
        "Stage Training saved (0/1 + 0/2 running). It asks new experiments and models for 2"
        " deliverables; cards that there are stay as they are."
    )
    assert stage(board, "Training")["deliverables"] == ["Seeds noted", "baseline beaten"]
    assert "  Training: Seeds noted; baseline beaten" in board("stages").out
    assert "stage Training: deliverables" in board("history").out
    ref = board.card("try a forest")
    assert [item["text"] for item in board.data("show", ref)["checklist"]] == [
        "Seeds noted", "baseline beaten",
    ]  # fmt: skip
    board("stages", "deliverables", "train", "none")
    assert stage(board, "Training")["deliverables"] == []
    board("undo")
    assert len(stage(board, "Training")["deliverables"]) == 2
    assert board("stages", "deliverables", "train").code == 2
    assert board("stages", "deliverables", "monitoring", "report").code == 1
    assert board("stages", "deliverables", "train", *map(str, range(11))).code == 2


def test_a_stage_keeps_its_role_when_it_gets_another_name(board) -> None:
    board("stages", "rename", "train", "Fits and starts")
    ref = board.card("x", "--template", "experiment")
    checklist = board.data("show", ref)["checklist"]
    assert "Fits and starts" in {item["gate"] for item in checklist}


def test_limits(board) -> None:
    answer = board.data("stages", "limit", "train", "3", "--unattended", "none", "--soft")
    assert answer["message"] == "Stage Training saved (0/3)."
    changed = stage(board, "Training")
    assert (changed["limit"], changed["unattended"], changed["soft"]) == (3, None, True)
    board("stages", "limit", "train", "none", "--hard")
    changed = stage(board, "Training")
    assert (changed["limit"], changed["unattended"], changed["soft"]) == (None, None, False)
    assert answer["stages"][4]["limit"] == 3


def test_what_becomes_of_the_cards_of_a_committed_stage_is_said(board) -> None:
    board.card("a", "--stage", "ready")
    assert "1 open card in it counts as in progress now." in board("stages", "commit", "ready").err
    told = board("stages", "uncommit", "ready").err
    assert "1 open card in it no longer counts as in progress." in told


def test_a_limit_that_is_passed_is_said(board) -> None:
    board.card("a", "--stage", "features")
    answer = board("stages", "limit", "feat", "0")
    assert answer.code == 0
    assert "over its limit" in answer.err


@pytest.mark.parametrize("args", [["train", "x"], ["train", "-1"], ["train"], ["t", "1", "2"]])
def test_limits_that_make_no_sense(board, args) -> None:
    assert board("stages", "limit", "--", *args).code == 2


def test_stages_come_and_go(board) -> None:
    board("stages", "add", "Review", "--after", "eval", "--kind", "gate")
    assert names(board).index("Review") == names(board).index("Evaluation") + 1
    assert stage(board, "Review")["committed"] is True
    board("stages", "add", "Retired")
    assert names(board)[-1] == "Retired"
    board("stages", "rename", "retired", "Shelf")
    board("stages", "move", "Shelf", "1")
    assert names(board)[0] == "Shelf"
    for beyond in ("99", "0", "-1"):
        refused = board("stages", "move", "Shelf", beyond)
        assert refused.code == 2
        assert names(board)[0] == "Shelf"
    assert board("stages", "move", "Shelf", "0").err.startswith("mlkanban: There is no position 0")
    board.card("a", "--stage", "Shelf")
    assert board("stages", "remove", "Shelf").code == 1
    assert board("stages", "remove", "Review").code == 0
    assert board("stages", "remove", "nowhere").code == 3


def test_the_kind_of_a_stage(board) -> None:
    assert stage(board, "Features")["kind"] == "active"
    answer = board.data("stages", "kind", "feat", "queue")
    assert answer["message"] == "Stage Features saved (0/2). It is a queue: cards in it wait."
    assert stage(board, "Features")["kind"] == "queue"
    assert board("stages", "kind", "feat", "bench").code == 2
    board("undo")
    assert stage(board, "Features")["kind"] == "active"


def test_commitment_and_conwip(board) -> None:
    assert board("stages", "commit", "ready").code == 0
    assert stage(board, "Ready")["committed"] is True
    assert board("stages", "uncommit", "features").code == 1
    assert board("stages", "conwip", "1").code == 0
    board.card("a", "--stage", "ready")
    assert board("add", "b", "--stage", "ready").code == 1
    assert "In progress: 1/1" in board("stages").out
    assert board("stages", "conwip", "none").code == 0
    assert board("add", "b", "--stage", "ready").code == 0


def test_boards(board) -> None:
    board.card("a")
    board("init", "Churn", "--template", "crisp-dm", "--timezone", "Europe/Rome")
    found = board.data("boards")
    assert [b["key"] for b in found] == ["fraud", "churn"]
    assert (found[1]["timezone"], found[1]["template"]) == ("Europe/Rome", "crisp-dm")
    assert board("boards").out.splitlines()[1].split() == ["fraud", "1", "UTC", "Fraud"]


@pytest.mark.parametrize("removed", [False, True])
def test_committing_the_last_stage_asks_before_shipped_cards_are_open_again(
    board, removed: bool
) -> None:
    if removed:
        board("stages", "add", "Retired")
        board("stages", "remove", "Retired")
    card = board.card("a", "--stage", "monitoring")
    for change in (("commit", "monitoring"), ("move", "monitoring", "1")):
        refused = board("stages", *change)
        assert refused.code == 1
        assert f"1 card ({card}) would be open again." in refused.err
        assert "--yes" in refused.err
    assert stage(board, "Monitoring")["committed"] is False
    answer = board.data("stages", "commit", "monitoring", "--yes")
    assert f"1 card ({card}) opened again." in answer["message"]
    assert [(c["id"], c["outcome"]) for c in board.data("list")] == [(card, None)]
    board("undo")
    assert stage(board, "Monitoring")["committed"] is False
    assert board.data("show", card)["outcome"] == "shipped"


def test_uncommitting_a_stage_asks_before_open_cards_are_shipped(board) -> None:
    card = board.card("a", "--stage", "deployment")
    board("block", card, "--reason", "bug")
    refused = board("stages", "uncommit", "deployment")
    assert (refused.code, "would be finished as shipped" in refused.err) == (1, True)
    board("stages", "uncommit", "deployment", "--yes")
    shipped = board.data("show", card)
    assert (shipped["outcome"], shipped["blocked"]) == ("shipped", None)
    assert shipped["finished"]
    board("undo")
    opened = board.data("show", card)
    assert (opened["outcome"], opened["blocked"]["reason"]) == (None, "bug")


def test_a_card_whose_adding_was_undone_fits_no_stage(board) -> None:
    board("add", "a", "--stage", "deployment")
    board("undo")
    assert board("stages", "uncommit", "deployment").code == 0
    checks = {check["what"]: check["verdict"] for check in board.data("doctor", "--deep")["checks"]}
    assert checks["tables"] == "ok"
