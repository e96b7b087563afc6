def test_the_queue_is_printed(board) -> None:
    first, second = board.card("first"), board.card("second")
    third = board.card("third", "--stage", "data prep")
    assert board.data("triage") == [
        {"id": first, "why": "new", "title": "first"},
        {"id": second, "why": "new", "title": "second"},
    ]
    assert [item["id"] for item in board.data("triage", "--limit", "1")] == [first]
    assert board.data("triage", "--view", "blocked") == []
    shown = board("triage").out
    assert "WHY" in shown
    assert third not in shown
    assert "Nothing asks for a decision." in board("triage", "--view", "stale").err
    assert board("triage", "--limit", "0").code == 2
