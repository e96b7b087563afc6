"""What scripts rely on: exit codes, the JSON object, what goes to stdout and what to stderr."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

import mlkanban
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.cli import program
from mlkanban.core.templates import TEMPLATES
from mlkanban.errors import StoreProblem
from mlkanban.shell_commands import MEANT, SENTENCES

HEAVY = ("textual", "rich", "plotext", "pandas", "numpy", "pydantic", "sqlite_utils")


def test_the_start_loads_nothing_heavy() -> None:
    code = f"import sys, mlkanban.cli.program; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_list_in_json_loads_nothing_of_the_screen() -> None:
    code = (
        "import sys, mlkanban.cli.show_cards, mlkanban.display.card_json;"
        f"print([m for m in {HEAVY[:5]!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_start_of_a_job_loads_no_table_picture_or_tracker() -> None:
    rooms = ("display", "charts", "runs.slurm", "runs.queue", "runs.trackers", "cli.runs")
    code = (
        "import sys, mlkanban.cli.program, mlkanban.cli.run;"
        f"print([m for m in sys.modules for r in {rooms!r} if m.startswith('mlkanban.' + r)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "args",
    [
        ["add", "Try", "--tag", "gpu", "--due", "3d", "--worth", "5/2"],
        ["move", "v1", "ready"],
        ["edit", "v1", "--hypothesis", "It helps."],
        ["list"],
        ["--json", "list"],
        ["config"],
    ],
    ids=" ".join,
)
def test_what_is_done_most_often_checks_cards_without_pydantic(
    shell, home: dict[str, str], args: list[str]
) -> None:
    shell("init", "Fraud")
    shell("add", "first")
    code = (
        f"import sys; from mlkanban.cli.program import run; code = run({args!r});"
        "print([code, 'pydantic' in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=home
    )
    assert done.stdout.splitlines()[-1] == "[0, False]"


def test_the_help_lists_the_board_templates(board) -> None:
    shown = " ".join(board("init", "--help").out.split())
    for template in TEMPLATES:
        assert f" {template.key} {template.about}" in shown


def loaded_by(args: list[str], env: dict[str, str]) -> list[str]:
    """What is loaded when somebody types a command."""
    code = (
        "import sys; from mlkanban.cli import main; sys.argv[1:] = "
        f"{args!r}\n"
        "try: sys.exit(main())\n"
        "finally: print('\\n', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return done.stdout.splitlines()[-1].split()


def numbers_of(modules: list[str]) -> set[str]:
    prefix = "mlkanban.display.number_text."
    return {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}


@pytest.mark.parametrize("args", [["flow", "--help"], ["flow", "wip", "--help"]])
def test_the_help_of_the_numbers_loads_none_of_them(home: dict[str, str], args: list[str]) -> None:
    assert_no_number(loaded_by(args, home))


def test_the_completed_names_of_the_numbers_load_none_of_them(home: dict[str, str]) -> None:
    words = {"COMP_WORDS": "mlkanban flow cy", "COMP_CWORD": "2"}
    assert_no_number(loaded_by([], home | words | {"_MLKANBAN_COMPLETE": "bash_complete"}))


def assert_no_number(modules: list[str]) -> None:
    parts = ("mlkanban.flow.", "mlkanban.charts.", "mlkanban.display.", "rich")
    assert [name for name in modules if name.startswith(parts)] == ["mlkanban.charts.catalogue"]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        *((entry.name, {entry.name.replace("-", "_")}) for entry in CATALOGUE
          if entry.name != "scatter"),
        ("scatter", {"scatter", "cycle_time"}),
        ("simulate", {"simulate"}),
        ("suggest-limits", {"suggest_limits", "simulate"}),
    ],
)  # fmt: skip
def test_a_number_in_json_loads_no_other_and_no_picture(
    shell, home: dict[str, str], name: str, numbers: set[str]
) -> None:
    shell("init", "Fraud")
    modules = loaded_by(["--json", "flow", name], home)
    assert numbers_of(modules) == numbers
    pictures = [m for m in modules if m.startswith("mlkanban.charts.")]
    assert pictures == ["mlkanban.charts.catalogue"]
    assert not {"rich", "plotext"} & set(modules)


@pytest.mark.parametrize("name", ["boards", "list", "history", "plan", "keys", "config"])
def test_what_is_printed_as_json_measures_no_cells(shell, home: dict[str, str], name: str) -> None:
    shell("init", "Fraud")
    assert "rich" not in loaded_by(["--json", name], home)


def test_help_and_names_of_commands_load_no_command() -> None:
    code = (
        "import click, sys\n"
        "from mlkanban.cli.program import program\n"
        "with program.make_context('mlkanban', ['keys']) as ctx:\n"
        "    program.get_help(ctx)\n"
        "    names = [item.value for item in program.shell_complete(ctx, 'ex')]\n"
        "print(names, [m for m in sys.modules if m.startswith('mlkanban.service')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['export'] []\n"


@pytest.mark.parametrize("name", program.COMMANDS)
def test_the_list_of_commands_says_what_the_help_of_each_begins_with(name) -> None:
    ctx = click.Context(program.program)
    command = program.program.get_command(ctx, name)
    assert command is not None
    assert SENTENCES[name] == command.get_short_help_str(1_000)
    offered = {item.value: item.help for item in program.program.shell_complete(ctx, name)}
    assert offered[name] == command.get_short_help_str()


def test_the_real_program(shell, home) -> None:
    """One long session: each process costs a quarter of a second."""
    assert shell("--version").out == f"mlkanban {mlkanban.__version__}\n"

    nothing = shell()
    assert nothing.code == 0
    assert (nothing.out, "mlkanban init NAME" in nothing.err) == ("", True)

    missing = shell("list", "--json")
    assert missing.code == 3
    assert missing.object["kind"] == "error"
    assert missing.object["data"]["exit_code"] == 3
    assert missing.err.startswith("mlkanban: There is no board yet")
    store = Path(home["MLKANBAN_HOME"]) / "board.db"
    assert not store.exists()

    made = shell("--json", "init", "Fraud")
    assert (made.code, made.err) == (0, "")
    assert made.object["schema"] == 1
    assert made.object["kind"] == "init"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600

    title = "cfg[lr=3e-4] [@click=app.bell]x\x1b]52;c;aGk=\x07\x9b31m\u202edlrow"
    added = shell("add", title, "--json")
    assert added.object["kind"] == "card"
    assert added.object["data"]["title"] == title
    assert added.out.isascii()
    assert added.out.strip().isprintable()
    for args in ((), ("list",), ("show", added.data["id"]), ("history",), ("export", "csv")):
        shown = shell(*args)
        assert shown.code == 0, shown.err
        assert "cfg[lr=3e-4] [@click=app.bell]x" in shown.out
        assert all(line.isprintable() for line in shown.out.replace("\n", "").split()), args

    refused = shell("move", added.data["id"], "nowhere")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.count("\n") == 1


def test_a_reader_who_stops_is_no_error(shell, home) -> None:
    shell("init", "Fraud")
    shell("add", "x")
    env = home | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m mlkanban list | true"], env=env, capture_output=True
    )
    assert done.stderr == b""
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m mlkanban list >&- <&-"], env=env, capture_output=True
    )
    assert (closed.returncode, closed.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["bogus"], 2),
        (["list", "--bogus"], 2),
        (["flow"], 2),
        (["init"], 2),
        (["add", ""], 2),
        (["init", "x", "--timezone", "Mars/Olympus"], 2),
        (["show", "g99"], 3),
        (["move", "g99", "Training"], 3),
        (["--board", "nope", "list"], 3),
        (["init", "Fraud"], 1),
        (["undo"], 1),
        (["import", "events", "nope.csv", "--map", "nope.toml"], 5),
    ],
)
def test_every_error_is_one_sentence_and_one_object(board, args, code) -> None:
    plain = board(*args)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("mlkanban: ")
    assert plain.err.count("\n") == 1
    for spelled in (["--json", *args], [*args, "--json"]):
        answer = board(*spelled)
        assert answer.code == code
        assert answer.object["schema"] == 1
        assert answer.object["kind"] == "error"
        assert set(answer.object["data"]) == {"message", "hint", "exit_code"}
        assert answer.object["data"]["exit_code"] == code
        assert answer.err == plain.err


def test_json_after_a_double_dash_is_text(board) -> None:
    assert board("--json", "add", "--", "a", "--json").data["title"] == "a --json"


def test_version_in_json(mlk) -> None:
    assert mlk.data("--version") == {"version": mlkanban.__version__}


def test_home_is_where_everything_lies(mlk, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "other"))
    assert mlk("--home", str(tmp_path / "here"), "init", "x").code == 0
    assert (tmp_path / "here" / "board.db").exists()
    assert not (tmp_path / "other").exists()


def test_a_board_is_chosen_by_option_variable_setting_and_last_use(
    board, home, monkeypatch
) -> None:
    board("init", "Churn", "--template", "plain")
    assert board.data()["key"] == "churn"
    config = Path(home["MLKANBAN_HOME"]) / "config.toml"
    config.write_text('board = "fraud"\n')
    assert board.data()["key"] == "fraud"
    monkeypatch.setenv("MLKANBAN_BOARD", "churn")
    assert board.data()["key"] == "churn"
    assert board.data("--board", "fra")["key"] == "fraud"


def test_a_crash_leaves_a_log_and_two_lines(board, home, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no\x1b[31m luck")

    monkeypatch.setattr("mlkanban.service.boards.Boards.all", broken)
    answer = board("--json", "boards")
    log = Path(home["MLKANBAN_HOME"]) / "crash.log"
    assert answer.code == 4
    assert answer.object["data"]["exit_code"] == 4
    assert answer.err.count("\n") == 2
    assert str(log) in answer.err
    assert "\x1b" not in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_what_the_store_says_is_told(board, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreProblem("The disk is full.", "Make room.")

    monkeypatch.setattr("mlkanban.service.cards.Cards.add_all", full)
    answer = board("add", "x")
    assert (answer.code, answer.err) == (4, "mlkanban: The disk is full. Make room.\n")


def test_an_interrupt_is_quiet(board, monkeypatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlkanban.service.boards.Boards.all", interrupted)
    answer = board("boards")
    assert (answer.code, answer.out, answer.err) == (130, "", "")


def test_no_terminal_prints_the_board(board) -> None:
    ref = board.card("Try focal loss", "--stage", "train")
    board.card("An idea")
    gone = board.card("Old")
    board("archive", gone)
    shown = board()
    assert shown.code == 0
    assert "5 Training  1/1 attended + 0/2 running" in shown.out
    assert "Try focal loss" in shown.out
    assert "Old" not in shown.out
    data = board.data()
    assert [card["title"] for card in data["cards"]] == ["An idea", "Try focal loss"]
    assert data["stages"][4]["count"] == 1
    board("done", ref, "--outcome", "shipped")
    board("add", "learned from", "--stage", "train")
    last = next(c["id"] for c in board.data("list") if c["title"] == "learned from")
    board("done", last, "--outcome", "learned")
    shown = board.data()["cards"]
    assert [card["outcome"] for card in shown] == [None, "shipped"]


def test_a_missing_option_says_what_it_takes(board) -> None:
    told = board("snooze", board.card("a"))
    assert told.code == 2
    assert "Missing option '--until'. The day they come back: 2026-03-31, 3d" in told.err


def test_every_command_has_help(mlk) -> None:
    shown = mlk("--help").out
    assert all(f"\n  {name} " in shown for name in program.COMMANDS if name != "demo")
    assert "...\n" not in shown.partition("\n")[2], "no sentence is cut"
    for name in program.COMMANDS:
        if name != "demo":
            assert mlk(name, "--help").code == 0


def test_nothing_is_readable_for_others(shell, home, tmp_path) -> None:
    out = tmp_path / "out.csv"
    shell("init", "x")
    assert shell("export", "csv", "--out", str(out)).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    found = [path for path in Path(home["MLKANBAN_HOME"]).rglob("*") if path.is_file()]
    assert found
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in found)


def test_json_is_json(board) -> None:
    board.card("x")
    for args in ([], ["boards"], ["stages"], ["list"], ["history"], ["keys"], ["themes"],
                 ["config"], ["flow", "cycle-time"], ["completion", "bash"]):  # fmt: skip
        answer = board("--json", *args)
        assert answer.code == 0, answer.err
        assert json.loads(answer.out).keys() == {"schema", "kind", "data"}
        assert answer.out.count("\n") == 1


def test_only_what_makes_a_board_makes_a_store(mlk, tmp_path) -> None:
    home = tmp_path / "typo"
    for command in (["add", "x"], ["move", "m1", "x"], ["edit", "m1", "--due", "none"], ["undo"],
                    ["stages", "conwip", "3"], ["list"]):  # fmt: skip
        answer = mlk("--home", str(home), *command)
        assert (answer.code, "There is no board yet" in answer.err) == (3, True), command
    assert not home.exists()
    assert mlk("--home", str(home), "init", "x").code == 0
    assert (home / "board.db").exists()


@pytest.mark.parametrize(
    ("words", "guess"),
    [
        (("reprot",), "Did you mean report?"),
        (("flow", "cycletime"), "Did you mean cycle-time?"),
        (("stages", "limits"), "Did you mean limit?"),
        (("export", "jsonn"), "Did you mean jsonl?"),
        (("xyzzy",), "See: mlkanban --help"),
        (("delete", "v1"), "Did you mean archive?"),
        (("templates", "delete"), "Did you mean remove?"),
        (("burndown",), "Did you mean flow burn-up?"),
        (("flow", "burndown"), "Did you mean burn-up?"),
        (("flow", "lead-time"), "Did you mean lead?"),
        (("finish", "v1"), "Did you mean done?"),
        (("relate",), "See: mlkanban --help"),
    ],
)
def test_a_misspelt_command_is_guessed(mlk, words, guess) -> None:
    answer = mlk(*words)
    assert answer.code == 2
    name = words[words[0] in ("flow", "templates", "stages", "export")]
    assert f"There is no command '{name}'. {guess}" in answer.err


def test_every_command_that_is_meant_by_another_word_exists(mlk) -> None:
    for near in MEANT.values():
        assert any(mlk(*word.split(), "--help").code == 0 for word in near), near


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--board", "two"), ("list", "--board=two"), ("--board", "two", "list"),
        ("list", "--all", "--board", "two", "--json"),
    ],
)  # fmt: skip
def test_the_board_and_the_home_may_stand_anywhere(mlk, tmp_path, words) -> None:
    home = ("--home", str(tmp_path / "there"))
    for board in ("one", "two"):
        assert mlk("init", board, "--template", "plain", *home).code == 0
        assert mlk("add", f"of {board}", "--board", board, f"--home={home[1]}").code == 0
    answer = mlk(*words, *home)
    assert "of two" in answer.out
    assert "of one" not in answer.out
    assert mlk("add", "--board", "one", *home, "--", "--board", "two").code == 0
    assert "--board two" in mlk("list", *home, "--board", "one").out
    assert mlk("list", "--board").code == 2


@pytest.mark.parametrize(
    "module",
    ["click", "mlkanban.cli.program", "mlkanban.cli.session", "mlkanban.cli.show_cards",
     "mlkanban.config", "mlkanban.store.database"],
)  # fmt: skip
def test_ctrl_c_while_the_program_is_loaded_ends_it_quietly(home, module) -> None:
    code = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            raise KeyboardInterrupt\n"
        "from mlkanban.cli import main\n"
        "sys.argv = ['mlkanban', 'init', 'x']\n"
        "main()\n"
        "for name in [n for n in sys.modules if n.startswith(('mlkanban.', 'click'))]:\n"
        "    del sys.modules[name]\n"
        "from mlkanban.cli import main\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "sys.argv = ['mlkanban', 'list']\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=home, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_ctrl_c_that_comes_as_another_error_is_no_crash(board, monkeypatch) -> None:
    def interrupted(*args: object) -> None:
        raise RuntimeError("error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr("mlkanban.cli.show_cards.by_stage", interrupted)
    answer = board("list")
    assert (answer.code, answer.out, answer.err) == (130, "", "")


def test_a_field_that_other_tools_have_for_people_names_the_tag(board) -> None:
    board.card("mine", "--tag", "@bob")
    refused = board("list", "-q", "assignee:bob")
    assert (refused.code, "tag:@NAME" in refused.err) == (2, True)
    assert [card["title"] for card in board.data("list", "-q", "tag:@bob")] == ["mine"]
