from markdown_it import MarkdownIt
from rich.cells import cell_len

from tests.cli.conftest import Person
from tests.runs.trackers.files import study


def test_light_fields_are_a_part_of_the_card(board) -> None:
    ref = board.card("a", "--tag", "gpu", "--due", "2026-12-01", "--stage", "train")
    [listed] = board.data("list")
    card = board.data("show", ref)
    assert listed.items() <= card.items()
    assert listed.keys() >= {"id", "title", "stage", "tags", "blocked", "outcome", "age_days"}


def test_words_are_looked_for_in_title_id_and_tags(board) -> None:
    focal, other = board.card("Try Focal Loss", "--tag", "gpu"), board.card("Other")
    for query, found in (("loss focal", [focal]), ("GPU", [focal]), (other, [other]),
                         ("focal other", []), ("", [focal, other])):  # fmt: skip
        assert [card["id"] for card in board.data("list", "-q", query)] == found


def test_cards_that_left_the_board_only_with_all(board) -> None:
    open_card, shipped, learned, archived = (board.card(name) for name in "abcd")
    board("done", shipped, "--outcome", "shipped")
    board("done", learned, "--outcome", "learned")
    board("archive", archived)
    assert [card["id"] for card in board.data("list")] == [open_card, shipped]
    everything = {card["id"] for card in board.data("list", "--all")}
    assert everything == {open_card, shipped, learned, archived}
    assert "1 finished or archived" in board("list", "-q", archived).err
    assert "Not listed: 2 finished or archived: add --all." in board("list").err
    assert (
        "Not listed: 1 finished or archived: add --all." in board("list", "-q", "is:finished").err
    )
    assert board("list", "-q", "is:finished", "--all").err == ""
    assert board("list", "-q", shipped).err == ""


def test_a_list_without_a_card_says_what_is_snoozed_and_what_has_ended(board) -> None:
    asleep, ended = board.card("asleep"), board.card("ended")
    board("snooze", asleep, "--until", "3d")
    board("archive", ended)
    said = board("list").err
    assert "1 snoozed: add -q snoozed:yes. 1 finished or archived: add --all." in said
    assert [card["id"] for card in board.data("list", "-q", "snoozed:yes")] == [asleep]
    assert "finished" not in board("list", "-q", asleep).err


def test_counts_and_refusals_name_the_snoozed_cards_they_count(board) -> None:
    first, second, third = (board.card(title) for title in "abc")
    board("move", first, second, "data prep")
    board("snooze", first, "--until", "3d")
    assert "2/2 FULL (1 snoozed)" in board().out
    assert "2/2 (1 snoozed)" in board("stages").out
    refused = board("move", third, "data prep")
    assert refused.code == 1
    assert "Data prep is 2/2, 1 of them snoozed." in refused.err


def test_the_stages_count_what_was_delivered(board) -> None:
    board("done", board.card("a"), "--outcome", "shipped")
    assert [line.split()[2] for line in board("stages").out.splitlines() if "Monit" in line] == [
        "1"
    ]


def test_wide_characters_keep_the_columns(board) -> None:
    board("init", "幅広い", "--template", "plain")
    board("stages", "rename", "Doing", "作業中")
    board.card("データの前処理", "--stage", "作業中")
    board.card("plain")
    lines = board("list").out.splitlines()
    starts = {cell_len(line[: line.index(word)]) for line, word in zip(
        lines, ("TITLE", "plain", "データ"), strict=True)}  # fmt: skip
    assert len(starts) == 1


def test_ascii_where_it_is_asked_for(board, monkeypatch) -> None:
    ref = board.card("naïve データ")
    monkeypatch.setenv("MLKANBAN_ASCII", "1")
    for args in (["list"], ["show", ref], []):
        assert board(*args).out.isascii()


def test_a_query_finds_cards(board) -> None:
    first = board.card("Focal loss", "--tag", "gpu")
    second = board.card("Drift", "--tag", "gpu")
    board("move", second, "data prep")
    board("block", second, "--reason", "bug")

    def found(query):
        return [card["id"] for card in board.data("list", "-q", query)]

    assert found("tag:gpu") == [first, second]
    assert found("blocked:yes") == [second]
    assert found("stage:ideas or blocked:data") == [first]
    wrong = board("list", "-q", "tag:gpu stage:nowhere")
    assert wrong.code == 2
    assert "No stage begins with 'nowhere' (at character 9)." in wrong.err
    assert board.data("flow", "aging", "-q", "blocked:yes")["open"] == 1
    assert board.data("flow", "aging", "-q", "blocked:no")["open"] == 0


def test_saved_views(board) -> None:
    first = board.card("a", "--tag", "gpu")
    board.card("b")
    assert board.data("views", "--save", "gpus", "-q", "tag:gpu or tag:tpu") == [
        {"name": "gpus", "query": "tag:gpu or tag:tpu"}
    ]
    assert [card["id"] for card in board.data("list", "--view", "gpus")] == [first]
    assert board.data("list", "--view", "gpus", "-q", "b") == []
    assert board.data("list", "--view", "gpus", "-q", "b or c") == []
    unknown = board("list", "--view", "x")
    assert (unknown.code, "Saved views: gpus." in unknown.err) == (3, True)
    assert "(at character 1)" in board("list", "--view", "gpus", "-q", "nope:x").err
    assert board("views", "--save", "x").code == 2
    assert board("views", "--save", "x", "-q", "tag:(").code == 2
    assert board.data("views", "--remove", "gpus") == []
    assert "No view is saved yet" in board("views").err


def test_notes_are_searched_and_dependencies_drawn_as_a_tree(board):
    first = board.card("Label more")
    second = board.card("Train", "--needs", first)
    third = board.card("Ship", "--needs", second)
    assert board("note", first, "Maria has the guideline").code == 0
    assert [card["id"] for card in board.data("list", "-q", "guideline")] == [first]
    assert [card["id"] for card in board.data("list", "-q", "needs:yes")] == [second, third]
    shown = [" ".join(line.split()) for line in board("show", second).out.split("\n")]
    at = shown.index("needs")
    assert shown[at + 1] == f"{first} Label more Ideas"
    assert shown[shown.index("needed by") + 1] == f"{third} Ship Ideas"


def test_huge_titles_and_thousands_of_tags_stay_readable(board) -> None:
    tags = [word for at in range(3000) for word in ("--tag", f"t{at}")]
    ref = board.card("T" * 100_000, *tags)
    row = board("list").out.splitlines()[1]
    assert "T .. (+99,800 characters)  #t0 " in row
    assert row.endswith(" +2,990 more")
    page = board("show", ref).out
    assert "T .. (+99,000 characters)" in page
    assert " +2,950 more\n" in page
    for command in (["show", ref], ["plan"], ["triage"], ["history"], []):
        assert len(board(*command).out) < 5_000, command
    data = board.data("show", ref)
    assert (len(data["title"]), len(data["tags"])) == (100_000, 3_000), "scripts get all of it"


def test_a_card_is_shown_in_the_order_of_its_fields_without_what_is_usual(board) -> None:
    other = board.card("other")
    ref = board.card("a", "--tag", "gpu", "--hypothesis", "h", "--link", "x", "--class", "expedite")
    board("block", ref, "--reason", "bug", "--until", f"card:{other}")
    lines = board("show", ref).out.splitlines()
    names = [line[:12].strip() for line in lines[1:]]
    assert names[:9] == [
        "Stage", "Board", "Blocked", "Type", "Class", "Tags", "Hypothesis", "Link", "Label",
    ]  # fmt: skip
    [blocked] = [line for line in lines if line.startswith("Blocked ")]
    assert blocked.startswith("Blocked     bug (internal), since 20")
    assert blocked.endswith(f", until {other} is finished")
    assert "Priority" not in names


def test_of_many_runs_a_card_shows_the_newest_and_counts_the_others(board, tmp_path) -> None:
    ref = board.card("search", "--metric", "value>=0.9")
    study(tmp_path / "optuna.db", 60)
    linked = board("link", ref, "optuna:lr search", "--from", str(tmp_path / "optuna.db"))
    assert "60 runs now" in linked.err
    shown = board("show", ref).out
    assert "60 (60 optuna)" in shown
    assert "39 of 60 trials are not listed" in shown, "the newest 20 and the best one"
    assert len(board.data("runs", ref)) == 60
    history = board("history", ref).out
    assert "all runs of optuna:lr search linked" in history
    assert "60 runs linked" in history


def test_a_card_as_markdown_for_a_pull_request(board: Person) -> None:
    ref = board.card(
        "Focal <b>loss</b> | [x](y)", "--metric", "auc>=0.9", "--link", "https://e.org/1"
    )
    board("edit", ref, "--hypothesis", "Rare *classes* gain.", "--metric", "auc=0.917 p95<=50")
    board("edit", ref, "--checklist", "three seeds", "--link", "javascript:alert(1)")
    board("move", ref, "data prep")
    board("block", ref, "--reason", "approval-gate", "--note", "@maria signs")
    text = board("show", ref, "--markdown").out
    assert text.startswith(f"### Focal \\<b\\>loss\\</b\\> \\| \\[x\\](y) ({ref})\n")
    assert "blocked by approval-gate since" in text
    assert ": @&#8203;maria signs" in text
    assert "**Hypothesis:** Rare \\*classes\\* gain." in text
    assert "| auc | 0.917 | \\>= 0.9 |" in text
    assert "| p95 |  | \\<= 50 |" in text
    assert "- [ ] three seeds" in text
    assert "- <https://e.org/1>" in text
    assert "<javascript" not in text
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {token.type for token in tokens} | {c.type for t in tokens for c in t.children or ()}
    assert {"heading_open", "table_open", "bullet_list_open"} <= kinds
    assert not kinds & {"html_block", "html_inline", "image"}
    assert board.data("show", ref, "--markdown") == {"id": ref, "markdown": text}
    assert "worth" in board.data("show", ref)


def test_the_cards_of_every_board_are_listed(board) -> None:
    first = board.card("Focal loss")
    assert board("init", "Churn", "--template", "plain").code == 0
    second = board.card("Focal point", "--stage", "doing")
    assert [card["id"] for card in board.data("list")] == [second]
    cards = board.data("list", "--all-boards", "-q", "focal")
    assert [(card["board"], card["id"]) for card in cards] == [("fraud", first), ("churn", second)]
    head, *rows = board("list", "--all-boards").out.splitlines()
    assert head.split() == ["BOARD", "ID", "STAGE", "AGE", "TITLE"]
    assert [row.split()[:2] for row in rows] == [["fraud", first], ["churn", second]]
    # A stage that only one board has; one that none has is a mistake.
    assert [card["id"] for card in board.data("list", "--all-boards", "-q", "stage:doing")] == [
        second
    ]
    assert board("list", "--all-boards", "-q", "stage:nowhere").code == 2
    assert "No card to list on any board." in board("list", "--all-boards", "-q", "tag:x").err


def test_cards_and_lines_of_the_charter_are_found(board) -> None:
    ref = board.card("Runbook for drift")
    board("charter", "set", "links", "- Runbook: https://wiki/runbook\n- Data: https://wiki/data")
    found = board.data("find", "runbook")
    assert [card["id"] for card in found["cards"]] == [ref]
    assert found["charter"] == [
        {"board": "fraud", "section": "links", "title": "Links",
         "line": "- Runbook: https://wiki/runbook"}
    ]  # fmt: skip
    assert "charter, Links: - Runbook: https://wiki/runbook" in board("find", "wiki/run").out
    # What is asked of cards alone finds no line.
    assert board.data("find", "runbook", "is:open")["charter"] == []
    assert "Nothing is found" in board("find", "elsewhere").err
    assert "In the charter of Fraud too, 1 line: mlkanban" in board("list", "-q", "runbook").err
    board("init", "Churn", "--template", "plain")
    assert board.data("find", "runbook") == {"cards": [], "charter": []}
    every = board.data("find", "runbook", "--all-boards")
    assert (len(every["cards"]), len(every["charter"])) == (1, 1)


def test_the_person_of_a_card_is_shown_where_a_board_has_several(board, monkeypatch) -> None:
    refs = [board.card(title) for title in ("One", "Two")]
    for name, ref in zip(("ada", "bob"), refs, strict=True):
        assert "Person" not in board("show", ref).out
        monkeypatch.setenv("MLKANBAN_NAME", name)
        assert board("move", ref, "Training", "--override", "x").code == 0
    lines = board("show", refs[1]).out.splitlines()
    assert [line.split() for line in lines if line.startswith("Person")] == [["Person", "@bob"]]
