"""Reviews on the command line: what there is to answer, answers for scripts, earlier reviews."""

import pytest


@pytest.fixture
def risky(board):
    assert board("charter", "set", "rhythm", "2w").code == 0
    assert board("charter", "set", "risks", "- drift\n- labels come late").code == 0
    return board


def keys(board) -> list[str]:
    return [t["key"] for t in board.data("review")["topics"] if t["answered"] is None]


def test_a_review_by_commands_alone(risky) -> None:
    one, two = risky.card("one"), risky.card("two")
    drift, labels = keys(risky)
    assert risky("review", "answer", drift, "still").err == "Answered.\n"
    changed = risky("review", "answer", labels, "line", "labels come monthly")
    assert changed.err == "The risk is changed.\n"
    assert keys(risky) == []
    promised = risky.data("review", "promise", one, two, "--until", "3d")
    assert [card["id"] for card in promised["cards"]] == [one, two]
    assert promised["message"].startswith("Review 1 ended: 2 cards promised until ")
    assert risky("done", one, "--outcome", "learned").code == 0
    topics = {t["key"]: t for t in risky.data("review")["topics"]}
    assert [(c["id"], c["result"]) for c in topics["promised"]["came"]] == [
        (one, "done"), (two, "open"),
    ]  # fmt: skip
    assert topics[f"learned:{one}"]["answers"] == ["line"]
    lesson = risky.data("review", "answer", f"learned:{one}", "LINE", "no effect")
    assert lesson["cards"][0]["verdict"] == "no effect"
    assert risky("review", "promise", "--nothing").code == 0
    first, second = risky.data("review", "--list")
    assert (first["promised"], second["promised"]) == ([one, two], [])
    assert risky.data("review", "--show", "2") == second
    shown = risky("review", "--show", "2").out
    assert f"2 planned, 1 done, {two} open" in shown
    assert "no effect" in shown
    assert risky("review", "--list").out.splitlines()[0].split()[:2] == ["N", "ON"]


def test_without_a_terminal_it_prints_what_there_is_to_answer(risky) -> None:
    card = risky.card("idea", "--stage", "data prep")
    answer = risky("review")
    assert answer.code == 0
    assert "A review is due on " in answer.out
    assert "labels come late" in answer.out
    assert f"* {card}         ?  idea (too few older cards)" in answer.out
    assert "mlkanban review answer KEY ANSWER" in answer.err
    assert risky.data("show", card)["promised"] is None


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (["answer", "risks:00000000", "still"], 3, "does not ask about"),
        (["answer", "KEY", "perhaps"], 2, "takes no answer 'perhaps'"),
        (["answer", "KEY", "line"], 2, "needs a line"),
        (["answer", "KEY", "still", "x"], 2, "takes no text"),
        (["promise"], 2, "--nothing"),
        (["promise", "v1", "--nothing"], 2, "--nothing"),
        (["promise", "v9"], 3, "no card 'v9'"),
        (["promise", "v1", "--until", "2020-01-01"], 2, "does not lie ahead"),
        (["promise", "v2"], 1, "v2 is done"),
        (["--show", "1"], 3, "There is no review 1."),
        (["--show", "0"], 2, "0"),
        (["--show", "1", "--list"], 2, "Leave one of them out."),
        (["--list", "promise", "v1"], 2, "for the review alone"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    risky, args: list[str], code: int, text: str
) -> None:
    risky.card("one")
    risky("done", risky.card("two"), "--outcome", "learned")
    answer = risky("review", *(keys(risky)[-1] if arg == "KEY" else arg for arg in args))
    assert (answer.code, text in answer.err) == (code, True), answer.err
    assert risky.data("review", "--list") == []


def test_a_rhythm_that_is_none_is_refused(board) -> None:
    answer = board("charter", "set", "rhythm", "now and then")
    assert answer.code == 2
    assert "no rhythm" in answer.err
    assert "14d" in answer.err


def test_wins_are_starred_and_found(board) -> None:
    card = board.card("win")
    assert board("edit", card, "--win", "yes").code == 0
    assert board.data("show", card)["win"] is True
    assert [c["id"] for c in board.data("list", "-q", "is:win")] == [card]
    assert "Win" in board("show", card).out
    assert board("edit", card, "--win", "no").code == 0
    assert board.data("list", "-q", "is:win") == []
    assert board("edit", card, "--win", "perhaps").code == 2


def test_a_card_with_parts_says_how_many_are_done(board) -> None:
    whole = board.card("whole", "--stage", "training")
    done, _ = (board.card(title, "--parent", whole) for title in ("done", "open"))
    assert board("done", done, "--outcome", "learned").code == 0
    assert board.data("show", whole)["parts"] == {"done": 1, "total": 2, "by": None}
    assert "Parts       1/2" in board("show", whole).out
    assert board.data("show", done)["parts"] is None
    [line] = [line for line in board("list").out.splitlines() if line.startswith(f"{whole} ")]
    assert line.endswith("whole  1/2")


def test_a_review_lists_a_handful_of_cards_to_promise(board) -> None:
    for number in range(32):
        board.card(f"idea {number}")
    told = board("review").out
    assert told.count("  idea ") == 30
    assert "and 2 more: `mlkanban --json review` lists all." in told
    assert "* is proposed" in told
    assert len(board.data("review")["candidates"]) == 32
