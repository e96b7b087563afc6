from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input, OptionList

from mlkanban.theme_files import COLORS, ROLES, ThemeFile
from mlkanban.tui.theme import board_variables, load_themes, to_theme

HEX = st.from_regex(r"\A#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
ANSI = st.sampled_from(
    ["ansi_default"]
    + [
        f"ansi_{bright}{color}"
        for bright in ("", "bright_")
        for color in ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
    ]
)
PALETTE = st.fixed_dictionaries(dict.fromkeys(COLORS, HEX | ANSI))
BOARD = st.fixed_dictionaries(dict.fromkeys(ROLES, HEX | ANSI))


class Themed(App[None]):
    CSS = "OptionList { color: $board-title; background: $board-cursor-bg; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return board_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        yield OptionList("one", "two")
        yield Input("text")


async def test_every_bundled_theme_can_be_put_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path))
    themes, problems, _ = load_themes()
    assert problems == []
    app = Themed()
    async with app.run_test() as pilot:
        for theme in themes:
            app.register_theme(theme)
            app.theme = theme.name
            await pilot.pause()
            title = Color.parse(theme.variables["board-title"])
            assert app.query_one(OptionList).styles.color == title
            assert app.native_ansi_color == (theme.name == "terminal")


async def test_textuals_own_themes_get_board_colours_too() -> None:
    app = Themed()
    async with app.run_test() as pilot:
        for name in BUILTIN_THEMES:
            app.theme = name
            await pilot.pause()


@given(PALETTE, BOARD, st.booleans())
def test_textual_takes_every_colour_that_passed_the_check(
    colors: dict[str, str], board: dict[str, str], dark: bool
) -> None:
    theme = to_theme(ThemeFile(Path("x.toml"), "x", dark, colors, board))
    variables = theme.to_color_system().generate()
    for role, color in board.items():
        assert variables.get(f"board-{role}", color) == color
        Color.parse(theme.variables[f"board-{role}"])
    defaults = board_variables(theme)
    for role in ROLES:
        Color.parse(defaults[f"board-{role}"])


def test_a_bad_file_does_not_hide_the_good_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path))
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "bad.toml").write_text("name = 'bad'\ndark = true\nprimary = '#zzz'\n")
    themes, problems, _ = load_themes()
    assert len(themes) == 5
    assert len(problems) == 1
    assert "primary: '#zzz' is not a colour" in problems[0]
