from pathlib import Path

import pytest

from mlkanban.runs.model import repeats
from mlkanban.theme_files import COLORS


def test_keys_come_from_the_table_of_the_screen(mlk, home) -> None:
    from mlkanban.tui.commands import COMMANDS

    data = mlk.data("keys")
    assert [key["name"] for key in data["keys"]] == [command.name for command in COMMANDS]
    assert data["problems"] == []
    config = Path(home["MLKANBAN_HOME"]) / "config.toml"
    config.write_text('[keys]\ncard.block = "Z"\nnobody = "z"\n')
    data = mlk.data("keys")
    assert {"card.block": ["Z"]}.items() <= {k["name"]: k["keys"] for k in data["keys"]}.items()
    assert len(data["problems"]) == 1
    assert "nobody" in mlk("keys").err


def test_themes_and_bad_theme_files(mlk, home) -> None:
    folder = Path(home["MLKANBAN_HOME"]) / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text("name = 3\n")
    answer = mlk("themes")
    assert answer.code == 0
    assert "mlkanban-dark" in answer.out
    assert "mine.toml" in answer.err
    assert mlk.data("themes")["in_use"] == "mlkanban-dark"


def test_the_contrast_of_themes_is_that_of_wcag_and_names_roles_that_look_alike(mlk, home) -> None:
    folder = Path(home["MLKANBAN_HOME"]) / "themes"
    folder.mkdir()
    white = dict.fromkeys(COLORS, "#fff") | {"background": "#000"}
    colors = "".join(f'{name} = "{color}"\n' for name, color in white.items())
    (folder / "mine.toml").write_text(
        f'name = "mine"\ndark = true\n{colors}[board]\nalarm = "#ff0000"\n'
        'live = "#ee0000"\nclock = "#777777"\n'
        'cursor-bg = "#ffffff"\n'
    )
    themes = {theme["name"]: theme for theme in mlk.data("themes")["themes"]}
    of = {role.pop("role"): role for role in themes["mine"]["contrasts"]}
    # Red on black is 5.25 and #777 on white 4.48, in every table of contrasts.
    assert of["alarm"]["on_ground"] == pytest.approx(5.252, abs=0.001)
    assert of["clock"]["on_cursor"] == pytest.approx(4.478, abs=0.001)
    assert of["title"] == {"color": "#fff", "on_ground": 21, "on_cursor": 1}
    # Bold tells red words of a state from others of nearly the same red.
    assert ["alarm"] in themes["mine"]["roles_at_16_colours"]
    assert ["title", "mark"] in themes["terminal"]["roles_at_16_colours"]
    shown = mlk("themes", "--contrast").out
    assert "mine: least 1.0; " in shown
    assert "terminal: colours of the terminal; 7 of 9 roles told apart at 16 colours" in shown


def test_settings_say_where_they_come_from(mlk, home, monkeypatch) -> None:
    config = Path(home["MLKANBAN_HOME"]) / "config.toml"
    assert "(not there yet)" in mlk("config").out
    config.write_text('theme = "terminal"\n')
    monkeypatch.setenv("MLKANBAN_ASCII", "1")
    settings = {s["name"]: (s["value"], s["from"]) for s in mlk.data("config")["settings"]}
    assert settings.pop("repeat_parameters") == (list(repeats.DEFAULT_NAMES), "default")
    assert settings == {
        "board": ("", "default"), "theme": ("terminal", str(config)),
        "ascii": (True, "MLKANBAN_ASCII"), "timezone": ("", "default"), "keys": ({}, "default"),
        "trackers": ([], "default"), "preview": (True, "default"),
        "card_list": (False, "default"), "notify": ("none", "default"),
        "log_limit_mb": (200.0, "default"), "backup_room_mb": (2000.0, "default"),
        "name": ("", "default"), "agent": ("", "default"),
    }  # fmt: skip


def test_a_bad_setting_stops_a_command_before_it_writes(board, home) -> None:
    config = Path(home["MLKANBAN_HOME"]) / "config.toml"
    config.write_text("ascii = 7\n")
    answer = board("add", "x")
    assert answer.code == 5
    assert f"{config}, line 1: ascii:" in answer.err
    config.unlink()
    assert board.data("list") == []


def test_a_long_list_of_names_is_cut(board, home) -> None:
    many = len(repeats.DEFAULT_NAMES)
    assert f"seed, seeds, *_seed, seed_*, and {many - 4} more" in board("config").out
    file = Path(home["MLKANBAN_HOME"]) / "config.toml"
    file.write_text('repeat_parameters = ["shard"]')
    assert "shard" in board("config").out
