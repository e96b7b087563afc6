"""Boards are renamed, archived and brought back on the command line."""


def test_a_board_is_archived_and_brought_back(board) -> None:
    ref = board.card("one")
    board("init", "Churn", "--template", "plain")
    archived = board("boards", "archive", "fraud")
    assert archived.code == 0
    assert (
        "The board Fraud is archived. Bring it back: mlkanban boards restore fraud" in archived.err
    )
    assert [one["key"] for one in board.data("boards")] == ["churn"]
    assert "Not listed: 1 archived, add --all." in board("boards").err
    every = board.data("boards", "--all")
    assert [(one["key"], one["archived"]) for one in every] == [("churn", False), ("fraud", True)]
    assert "Fraud  archived" in board("boards", "--all").out
    assert [row["key"] for row in board.data("portfolio")] == ["churn"]
    assert board.data("list", "--all-boards") == []
    assert [card["id"] for card in board.data("--board", "fraud", "list")] == [ref]
    refused = board("note", ref, "text")
    assert refused.code == 1
    assert (
        "The board Fraud is archived. Bring it back: mlkanban boards restore fraud" in refused.err
    )
    back = board.data("boards", "restore", "fraud")
    assert (back["board"]["archived"], back["message"]) == (False, "The board Fraud is back.")
    assert board("note", ref, "text").code == 0


def test_archiving_is_undone_by_the_key_of_the_board(board) -> None:
    board.card("one")
    board("boards", "archive", "fraud")
    assert board("undo").code == 3
    assert board("--board", "fraud", "undo").code == 0
    assert len(board.data("list")) == 1


def test_a_board_is_renamed(board) -> None:
    renamed = board.data("boards", "rename", "fraud", "Abuse")
    assert (renamed["board"]["key"], renamed["board"]["name"]) == ("fraud", "Abuse")
    assert board("boards", "rename", "nothing", "Abuse").code == 3
    assert board("boards", "rename", "fraud", " ").code == 2
    assert "board renamed to Abuse" in board("history").out


def test_the_board_in_use_is_named_where_archiving_changes_it(board) -> None:
    board("init", "Churn", "--template", "plain")
    assert "about the board fraud now" in board("boards", "archive", "churn").err


def test_a_card_goes_to_another_board(board) -> None:
    ref = board.card("Focal loss", "--stage", "data prep")
    board("init", "Chores", "--template", "plain")
    refused = board("transfer", ref, "chores")
    assert refused.code == 1
    assert (
        f"Chores has no stage Data prep, where {ref} is."
        " Name one before its delivery with --stage: To do, Doing." in refused.err
    )
    done = board("--json", "transfer", ref, "chores", "--stage", "doing")
    assert [card["board"] for card in done.data["cards"]] == ["chores"]
    assert f"{ref} moved to the board Chores." in done.data["message"]
    assert "Fraud counts it as abandoned today" in done.data["warning"]
    history = board("history", ref).out
    assert "moved to the board Chores, Doing" in history
    assert "came from the board Fraud, Data prep" in history
    assert board.data("--board", "fraud", "list") == []
    assert board("--board", "chores", "undo").code == 0
    assert [card["id"] for card in board.data("--board", "fraud", "list")] == [ref]
    assert "undone: moved to the board Chores, Doing" in board("history", ref).out
    assert board("transfer", ref, "nowhere").code == 3
    assert board("transfer", ref, "fraud").code == 1
