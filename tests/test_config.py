import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from mlkanban.config import Settings, load, meanings, read, remember
from mlkanban.errors import BadInput


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_file_everything_has_a_default(file) -> None:
    settings, origins = read(file, {})
    assert settings == Settings()
    assert set(origins.values()) == {"default"}
    assert set(origins) == set(meanings()) == {field.name for field in fields(Settings)}


def test_the_file_then_the_variables(file) -> None:
    file.write_text('board = "fraud"\ntheme = "terminal"\nascii = true\n')
    settings, origins = read(file, {"MLKANBAN_BOARD": "churn", "MLKANBAN_ASCII": ""})
    assert (settings.board, settings.theme, settings.ascii) == ("churn", "terminal", True)
    assert (origins["board"], origins["theme"]) == ("MLKANBAN_BOARD", str(file))


@pytest.mark.parametrize(("written", "value"), [("1", True), ("0", False), ("no", False)])
def test_a_variable_says_yes_or_no(file, written, value) -> None:
    assert read(file, {"MLKANBAN_ASCII": written})[0].ascii is value


def test_names_of_commands_need_no_quotes(file) -> None:
    file.write_text('[keys]\ncard.block = "B"\n"undo" = "ctrl+z"\n')
    assert read(file, {})[0].keys == {"card.block": "B", "undo": "ctrl+z"}


def test_a_command_may_have_a_list_of_keys(file) -> None:
    file.write_text('[keys]\n"card.new" = ["ctrl+n", "+"]\nundo = "u ctrl+z"\n')
    assert read(file, {})[0].keys == {"card.new": "ctrl+n +", "undo": "u ctrl+z"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('bord = "x"', "line 1: bord: there is no such setting. Did you mean board?"),
        ("\n\nascii = 7", "line 3: ascii: 7 is not true or false."),
        ('board = "x"\n[keys]\ncard.block = 3', "line 3: card.block: 3 is not a key in "),
        (
            "[keys]\n'card.block' = ['b', 3]",
            "line 2: card.block: ['b', 3] is not a key in quotes, or a",
        ),
        ("keys = 3", "line 1: keys: 3 is not a table: [keys]."),
        ("trackers = [1]", "line 1: trackers: 1 is not a text in quotes."),
        ('repeat_parameters = "seed"', "line 1: repeat_parameters: 'seed' is not a list of "),
        ("\nrepeat_parameters = ['a', '*']", "line 2: repeat_parameters: '*' would fit every"),
        ("repeat_parameters = [' ']", "line 1: repeat_parameters: a name is empty."),
        ("repeat_parameters = ['a b']", "'a b' can be no name of a parameter."),
        ("name = 'run:7'", "line 1: name: 'run:7' is what the log calls something that is no"),
        ("name = ' ada'", "line 1: name: ' ada' is no name: one line of at most 40 letters is."),
        (f"name = '{'a' * 41}'", "is no name: one line of at most 40 letters is."),
        ("board = x", "is not TOML: Invalid value (at line 1, column 9)"),
        ('theme = "\\u001b[31m"\nzzz = 1', "line 2: zzz: there is no such setting. Remove it."),
    ],
)
def test_a_mistake_is_named_with_file_and_line(file, text, said) -> None:
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read(file, {})
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)


def test_a_bad_variable_is_named(file) -> None:
    with pytest.raises(BadInput, match=r"MLKANBAN_ASCII: .*'maybe'"):
        read(file, {"MLKANBAN_ASCII": "maybe"})


def test_the_log_has_names_that_no_person_takes(file) -> None:
    with pytest.raises(BadInput, match=r"^MLKANBAN_NAME: 'condition' is what the log calls"):
        read(file, {"MLKANBAN_NAME": "condition"})


def test_a_file_that_cannot_be_read(file) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="UTF-8"):
        read(file, {})
    file.unlink()
    file.mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        read(file, {})


def test_the_settings_of_a_person_lie_in_their_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text('timezone = "Europe/Rome"\n')
    assert load().timezone == "Europe/Rome"


def test_a_choice_is_remembered_beside_whatever_stands_there(file) -> None:
    remember(file, "theme", "terminal")
    assert file.read_text() == 'theme = "terminal"\n'
    file.write_text('# mine\ntheme = "a" # b\nascii = true\n[keys]\ntheme = "T"\n')
    remember(file, "theme", "kintsugi")
    assert file.read_text() == (
        '# mine\ntheme = "kintsugi" # b\nascii = true\n[keys]\ntheme = "T"\n'
    )
    remember(file, "board", "fraud")
    settings = read(file, {})[0]
    assert (settings.theme, settings.board, settings.keys) == ("kintsugi", "fraud", {"theme": "T"})


def test_every_setting_says_what_it_means() -> None:
    assert all(meanings().values())


def test_the_themes_it_names_by_default_exist() -> None:
    code = (
        "from mlkanban.config import Settings; from mlkanban.theme_files import available;"
        "assert Settings().theme in available()[0]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("written", ['"theme"', "'theme'", "  theme ", '"th\\u0065me"'])
@pytest.mark.parametrize("value", ['"x"', '"""\nx\n"""'])
def test_a_setting_is_found_however_it_is_written(file, written, value) -> None:
    file.write_text(f'# mine\n{written} = {value}\nascii = true\n[keys]\nundo = "z"\n')
    remember(file, "theme", "terminal")
    settings = read(file, {})[0]
    assert (settings.theme, settings.ascii, settings.keys) == ("terminal", True, {"undo": "z"})
    assert file.read_text().startswith("# mine\n")


def test_a_link_to_the_settings_stays_one(file, tmp_path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("ascii = true\n")
    file.symlink_to(real)
    remember(file, "theme", "terminal")
    assert file.is_symlink()
    assert real.read_text() == 'ascii = true\ntheme = "terminal"\n'


@pytest.mark.parametrize("text", ["ascii = ", "[theme]\nx = 1\n[theme]\n"])
def test_a_file_that_would_not_be_read_again_is_left_alone(file, text) -> None:
    file.write_text(text)
    with pytest.raises(BadInput):
        remember(file, "theme", "terminal")
    assert file.read_text() == text


def test_a_setting_with_few_values_names_them(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('notify = "loud"\n')
    with pytest.raises(BadInput, match="'loud' is not one of none, bell, osc9, osc777"):
        read(file, {})
    file.write_text('notify = "osc777"\n')
    assert read(file, {})[0].notify == "osc777"
    assert read(file, {"MLKANBAN_NOTIFY": "bell"})[0].notify == "bell"


def test_the_limit_of_logs_is_a_number_of_mb(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("log_limit_mb = 0.5\n")
    assert read(file, {})[0].log_limit == 500_000
    assert read(file, {"MLKANBAN_LOG_LIMIT_MB": "3"})[0].log_limit == 3_000_000
    with pytest.raises(BadInput, match=r"MLKANBAN_LOG_LIMIT_MB: -1\.0 is no size"):
        read(file, {"MLKANBAN_LOG_LIMIT_MB": "-1"})
    for text, why in (('"much"', "'much' is not a number"), ("nan", "nan is no size")):
        file.write_text(f"log_limit_mb = {text}\n")
        with pytest.raises(BadInput, match=f"line 1: log_limit_mb: {why}"):
            read(file, {})
