"""Models in use, from the command line."""

from tests.cli.conftest import Person


def shipped(board: Person, *args: str) -> str:
    ref = board.card("Fraud", "v1", "--metric", "auc>=0.9", "--metric", "auc=0.93", *args)
    assert board("move", ref, "monitoring").code == 0
    return ref


def test_from_an_alert_to_the_next_model(board: Person) -> None:
    champion = shipped(board)
    told = board(
        "alert", champion, "--metric", "psi=0.31", "--threshold", "0.2", "--note", "merchants"
    )
    assert (told.code, told.err) == (0, f"{champion}: psi 0.31, alert at >0.2; alert.\n")
    assert [c["id"] for c in board.data("list", "-q", "health:alert")] == [champion]
    page = board("show", champion).out
    assert "Health      alert\n" in page
    assert " psi 0.31, alert at >0.2: merchants\n" in page
    assert "psi 0.31, alert at >0.2; alert: merchants" in board("history", champion).out
    card = board.data("retrain", champion)["cards"][0]
    assert card["lineage"] == [{"kind": "retrain-of", "card": champion}]
    assert card["metric"]["baseline"] == 0.93
    page = board("show", champion).out
    assert "what came of it" in page
    assert f"{card['id']}  Retrain Fraud v1" in page
    assert "retrain of it" in page
    assert f"retrain of {champion}  Fraud v1" in board("show", card["id"]).out
    assert [c["id"] for c in board.data("list", "-q", "from:retrain")] == [card["id"]]
    assert [c["id"] for c in board.data("list", "-q", f"from:{champion}")] == [card["id"]]
    board("move", card["id"], "monitoring", "--override", "so")
    assert board.data("show", champion)["health"] == "superseded"
    new = board.data("show", card["id"])
    assert (new["health"], new["readings"]) == ("ok", [])
    refused = board("retrain", champion)
    assert (refused.code, refused.out) == (1, "")
    assert f"{champion} is superseded" in refused.err


def test_lineage_is_written_and_taken_back(board: Person) -> None:
    a, b = board.card("a"), board.card("b")
    c = board.card("c", "--lineage", f"ablation-of:{a}", "--lineage", f"follow:{b}")
    told = board.data("show", c)["lineage"]
    assert told == [{"kind": "ablation-of", "card": a}, {"kind": "follow-up-of", "card": b}]
    board("edit", c, "--lineage-not", f"ablation-of:{a}")
    assert [one["card"] for one in board.data("show", c)["lineage"]] == [b]
    assert "ablation of" in board("history", c).out
    refused = board("edit", b, "--lineage", f"retrain-of:{c}")
    assert (refused.code, refused.out) == (1, "")
    assert f"{b} cannot be a retrain of {c}" in refused.err
    assert board("edit", b, "--lineage", "aunt-of:g1").code == 2


def test_health_is_set_by_hand(board: Person) -> None:
    champion = shipped(board)
    assert board("edit", champion, "--health", "retired").code == 0
    assert board.data("show", champion)["health"] == "retired"
    board("edit", champion, "--health", "none")
    assert board.data("show", champion)["health"] is None
    idea = board.card("idea")
    assert board("edit", idea, "--health", "ok").code == 1
    assert board("alert", idea, "--metric", "psi=1", "--threshold", "0").code == 1
    assert board("alert", champion, "--metric", "psi", "--threshold", "0").code == 2
    assert board("alert", champion, "--metric", "psi=1", "--threshold", "high").code == 2


def test_the_board_as_markdown_and_csv_carries_both(board: Person, tmp_path) -> None:
    champion = shipped(board)
    board("alert", champion, "--metric", "psi=0.31", "--threshold", "0.2")
    retrain = board.data("retrain", champion)["cards"][0]["id"]
    text = board("export", "markdown").out
    assert "- health: retraining\n" in text
    assert f"- lineage: [retrain-of:{champion}]\n" in text
    rows = board("export", "csv").out.splitlines()
    assert f",retrain-of:{champion}," in next(row for row in rows if row.startswith(retrain))
