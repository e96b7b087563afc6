import json

import pytest


@pytest.fixture
def file(mlk, tmp_path):
    """The log of a board where something of each kind was done."""
    mlk("init", "Fraud", "--template", "plain", "--timezone", "UTC")
    one, two = mlk.card("One", "--tag", "nlp"), mlk.card("Two")
    three = mlk.card("Three", "--needs", one, "--parent", two)
    mlk("move", one, "doing")
    mlk("note", one, "a note\nof two lines")
    mlk("block", three, "--reason", "dependency", "--until", f"card:{one}")
    mlk("edit", two, "--title", "Two!", "--due", "2027-01-31", "--metric", "auc>=0.9")
    mlk("edit", two, "--title", "Wrong")
    mlk("undo")
    mlk("done", one, "--outcome", "shipped")
    mlk("stages", "limit", "doing", "2")
    out = tmp_path / "log.jsonl"
    assert mlk("export", "jsonl", "--out", str(out)).code == 0
    return out


@pytest.fixture
def elsewhere(mlk, tmp_path, monkeypatch):
    def go(name: str):
        monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / name))
        return mlk

    return go


def board(mlk):
    """What a board shows and counts."""
    cards = mlk.data("list", "--all")
    flow = mlk.data("flow", "cycle-time", "--window", "all")
    history = [
        (event["at"], event["kind"], event["card"])
        for event in mlk.data("history", "--limit", "1000")
        if event["kind"] != "import.noted"
    ]
    pages = [mlk.data("show", card["id"]) for card in cards]
    return cards, [{**page, "label": "of each store"} for page in pages], flow, history


def test_a_board_comes_back_whole(mlk, file, elsewhere) -> None:
    before, stages = board(mlk), mlk.data("stages")
    other = elsewhere("other")
    data = other.data("import", "jsonl", str(file))
    assert data == {
        "boards": ["fraud"], "events": data["new_events"], "new_events": data["events"],
        "undone_events": 0, "kept": [],
    }  # fmt: skip
    assert board(other) == before
    assert other.data("stages") == stages
    assert other.data("import", "jsonl", str(file))["new_events"] == 0
    assert other("undo").code == 0
    assert other("list").code == 3, "the board went with the import"
    assert other("--board", "fraud", "redo").code == 0
    assert board(other)[:-1] == before[:-1], "all but the history, which has both"
    assert other("doctor", "--deep").code == 0


def test_a_log_that_is_piped_in_onto_a_store_with_other_cards(mlk, file, elsewhere) -> None:
    other = elsewhere("other")
    other("init", "Fraud", "--template", "plain")
    mine = [other.card(f"mine {n}") for n in range(3)]
    log = file.read_text()
    refused = other("import", "jsonl", "-", stdin=log)
    assert refused.code == 1
    assert "There is a board 'fraud' already" in refused.err
    assert other("import", "jsonl", "-", "--name", "Old fraud", stdin=log).code == 0
    cards = {card["title"]: card for card in other.data("--board", "old-fraud", "list", "--all")}
    assert cards.keys() == {"One", "Two!", "Three"}
    ids = {title: card["id"] for title, card in cards.items()}
    assert not set(ids.values()) & set(mine), "no two cards have one id"
    third = other.data("show", ids["Three"])
    assert (third["needs"], third["parent"]) == ([ids["One"]], ids["Two!"])
    assert [card["title"] for card in other.data("--board", "fraud", "list")] == [
        "mine 2", "mine 1", "mine 0",
    ][::-1]  # fmt: skip


def test_a_later_export_adds_what_is_new_and_keeps_what_was_changed_here(
    mlk, file, elsewhere, tmp_path
) -> None:
    ids = {card["title"]: card["id"] for card in mlk.data("list", "--all")}
    mlk("edit", ids["Two!"], "--title", "Two of there", "--tag", "there")
    mlk("move", ids["Three"], "doing")
    mlk("add", "Four")
    later = tmp_path / "later.jsonl"
    mlk("export", "jsonl", "--out", str(later))
    other = elsewhere("other")
    other("import", "jsonl", str(file))
    other("edit", ids["Two!"], "--title", "Two of here")
    data = other.data("import", "jsonl", str(later))
    assert data["kept"] == [{"id": ids["Two!"], "fields": ["title"]}]
    cards = {card["title"]: card for card in other.data("list", "--all")}
    assert cards["Two of here"]["tags"] == ["there"]
    assert cards["Three"]["stage"] == "Doing"
    assert "Four" in cards
    other("undo")
    cards = {card["title"]: card["stage"] for card in other.data("list", "--all")}
    assert cards == {"One": "Done", "Two of here": "To do", "Three": "To do"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [], "holds no events"),
        (lambda lines: [*lines, "{"], "line 17: is no event"),
        (lambda lines: ["[" * 100_000], "line 1: is no event"),
        (lambda lines: [lines[0].replace('"at"', '"when"')], "line 1: is no event"),
        (lambda lines: [lines[0].replace('"version": 1', '"version": 99')], "a newer mlkanban"),
        (
            lambda lines: [lines[0].replace('"timezone": "UTC"', '"timezone": 3')],
            "line 1: is an event that no board can keep",
        ),
    ],
)
def test_what_is_wrong_with_a_log_is_named(mlk, file, elsewhere, tmp_path, change, said) -> None:
    lines = file.read_text().splitlines()[:20]
    bad = tmp_path / "bad.jsonl"
    bad.write_text("\n".join(change(lines)))
    other = elsewhere("other")
    answer = other("import", "jsonl", str(bad))
    assert answer.code == 5
    assert said in answer.err
    assert other("list").code == 3


def test_a_part_of_a_log_is_no_board(mlk, file, elsewhere, tmp_path) -> None:
    part = tmp_path / "part.jsonl"
    part.write_text(file.read_text().splitlines()[-1])
    refused = elsewhere("other")("import", "jsonl", str(part))
    assert refused.code == 1
    assert "no beginning of its board" in refused.err
    assert json.loads(part.read_text())["kind"] != "board.created"


def test_the_end_of_a_log_is_not_taken_before_its_middle(mlk, file, elsewhere, tmp_path) -> None:
    """The middle would come after it then, and older values win for good."""
    before, lines = board(mlk), file.read_text().splitlines(keepends=True)
    other, part = elsewhere("other"), tmp_path / "part.jsonl"
    for some, code in ((lines[:-8], 0), (lines[-3:], 1), (lines[-8:-3], 1), (lines, 0)):
        part.write_text("".join(some))
        answer = other("import", "jsonl", str(part))
        assert answer.code == code
        assert ("no beginning of its board" in answer.err) == bool(code)
    assert board(other)[:2] == before[:2]
    assert other("doctor", "--deep").code == 0


def test_what_was_missing_in_the_middle_does_not_overwrite_what_came_after(
    mlk, file, elsewhere, tmp_path
) -> None:
    [three] = [card["id"] for card in mlk.data("list") if card["title"] == "Three"]
    mlk("edit", three, "--title", "Third")
    mlk("edit", three, "--title", "Fourth")
    mlk("export", "jsonl", "--out", str(file))
    lines = file.read_text().splitlines(keepends=True)
    part = tmp_path / "part.jsonl"
    [missing] = [
        line for line in lines if json.loads(line)["data"].get("set", {}).get("title") == "Third"
    ]
    part.write_text("".join(line for line in lines if line != missing))
    other = elsewhere("other")
    for log in (part, file):
        assert other("import", "jsonl", str(log)).code == 0
    assert {card["title"] for card in other.data("list", "--all")} >= {"Fourth"}
