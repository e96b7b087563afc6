"""One card with everything on it: fields, notes as Markdown, its whole history."""

from datetime import datetime
from textwrap import wrap
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Markdown, Static

from mlkanban.cells import shortened
from mlkanban.core.card import Card, to_json
from mlkanban.core.models import CardFace
from mlkanban.core.notes import is_note
from mlkanban.display.card_face import FaceContext
from mlkanban.display.card_page import CardPage, field_lines
from mlkanban.display.event_text import event_text, who
from mlkanban.display.relation_tree import tree_lines
from mlkanban.display.run_table import result_lines, run_rows
from mlkanban.display.run_text import short_ids
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.runs.model.parameters import differing
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.usage import Spending
from mlkanban.service import Done
from mlkanban.service.conflicts import OpenConflict
from mlkanban.service.history import HistoryEntry
from mlkanban.text import display, short_name
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.commands import CARD
from mlkanban.tui.plain_markdown import plain_line, plain_parser
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.undo import UndoCommands

_RUNS = 8


class CardScreen(TextScreen):
    WHERE: ClassVar[str] = CARD

    def __init__(self, ref: str) -> None:
        super().__init__()
        self._ref = ref
        self.command_objects = (*CardCommands(self).objects, UndoCommands(self))

    def compose(self) -> ComposeResult:
        with self.scroll:
            yield Static(markup=False, id="fields")
            yield Markdown(id="notes", open_links=False, parser_factory=plain_parser)
            yield Static(markup=False, id="history")
        yield self.ask
        yield self.status

    def on_resize(self) -> None:
        self.only_newest("resize", self.board_changed)

    def targets(self) -> list[CardFace]:
        face = self._face()
        return [face] if face else []

    def _face(self) -> CardFace | None:
        faces = self.host.model.faces.values()
        return next((face for face in faces if face.ref == self._ref), None)

    async def board_changed(self) -> None:
        """Read the card again."""
        try:
            card, entries, runs, spent, conflicts = await self.host.store_thread.call(
                lambda s: (
                    s.cards.get(self._ref),
                    s.history.of_card(self._ref),
                    s.runs.of_card(self._ref),
                    s.runs.spending(self._ref),
                    s.conflicts.of_card(self._ref),
                )
            )
        except NotFound:
            if self.is_active:
                self._card_is_gone()
            return
        except MlkanbanError as error:
            self.show_error(error)
            return
        if not self.ready:
            return
        self.query_one("#fields", Static).update(
            Content(self.plain(self._fields(card, runs, spent, conflicts)))
        )
        notes = "\n\n".join(
            f"**{note.at.astimezone(self._zone):%Y-%m-%d %H:%M}**\n\n{note.text}"
            for note in reversed(card.notes)
        )
        await self.query_one("#notes", Markdown).update(
            self.plain(f"### Notes\n\n{notes}" if notes else "### Notes\n\nNone yet: press a.")
        )
        if self.ready:  # still: the notes took their time
            history = self.plain(self._history(entries))
            self.query_one("#history", Static).update(Content(history))

    def _card_is_gone(self) -> None:
        """Somebody undid its creation."""
        self.close()
        self.host.show_message(f"{self._ref} is no more.")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.board.timezone)

    def _fields(
        self, card: Card, runs: list[Run], spent: Spending | None, conflicts: list[OpenConflict]
    ) -> str:
        view = FaceContext.at(self.board, self.host.now())
        faces = self.host.model.faces.values()
        lines = field_lines(card, CardPage(view, spent, "x", self._face()), self.size.width)
        lines += [
            f"  conflict     {display(conflict.label)}: {display(conflict.kept)} stands,"
            f" {short_name(conflict.actor)} on {display(conflict.machine)}"
            f" wrote {display(conflict.other)}"
            "  (= decides)"
            for conflict in conflicts
        ]
        if runs:
            zone, now = self._zone, self.host.now()
            metric = to_json(card.metric) if card.metric else None
            card_results = results(runs, metric, self.host.settings.repeats)
            room = max(20, self.size.width - 8)
            differs = {name: values[:_RUNS] for name, values in differing(runs).items()}
            rows = run_rows(
                runs[:_RUNS], card_results, zone, now, evidence=True, ids=short_ids(runs),
                differs=differs, width=room,
            )  # fmt: skip
            more = f" (the newest of {len(runs)}, r shows all)" if len(runs) > _RUNS else ""
            rows += result_lines(
                runs, card_results, zone, now, ascii=self.host.ascii, metric=metric, width=room
            )  # fmt: skip
            lines += ["", f"  runs{more}", *(f"    {shortened(row, room)}" for row in rows)]
        return "\n".join([*lines, *tree_lines(faces, card.ref, self.board)])

    def _history(self, entries: list[HistoryEntry]) -> str:
        lines = ["History", ""]
        for entry in reversed(entries):
            at = datetime.fromisoformat(entry.event.at).astimezone(self._zone)
            what = event_text(entry.event, self.board, entry.about)
            events = (entry.event, entry.about)
            if any(is_note(e.kind, e.data.get("set", {})) for e in events if e is not None):
                what = plain_line(what)
            what += "" if entry.in_force else "  (undone)"
            start = f"  {at:%Y-%m-%d %H:%M}  {who(entry.event)[:10]:<10} "
            width = max(20, self.size.width - len(start) - 4)
            first, *rest = wrap(what, width) or [""]
            lines += [start + first, *(" " * len(start) + line for line in rest)]
        return "\n".join(lines)

    def after_change(self, done: Done) -> None:
        for screen in self.host.screen_stack:
            if isinstance(screen, KeyScreen) and screen is not self:
                screen.changed_above(done)
        if done.cards and self._face() is None:
            self.close()
