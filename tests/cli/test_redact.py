import json

from mlkanban.paths import places

SECRET = "hf_SeCrEtToken12345"


def test_a_secret_is_shown_asked_for_and_removed(board) -> None:
    ref = board.card("one")
    board("note", ref, f"token {SECRET}")
    board("backup")
    refused = board("redact", ref, "--field", "note")
    assert (refused.code, refused.err) == (
        1, "mlkanban: 1 text would be removed for good. Add --yes. Nothing was changed.\n",
    )  # fmt: skip
    assert SECRET in board("show", ref).out
    done = board("redact", ref, "--containing", "-", "--yes", stdin=f"{SECRET}\n")
    assert done.code == 0
    assert "Removed from 1 event and 1 backup." in done.out
    assert "Not reached: clones" in done.err
    assert "[redacted]" in board("show", ref).out
    for file in places().data.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    assert board("redact", ref, "--containing", SECRET, "--yes").code == 3
    assert "text removed for good" in board("history", ref).out
    assert "redacted" not in board("undo").out
    assert board("redact", "nobody1", "--yes").code == 3
    assert board("redact", ref, "--containing", "", "--yes").code == 2


def test_an_event_is_named_by_its_id_and_the_answer_keeps_the_secret(board) -> None:
    ref, other = board.card("one"), board.card("two")
    board("note", ref, other, f"token {SECRET}")
    events = [json.loads(line) for line in board("export", "jsonl").out.splitlines()]
    event = next(event for event in events if event["data"].get("note"))
    answer = board("--json", "redact", event["id"], "--yes")
    assert SECRET not in answer.out + answer.err
    assert answer.data["removed"][0]["field"] == "note"
    assert len(answer.data["elsewhere"]) == 1


def test_an_interrupted_removal_is_told_and_finished(board) -> None:
    ref = board.card("one")
    board("note", ref, f"token {SECRET}")
    board("redact", ref, "--field", "note", "--yes")
    pending = places().data / "redaction-pending"
    pending.touch()
    assert "a removal of text was interrupted" in board("doctor").out
    again = board("redact", ref, "--field", "note", "--yes")
    assert (again.code, pending.exists()) == (3, False)
    assert "which was interrupted, is finished now" in again.err
