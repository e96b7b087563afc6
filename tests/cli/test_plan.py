"""The plan on the command line."""


def test_a_plan_is_printed_in_order_with_what_to_pull(board):
    first = board.card("first score:1/2")
    second = board.card("second", "--score", "5/2")
    board("edit", first, "--score", "1/1")
    plan = board.data("plan", "--by-score")
    assert [(c["id"], c["worth"], c["score"]) for c in plan["ideas"]] == [
        (second, "5/2", 2.5), (first, "1/1", 1.0),
    ]  # fmt: skip
    assert (plan["stage"], plan["limit"], plan["room"], plan["ready"]) == ("Ready", 3, 3, [])
    assert "A forecast needs cards finished on 5 different days" in plan["fit"]["reason"]
    shown = board("plan", "--by-score").out.splitlines()
    assert shown[0].split() == ["ID", "STAGE", "SCORE", "FITS", "TITLE"]
    assert shown[1].split() == [second, "Ideas", "5/2", "=", "2.5", "second"]


def test_the_earlier_names_of_scores_still_work_and_are_not_listed(board):
    first = board.card("first worth:1/2")
    second = board.card("second", "--worth", "5/2")
    assert [c["id"] for c in board.data("plan", "--by-worth")["ideas"]] == [second, first]
    assert [c["id"] for c in board.data("list", "-q", "worth:5/2")] == [second]
    for command in ("add", "edit", "plan"):
        shown = board(command, "--help").out
        assert "score" in shown
        assert "-worth" not in shown


def test_replenishing_moves_and_says_so(board):
    refs = [board.card(f"card {n}") for n in range(4)]
    done = board("plan", "--replenish")
    assert done.code == 0
    assert "moved to Ready" in done.err
    assert [c["id"] for c in board.data("list", "-q", "stage:ready")] == refs[:3]
    full = board("plan", "--replenish")
    assert (full.code, "Ready is full" in full.err) == (1, True)


def test_a_day_that_is_past_and_a_score_that_is_none_are_refused(board):
    assert board("plan", "--until", "2020-01-01").code == 2
    assert board("plan", "--until", "soon").code == 2
    answer = board("add", "x", "--score", "much")
    assert (answer.code, "5/2" in answer.err) == (2, True)
    assert board.data("list") == []


def test_an_empty_board_says_what_there_is(board):
    needed = "A forecast needs cards finished on 5 different days; here on none."
    assert board("plan").out.startswith(f"Ready 0/3; {needed}")


def test_a_bad_day_is_refused_before_anything_is_pulled(board):
    board.card("idea")
    assert board("plan", "--replenish", "--until", "2020-01-01").code == 2
    assert board.data("list", "-q", "stage:ready") == []


def test_a_score_by_worth_is_what_the_target_brings(board) -> None:
    board("charter", "set", "worth", "val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year")
    rich = board.card("Rich", "--metric", "val_auc>=0.93", "--baseline", "0.90",
                      "--score", "worth/3")  # fmt: skip
    bare = board.card("No baseline", "--metric", "val_auc>=0.93", "--score", "worth/1")
    plain = board.card("Plain", "--score", "50/1")
    richer = board.card("Richer", "--metric", "val_auc>=0.95", "--baseline", "0.90",
                        "--score", "worth/2")  # fmt: skip
    rows = board.data("plan", "--by-score")["ideas"]
    assert [(row["id"], row["score"], row["unit"]) for row in rows] == [
        (richer, 15500.0, "EUR/year"), (rich, 8000.0, "EUR/year"), (plain, 50.0, ""),
        (bare, None, ""),
    ]  # fmt: skip
    out = board("plan", "--by-score").out
    assert "worth/3 = 8000 EUR/year" in out
    assert "worth/1, worth not known" in out
