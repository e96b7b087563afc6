"""The report as one page, HTML or Markdown, that needs nothing but itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from mlkanban.charts.render import as_text, render
from mlkanban.charts.spec import Role, Spec
from mlkanban.charts.svg import svg
from mlkanban.display.number_view import Summary
from mlkanban.display.table import html_table, html_text, markdown_table, markdown_text

WIDE, HIGH = 100, 20

_STYLE = """
:root { --ground: #ffffff; --rule: #d5dce4; --title: #0f1620; --text: #39434f; --dim: #56616f;
  --faint: #b9c2ce; --alarm: #a81a2e; --live: #17612f; --clock: #a06a00; --value: #0a5c6b;
  --mark: #6b2fa6; --focus: #0d539a; --area-1: #c3d2e2; --area-2: #5d94c9; --area-3: #1d7f8f;
  --area-4: #0f3f73; }
@media (prefers-color-scheme: dark) { :root { --ground: #11151b; --rule: #2b3644; --title: #f1f4f9;
  --text: #c2ccd9; --dim: #91a0b6; --faint: #3f4c60; --alarm: #ff8a92; --live: #7ed491;
  --clock: #e8c266; --value: #74cbdb; --mark: #cfabf5; --focus: #74b8fa; --area-1: #2f4a66;
  --area-2: #3f86c4; --area-3: #57b8c9; --area-4: #b9d7f2; } }
body { color: var(--text); background: var(--ground); max-width: 58rem; margin: 2rem auto;
  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
p { margin: .3rem 0; } .note { color: var(--dim); font-size: .85rem; }
table { border-collapse: collapse; font-size: .88rem; margin: .8rem 0; }
th, td { text-align: left; padding: .15rem 1rem .15rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th { color: var(--dim); font-weight: 600; }
svg { max-width: 100%; height: auto; margin: .6rem 0; font: 13px ui-monospace, Menlo, monospace; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
@media print { body { max-width: none; margin: 0; font-size: 11pt; }
  section { break-inside: avoid; } }
svg .ground { fill: var(--ground); } svg .dashed { stroke-dasharray: 2 2; }
""" + "".join(
    f"svg .{role} {{ fill: var(--{role}); }}\n"
    f"svg .{role}.rule {{ fill: none; stroke: var(--{role}); }}\n"
    f"svg .{role}.ring {{ fill: var(--ground); stroke: var(--{role}); stroke-width: 1.5; }}\n"
    for role in get_args(Role)
)


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One number: its title, what it says, its picture, and how it is defined."""

    title: str
    summary: Summary
    spec: Spec | None
    definition: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Highlights:
    """A heading of the first part with its points; `empty` where there are none."""

    heading: str
    points: tuple[str, ...]
    empty: str


@dataclass(frozen=True, slots=True)
class Page:
    """The report of a board, or of those of its cards that the query `only` finds; titles of cards
    as they were stored."""

    board: str
    only: str
    made: datetime
    scope: str
    highlights: tuple[Highlights, ...]
    sections: tuple[ReportSection, ...]

    @property
    def heading(self) -> str:
        return f"{self.board}: only {self.only}" if self.only else self.board


def html(page: Page) -> str:
    """One self-contained page, without scripts; everything a person wrote is escaped."""
    body = [
        f"<h1>{html_text(page.heading)}</h1>",
        f'<p class="note">{html_text(page.scope)} | made {page.made:%Y-%m-%d %H:%M}</p>',
    ]
    for part in page.highlights:
        points = "".join(f"<li>{html_text(point)}</li>" for point in part.points)
        shown = f"<ul>{points}</ul>" if points else f"<p>{html_text(part.empty)}</p>"
        body.append(f"<section><h2>{html_text(part.heading)}</h2>{shown}</section>")
    for section in page.sections:
        summary = section.summary
        lines = "".join(f"<p>{html_text(line)}</p>" for line in (*summary.lines, *section.remarks))
        drawn = svg(section.spec, WIDE, HIGH, section.title) if section.spec else ""
        body.append(
            f"<section><h2>{html_text(section.title)}</h2>{drawn}{lines}"
            f"{html_table(summary.table) if summary.table else ''}"
            f'<p class="note">{html_text(f"{section.definition} {summary.note}")}</p></section>'
        )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html_text(page.heading)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{chr(10).join(body)}</body></html>\n"
    )


def markdown(page: Page) -> str:
    """The same with the pictures as text."""
    parts = [
        f"# {markdown_text(page.heading)}",
        f"{markdown_text(page.scope)} | made {page.made:%Y-%m-%d %H:%M}",
    ]
    for part in page.highlights:
        points = "\n".join(f"- {markdown_text(point)}" for point in part.points)
        parts += [f"## {part.heading}", points or part.empty]
    for section in page.sections:
        summary = section.summary
        parts.append(f"## {section.title}")
        if section.spec is not None:
            drawn = as_text(render(section.spec, WIDE, HIGH))
            parts.append(f"```text\n{drawn}\n```")
        parts.append(
            "  \n".join(markdown_text(line) for line in (*summary.lines, *section.remarks))
        )
        if summary.table:
            parts.append(markdown_table(summary.table))
        parts.append(f"*{markdown_text(section.definition)} {markdown_text(summary.note)}*")
    return "\n\n".join(parts) + "\n"
