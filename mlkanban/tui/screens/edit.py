"""The fields of one card as a form. Enter saves, Tab goes to the next field."""

from collections.abc import Callable
from textwrap import wrap
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from mlkanban.cells import shortened
from mlkanban.core.board import Outcome
from mlkanban.core.card import Card
from mlkanban.core.card_fields import FIELD, FIELDS, CardField
from mlkanban.core.field_kinds import Members, MetricKind, Prose
from mlkanban.core.metrics import MetricParts
from mlkanban.display.lines import page_title
from mlkanban.service import Done, Service
from mlkanban.text import display
from mlkanban.tui.commands import FORM
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.field import Field
from mlkanban.tui.widgets.lines import Lines


class Choices(Static):
    """What can be typed into a field, as much as there is room for."""

    def __init__(self, text: str, cut: str) -> None:
        super().__init__(markup=False, classes="choices")
        self._text, self._cut = text, cut

    def render(self) -> Content:
        return Content(shortened(self._text, self.size.width, self._cut))


class EditScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card
        self._given = form_texts(card)
        self._warned = False
        self._title = Lines(ascii=self.host.ascii, id="edit-title")
        self.status.offer(
            [KeyHint("Enter", "save"), KeyHint("Tab", "next field"), KeyHint("Ctrl+g", "cancel")]
        )

    def compose(self) -> ComposeResult:
        yield self._title
        with VerticalScroll(id="form", can_focus=False):
            for name, value in self._draft().items():
                with Horizontal(classes="field"):
                    yield Static(Content(f" {FIELD[name].word:<12}"), markup=False, classes="label")
                    field = Field(
                        value,
                        entered=self._enter,
                        cancelled=self.take_key,
                        cut=self.host.glyphs.cut,
                        placeholder=_EMPTY,
                        id=f"field-{name}",
                    )
                    field.disabled = value == _SEVERAL_LINES
                    field.lines = isinstance(FIELD[name].kind, Prose)
                    field.set_class(_is_usual(name, value), "usual")
                    yield field
                    if choices := FIELD[name].kind.choices:
                        field.styles.width = _CHOICE
                        offered = f"{self.host.glyphs.more_down} {', '.join(choices)}"
                        yield Choices(offered, self.host.glyphs.cut)
            yield Static(markup=False, id="edit-help")
        yield self.ask
        yield self.status

    def on_resize(self) -> None:
        about = f"{self._card.ref}  {display(self._card.title)}"
        self._title.show([page_title("Edit", about, self.size.width, self.host.glyphs)])

    def on_mount(self) -> None:
        # A form that was left at once has no fields any more.
        for field in self.query("#field-title").results(Input):
            field.focus()

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        """Below a field that one is in stands what can be typed into it."""
        name = str(event.widget.id).removeprefix("field-")
        row = event.widget.parent
        if isinstance(event.widget, Field) and isinstance(row, Widget) and name in self._given:
            text = _help(FIELD[name], self.size.width)
            help_line = self.query_one("#edit-help", Static)
            help_line.update(Content(text))
            self.query_one("#form").move_child(help_line, after=row)
            for field in self.query(".field"):
                field.set_class(field is row, "here")
            # Textual brings the field into sight, not what stands below it.
            self.call_after_refresh(self._show_help_of, row)

    def _show_help_of(self, row: Widget) -> None:
        if self.ready and row.has_class("here"):
            help_line = self.query_one("#edit-help", Static)
            lines = len(wrap(str(help_line.content), self.size.width - _LABEL - _BESIDE_FORM))
            both = row.virtual_region.grow((0, 0, lines, 0))
            self.query_one("#form").scroll_to_region(both, animate=False)

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
    def _changed_again(self, event: Input.Changed) -> None:
        self._warned = False
        name = str(event.input.id).removeprefix("field-")
        if name in self._given:
            event.input.set_class(_is_usual(name, event.value), "usual")

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
            kind = FIELD[name].kind
            if isinstance(kind, MetricKind) and text.strip():
                metric = kind.changed(text, self._given[name])
                continue
            typed = kind.parse(text, FIELD[name].word, self.host.today())
            if isinstance(typed, tuple):
                had = set(card.values[name])
                add[name] = sorted(set(typed) - had)
                remove[name] = sorted(had - set(typed))
            else:
                fields[name] = typed or None
        return lambda service: service.cards.edit(
            [ref], fields, add=add, remove=remove, metric=metric
        )

    def unsaved_texts(self) -> dict[str, str]:
        changed = self._changed().items()
        lines = "\n".join(f"{name}\t{field.value}" for name, field in changed)
        return {self._form: lines} if lines else {}


_LABEL = 15
"""The cells before a field."""
_CHOICE = 4 + max(len(choice) for field in FIELDS for choice in field.kind.choices)
"""The cells of a field with a choice: the text, margins, the cursor, and a gap."""
_BESIDE_FORM = 3
"""Cells that the bar of the form takes, and one to spare."""
_EMPTY = "-"
"""Stands in a field without a value, which is nothing to be seen else."""
_SEVERAL_LINES = "(several lines: E edits them)"


def form_texts(card: Card) -> dict[str, str]:
    """What stands in the form of a card, by the names of the fields."""
    return {field.name: _text(field, card) for field in _fields(card)}


def _is_usual(name: str, value: str) -> bool:
    """Whether a field has the value of a new card."""
    return bool(FIELD[name].kind.blank) and value == str(FIELD[name].kind.blank)


def _fields(card: Card) -> list[CardField]:
    """The fields that the form of a card has."""
    in_use = card.outcome is Outcome.SHIPPED
    return [field for field in FIELDS if field.in_form and (in_use or not field.in_use)]


def _help(field: CardField, width: int) -> str:
    """What can be typed into a field; choices only where they are cut off beside it."""
    choices = ", ".join(field.kind.choices)
    cut = choices and _LABEL + _CHOICE + len(choices) + 2 > width
    return choices if cut else field.form_help or field.help


def _text(field: CardField, card: Card) -> str:
    """The value of a field in the one line of a form."""
    value = card.measured if field.name == "metric" else card.values[field.name]
    text = field.kind.text(value)
    if isinstance(field.kind, Members):
        return field.kind.between.join(text)
    return _SEVERAL_LINES if "\n" in text else display(str(text))
