from mlkanban.cli.session import Session
from mlkanban.clock import now
from mlkanban.core.triage_session import TriageSession as Kept


def test_the_queue_is_printed(board) -> None:
    first, second = board.card("first"), board.card("second")
    third = board.card("third", "--stage", "data prep")
    assert board.data("triage") == [
        {"id": first, "why": "new", "title": "first", "person": None},
        {"id": second, "why": "new", "title": "second", "person": None},
    ]
    assert [item["id"] for item in board.data("triage", "--limit", "1")] == [first]
    assert board.data("triage", "--view", "blocked") == []
    shown = board("triage").out
    assert "WHY" in shown
    assert third not in shown
    assert "Nothing asks for a decision." in board("triage", "--view", "stale").err
    assert board("triage", "--limit", "0").code == 2


def test_json_names_the_person_of_a_card_as_its_page_does(board, monkeypatch) -> None:
    late, idea, ready = (board.card(title) for title in ("late", "idea", "ready"))
    monkeypatch.setenv("MLKANBAN_NAME", "bob")
    board("move", late, "Training")
    board("move", ready, board.data("plan")["stage"])
    board("edit", late, "--due", "2020-01-01")
    monkeypatch.setenv("MLKANBAN_NAME", "ada")
    assert {item["id"]: item["person"] for item in board.data("triage")} == {
        late: "bob", idea: None
    }  # fmt: skip
    plan = board.data("plan")
    rows = [*plan["ready"], *plan["ideas"]]
    assert [row["id"] for row in rows] == [ready, idea]
    for row in rows:
        [shown] = [card for card in board.data("list") if card["id"] == row["id"]]
        assert row["person"] == shown["person"]


def test_after_a_pause_it_is_in_the_order_one_stopped_in(board) -> None:
    refs = [board.card(title) for title in ("first", "second", "third")]
    with Session().service(write=True) as service:
        here = service.boards.find()
        kept = Kept("all", now(), 60, 3, {}, 1, 0, 0, (refs[2], refs[0]), 1)
        service.triage.end(here.id, kept)
    asked = [refs[2], refs[1], refs[0]]
    assert [item["id"] for item in board.data("triage")] == asked
    assert [item["id"] for item in board.data("triage", "--limit", "2")] == asked[:2]
    for view in ("new", "inbox"):
        assert [item["id"] for item in board.data("triage", "--view", view)] == refs
    assert "|new|" in board("triage", "--help").out
    refused = board("triage", "--view", "old")
    assert refused.code == 2
    assert "inbox" not in refused.err + board("triage", "--help").out
    assert "triage: 0 of 3 decided in 1 minute" in board("history").out
    assert board.data("flow", "triage")["skipped"] == 1
