import pytest

from mlkanban.core.board import Board, BoardName, Stage
from mlkanban.core.names import find_board, find_stage, pick, slug
from mlkanban.errors import NotFound, UsageProblem


def board(key: str, name: str = "", stages: tuple[str, ...] = ("Ideas",)) -> Board:
    return Board(
        id=key, key=key, name=name or key, stages=tuple(Stage(id=s, name=s) for s in stages)
    )


ML = board("ml", stages=("Ideas", "Ready", "Data prep", "Deployment", "De"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Fraud model 2", "fraud-model-2"),
        ("  Größe & Maß!", "groe-ma"),
        ("日本", "board"),
        ("x" * 99, "x" * 40),
        ("--", "board"),
    ],
)
def test_a_key_is_made_from_a_name(name: str, key: str) -> None:
    assert slug(name) == key


@pytest.mark.parametrize(
    ("typed", "found"),
    [("Ready", "Ready"), ("rea", "Ready"), (" DATA ", "Data prep"), ("de", "De"), ("dep", None)],
)
def test_a_stage_is_named_by_a_beginning(typed: str, found: str | None) -> None:
    assert find_stage(ML, typed).name == (found or "Deployment")


def test_a_stage_is_named_by_its_number_where_no_name_begins_so() -> None:
    assert find_stage(ML, "3").name == "Data prep"
    assert find_stage(board("x", stages=("Ideas", "Ready", "1st look")), "1").name == "1st look"


def test_two_stages_with_the_same_beginning_are_both_named() -> None:
    with pytest.raises(UsageProblem, match="'d' could be Data prep or Deployment or De"):
        find_stage(ML, "d")


@pytest.mark.parametrize("typed", ["", "  ", "Done", "eady", "0", "6", "-1"])
def test_no_such_stage_lists_the_stages(typed: str) -> None:
    with pytest.raises(NotFound, match="Ideas, Ready, Data prep, Deployment, De"):
        find_stage(ML, typed)


def test_a_board_is_named_by_key_or_name() -> None:
    boards = [BoardName("1", "fraud", "Card fraud"), BoardName("2", "churn", "Leavers")]
    assert find_board(boards, "fr").key == "fraud"
    assert find_board(boards, "leav").key == "churn"
    # A key goes before a name that begins alike.
    assert find_board([*boards, BoardName("3", "card", "x")], "card").key == "card"


def test_no_such_board_lists_the_boards() -> None:
    with pytest.raises(NotFound, match="fraud, churn"):
        find_board([BoardName("1", "fraud", ""), BoardName("2", "churn", "")], "x")
    with pytest.raises(NotFound, match="mlkanban init"):
        find_board([], "x")


def test_a_prefix_picks_what_one_choice_alone_has() -> None:
    choices = {"Train": 1, "Tune": 2, "Trainer": 3}
    assert [pick(text, choices) for text in ("tu", " TUNE ", "train", "traine")] == [2, 2, 1, 3]
    assert pick("x", choices) is pick("  ", choices) is None
    for text, several in (("t", "Train or Tune or Trainer"), ("tr", "Train or Trainer")):
        with pytest.raises(UsageProblem, match=f"could be {several}"):
            pick(text, choices)
