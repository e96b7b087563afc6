import math
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.color import Color, Lab, rgb_to_lab
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input, OptionList

from mlkanban.theme_files import COLORS, ROLES, ThemeFile, read
from mlkanban.tui.theme import board_variables, in_256_colours, load_themes, to_theme
from tests.test_theme_files import BUNDLED, NO_TEXT, contrast

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
    assert len(themes) == 6
    assert len(problems) == 1
    assert "primary: '#zzz' is not a colour" in problems[0]


BLACK = dict.fromkeys(ROLES, "#000000")
STATES = ["alarm", "live", "clock", "value", "mark", "focus"]
IN_COLOUR = sorted(set(BUNDLED) - {"terminal"})


def rounded(color: str) -> str:
    """A colour as a terminal with a palette of 256 shows it."""
    return Color.parse(color).rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex


def lab(color: Lab) -> tuple[float, float, float]:
    return color.L, color.a, color.b


def variables_256(name: str) -> dict[str, str]:
    theme = to_theme(read(BUNDLED[name]))
    return in_256_colours(theme.to_color_system().generate() | theme.variables)


@given(HEX)
def test_with_256_colours_each_comes_out_as_near_as_can_be(color: str) -> None:
    theme = ThemeFile(Path("x.toml"), "x", True, dict.fromkeys(COLORS, color), BLACK)
    given = to_theme(theme)
    variables = in_256_colours(given.to_color_system().generate() | given.variables)
    wanted, came = Color.parse(color), Color.parse(rounded(variables["primary"]))
    nearly_grey = max(wanted.rgb) - min(wanted.rgb) < 45
    assert (max(came.rgb) == min(came.rgb)) == nearly_grey
    # No part is further away than the two levels around it are from each other.
    assert max(abs(a - b) for a, b in zip(wanted.rgb, came.rgb, strict=True)) <= 95


@pytest.mark.parametrize("name", IN_COLOUR)
def test_with_256_colours_every_text_can_be_read_too(name: str) -> None:
    variables = variables_256(name)
    weak = [
        (role, ground)
        for role in ROLES
        for ground in ("background", "board-cursor-bg")
        if role not in NO_TEXT
        and contrast(rounded(variables[f"board-{role}"]), rounded(variables[ground])) < 4.5
    ]
    assert weak == []
    assert rounded(variables["board-cursor-bg"]) != rounded(variables["background"])


@pytest.mark.parametrize("name", IN_COLOUR)
def test_with_256_colours_no_state_looks_like_another_or_like_words(name: str) -> None:
    variables = variables_256(name)
    shown = {
        role: rgb_to_lab(Color.parse(rounded(variables[f"board-{role}"])))
        for role in [*STATES, "text", "dim"]
    }
    near = [
        (one, other)
        for one, other in combinations(shown, 2)
        if math.dist(lab(shown[one]), lab(shown[other])) < 15 and {one, other} != {"text", "dim"}
    ]
    assert near == []


def test_the_terminal_theme_tells_the_states_apart_by_the_colours_it_has() -> None:
    board = read(BUNDLED["terminal"]).board
    assert len({board[state] for state in STATES}) == len(STATES)
    unreadable = {"ansi_blue", "ansi_bright_black", "ansi_black", "ansi_white"}
    assert not unreadable & {board[role] for role in ROLES if role not in NO_TEXT}


@pytest.mark.parametrize("path", BUNDLED.values(), ids=lambda path: path.stem)
def test_a_scrollbar_stands_on_the_ground_and_has_no_colour_that_means_something(
    path: Path,
) -> None:
    file = read(path)
    assert isinstance(file, ThemeFile)
    made = to_theme(file).to_color_system().generate() | to_theme(file).variables
    assert made["scrollbar-background"] == file.colors["background"]
    for state in ("", "-hover", "-active"):
        thumb = made[f"scrollbar{state}"]
        assert thumb != file.colors["background"]
        assert thumb in (file.board["faint"], "ansi_bright_black")
