"""Random command lines for boards that a person might have: most make sense, some are refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

Cards = Mapping[str, Mapping[str, Any]]

TITLES = (
    "focal loss", "fix leak", "baseline", "retrain v2", "données", "数据", "x" * 60, "a | b",
    "# title", "- [ ] x", "--- y", "`code`", "<b>", "[x]", "100%", "metric:auc>=0.9", "#nlp",
    "!high", "^fri", "@experiment", "budget:12runs", "\\#no", '"q"', "it's", "a\u0301e",
    "\u202eabc", "key: value", "### h", "| t |", "&amp;", "trailing\\", "1. one", "> quote",
)  # fmt: skip
TEXTS = (
    "one line", "two\nlines", "# head\n\ntext\n\n- [ ] todo\n- [x] done", "```\ncode\n```",
    "---\nfront: matter\n---\nx", "#### New note\n\nhello", "### Title inside", "## Stage\n",
    "    indented", "trailing  \n\n\nx", "- a\n  - b", "<!-- c -->",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "***", "\\# escaped", "&nbsp;", "1) x", "\u00a0nbsp", "tab\tx", "> #### Notes",
    "~~~\n### x\n~~~",
    "[ref]: http://x", "**bold**", "#", "- ", "+", "setext\n===", "setext\n---",
)  # fmt: skip
REASONS = (
    "compute-queue", "data-access", "data-quality", "labelling", "dependency", "approval-gate",
    "environment", "bug", "decision", "other",
)  # fmt: skip
QUERIES = (
    "tag:nlp", "age>5d", "blocked:yes", "is:committed", "stage:train or blocked:no",
    "-tag:x focal", "metric:auc>=0.9", "due:late", "finished<30d", '"a b"',
)  # fmt: skip
STAGES = ("Zap", "Review", "Lab", "X Y", "Été", "R & D", "## H", "Training", "Ideas")
SECTIONS = ("scope", "data", "risks", "baseline", "stakeholders", "links")
PAUSES = (0, 0, 0, 1, 30, 600, 3600, 20_000, 86_400, 3 * 86_400)
"""Seconds between two commands."""


class Command(NamedTuple):
    """What is typed, without the board, after a pause of some seconds. `kind` is its name, where
    one command has several, of what it does."""

    kind: str
    board: str
    args: tuple[str, ...]
    pause: int = 0


class Commands:
    """Draws commands for boards, given by their keys, as they are on a day."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def draw(self, boards: Mapping[str, Mapping[str, Any]], today: date) -> Command:
        """A command about one of the boards."""
        rng = self._rng
        key = rng.choice(list(boards))
        board = _Board(rng, boards, key, today)
        pause = rng.choice(PAUSES) if rng.random() < 0.6 else 0
        while True:
            kind = rng.choices([*_KINDS], [weight for weight, _ in _KINDS.values()])[0]
            args = _KINDS[kind][1](board)
            if args is not None:
                return Command(kind, key, tuple(args), pause)


class _Board:
    """A board to draw from: its cards, those of all boards, and its stages."""

    def __init__(
        self, rng: random.Random, boards: Mapping[str, Mapping[str, Any]], key: str, today: date
    ) -> None:
        self.rng, self.today = rng, today
        self.cards: Cards = boards[key]["cards"]
        self.anywhere = [ref for board in boards.values() for ref in board["cards"]]
        self.stages = [stage["name"] for stage in boards[key]["stages"]]

    def one(self, wanted: Callable[[Mapping[str, Any]], Any] | None = None) -> str:
        """A card, mostly one that is `wanted` (open) where there is one."""
        fitting = [ref for ref, card in self.cards.items() if (wanted or _is_open)(card)]
        pool = fitting if fitting and self.rng.random() < 0.8 else list(self.cards)
        return self.rng.choice(pool)

    def some(self) -> list[str]:
        return list(dict.fromkeys(self.one() for _ in range(self.rng.choice((1, 1, 1, 1, 2, 3)))))

    def any(self) -> str:
        """A card of any board."""
        return self.rng.choice(self.anywhere)

    def maybe(self, chance: float, *args: str) -> list[str]:
        return list(args) if self.rng.random() < chance else []

    def override(self, chance: float = 0.35) -> list[str]:
        return self.maybe(chance, "--override", "because")

    def title(self) -> str:
        return self.rng.choice(TITLES)

    def text(self) -> str:
        return self.rng.choice(TEXTS)

    def pick(self, *of: str) -> str:
        return self.rng.choice(of)

    def day(self) -> str:
        return (self.today + timedelta(days=self.rng.choice((0, 1, 2, 5, 30)))).isoformat()


_Draw = Callable[[_Board], Sequence[str] | None]


def _is_open(card: Mapping[str, Any]) -> bool:
    return not card["outcome"] and not card["archived"]


def _add(b: _Board) -> list[str] | None:
    if len(b.cards) >= 25 and b.rng.random() < 0.8:
        return None
    made = ["add", *(b.title() for _ in range(b.rng.randint(1, 2)))]
    if b.rng.random() < 0.4:
        made += ["--stage", b.pick(*b.stages), *b.override(0.5)]
    kinds = ("experiment", "data-issue", "model-release", "monitoring", "chore")
    made += b.maybe(0.3, "--template", b.pick(*kinds))
    made += b.maybe(0.2, "--note", b.text())
    made += b.maybe(0.2, "--due", b.pick("2026-03-31", "3d", "fri", "2026-12-31"))
    made += b.maybe(0.2, "--checklist", b.title(), "--checklist", "[x] " + b.title())
    made += b.maybe(0.1, "--work", b.pick("attended", "unattended", "waiting"))
    if b.anywhere:
        made += b.maybe(0.1, "--needs", b.any())
        made += b.maybe(0.1, "--parent", b.any())
        kind = b.pick("ablation-of", "retrain-of", "follow-up-of")
        if b.cards:  # of its own board: a retrained model ends the health of the one before it
            made += b.maybe(0.1, "--lineage", f"{kind}:{b.one()}")
    return made


def _block(b: _Board) -> list[str]:
    made = ["block", *b.some(), "--reason", b.pick(*REASONS)]
    made += b.maybe(0.5, "--until", b.pick(f"card:{b.any()}", b.day()))
    made += b.maybe(0.2, b.pick("--external", "--internal"))
    return made + b.maybe(0.2, "--note", b.text())


def _edit(b: _Board) -> list[str]:
    single: list[list[str]] = [
        ["--metric", b.pick("auc>=0.9", "auc=0.5", "loss<=0.1", "none")],
        ["--baseline", "0.5"], ["--noise", "0.01"],
    ]  # fmt: skip
    several: list[list[str]] = [
        ["--title", f"{b.title()} {b.title()}"],
        ["--type", b.pick("experiment", "data", "model", "chore")],
        ["--priority", b.pick("urgent", "high", "normal", "low")],
        ["--class", b.pick("standard", "expedite", "fixed-date", "intangible")],
        ["--tag", b.pick("nlp", "cv", "x-y", "é")], ["--untag", b.pick("nlp", "cv")],
        ["--due", b.pick("2026-05-01", "none", "1w")], ["--hypothesis", b.pick(*TEXTS, "")],
        ["--dataset", b.pick("s3://b/x", "d v1", "")], ["--verdict", b.text()],
        ["--score", b.pick("5/2", "8*2*80%/3", "5+3+1/2", "")],
        ["--budget", b.pick("40 gpu-h", "12 runs", "")],
        ["--link", f"http://x/{b.rng.randint(1, 3)}"], ["--unlink", "http://x/1"],
        ["--needs", b.any()], ["--needs-not", b.any()], ["--parent", b.pick(b.any(), "none")],
        ["--lineage", f"follow-up-of:{b.any()}"], ["--lineage-not", f"follow-up-of:{b.any()}"],
        ["--health", b.pick("ok", "watch", "alert", "none", "retired", "superseded")],
        ["--checklist", b.title(), "--checklist", b.title()],
        ["--work", b.pick("attended", "unattended", "waiting"), *b.override(0.2)],
    ]  # fmt: skip
    option = b.rng.choice(single + several)
    return ["edit", *([b.one()] if option in single else b.some()), *option]


def _limit(b: _Board) -> list[str]:
    made = ["stages", "limit", b.pick(*b.stages), b.pick("0", "1", "2", "3", "none", "5")]
    made += b.maybe(0.3, "--unattended", b.pick("0", "1", "2", "none"))
    return made + b.maybe(0.25, b.pick("--soft", "--hard"))


def _remove_stage(b: _Board) -> list[str]:
    held = {card["stage"] for card in b.cards.values()}
    empty = [name for name in b.stages if name not in held]
    return ["stages", "remove", b.pick(*(empty if empty and b.rng.random() < 0.8 else b.stages))]


def _with_cards(draw: _Draw) -> _Draw:
    return lambda b: draw(b) if b.cards else None


def _blocked(card: Mapping[str, Any]) -> Any:
    return card["blocked"]


def _shipped(card: Mapping[str, Any]) -> bool:
    return bool(card["outcome"] == "shipped")


_OUTCOMES = ("shipped", "shipped", "learned", "superseded", "abandoned")
_OF_CARDS: dict[str, tuple[float, _Draw]] = {
    "move": (28, lambda b: ["move", *b.some(), b.pick(*b.stages), *b.override(),
                            *b.maybe(0.1, "--before", b.one())]),
    "block": (5, _block),
    "unblock": (3, lambda b: ["unblock", b.one(_blocked)]),
    "done": (6, lambda b: ["done", *b.some(), "--outcome", b.pick(*_OUTCOMES), *b.override(),
                           *b.maybe(0.3, "--verdict", b.title())]),
    "archive": (4, lambda b: ["archive", *b.some()]),
    "restore": (3, lambda b: ["archive", "--restore", b.one(lambda card: card["archived"])]),
    "snooze": (4, lambda b: ["snooze", *b.some(), "--until",
                             b.pick("3d", "2w", "fri", "none", "none", "run", "1d")]),
    "merge": (2, lambda b: ["merge", b.one(), b.one()]),
    "edit": (15, _edit),
    "tick": (4, lambda b: ["edit", b.one(lambda card: card["checklist"]),
                           b.pick("--tick", "--tick", "--untick"), str(b.rng.randint(1, 4))]),
    "note": (4, lambda b: ["note", *b.some(), b.text()]),
    "correct": (3, lambda b: ["note", b.one(lambda card: card["notes"]), b.pick(*TEXTS, ""),
                              "--edit", str(b.rng.randint(1, 2))]),
    "retrain": (2, lambda b: ["retrain", b.one(_shipped)]),
    "alert": (3, lambda b: ["alert", b.one(_shipped), "--metric",
                            b.pick("psi=0.31", "psi=0.1", "auc=0.5"), "--threshold",
                            b.pick("0.2", "<0.8", ">0.2"), *b.maybe(0.2, "--note", b.text())]),
}  # fmt: skip
_OF_BOARDS: dict[str, tuple[float, _Draw]] = {
    "add": (14, _add),
    "stage": (5, lambda b: ["stages", *b.rng.choice((
        ["add", b.pick(*STAGES), *b.maybe(0.7, "--after", b.pick(*b.stages)),
         *b.maybe(0.5, "--kind", b.pick("queue", "active", "gate"))],
        ["rename", b.pick(*b.stages), b.pick(*STAGES)],
        ["move", b.pick(*b.stages), str(b.rng.randint(1, len(b.stages)))],
        [b.pick("commit", "uncommit"), b.pick(*b.stages)],
    ))]),
    "limit": (3, _limit),
    "remove": (1.5, _remove_stage),
    "conwip": (1, lambda b: ["stages", "conwip", b.pick("none", "3", "5", "8")]),
    "views": (1.5, lambda b: ["views", *b.rng.choice((
        ["--save", f"v{b.rng.randint(1, 3)}", "-q", b.pick(*QUERIES)],
        ["--remove", f"v{b.rng.randint(1, 3)}"],
    ))]),
    "charter": (1, lambda b: ["charter", "set", b.pick(*SECTIONS), b.pick(*TEXTS, "")]),
    "replenish": (1, lambda _: ["plan", "--replenish"]),
    "undo": (9, lambda _: ["undo"]),
    "redo": (4, lambda _: ["redo"]),
}  # fmt: skip
_KINDS = {name: (weight, _with_cards(draw)) for name, (weight, draw) in _OF_CARDS.items()}
_KINDS |= _OF_BOARDS
