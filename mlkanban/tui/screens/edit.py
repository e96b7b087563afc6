"""The fields of one card as a form. Enter saves, Tab goes to the next field."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from mlkanban.core.card import Card
from mlkanban.core.day_input import parse_day
from mlkanban.core.markdown.card_values import CHOICES, LISTS, STORED, choice, metric_written
from mlkanban.core.metrics import MetricParts, split_metrics
from mlkanban.core.models import Outcome
from mlkanban.service import Done, Service
from mlkanban.text import display
from mlkanban.tui.commands import FORM
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.field import Field


class EditScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card
        self._given = _values(card)
        self._warned = False
        self.status.hints = ["Enter saves", "Tab next field", "Ctrl+g leaves"]

    def compose(self) -> ComposeResult:
        yield Static(Content(f" Edit {self._card.ref}"), markup=False, id="edit-title")
        with VerticalScroll(id="form", can_focus=False):
            for name, value in self._draft().items():
                with Horizontal(classes="field"):
                    yield Static(Content(f" {name:<12}"), markup=False, classes="label")
                    field = Field(
                        value, entered=self._enter, cancelled=self.take_key, id=f"field-{name}"
                    )
                    field.disabled = value == _SEVERAL_LINES
                    field.lines = name in _LONG
                    yield field
        yield Static(Content(_help(self._given)), markup=False, id="edit-help")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        # A form that was left at once has no fields any more.
        for field in self.query("#field-title").results(Input):
            field.focus()

    @property
    def _form(self) -> str:
        return f"edit {self._card.ref}"

    def _draft(self) -> dict[str, str]:
        kept = self.host.drafts.get(self._form)
        lines = dict(line.split("\t", 1) for line in kept.split("\n") if "\t" in line)
        return {name: lines.get(name, value) for name, value in self._given.items()}

    def _changed(self) -> dict[str, Field]:
        """The fields that are there and have something else than the card."""
        fields = self.query("#form Field").results(Field)
        named = {str(field.id).removeprefix("field-"): field for field in fields}
        return {name: field for name, field in named.items() if field.value != self._given[name]}

    async def on_key(self, event: events.Key) -> None:
        if event.key in ("down", "up"):
            event.stop()
            event.prevent_default()  # what all screens do with it
            self.focus_next() if event.key == "down" else self.focus_previous()

    def cancel(self) -> None:
        """Leave, but drop changes only when asked a second time."""
        if self._changed() and not self._warned:
            self._warned = True
            self.status.show(
                "Your changes are not saved: Enter saves them, Ctrl+g again drops them."
            )
            return
        self._drop()

    def _drop(self) -> None:
        self.close()
        self.host.drafts.drop(self._form)

    @on(Input.Changed)
    def _changed_again(self) -> None:
        self._warned = False

    def _enter(self) -> None:
        self.start(self._save())

    async def _save(self) -> None:
        changed = {name: field.text for name, field in self._changed().items()}
        try:
            done = await self.write(self._action(changed)) if changed else Done("", changed=False)
            # Not when it was left in the meantime.
            if done is not None and self.is_active:
                self._drop()
                self.host.show_result(done)
        finally:
            for field in self.query(Field):
                field.closed = False

    def _action(self, changed: dict[str, str]) -> Callable[[Service], Done]:
        """The edit that saves `changed`; UsageProblem names what cannot be read."""
        ref, card = self._card.ref, self._card
        fields: dict[str, Any] = {}
        add: dict[str, list[str]] = {}
        remove: dict[str, list[str]] = {}
        metric: MetricParts | None = None
        for name, text in changed.items():
            if name in LISTS:
                had = set(getattr(card, LISTS[name]))
                wanted = set(_parts(name, text))
                add[LISTS[name]] = sorted(wanted - had)
                remove[LISTS[name]] = sorted(had - wanted)
            elif name == "due":
                day = parse_day(text, self.host.today())
                fields["due"] = day and day.isoformat()
            elif name == "metric" and text.strip():
                # A value that stands there already is the one of the runs: nobody wrote it.
                stood = split_metrics(self._given[name])
                metric = MetricParts([p for p in split_metrics(text.strip()) if p not in stood])
            elif name in CHOICES:
                fields[STORED.get(name, name)] = choice(name, text.strip()) or None
            else:
                fields[name] = text.strip() or None
        if "title" in fields:
            fields["title"] = fields["title"] or ""
        return lambda service: service.cards.edit(
            [ref], fields, add=add, remove=remove, metric=metric
        )

    def unsaved_texts(self) -> dict[str, str]:
        changed = self._changed().items()
        lines = "\n".join(f"{name}\t{field.value}" for name, field in changed)
        return {self._form: lines} if lines else {}


def _help(given: Mapping[str, str]) -> str:
    words = {name: ", ".join(values) for name, values in CHOICES.items()}
    lines = [
        f" type       {words['type']}",
        f" priority   {words['priority']}    work  {words['work']}",
        f" class      {words['class']}    links  one | another",
        " metric     val_auc>=0.92 val_auc=0.917 (target, value)    worth  5/2",
        " due        2026-12-01, fri, 3d, 2w or none    budget  40 gpu-h or 12 runs",
    ]
    return "\n".join([*lines, *([f" health     {words['health']}"] if "health" in given else [])])


_LONG = ("hypothesis", "dataset", "verdict")
"""Fields that keep the lines of what is pasted."""

_SEVERAL_LINES = "(several lines: E edits them)"
_LINKS = " | "


def _parts(name: str, text: str) -> list[str]:
    """The members of a set as they stand in its field: links may hold blanks."""
    if name == "links":
        return [link.strip() for link in text.split(_LINKS.strip()) if link.strip()]
    return text.replace("#", " ").replace(",", " ").split() if name == "tags" else text.split()


def _values(card: Card) -> dict[str, str]:
    metric = metric_written(card.measured) if card.measured else ""
    texts = {
        "title": card.title, "type": card.type.value, "priority": card.priority.value,
        "class": card.service_class.value, "work": card.work.value, "tags": " ".join(card.tags),
        "due": card.due.isoformat() if card.due else "", "metric": metric,
        "worth": card.worth, "budget": card.budget, "hypothesis": card.hypothesis,
        "dataset": card.dataset, "verdict": card.verdict,
        "links": _LINKS.join(card.links), "needs": " ".join(card.depends_on), "parent": card.parent,
        "lineage": " ".join(card.lineage),
    }  # fmt: skip
    if card.outcome is Outcome.SHIPPED:
        texts["health"] = card.health.value if card.health else ""
    return {name: _SEVERAL_LINES if "\n" in text else display(text) for name, text in texts.items()}
