"""Templates of a person's own: kept from a card or a board, used by name, read from files."""

from pathlib import Path

import pytest

from mlkanban.core.card_templates import CARD_TEMPLATES
from mlkanban.core.templates import TEMPLATES


@pytest.fixture
def files(home) -> Path:
    return Path(home["MLKANBAN_HOME"]) / "templates"


def write(files: Path, name: str, text: str) -> Path:
    files.mkdir(exist_ok=True)
    file = files / f"{name}.toml"
    file.write_text(text)
    return file


def test_all_templates_are_listed(board, files) -> None:
    board("templates", "save", "ours", "--about", "how we work")
    listed = board.data("templates")
    built_in = [*(made.key for made in CARD_TEMPLATES), *(made.key for made in TEMPLATES)]
    assert [one["name"] for one in listed] == [*built_in, "ours"]
    assert listed[-1] == {
        "name": "ours", "of": "board", "title": "ours", "about": "how we work", "own": True,
        "file": str(files / "ours.toml"),
    }  # fmt: skip
    assert "ours               board  yours  how we work" in board("templates").out


def test_a_card_kept_as_a_template_makes_cards_like_it(board, files) -> None:
    ref = board.card(
        "Leave out the embeddings #ablation !high metric:auc>=0.9 budget:12runs",
        "--hypothesis", "two lines,\nkept", "--guards", "p95<=50", "--dataset", "v3",
        "--link", "https://wiki/ablations", "--template", "experiment", "--metric", "auc=0.7",
        "--note", "what happened",
    )  # fmt: skip
    board("edit", ref, "--tick", "1", "--due", "3d")
    first = board.data("show", ref)
    answer = board.data("templates", "save", "ablation", ref)
    assert answer == {"name": "ablation", "file": str(files / "ablation.toml")}
    made = board.data("show", board.card("Another #more", "--template", "ablation"))
    same = "type", "priority", "class", "budget", "hypothesis", "dataset", "links"
    assert {name: made[name] for name in same} == {name: first[name] for name in same}
    assert (made["metric"]["target"], made["metric"]["value"]) == (0.9, None)
    assert [guard["name"] for guard in made["guards"]] == ["p95"]
    assert made["tags"] == ["ablation", "more"]
    assert made["checklist"] == [{**item, "done": False} for item in first["checklist"]]
    assert (made["title"], made["due"], made["notes"]) == ("Another", None, [])


def test_options_win_over_a_template(board, files) -> None:
    write(files, "one", 'priority = "low"\ntags = ["a"]\nnote = "read me"\n')
    ref = board.card("x !high", "--template", "one", "--tag", "b")
    card = board.data("show", ref)
    assert (card["priority"], card["tags"]) == ("high", ["a", "b"])
    assert [note["text"] for note in card["notes"]] == ["read me"]
    other = board.data("show", board.card("y", "--template", "one", "--note", "mine"))
    assert [note["text"] for note in other["notes"]] == ["mine"]


def test_gates_of_a_template_stand_where_the_role_or_the_name_says(board, mlk, files) -> None:
    board("stages", "add", "Labelling", "--after", "data prep")
    board("stages", "role", "labelling", "none")
    ref = board.card("x", "--checklist", "seeds", "--checklist", "labels")
    write(
        files,
        "gated",
        '[[checklist]]\ntext = "seeds"\nrole = "train"\n'
        '[[checklist]]\ntext = "labels"\nstage = "labelling"\n',
    )
    ref = board.card("y", "--template", "gated")
    gates = {item["text"]: item["gate"] for item in board.data("show", ref)["checklist"]}
    assert gates == {"seeds": "Training", "labels": "Labelling"}
    assert board("templates", "save", "again", ref).code == 0
    text = (files / "again.toml").read_text()
    assert 'role = "train"' in text
    assert 'stage = "Labelling"' in text
    mlk("init", "Other", "--template", "plain")
    ref = mlk.data("--board", "other", "add", "z", "--template", "gated")["id"]
    gates = {item["text"]: item["gate"] for item in mlk.data("show", ref)["checklist"]}
    assert gates == {"seeds": "Doing", "labels": ""}


def test_a_board_kept_as_a_template_makes_boards_like_it(board, files) -> None:
    board("stages", "add", "Review", "--after", "eval", "--kind", "gate")
    board("stages", "limit", "review", "0", "--soft")
    board("stages", "role", "review", "evaluate")
    board("stages", "deliverables", "train", "seeds noted")
    board("stages", "conwip", "7")
    board("templates", "save", "ours")
    made = board.data("init", "Next one", "--template", "ours")
    assert made["stages"] == board.data("stages")
    assert (made["conwip"], made["template"]) == (7, "ours")


def test_what_a_board_asks_all_cards_for_is_no_part_of_a_card_template(board, files) -> None:
    board("stages", "deliverables", "train", "seeds noted")
    ref = board.card("x", "--checklist", "own item")
    board("templates", "save", "one", ref)
    assert "own item" in (files / "one.toml").read_text()
    assert "seeds noted" not in (files / "one.toml").read_text()


def test_a_name_is_taken_once(board, files) -> None:
    ref = board.card("x", "--priority", "low")
    board("templates", "save", "one")
    refused = board("templates", "save", "one", ref)
    assert refused.code == 1
    assert "There is a template 'one' already." in refused.err
    assert board("templates", "save", "one", ref, "--replace").code == 0
    assert board("add", "y", "--template", "one").code == 0
    for name in ("experiment", "crisp-dm"):
        assert "comes with the program" in board("templates", "save", name, ref).err
    for name in ("../x", "a b", "", "x" * 41, "-x"):
        assert board("templates", "save", "--", name, ref).code == 2
    assert [file.name for file in files.iterdir()] == ["one.toml"]


def test_templates_are_shown_and_removed(board, files) -> None:
    shown = board("templates", "show", "scope").out
    write(files, "mine", shown)
    assert board("templates", "show", "mine").out == shown
    assert board("templates", "remove", "mine").code == 0
    assert board("templates", "show", "mine").code == 3
    assert board("templates", "remove", "mine").code == 3
    assert board("templates", "remove", "scope").code == 1


@pytest.mark.parametrize("made", [*CARD_TEMPLATES, *TEMPLATES], ids=lambda made: made.key)
def test_every_template_can_be_read_back_as_it_is_shown(board, files, made) -> None:
    shown = board("templates", "show", made.key).out
    write(files, "copy", shown)
    assert board("templates", "show", "copy").out == shown
    assert board("templates").err == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", "x: there is no such key."),
        ("type = 3", "type: Input should be a valid string."),
        ('type = "dream"', "'dream'"),
        ('metric = "auc"', "'auc' is not a metric."),
        ('metric = "auc>=0.9 p95=3"', "p95"),
        ("[[checklist]]\nrole = 'train'", "checklist.0.text: Field required."),
        ("[[checklist]]\ntext = 'x'\nrole = 'dream'", "checklist.0.role"),
        ("[asks]\ncolour = 'which?'", "asks.colour"),
        ("stages = []", "stages"),
        ("[[stages]]\nname = 'a'", "No stage would be committed"),
        ("[[stages]]\nname = 'a'\nlimit = -1", "stages.0.limit"),
        ("[[stages]]\nname='a'\ncommitted=true\n[[stages]]\nname='A'", "two stages a"),
        ("title = ", "is not valid TOML"),
        ("\udcff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_none_is_named_and_makes_nothing(board, files, text, says) -> None:
    files.mkdir()
    (files / "bad.toml").write_bytes(text.encode(errors="surrogateescape"))
    write(files, "good", 'about = "fine"')
    before = board.data("list", "--all")
    refused = board("add", "x", "--template", "bad")
    assert refused.code == 5
    assert says in refused.err
    assert f"{files / 'bad.toml'}: " in refused.err
    assert board("init", "New", "--template", "bad").code == 5
    assert board.data("list", "--all") == before
    assert len(board.data("boards")) == 1
    assert [one["name"] for one in board.data("templates")][6] == "good"
    assert says in board("templates").err


def test_a_template_of_the_wrong_kind_says_how_it_is_used(board, files) -> None:
    board("templates", "save", "ours")
    refused = board("add", "x", "--template", "ours")
    assert refused.code == 3
    assert "mlkanban init NAME --template ours" in refused.err
    assert "mlkanban add TITLE --template scope" in board("init", "x", "--template", "scope").err
    assert board("add", "x", "--template", "nonsense").code == 3
