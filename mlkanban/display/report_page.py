"""The report as one page, HTML or Markdown, that needs nothing but itself."""

from dataclasses import dataclass
from datetime import datetime

from mlkanban.charts.render import render
from mlkanban.charts.spec import Spec
from mlkanban.charts.svg import svg
from mlkanban.display.number_view import Summary
from mlkanban.display.table import html_table, html_text, markdown_table, markdown_text

WIDE, HIGH = 100, 20

_STYLE = """
:root { --ink: #1d2733; --soft: #5d6b7a; --ground: #ffffff; --rule: #d5dce4; --bar: #2f6fb3;
  --second: #2a8c84; --third: #7d56a8; --fourth: #5a8f3c; --line: #b4651a; --bad: #c2333f; }
@media (prefers-color-scheme: dark) { :root { --ink: #d9dfe8; --soft: #93a4bd; --ground: #11151b;
  --rule: #2b3644; --bar: #6cb2f7; --second: #79c4c0; --third: #c9a2f2; --fourth: #7ccf8e;
  --line: #f2a65e; --bad: #ff7f88; } }
body { color: var(--ink); background: var(--ground); max-width: 58rem; margin: 2rem auto;
  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
p { margin: .3rem 0; } .note { color: var(--soft); font-size: .85rem; }
table { border-collapse: collapse; font-size: .88rem; margin: .8rem 0; }
th, td { text-align: left; padding: .15rem 1rem .15rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
svg { max-width: 100%; height: auto; margin: .6rem 0; font: 13px ui-monospace, Menlo, monospace; }
svg .bar { fill: var(--bar); } svg .second { fill: var(--second); }
svg .third { fill: var(--third); } svg .fourth { fill: var(--fourth); }
svg .line { fill: var(--line); } svg .bad { fill: var(--bad); }
svg .text, svg .axis { fill: var(--soft); } svg .ground { fill: var(--ground); }
svg .rule { fill: none; stroke-width: 1; stroke: var(--line); }
svg .axis.rule { stroke: var(--soft); }
svg .ring { fill: var(--ground); stroke: var(--second); stroke-width: 1.5; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
@media print { body { max-width: none; margin: 0; font-size: 11pt; }
  section { break-inside: avoid; } }
"""


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
            drawn = render(section.spec, WIDE, HIGH, palette=None, ascii=False)
            parts.append(f"```text\n{drawn}\n```")
        parts.append(
            "  \n".join(markdown_text(line) for line in (*summary.lines, *section.remarks))
        )
        if summary.table:
            parts.append(markdown_table(summary.table))
        parts.append(f"*{markdown_text(section.definition)} {markdown_text(summary.note)}*")
    return "\n\n".join(parts) + "\n"
