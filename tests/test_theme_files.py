import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from mlkanban.display.report_page import _STYLE
from mlkanban.paths import bundled_themes
from mlkanban.theme_files import COLORS, ROLES, ThemeError, ThemeFile, available, read, read_folder

GOOD = 'name = "mine"\ndark = true\n' + "".join(f'{key} = "#123"\n' for key in COLORS)
BUNDLED = {path.stem: path for path in bundled_themes().glob("*.toml")}
NO_TEXT = {"cursor-bg", "faint", "area-1", "area-2", "area-3", "area-4"}


def luminance(color: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs(theme: ThemeFile) -> list[tuple[str, str, str]]:
    """What is written on what: (name, text colour, ground colour)."""
    board, colors = theme.board, theme.colors
    grounds = [(key, colors[key]) for key in ("background", "surface", "panel")]
    texts = ["foreground", "primary", "secondary", "accent", "success", "warning", "error"]
    on_ground = [
        (f"{text} on {key}", colors[text], ground)
        for text, (key, ground) in product(texts, grounds)
    ]
    of_cards = [
        (f"{role} on {key}", color, ground)
        for role, color in board.items()
        if role not in NO_TEXT
        for key, ground in (
            ("background", colors["background"]),
            ("cursor-bg", board["cursor-bg"]),
        )
    ]
    return on_ground + of_cards


def test_six_themes_are_bundled_under_their_own_names() -> None:
    names = {
        "mlkanban-dark",
        "mlkanban-light",
        "high-contrast",
        "terminal",
        "kintsugi",
        "herbarium",
    }
    assert set(BUNDLED) == names
    assert all(read(path).name == name for name, path in BUNDLED.items())


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("mlkanban-dark", 4.5),
        ("mlkanban-light", 4.5),
        ("kintsugi", 4.5),
        ("herbarium", 4.5),
        ("high-contrast", 6),
    ],
)
def test_every_text_can_be_read_on_every_ground(name: str, least: float) -> None:
    theme = read(BUNDLED[name])
    too_weak = {
        what: round(contrast(text, ground), 2)
        for what, text, ground in pairs(theme)
        if contrast(text, ground) < least
    }
    assert too_weak == {}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


def test_the_terminal_theme_brings_no_colour_of_its_own() -> None:
    theme = read(BUNDLED["terminal"])
    assert theme.ansi
    board = {role: color for role, color in theme.board.items() if role != "cursor-bg"}
    assert all(c.startswith("ansi_") for c in [*theme.colors.values(), *board.values()])
    assert theme.board["cursor-bg"] == "reverse"


def test_a_role_left_out_takes_its_theme_colour(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD.replace('error = "#123"', 'error = "#ABCDEF"') + "[board]\nclock = '#fff'\n"
    )
    theme = read(path)
    assert set(theme.board) == set(ROLES)
    assert theme.board["alarm"] == "#ABCDEF"
    assert theme.board["clock"] == "#fff"
    assert theme.note == ""


def test_roles_of_older_versions_still_work_and_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD + "[board]\nblocked = '#a00'\nmarked = '#0a0'\nmark = '#0b0'\n"
        "cursor-bg = '#ff0'\ncursor-fg = '#000'\nstatus-bg = '#111'\n"
    )
    theme = read(path)
    assert set(theme.board) == set(ROLES)
    assert theme.board["alarm"] == "#a00"
    assert theme.board["mark"] == "#0b0"
    assert theme.board["cursor-bg"] == "#123"  # of the panel: #ff0 was for black text
    assert theme.note == (
        f"{path}: [board] has roles of an older version: rename marked (mark), blocked (alarm); "
        "remove cursor-fg, status-bg, cursor-bg."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "[board", "is not valid TOML: "),
        ("x = " + "[" * 9000, "is not valid TOML: "),
        (GOOD.replace('"mine"', '"my theme"'), "name: letters, digits, - and _ are needed"),
        (GOOD.replace("true", '"yes"'), "dark: true or false is needed"),
        (GOOD.replace("primary", "primry", 1), "'primry': a theme has no such key; did you mean"),
        (GOOD.replace('panel = "#123"\n', ""), "panel: is missing; write '#rgb', '#rrggbb' or"),
        (GOOD.replace("#123", "#12g", 1), "primary: '#12g' is not a colour; write '#rgb'"),
        (GOOD.replace('"#123"', "7", 1), "primary: 7 is not a colour"),
        (GOOD.replace("#123", "red", 1), "primary: 'red' is not a colour"),
        (GOOD.replace("#123", "ansi_pink", 1), "primary: 'ansi_pink' is not a colour"),
        (GOOD.replace("#123", "#123\\n", 1), r"primary: '#123\n' is not a colour"),
        (GOOD.replace("#123", "\\u001b]0;x\\u0007", 1), r"primary: '\x1b]0;x\x07' is not a colour"),
        (GOOD.replace("#123", "x" * 9000, 1), "x… is not a colour"),
        (GOOD + "board = 1\n", "board: a table is needed"),
        (
            GOOD + "[board]\nalram = '#123'\n",
            "board.'alram': a theme has no such key; did you mean",
        ),
        (GOOD + "[board]\nclock = 'blu'\n", "board.clock: 'blu' is not a colour"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ThemeError) as caught:
        read(path)
    told = str(caught.value)
    assert told.startswith(f"{path}: ")
    assert sentence in told
    assert ";" in told or "such as" in told
    assert "\n" not in told
    assert len(told) < len(str(path)) + 250


def test_what_is_no_text_or_no_file_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "b.toml").mkdir()
    (tmp_path / "c.toml").symlink_to("nowhere")
    (tmp_path / "d.toml").write_text(GOOD)
    (tmp_path / "e.toml").write_text(GOOD)
    themes, problems = read_folder(tmp_path)
    assert [theme.path.name for theme in themes.values()] == ["d.toml"]
    assert len(problems) == 4
    assert "UTF-8" in problems[0]
    assert "Is a directory" in problems[1]
    assert "No such file" in problems[2]
    assert "the name 'mine' is taken by d.toml" in problems[3]


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "missing") == ({}, [])


def test_ones_own_theme_replaces_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path))
    own = tmp_path / "themes"
    own.mkdir()
    (own / "night.toml").write_text(GOOD.replace("mine", "kintsugi"))
    (own / "bad.toml").write_text("")
    themes, problems = available()
    assert themes["kintsugi"].path == own / "night.toml"
    assert set(themes) == set(BUNDLED)
    assert len(problems) == 1


def test_textual_is_not_needed(home: dict[str, str]) -> None:
    code = (
        "import sys; from mlkanban.theme_files import available; themes, problems = available()\n"
        "assert len(themes) == 6 and not problems\n"
        "assert not {'textual', 'rich'} & set(sys.modules)"
    )
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-c", code], env=home, cwd=root, check=True)


@pytest.mark.parametrize("at", [0, 1])
def test_every_text_of_the_page_of_a_report_can_be_read(at: int) -> None:
    """Its palettes, for light and dark screens, stand in the page, which needs nothing else."""
    palettes = re.findall(r":root \{(.*?)\}", _STYLE, re.DOTALL)
    assert len(palettes) == 2
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", palettes[at]))
    texts = ("title", "text", "dim", "alarm", "live", "clock", "value", "mark", "focus")
    ground = colors["ground"]
    assert [name for name in texts if contrast(colors[name], ground) < 4.5] == []
