import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.glyphs import Characters, Glyphs, glyphs, terminal_glyphs
from mlkanban.text import ascii_only

CP437 = (
    "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
    + bytes(range(0x20, 0x7F)).decode("cp437")
    + bytes(range(0x80, 0x100)).decode("cp437")
)


def drawn(of: Glyphs) -> dict[str, str]:
    names = (name for name in of.__slots__ if name != "characters")
    return {name: getattr(of, name) for name in names}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (">=0.95 lies within the spread", "≥.95 lies within the spread"),
        ("val_auc 0.915 +- 0.003 (2 runs)", "val_auc .915 ±.003 (2 runs)"),
        ("the card stands at 0.831, typed by hand", "the card stands at .831, typed by hand"),
        ("mean +/- 2.66 x 0.5", "mean ± 2.66 x .5"),
        ("qini -0.06, alert at <0.08.", "qini -.06, alert at <.08."),
        ("10.5 and 1.05, 0 of 3", "10.5 and 1.05, 0 of 3"),
        ("model 0.9.1 of v0.9 on node-0.5", "model 0.9.1 of v0.9 on node-0.5"),
    ],
)
def test_numbers_of_metrics_have_one_form(written: str, shown: str) -> None:
    assert glyphs("utf-8").figures(written) == shown


def test_numbers_of_metrics_in_ascii() -> None:
    assert glyphs("ascii").figures(">=0.95, 0.9 +- 0.01") == ">=.95, .9 +-.01"


def test_ascii_is_ascii_and_the_console_of_linux_gets_what_its_font_has() -> None:
    assert all(glyph.isascii() for glyph in drawn(glyphs("ascii")).values())
    assert set("".join(drawn(glyphs("linux")).values())) <= set(CP437)


@pytest.mark.parametrize("characters", ["utf-8", "linux"])
def test_every_character_is_one_cell(characters: Characters) -> None:
    for glyph in drawn(glyphs(characters)).values():
        assert cell_len(glyph) == len(glyph)


@pytest.mark.parametrize(
    ("environ", "characters"),
    [
        ({}, "utf-8"),
        ({"LANG": "C.UTF-8", "TERM": "xterm-256color"}, "utf-8"),
        ({"LANG": "de_DE.utf8"}, "utf-8"),
        ({"LANG": "de_DE.UTF-8", "TERM": "linux"}, "linux"),
        ({"LANG": "en_US.ISO-8859-1"}, "ascii"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LANG": "C", "LC_ALL": "en_US.UTF-8"}, "utf-8"),
        ({"LC_CTYPE": "POSIX", "TERM": "linux"}, "ascii"),
    ],
)
def test_a_terminal_gets_the_characters_of_its_locale(
    environ: dict[str, str], characters: Characters
) -> None:
    assert terminal_glyphs(environ, ascii=False).characters == characters
    assert terminal_glyphs(environ, ascii=True).characters == "ascii"


def test_a_line_in_ascii_is_as_wide_as_before_and_has_no_question_marks_for_glyphs() -> None:
    assert ascii_only("│ one… ─━ ■ ►") == "| one. -= ! >"
    assert ascii_only("naïve ≥") == "na?ve ?"


@given(st.text(st.sampled_from("ab 漢é")), st.integers(1, 12), st.sampled_from(["..", "…"]))
def test_what_is_cut_says_so_and_fits(text: str, width: int, cut: str) -> None:
    short = shortened(text, width, cut)
    assert cell_len(short) <= width
    assert (short == text) == (cell_len(text) <= width)
    assert width < 4 or short == text or short.endswith(cut)
    assert cell_len(padded(text, width, cut)) == width
