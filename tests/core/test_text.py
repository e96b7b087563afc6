import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.errors import UsageProblem
from mlkanban.text import accept, accept_title, display, display_lines

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x00\x07\x08\n\r\x1b\x7f\x80\x9b\x9f\u061c\u200e\u200f\u2028\u2029\ufeff"),
        st.integers(0x202A, 0x202E).map(chr),
        st.integers(0x2066, 0x2069).map(chr),
        st.integers(0xD800, 0xDFFF).map(chr),
        st.characters(),
    )
)
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def acts(char: str) -> bool:
    """Whether a terminal could take the character for more than a picture."""
    return (
        (unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} and char != "\t")
        or unicodedata.bidirectional(char) in BIDI
        or char in "\u061c\u200e\u200f\ufeff"
    )


@given(HOSTILE)
def test_nothing_that_acts_comes_through(text: str) -> None:
    shown = display(text)
    assert not any(map(acts, shown))
    # One for one, so that widths and positions stay what they were.
    assert [c for c in shown if c != "\ufffd"] == [c for c in text if not acts(c) and c != "\ufffd"]
    assert len(shown) == len(text)


@given(HOSTILE)
def test_only_line_feeds_come_through_in_texts_of_several_lines(text: str) -> None:
    assert not any(acts(char) for char in display_lines(text).replace("\n", ""))


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    shown = "".join(char for char in text if not acts(char))
    assert display(shown) == shown
    assert display_lines(shown) == shown


@pytest.mark.parametrize("text", ["a\tb", "cfg[lr=3e-4]", "größer 日本 👩‍🔬", "الخط"])
def test_what_people_type_is_plain_text(text: str) -> None:
    assert display(text) == text


def test_a_clipboard_write_is_disarmed() -> None:
    assert display("\x1b]52;c;eA==\x07") == "\ufffd]52;c;eA==\ufffd"
    assert display_lines("a\r\nb\rc") == "a\nb\ufffdc"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_what_no_board_can_keep_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match=r"the note holds the character U\+"):
        accept(text, "the note")


def test_a_text_of_a_million_characters_is_the_most() -> None:
    assert len(accept("x" * 1_000_000, "the note")) == 1_000_000
    with pytest.raises(UsageProblem, match="1,000,001 characters"):
        accept("x" * 1_000_001, "the note")


def test_a_title_is_one_line_and_not_empty() -> None:
    assert accept_title("  a\nb ") == "a b"
    for empty in ("", " \n ", "\u2800 \u3164"):
        with pytest.raises(UsageProblem, match="A title is needed"):
            accept_title(empty)
