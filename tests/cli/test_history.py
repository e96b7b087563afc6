def test_the_log_of_a_card_and_of_the_board(board) -> None:
    ref, other = board.card("Try"), board.card("Other")
    board("move", ref, "train", "--override", "x")
    board("edit", ref, "--tag", "gpu", "--priority", "high")
    board("note", ref, "two\nlines")
    board("block", ref, "--reason", "bug", "--note", "nan loss")
    board("stages", "limit", "train", "7")
    board("undo")
    board("done", ref, "--outcome", "shipped")
    shown = board("history", ref).out
    for words in (
        "written in Ideas: Try", "moved from Ideas to Training", "priority: high, tag gpu added",
        "note: two lines", "blocked by bug: nan loss", "finished, shipped",
    ):  # fmt: skip
        assert words in shown
    assert "Other" not in shown
    everything = board("history").out
    assert "stage Training: limit: 7  (undone)" in everything
    assert f"  {other}  " in everything
    assert len(board.data("history", "--limit", "2")) == 2


def test_the_log_as_data(board) -> None:
    ref = board.card("Try")
    board("move", ref, "ready")
    board("undo")
    created, moved, undone = board.data("history", ref)
    assert created["kind"] == "card.created"
    assert (created["stage"], moved["stage"], undone["stage"]) == ("Ideas", "Ready", "Ideas")
    assert [entry["in_force"] for entry in (created, moved, undone)] == [True, False, True]
    assert undone["undoes"] == moved["id"]


def test_only_what_changed_is_told(board) -> None:
    ref = board.card("Try")
    board("move", ref, "train", "--override", "x")
    board("block", ref, "--reason", "bug")
    board("archive", ref)
    board("undo")
    board("redo")
    assert "verdict" not in board("history", ref).out


def test_an_undone_note_is_told_by_its_text(board) -> None:
    ref = board.card("Try")
    board("note", ref, "typo nte")
    board("note", ref, "--edit", "1", "note")
    board("undo")
    board("undo")
    board("redo")
    assert "undone: note: typo nte" in board("history", ref).out
    assert "done again: note: typo nte" in board("history", "--limit", "1").out


def test_the_log_of_nobody(board) -> None:
    assert board("history", "g999").code == 3


def test_an_undo_that_cannot_be_says_how_to_go_on(board, monkeypatch) -> None:
    ref = board.card("Try")
    board("note", ref, "older")
    board("edit", ref, "--priority", "high")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("mlkanban.cli.session.login_name", lambda: "somebody")
        board("edit", ref, "--priority", "low")
    refused = board("undo")
    assert refused.code == 1
    assert f"mlkanban history {ref}; pass it over: mlkanban undo --skip" in refused.err
    key = board.data("boards")[0]["key"]
    named = board("--board", key, "undo")
    begin = f"mlkanban --board {key}"
    assert f"{begin} history {ref}; pass it over: {begin} undo --skip" in named.err
    assert "the note on" in board("undo", "--skip").err
    assert "Done again" in board("redo").err


def test_undo_over_a_limit_says_so(board) -> None:
    board("stages", "limit", "train", "1")
    refs = [board.card(title) for title in "ab"]
    for ref in refs:
        board("move", ref, "train", "--override", "x")
    board("archive", refs[1])
    undone = board("undo")
    assert undone.code == 0
    assert "Training is 2/1!: over its limit now." in undone.err
    assert "2/1" in board("stages").out


def test_a_block_that_lifted_itself_on_another_board_is_no_step_to_redo(board) -> None:
    waiting = board.card("a")
    board("init", "Second", "--template", "plain")
    awaited = board.data("--board", "second", "add", "b")["id"]
    board("block", waiting, "--reason", "bug", "--until", f"card:{awaited}")
    assert board("done", awaited, "--outcome", "learned").code == 0
    assert board.data("show", waiting)["blocked"] is None
    assert board("--board", "second", "undo").code == 0
    assert board.data("show", waiting)["blocked"]["reason"] == "bug"
    refused = board("--board", "fraud", "redo")
    assert (refused.code, "nothing to redo" in refused.err) == (1, True)
    assert board("--board", "second", "redo").code == 0
    assert board.data("show", waiting)["blocked"] is None


def test_one_of_the_last_changes_is_undone_by_its_id(board) -> None:
    ref, other = board.card("Try"), board.card("Other")
    board("move", ref, "ready")
    board("edit", other, "--priority", "high")
    edited, moved, *_ = board.data("undo", "--list")
    assert (moved["kind"], moved["card"], moved["title"]) == ("card.moved", ref, "Try")
    listed = board("undo", "--list").out.splitlines()
    assert listed[0].split() == ["ID", "WHAT"]
    short, *_ = listed[2].split()
    assert len(short) == 8
    assert moved["id"].endswith(short)
    assert listed[2].endswith(f'{ref} moved from Ideas to Ready  "Try"')
    assert board("undo", "--action", short).code == 0
    assert board.data("show", ref)["stage"] == "Ideas"
    assert board.data("show", other)["priority"] == "high"
    for name in (moved["id"], short):
        again = board("undo", "--action", name)
        assert (again.code, "undone already" in again.err) == (1, True)
    assert board.data("undo", "--list")[0]["id"] == edited["id"]
    assert board("undo", "--list", "--skip").code == 2


def test_a_merge_is_called_one_wherever_it_is_listed(board) -> None:
    ref, other = board.card("Try"), board.card("Try again")
    board("merge", other, ref)
    listed = board("undo", "--list").out.splitlines()[1]
    assert listed.endswith(f'{other} merged into {ref}, discarded  "Try again"')
    assert "another card was merged into it" in board("history", ref).out
    undone = board("undo", "--action", listed.split()[0])
    assert undone.err.startswith(f"Undone: merging {other} into {ref}.")
    histories = [board("history", card).out.splitlines() for card in (ref, other)]
    assert "undone: another card was merged into it" in "".join(histories[0])
    assert f"undone: merged into {ref}" in "".join(histories[1])
    assert board("redo").err.startswith(f"Done again: merging {other} into {ref}.")
    assert f"done again: merged into {ref}" in board("history", other).out


def test_a_change_that_later_work_stands_on_is_refused_with_a_way_on(board) -> None:
    ref = board.card("Try")
    board("move", ref, "ready")
    board("move", ref, "data", "--override", "x")
    moved = board.data("undo", "--list")[1]
    refused = board("undo", "--action", moved["id"])
    assert refused.code == 1
    assert f"{ref} was changed again since (its place)." in refused.err
    assert f"mlkanban undo --action {moved['id']} --with-later." in refused.err
    assert board("undo", "--action", moved["id"], "--with-later").code == 0
    assert board.data("show", ref)["stage"] == "Ideas"
    assert board("redo").code == 0
    assert board.data("show", ref)["stage"] == "Data prep"
    assert board("undo", "--with-later").code == 2


def test_an_action_that_there_is_not_is_not_found(board) -> None:
    board.card("Try")
    for more in ((), ("--with-later",)):
        unknown = board("undo", "--action", "nonsense", *more)
        assert (unknown.code, "There is no action nonsense" in unknown.err) == (3, True)


def test_people_who_share_a_login_have_names_in_the_log(board, monkeypatch) -> None:
    ref = board.card("Try")
    monkeypatch.setenv("MLKANBAN_NAME", "Bob Ray")
    board("note", ref, "looks right")
    assert "Bob Ray" in board("history", ref).out
    assert "the note on" in board("undo").err
    refused = board("undo")
    assert "nothing to undo" in refused.err.lower()
    monkeypatch.delenv("MLKANBAN_NAME")
    assert board.data("list", "-q", 'actor:"bob ray"') == []
