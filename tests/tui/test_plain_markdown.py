"""Markdown without the signs of its form."""

import pytest

from mlkanban.tui.plain_markdown import plain_line, plain_lines


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            "note: **PSI** is `up`, see [the run](https://example.org)",
            "note: PSI is up, see the run",
        ),
        ("## Result", "Result"),
        ("  - *one*", "  - one"),
        ("2 * 3 * 4 and val_auc_mean", "2 * 3 * 4 and val_auc_mean"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("", ""),
    ],
)
def test_a_line_loses_its_signs(text: str, plain: str) -> None:
    assert plain_line(text) == plain


def test_code_keeps_them() -> None:
    text = "**Try**\n```\na**b\n```\n**later**"
    assert plain_lines(text) == ["Try", "a**b", "later"]
