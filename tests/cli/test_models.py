"""Models in use from the command line: released, delivered, listed, rolled back."""

from tests.cli.conftest import Person


def delivered(board: Person, *args: str, version: str = "2", title: str = "Boosted") -> str:
    ref = board.card(
        title, "--tag", "fraud", "--metric", "auc>=0.9", "--metric", "auc=0.93",
        "--dataset", "payments/v4", *args,
    )  # fmt: skip
    told = board(
        "done", ref, "--outcome", "shipped", "--model", "fraud", "--version", version,
        "--owner", "risk team",
    )  # fmt: skip
    assert told.err == f"{ref} finished: shipped. In use as fraud {version}.\n"
    return ref


def test_a_model_is_listed_with_its_last_reading(board: Person) -> None:
    champion = delivered(board)
    board("alert", champion, "--metric", "psi=0.31", "--threshold", "0.2")
    head, row = board("models").out.splitlines()
    assert head.split("  ")[0] == "MODEL"
    assert row.startswith("fraud  2 ")
    assert "psi .31 (>.2)  today" in row
    assert "■ alert" in row
    assert "risk team" in row
    [one] = board.data("models")
    assert (one["model"], one["version"], one["card"], one["health"]) == (
        "fraud", "2", champion, "alert",
    )  # fmt: skip
    assert one["reading"]["value"] == 0.31
    assert one["silent"] is None
    assert [card["id"] for card in board.data("list", "-q", "model:fraud")] == [champion]
    assert board.data("show", champion)["owner"] == "risk team"


def test_a_model_that_nobody_named_is_known_by_its_card(board: Person) -> None:
    ref = board.card("whom does a voucher keep")
    board("done", ref, "--outcome", "shipped", "--override", "so")
    board("edit", ref, "--health", "ok")
    head, row = board("models").out.splitlines()
    assert "LAST READING (ALERT)" in head
    assert row.startswith(f"{ref} whom does a voucher")


def test_a_board_without_models_says_how_to_have_one(board: Person) -> None:
    told = board("models")
    assert (told.code, told.out) == (0, "")
    assert "No model is in use" in told.err
    assert board.data("models") == []
    assert board("models", "fraud").code == 3
    assert board("rollback", "fraud", "--reason", "x").code == 3


def test_from_a_release_to_its_rollback(board: Person) -> None:
    champion = delivered(board)
    found = board.card("Transformer", "--tag", "fraud", "--metric", "auc=0.95")
    release = board.data("release", found)["cards"][-1]
    assert release["lineage"] == [{"kind": "release-of", "card": found}]
    assert (release["model"], release["version"]) == ("fraud", "3")
    assert release["metric"]["baseline"] == 0.93
    assert len(release["checklist"]) == 10
    assert [one["next"] for one in board.data("models")] == [[release["id"]]]
    refused = board("move", release["id"], "monitoring")
    assert refused.code == 1
    assert "10 unticked" in refused.err
    board("move", release["id"], "monitoring", "--override", "agreed")
    assert board.data("show", champion)["health"] == "superseded"
    told = board("rollback", "fraud", "--reason", "too slow")
    assert told.code == 0
    assert f"fraud 3 ({release['id']}) is rolled back: fraud 2 ({champion}) is in use" in told.err
    record = board.data("models", "fraud")
    assert [one["version"] for one in record["versions"]] == ["3", "2"]
    newest = record["versions"][0]
    assert newest["rolled_back"]["reason"] == "too slow"
    assert newest["passed_over"][0]["reason"] == "agreed"
    assert (newest["before"], newest["after"]) == (0.93, 0.95)
    page = board("models", "fraud").out
    assert "auc .93 → .95" in page
    assert "rolled back" in page
    assert "rolled back: too slow" in board("history", release["id"]).out
    again = board("rollback", "fraud", "--reason", "too slow")
    assert again.code == 1
    assert "There is no version before fraud 2" in again.err


def test_a_model_card_is_markdown(board: Person) -> None:
    champion = delivered(board, "--hypothesis", "For reviews, not for <blocking>.")
    board("note", champion, "Known limit: new merchants")
    board("alert", champion, "--metric", "psi=0.1", "--threshold", "0.2")
    card = board("models", "fraud", "--card").out
    assert card.startswith("# Model card: fraud 2\n")
    for section in ("Intended use", "Data", "Evaluation", "Gates", "Monitoring", "Changes"):
        assert f"\n## {section}\n" in card
    assert "For reviews, not for \\<blocking\\>." in card
    assert "| auc | 0.93 |  | \\>=0.9 |" in card
    assert "- psi 0.1, alert at \\>0.2" in card
    assert "> Known limit: new merchants" in card
    assert "Not written down." in card, "it has no gates"
    assert board.data("models", "fraud", "--card")["markdown"].rstrip("\n") == card.rstrip("\n")


def test_a_look_is_named_or_cleared(board: Person) -> None:
    champion = delivered(board)
    told = board("models", "fraud", "--look-again", "every 4w", "--retrain")
    assert told.code == 0
    assert "every 28d, to retrain it" in told.err
    [one] = board.data("models")
    assert one["retrain_then"]
    assert board.data("show", champion)["look_again"].endswith(" every 28d retrain")
    board("models", "fraud", "--look-again", "none")
    assert board.data("show", champion)["look_again"] is None
    for args in (["--retrain"], ["--look-again", "soon"], ["--look-again", "2020-01-01"]):
        assert board("models", "fraud", *args).code == 2
    assert board("models", "--card").code == 2


def test_version_and_owner_belong_to_a_model(board: Person) -> None:
    ref = board.card("Boosted")
    refused = board("done", ref, "--outcome", "shipped", "--version", "2")
    assert (refused.code, board.data("show", ref)["outcome"]) == (2, None)
    other = board.card("Another")
    assert board("done", ref, other, "--outcome", "shipped", "--model", "fraud").code == 2
    assert board("done", ref, "--outcome", "learned", "--model", "fraud").code == 1
    assert board.data("show", ref)["outcome"] is None


def test_readings_are_compared_with_the_threshold_they_had(board: Person) -> None:
    champion = delivered(board)
    refused = board("reading", "fraud", "psi=0.1")
    assert refused.code == 2
    assert "psi has no threshold yet" in refused.err
    board("reading", "fraud", "psi=0.1", "--threshold", "0.2")
    told = board("reading", "fraud 2", "psi=0.31", "--note", "merchants")
    assert told.err == f"{champion}: psi 0.31, alert at >0.2; alert.\n"
    board("reading", "fraud", "auc=0.9", "--threshold", "<0.8")
    board("reading", "fraud", "psi=0.1", "auc=0.85")
    assert board.data("show", champion)["health"] == "watch"
    lines = board("reading", "fraud").out.splitlines()
    assert len(lines) == 5
    assert lines[1].endswith("psi 0.31, alert at >0.2")
    assert len(board.data("reading", "fraud")["versions"][0]["readings"]) == 5
    assert board("reading", "fraud", "psi=0.1", "nonsense").code == 2
    assert len(board("reading", "fraud").out.splitlines()) == 5, "all or nothing"
    assert board("reading", "churn", "psi=0.1").code == 3
    assert board("reading", "fraud", "--note", "x").code == 2


def test_an_ab_test_is_told_again_and_again(board: Person) -> None:
    ref = board.card("Shadow test")
    assert board("ab", ref).code == 3
    told = board("ab", ref, "v90=400/18000", "v133=370/18000", "--least", "15%", "--less")
    assert told.code == 0
    assert "early look: do not stop for it" in told.err
    told = board("ab", ref, "v90=412/18230", "v133=371/18190")
    assert told.err.startswith(f"{ref}: A/B -9.8 % (-21..+4)  n 36k/56k; ")
    written = len(board.data("history", ref))
    assert board("ab", ref, "v90=412/18230", "v133=371/18190").code == 0
    assert len(board.data("history", ref)) == written, "nothing new was counted"
    data = board.data("ab", ref)
    assert (data["least"], data["less_is_better"], data["n"]) == (0.15, True, 36_420)
    assert round(data["chance_better"], 3) == 0.926
    assert data["verdict"] is None
    assert board.data("show", ref)["ab"] == data
    page = board("show", ref).out
    assert "412 of 18,230, 2.26 %" in page
    assert "92.6 % that v133 is better" in page
    assert "A/B -9.8 % (-21..+4) n 36k/56k" in board("history", ref).out
    fewer = board("ab", ref, "v90=12/230", "v133=71/190")
    assert (fewer.code, "fewer than before" in fewer.err) == (0, True)
    board("undo")
    assert board.data("ab", ref) == data
    for arms in (["v90=1/2"], ["v90=1/2", "v90=1/2"], ["a=1/2", "b=1,2,3"], ["a=1/2", "b=3/2"]):
        assert board("ab", ref, *arms).code == 2
    assert board("ab", ref, "--least", "5%").code == 2
