"""All boards beside each other, on the command line."""


def test_all_boards_and_the_one_in_use(board) -> None:
    first = board.card("first", "--stage", "data prep", "--due", "2020-01-01")
    board("block", first, "--reason", "bug")
    board.card("second")
    board("init", "Chores", "--template", "plain")
    fraud, chores = board.data("portfolio")
    assert fraud == {
        "key": "fraud", "name": "Fraud", "in_use": False, "wip": 1, "conwip": None, "blocked": 1,
        "overdue": 1, "at_risk": 0, "sle_days": None, "past_sle": None, "finished": 0, "days": 1,
        "per_week": None, "next_30_days": None,
    }  # fmt: skip
    assert (chores["key"], chores["in_use"], chores["wip"]) == ("chores", True, 0)
    shown = board("portfolio").out.splitlines()
    assert shown[0].split("  ")[1].strip() == "BOARD"
    assert shown[1].startswith("  Fraud")
    assert shown[2].startswith("* Chores")
    assert "too little history" in shown[2]
    assert board.data("--board", "fraud", "portfolio")[0]["in_use"]


def test_without_a_board_it_says_how_to_make_one(mlk) -> None:
    mlk("init", "Fraud", "--timezone", "UTC")
    mlk("undo")
    answer = mlk("portfolio")
    assert answer.code == 0


def test_names_are_harmless(board) -> None:
    board("init", "\x9b31m", "--template", "plain")
    assert "\x9b" not in board("portfolio").out


def test_it_fits_the_terminal(board, monkeypatch) -> None:
    board("init", "A board with quite a long name for once", "--template", "plain")
    monkeypatch.setattr("mlkanban.cli.portfolio.width", lambda: 80)
    shown = board("portfolio").out.splitlines()
    assert max(map(len, shown)) <= 80
    assert "NEXT 30 D" in shown[0]
