"""The charter of a board: what the work is for, a page in sections, and that page as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mlkanban.core import goal, profit_curve
from mlkanban.core.markdown.card_values import unknown
from mlkanban.core.markdown.sections import Levels, Part, lines_of
from mlkanban.core.names import pick
from mlkanban.core.review import RHYTHM, parse_rhythm
from mlkanban.errors import BadMarkdown, NotFound, UsageProblem
from mlkanban.text import tidy

PREFIX = "charter:"
"""The section `scope` is the field `charter:scope` of a board."""

LEVELS = Levels(2, 2)


class Section(NamedTuple):
    """A section of the charter. `parse` reads one that the program understands, and raises
    UsageProblem for a text that it cannot read."""

    key: str
    title: str
    hint: str
    parse: Callable[[str], Any] | None = None


SECTIONS = (
    Section("scope", "Scope", "What is decided with the model, for whom, and what is left out."),
    Section("data", "Data sources", "Where the data comes from, who owns it, how fresh it is."),
    Section("business", "Business metric", "The number the organisation wants to move."),
    Section(goal.SECTION, "Target", "What it is to reach: eur_saved>=50000 EUR/year.",
            goal.parse_target),
    Section("technical", "Technical metric", "What the model is measured by, on which data."),
    Section("connection", "How they connect", "Why a better technical metric moves the other one."),
    Section(profit_curve.SECTION, "Worth",
            "What a metric brings: val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year.",
            profit_curve.parse_curve),
    Section("baseline", "Baseline and expected lift", "What is reached today, what is hoped for."),
    Section("stakeholders", "Stakeholders", "Who decides, who is asked, who is told."),
    Section("risks", "Risks", "What could go wrong, and how it would be noticed."),
    Section("done", "Definition of done", "What must be true before the work ends."),
    Section(RHYTHM, "Rhythm", "How often the work is reviewed: 14d or 2w.", parse_rhythm),
    Section("links", "Links", "Documents, runbooks, repositories."),
)  # fmt: skip

_BY_TITLE = {section.title: section for section in SECTIONS}


def charter_in(fields: Mapping[str, Any]) -> dict[str, str]:
    """The texts of all sections, from the fields of a board."""
    return {s.key: tidy(str(fields.get(PREFIX + s.key) or "")) for s in SECTIONS}


class CharterLine(NamedTuple):
    """A line of the charter in its section."""

    section: Section
    line: str


def lines_with(texts: Mapping[str, str], words: Sequence[str]) -> list[CharterLine]:
    """The lines of a charter in which all of some words occur, in any case; the title of a section
    belongs to each of its lines."""
    wanted = [word.casefold() for word in words]
    return [
        CharterLine(section, line.strip())
        for section in SECTIONS
        for line in texts.get(section.key, "").splitlines()
        if line.strip() and wanted
        and all(word in f"{section.title} {line}".casefold() for word in wanted)
    ]  # fmt: skip


def find_section(name: str) -> Section:
    """The section called `name`, by its key or title or a beginning that only one has."""
    section = pick(name, {s.key: s for s in SECTIONS}) or pick(name, _BY_TITLE)
    if section is None:
        listed = ", ".join(s.key for s in SECTIONS)
        raise NotFound(f"The charter has no section {name!r}.", f"There are: {listed}.")
    return section


def check_section(section: Section, text: str) -> None:
    """UsageProblem for a text that a section does not take; an empty one clears it."""
    if section.parse is not None and text.strip():
        section.parse(text)


def charter_page(
    texts: Mapping[str, str],
    *,
    hints: bool = False,
    below: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The charter as Markdown. Empty sections are left out, or said with their hints. Sections have
    lines `below` their texts that are no part of these."""
    return "\n".join(charter_lines(texts, LEVELS, hints=hints, below=below))


def charter_lines(
    texts: Mapping[str, str],
    levels: Levels,
    *,
    hints: bool = False,
    below: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    lines: list[str] = []
    for section in SECTIONS:
        text = levels.guarded(texts.get(section.key, ""))
        if not text and hints:
            text = _remark(section)
        parts = [text] if text else []
        parts += [*(below or {}).get(section.key, ())]
        if parts:
            lines += [f"## {section.title}", "", *"\n\n".join(parts).split("\n"), ""]
    return lines


class ReadCharter(NamedTuple):
    """The texts of all sections as a page has them, and what is wrong with those that cannot be
    understood, by their keys. Such a text may have come from elsewhere: it is wrong to write it,
    not to leave it alone."""

    texts: dict[str, str]
    problems: Mapping[str, BadMarkdown]

    def check(self, changed: Iterable[str]) -> None:
        """BadMarkdown for the first of these sections that cannot be understood."""
        for key in changed:
            if key in self.problems:
                raise self.problems[key]


def read_charter(text: str) -> ReadCharter:
    """What a page says; BadMarkdown says where it cannot be read."""
    first, *parts = LEVELS.parts(lines_of(text))
    if not first.empty:
        raise BadMarkdown(
            "The text here belongs to nothing.", first.first, f"Put it below {_headings()}."
        )
    return charter_from(parts, LEVELS)


def charter_from(parts: Sequence[Part], levels: Levels) -> ReadCharter:
    """The texts of all sections, from what stands below their headings."""
    texts: dict[str, str] = {}
    problems: dict[str, BadMarkdown] = {}
    for part in parts:
        section = _BY_TITLE.get(part.title)
        if section is None:
            what, _ = unknown(part.title, _BY_TITLE)
            hint = f"The sections are: {', '.join(_BY_TITLE)}. For a heading of your own: \\## ..."
            raise BadMarkdown(what, part.line, hint)
        if section.key in texts:
            raise BadMarkdown(
                f"The section {part.title} stands here a second time.", part.line, "Join the two."
            )
        without = tuple("" if line.strip() == _remark(section) else line for line in part.lines)
        text = levels.text(part._replace(lines=without))
        try:
            check_section(section, text)
        except UsageProblem as problem:
            problems[section.key] = BadMarkdown(problem.message, part.first, problem.hint)
        texts[section.key] = text
    return ReadCharter({section.key: texts.get(section.key, "") for section in SECTIONS}, problems)


def _remark(section: Section) -> str:
    return f"<!-- {section.hint} -->"


def _headings() -> str:
    return f"a heading such as ## {SECTIONS[0].title}"
