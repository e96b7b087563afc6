"""The report as one page, HTML or Markdown, that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.charts.pictures import throughput
from mlkanban.charts.render import as_text, render
from mlkanban.charts.spec import Role, Spec
from mlkanban.charts.svg import svg
from mlkanban.display.number_text import number_view
from mlkanban.display.number_view import Summary
from mlkanban.display.report_text import ReportSection, ReportWords, words
from mlkanban.display.table import Table, html_table, html_text, markdown_table, markdown_text

if TYPE_CHECKING:
    from mlkanban.service.report import BoardReport

_OWN_BUSINESS = ("triage", "quality", "backtest")
_SMALL, _LARGE = (330, 84), (680, 220)
"""The sizes of pictures, in pixels."""
_CELLS = (100, 20)

_STYLE = """
:root { --ground: #ffffff; --rule: #d5dce4; --title: #0f1620; --text: #39434f; --dim: #56616f;
  --faint: #d5dce4; --alarm: #a81a2e; --live: #17612f; --clock: #a06a00; --value: #0a5c6b;
  --mark: #6b2fa6; --focus: #0d539a; --area-1: #c3d2e2; --area-2: #5d94c9; --area-3: #1d7f8f;
  --area-4: #0f3f73; }
@media screen and (prefers-color-scheme: dark) { :root { --ground: #11151b; --rule: #2b3644;
  --title: #f1f4f9; --text: #c2ccd9; --dim: #91a0b6; --faint: #2b3644; --alarm: #ff8a92;
  --live: #7ed491; --clock: #e8c266; --value: #74cbdb; --mark: #cfabf5; --focus: #74b8fa;
  --area-1: #2f4a66; --area-2: #3f86c4; --area-3: #57b8c9; --area-4: #b9d7f2; } }
* { box-sizing: border-box; }
html { font-size: 15px; }
body { color: var(--text); background: var(--ground); max-width: 60rem; margin: 1.6rem auto;
  padding: 0 1.2rem; font: 1rem/1.42 system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { color: var(--title); font-size: 1.6rem; line-height: 1.2; margin: 0; }
h2 { color: var(--title); font-size: 1.04rem; margin: 1rem 0 .2rem; padding-top: .35rem;
  border-top: 1px solid var(--rule); }
p { margin: .2rem 0; } .note { color: var(--dim); font-size: .84rem; }
.lead { color: var(--title); font-size: 1.12rem; margin: .6rem 0 .3rem; }
ul { margin: .2rem 0; padding: 0; list-style: none; } li { margin: .2rem 0; }
b { color: var(--title); font-weight: 600; }
table { border-collapse: collapse; font-size: .92rem; margin: .2rem 0; width: 100%; }
th, td { text-align: left; padding: .12rem .9rem .12rem 0; vertical-align: top; }
th { color: var(--dim); font-weight: 400; font-size: .84rem; vertical-align: bottom; }
tr + tr td { border-top: 1px solid var(--rule); } td:first-child { color: var(--title); }
.one th, .one td:nth-child(n+3) { white-space: nowrap; overflow-wrap: normal; }
.one td:first-child { width: 37%; }
td:last-child, th:last-child { padding-right: 0; }
.halves { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1.6rem; }
.pace { display: flex; flex-wrap: wrap; align-items: center; column-gap: 1.6rem; }
.pace p { flex: 1 1 14rem; }
svg { max-width: 100%; height: auto; font: 11px system-ui, "Segoe UI", Helvetica, Arial,
  sans-serif; }
.appendix { break-before: page; } .appendix section { margin-bottom: 1.4rem; }
@media screen and (max-width: 620px) { .halves { grid-template-columns: 1fr; }
  .scroll { overflow-x: auto; overflow-wrap: normal; } .one table { font-size: .82rem; }
  .one th, .one td, .one td:nth-child(n+3) { white-space: normal; padding-right: .5rem; }
  .one td:first-child { width: 33%; } }
@page { size: A4; margin: 10mm 14mm; }
@media print { html { font-size: 8.1pt; } body { max-width: none; margin: 0; padding: 0;
  line-height: 1.28; } section, tr, li { break-inside: avoid; } li { margin: .08rem 0; }
  h2 { margin-top: .45rem; padding-top: .2rem; } th, td { padding-top: .05rem;
  padding-bottom: .05rem; } .one td:first-child { width: 46%; }
  .one td:nth-child(2) { white-space: nowrap; } }
svg .dashed { stroke-dasharray: 2 2; }
""" + "".join(
    f"svg .{role} {{ fill: var(--{role}); }}\n"
    f"svg .{role}.rule {{ fill: none; stroke: var(--{role}); }}\n"
    f"svg .{role}.ring {{ fill: var(--ground); stroke: var(--{role}); stroke-width: 1.5; }}\n"
    for role in get_args(Role)
)


@dataclass(frozen=True, slots=True)
class ReportNumber:
    """A number of the appendix: its title, what it says, its picture, and how it is defined."""

    title: str
    summary: Summary
    spec: Spec | None
    definition: str


def appendix(
    report: BoardReport, progress: Callable[[str], None] = lambda title: None
) -> list[ReportNumber]:
    """The numbers of the board, but those about how it is kept; `progress` hears the title of the
    next one."""
    made = []
    for entry in CATALOGUE:
        if entry.name in _OWN_BUSINESS:
            continue
        progress(entry.title)
        view = number_view(entry.name)
        some = view.scoped(report.sample)
        number = view.count(some)
        made.append(
            ReportNumber(
                entry.title, view.summary(number), view.draw(number, some), entry.definition
            )
        )
    return made


def html(report: BoardReport, appendix: Sequence[ReportNumber] = ()) -> str:
    """One self-contained page, without scripts; everything a person wrote is escaped."""
    said = words(report)
    body = [
        f"<h1>{html_text(said.heading)}</h1>",
        f'<p class="note">{html_text(said.when)}</p>',
        f'<p class="lead">{html_text(" ".join(said.lead))}</p>',
    ]
    if said.boards is not None:
        body.append(f"<section><h2>All boards</h2>{_scrolled(said.boards)}</section>")
    halves = [section for section in said.sections if section.half]
    for section in said.sections:
        if not section.half:
            body.append(_html_section(section))
        elif section is halves[0]:
            both = "".join(map(_html_section, halves))
            body.append(f'<div class="halves">{both}</div>')
    if said.pace:
        drawn = svg(throughput(report.pace.counted), *_SMALL, "Finished and begun cards")
        body.append(
            f'<section><h2>Pace</h2><div class="pace"><p>{html_text(said.pace)}</p>{drawn}</div>'
            "</section>"
        )
    if appendix:
        numbers = "".join(map(_html_number, appendix))
        body.append(f'<div class="appendix"><h1>The numbers</h1>{numbers}</div>')
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html_text(said.heading)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{chr(10).join(body)}</body></html>\n"
    )


def _html_section(section: ReportSection) -> str:
    parts = [f"<p>{html_text(line)}</p>" for line in section.lines]
    if section.points:
        points = (
            f"<li><b>{html_text(point.title)}</b>"
            f"{f' <span>{html_text(point.text)}</span>' if point.text else ''}</li>"
            for point in section.points
        )
        parts.append(f"<ul>{''.join(points)}</ul>")
    if section.table is not None:
        parts.append(_scrolled(section.table))
    if not parts and section.empty:
        parts.append(f"<p>{html_text(section.empty)}</p>")
    small = " ".join(filter(None, (_sentence(section.more), section.note)))
    if small:
        parts.append(f'<p class="note">{html_text(small)}</p>')
    return f"<section><h2>{html_text(section.heading)}</h2>{''.join(parts)}</section>"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _scrolled(table: Table) -> str:
    return f'<div class="scroll one">{html_table(table)}</div>'


def _html_number(number: ReportNumber) -> str:
    lines = "".join(f"<p>{html_text(line)}</p>" for line in number.summary.lines)
    drawn = svg(number.spec, *_LARGE, number.title) if number.spec else ""
    table = ""
    if number.summary.table is not None:
        table = f'<div class="scroll">{html_table(number.summary.table)}</div>'
    return (
        f"<section><h2>{html_text(number.title)}</h2>{drawn}{lines}{table}"
        f'<p class="note">{html_text(number.definition)}</p></section>'
    )


def markdown(report: BoardReport, appendix: Sequence[ReportNumber] = ()) -> str:
    """The same for mail and wikis, with the pictures of the appendix as text."""
    return "\n\n".join([*_markdown_parts(words(report)), *_markdown_numbers(appendix)]) + "\n"


def _markdown_parts(said: ReportWords) -> Iterator[str]:
    yield f"# {markdown_text(said.heading)}"
    yield markdown_text(said.when)
    yield f"**{markdown_text(' '.join(said.lead))}**"
    if said.boards is not None:
        yield "## All boards"
        yield markdown_table(said.boards)
    for section in said.sections:
        yield f"## {markdown_text(section.heading)}"
        yield from map(markdown_text, section.lines)
        if section.points:
            yield "\n".join(
                f"- **{markdown_text(point.title)}**"
                f"{f': {markdown_text(point.text)}' if point.text else ''}"
                for point in section.points
            )
        if section.table is not None:
            yield markdown_table(section.table)
        if not (section.lines or section.points or section.table):
            yield section.empty
        yield from filter(None, (_sentence(section.more), section.note))
    if said.pace:
        yield "## Pace"
        yield markdown_text(said.pace)


def _markdown_numbers(appendix: Sequence[ReportNumber]) -> Iterator[str]:
    if appendix:
        yield "# The numbers"
    for number in appendix:
        yield f"## {number.title}"
        if number.spec is not None:
            yield f"```text\n{as_text(render(number.spec, *_CELLS))}\n```"
        yield "  \n".join(map(markdown_text, number.summary.lines))
        if number.summary.table:
            yield markdown_table(number.summary.table)
        yield f"*{markdown_text(number.definition)}*"
