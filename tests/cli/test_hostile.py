"""Text that no board can keep, files that are too large or too deep: refused in a sentence."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

BAD = "a\udcffb"
"""What a byte that is no UTF-8 becomes on the command line, where no NUL can be."""

FILES = [
    ["backup", "--to", "{}"],
    ["export", "csv", "--out", "{}"],
    ["report", "--out", "{}.md"],
]
"""Names of files may be anything."""

COMMANDS = [
    line.split()
    for line in """
add {}
add x --tag {}
add x --hypothesis {}
add x --dataset {}
add x --checklist {}
add x --link {}
add x --note {}
add x --metric {}>=1
add x --worth {}
add x --budget {}
add x --parent {}
add x --needs {}
add x --due {}
add x --stage {}
edit CARD --title {}
edit CARD --verdict {}
edit CARD --untag {}
edit CARD --tick {}
note CARD {}
move CARD {}
move CARD Ready --override {}
block CARD --reason bug --note {}
block CARD --reason bug --until {}
done CARD --outcome learned --verdict {}
snooze CARD --until {}
merge CARD {}
show {}
list -q {}
views --save {} -q x
views --save x -q {}
init {}
init x --timezone {}
stages add {}
stages rename Ready {}
charter set goal {}
charter set {} x
history {}
restore {}
import markdown {}
import events {} --map {}
--board {} list
""".strip().splitlines()
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_lets_it_in_or_falls_over(board, home, command: list[str]) -> None:
    card = board.card("a card")
    answer = board(*(part.replace("CARD", card).replace("{}", BAD) for part in command))
    said = answer.out + answer.err
    assert "crash" not in said, said
    if "--untag" not in command and "--override" not in command:
        assert answer.code in (1, 2, 3, 5), said
    conn = sqlite3.connect(Path(home["MLKANBAN_HOME"]) / "board.db")
    for (data,) in conn.execute("SELECT data FROM event").fetchall():
        assert "\\ud" not in json.dumps(json.loads(data))
    conn.close()


@pytest.mark.parametrize("command", FILES, ids=" ".join)
def test_a_file_may_have_any_name(board, tmp_path, monkeypatch, command: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    answer = board("--json", *(part.replace("{}", BAD) for part in command))
    assert answer.code == 0, answer.err
    assert os.path.exists(command[-1].replace("{}", BAD))


def test_what_comes_through_a_pipe(shell, home) -> None:
    assert shell("init", "Fraud").code == 0
    assert shell("add", "a").code == 0
    card = json.loads(shell("list", "--json").out)["data"][0]["id"]
    import subprocess

    from tests.cli.conftest import PROGRAM

    for data, words in ((b"a\xffb", b"U+DCFF"), (b"x" * 1_000_001, b"1,000,000")):
        done = subprocess.run(
            [*PROGRAM, "note", card, "-"], input=data, capture_output=True, timeout=60,
            env=home | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.returncode == 2
        assert words in done.stderr


@pytest.mark.parametrize(
    "text", [".".join("a" * 5000) + " = 1", "a = " + "[" * 9000 + "]" * 9000, "#" * 1_000_001]
)
def test_settings_too_large_or_too_deep(mlk, home, text: str) -> None:
    Path(home["MLKANBAN_HOME"], "config.toml").write_text(text)
    answer = mlk("list")
    assert answer.code == 5
    assert "is not TOML" in answer.err


def test_a_theme_too_deep_is_named(mlk, home) -> None:
    folder = Path(home["MLKANBAN_HOME"]) / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text("name = " + "[" * 9000 + "]" * 9000)
    answer = mlk("themes")
    assert "mine.toml" in answer.out + answer.err
    assert "crash" not in answer.err
