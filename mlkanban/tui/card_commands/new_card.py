"""New cards: in one line, or from a template that asks for a little more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlkanban.cells import padded
from mlkanban.core.board import Stage
from mlkanban.core.card_templates import ASKED, CARD_TEMPLATES, METRIC, NOTE
from mlkanban.core.metrics import parse_metrics
from mlkanban.core.quick_add import captured, card_lines
from mlkanban.errors import GateClosed, LimitReached, MlkanbanError, UsageProblem
from mlkanban.service import Done, Service
from mlkanban.service.cards import NewCard
from mlkanban.text import accept_title
from mlkanban.tui.card_commands.edits import needed
from mlkanban.tui.own_templates import own_templates
from mlkanban.tui.widgets.field import LINE_SIGN
from mlkanban.tui.widgets.menu import NOTHING, Option, numbered

if TYPE_CHECKING:
    from mlkanban.core.card_templates import CardTemplate
    from mlkanban.tui.command_screen import NewCardsScreen

_MARKS = "#tag !high ^fri @experiment metric:auc>=0.9"
_TITLE = "title"


class _New(NamedTuple):
    """Cards to be made on a board."""

    board: str
    cards: tuple[NewCard, ...]

    def add(self, service: Service, stage: Stage, override: str) -> Done:
        return service.cards.add_all(self.board, self.cards, stage_id=stage.id, override=override)


class NewCardCommands:
    def __init__(self, screen: NewCardsScreen) -> None:
        self._screen = screen

    async def do_card_new(self) -> None:
        """Ask for a new card, and show what is understood as it is typed."""
        await self._fill_in(None, self._screen.new_card_stage)

    async def do_card_template(self) -> None:
        """Ask for a template, and for what a card made from it wants to know."""
        stage = self._screen.new_card_stage

        own = await self._screen.fetch(lambda _: own_templates())
        made = [*CARD_TEMPLATES, *(own.cards.values() if own else ())]
        rows = numbered([f"{padded(one.title, 15)} {one.about}" for one in made])
        for problem in own.problems if own else ():
            self._screen.status.show(problem, warning=True)
        key = await self._screen.ask.choose(f"New card in {stage.name} from", rows, rows=True)
        if key is not None:
            await self._fill_in(made[[row.key for row in rows].index(key)], stage)

    async def _fill_in(self, template: CardTemplate | None, stage: Stage) -> None:
        """Ask one line after the other and write them together; cancelling goes one back."""
        screen = self._screen
        drafts = screen.host.drafts
        forms = {_TITLE: "new card"}
        if template is not None:
            forms = {part: f"new {template.key} {part}" for part in (_TITLE, *template.asks)}
        texts = {part: drafts.get(name) for part, name in forms.items()}
        done: Done | None = None
        at = 0
        try:
            while done is None:
                parts = self._parts(template, texts[_TITLE])
                if at == len(parts):
                    done = await self._add(self._made(template, parts, texts), stage)
                    at = 0
                    continue
                part = parts[at]
                last = part == parts[-1] and (template is None or part != _TITLE)
                text = await self._screen.ask.text(
                    _label(template, stage, part),
                    typed=texts[part],
                    form=forms[part],
                    guarded=template is not None,
                    verb="saves" if last else "goes on",
                    preview=self._understood if part == _TITLE else None,
                    lines=template is None,
                )
                self._screen.refocus()
                if text is None and at == 0:
                    self._screen.status.clear()
                    break
                if text is None:
                    drafts.drop(forms[part])
                    screen.unsaved.pop(forms[part], None)
                    texts[part], at = "", at - 1
                    continue
                texts[part] = screen.unsaved[forms[part]] = text
                if template is None and len(card_lines(text)) > 1:
                    text = await self._one_or_several(text)
                    if not text:
                        continue
                if self._fits(part, text):
                    texts[part] = text
                    at += 1
        finally:
            for name in forms.values():
                screen.unsaved.pop(name, None)
        for name in forms.values():
            drafts.drop(name)
        if done is not None:
            self._screen.after_change(done)

    async def _one_or_several(self, text: str) -> str:
        """Several lines: cards of their own, or joined to one; '' to look at them again."""
        lines = card_lines(text)
        options = [Option("y", f"make {len(lines)} cards"), Option("o", "make one card of them")]
        key = await self._screen.ask.choose(f"{len(lines)} lines:", options)
        return {"y": text, "o": " ".join(lines)}.get(key or "", "")

    async def _add(self, new: _New, stage: Stage) -> Done | None:
        """Write the card; what keeps it out of the stage asks where it goes instead."""
        try:
            return await self._screen.attempt(lambda service: new.add(service, stage, ""))
        except (GateClosed, LimitReached) as error:
            return await self._elsewhere(new, stage, error)
        except MlkanbanError as error:
            self._screen.show_error(error)
            return None

    async def _elsewhere(self, new: _New, stage: Stage, error: MlkanbanError) -> Done | None:
        first = self._screen.host.model.board.stages[0]
        options = [Option("r", f"put in {first.name}")] if first.id != stage.id else []
        options.append(Option("o", "override (reason)"))
        question = f"{error.message.rstrip('.')}:"
        key = await self._screen.ask.choose(question, options, at=NOTHING)
        if key == "r":
            return await self._add(new, first)
        if key == "o":
            return await self._screen.ask_and_write(
                "Why all the same?",
                "",
                lambda service, text: new.add(service, stage, needed(text)),
                form="override new card",
            )
        return None

    def _understood(self, text: str) -> str:
        lines = card_lines(text)
        if len(lines) > 1:
            return f"{len(lines)} lines, {LINE_SIGN} between them: {len(lines)} cards or one"
        made = captured(text, self._screen.host.today())
        summary = self._screen.host.glyphs.compared(made.summary)
        return "  ".join(filter(None, (summary, *made.doubts))) or _MARKS

    def _parts(self, template: CardTemplate | None, title: str) -> tuple[str, ...]:
        """What is asked for: a metric that stands in the first line is there already."""
        if template is None:
            return (_TITLE,)
        fields = captured(title, self._screen.host.today()).fields
        return (_TITLE, *(part for part in ASKED if part in template.asks and part not in fields))

    def _fits(self, part: str, text: str) -> bool:
        """Whether a line can be taken; if not, why is said."""
        self._screen.status.clear()
        try:
            if part == _TITLE:
                for line in card_lines(text) or [""]:
                    accept_title(captured(line, self._screen.host.today()).title)
            elif part == METRIC and text.strip():
                parse_metrics([text])
        except UsageProblem as error:
            self._screen.show_error(error)
            return False
        return True

    def _made(
        self, template: CardTemplate | None, parts: tuple[str, ...], texts: dict[str, str]
    ) -> _New:
        """The card that these lines say."""
        board, today = self._screen.host.model.board, self._screen.host.today()
        if template is None:
            cards = (captured(line, today) for line in card_lines(texts[_TITLE]))
            return _New(board.id, tuple(NewCard(card.title, card.fields) for card in cards))
        card = captured(texts[_TITLE], today)
        fields = template.fields(board, card.fields)
        answers = {part: text for part in parts if part != _TITLE and (text := texts[part].strip())}
        note = answers.pop(NOTE, "") or template.note
        if metric := answers.pop(METRIC, ""):
            fields |= {
                name: value for name, value in parse_metrics([metric]).fields.items() if value
            }
        return _New(board.id, (NewCard(card.title, fields | answers, note),))


def _label(template: CardTemplate | None, stage: Stage, part: str) -> str:
    if template is None:
        return f"New card in {stage.name}"
    if part == _TITLE:
        return f"New {template.title.lower()} in {stage.name}"
    example = "As in val_auc>=0.92, or empty" if part == METRIC else "Empty"
    return f"{template.asks[part]} {example} for none."
