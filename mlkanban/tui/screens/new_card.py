"""New cards: in one line, or from a template that asks for a little more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlkanban.charts.face import padded
from mlkanban.core import rules
from mlkanban.core.capture import captured
from mlkanban.core.metrics import parse_metric
from mlkanban.core.models import Stage, Work
from mlkanban.errors import UsageProblem
from mlkanban.service import Done, Service
from mlkanban.text import accept_title
from mlkanban.tui.screens.card_actions import CardActions
from mlkanban.tui.widgets.ask import Option, numbered

if TYPE_CHECKING:
    from mlkanban.core.card_templates import CardTemplate

_MARKS = "#tag !high ^fri @experiment metric:auc>=0.9"
_TITLE, _HYPOTHESIS, _METRIC = "title", "hypothesis", "metric"


class NewCardActions(CardActions):
    async def new_in(self, stage: Stage) -> None:
        """Ask for a new card, and show what is understood as it is typed."""
        place = await self._place_for(stage)
        if place is None:
            return
        stage, override = place
        board_id, today = self.board.id, self.board_app.today()

        def add(service: Service, text: str) -> Done:
            made = captured(text, today)
            return service.cards.add(
                board_id, made.title, stage_id=stage.id, fields=made.fields, override=override
            )

        done = await self.ask_and_write(
            f"New card in {stage.name}", "", add, form="new card", preview=self._understood
        )
        if done is not None:
            self.after(done)

    async def template_in(self, stage: Stage) -> None:
        """Ask for a template, and for what a card made from it wants to know."""
        place = await self._place_for(stage)
        if place is None:
            return
        stage, override = place
        from mlkanban.core.card_templates import CARD_TEMPLATES

        rows = numbered([f"{padded(made.title, 15)} {made.about}" for made in CARD_TEMPLATES])
        key = await self.ask.choose(f"New card in {stage.name} from", rows, rows=True)
        if key is None:
            return
        template = CARD_TEMPLATES[[row.key for row in rows].index(key)]
        done = await self._fill_in(template, stage, override)
        if done is not None:
            self.after(done)

    def _understood(self, text: str) -> str:
        return captured(text, self.board_app.today()).told or _MARKS

    async def _place_for(self, stage: Stage) -> tuple[Stage, str] | None:
        """Where a new card goes, and why over a limit: a full stage asks before anything is typed.
        None when cancelled."""
        first, loads = self.board.stages[0], self.board_app.model.loads
        said = rules.enter(self.board, stage, loads, Work.ATTENDED, from_stage="")
        if isinstance(said, rules.Allowed):
            return stage, ""
        options = [Option("r", f"put in {first.name}")] if first.id != stage.id else []
        options.append(Option("o", "override (reason)"))
        key = await self.ask.choose(f"{said.reason.rstrip('.')}:", options)
        if key == "r":
            return first, ""
        if key is None:
            return None
        reason = await self.ask.text(f"Why go over the limit of {stage.name}?", verb="goes on")
        self.refocus()
        return None if reason is None or not reason.strip() else (stage, reason)

    async def _fill_in(self, template: CardTemplate, stage: Stage, override: str) -> Done | None:
        """Ask one line after the other and write them together; cancelling goes one back."""
        drafts, form = self.board_app.drafts, f"new {template.key}"
        forms = {part: f"{form} {part}" for part in (_TITLE, _HYPOTHESIS, _METRIC)}
        texts = {part: drafts.get(name) for part, name in forms.items()}
        done: Done | None = None
        at = 0
        try:
            while done is None:
                parts = self._parts(template, texts[_TITLE])
                if at == len(parts):
                    done = await self.write(self._adding(template, stage, override, parts, texts))
                    at = 0
                    continue
                part = parts[at]
                text = await self.ask.text(
                    _label(template, stage, part),
                    typed=texts[part],
                    form=forms[part],
                    verb="saves" if part == parts[-1] and part != _TITLE else "goes on",
                    preview=self._understood if part == _TITLE else None,
                )
                self.refocus()
                if text is None and at == 0:
                    self.status.clear()
                    break
                if text is None:
                    drafts.drop(forms[part])
                    self._writing.pop(forms[part], None)
                    texts[part], at = "", at - 1
                    continue
                texts[part] = self._writing[forms[part]] = text
                if self._fits(part, text):
                    at += 1
        finally:
            for name in forms.values():
                self._writing.pop(name, None)
        for name in forms.values():
            drafts.drop(name)
        return done

    def _parts(self, template: CardTemplate, title: str) -> list[str]:
        """What is asked for: a metric that stands in the first line is there already."""
        given = captured(title, self.board_app.today()).fields
        parts = [_TITLE]
        parts += [_HYPOTHESIS] if template.hypothesis else []
        parts += [_METRIC] if template.metric and "metric" not in given else []
        return parts

    def _fits(self, part: str, text: str) -> bool:
        """Whether a line can be taken; if not, why is said."""
        self.status.clear()
        try:
            if part == _TITLE:
                accept_title(captured(text, self.board_app.today()).title)
            elif part == _METRIC and text.strip():
                parse_metric([text])
        except UsageProblem as error:
            self.status.say(str(error), trouble=True)
            return False
        return True

    def _adding(
        self,
        template: CardTemplate,
        stage: Stage,
        override: str,
        parts: list[str],
        texts: dict[str, str],
    ) -> Callable[[Service], Done]:
        board_id = self.board.id
        made = captured(texts[_TITLE], self.board_app.today())
        fields = template.fields(self.board) | made.fields
        if _HYPOTHESIS in parts and (hypothesis := texts[_HYPOTHESIS].strip()):
            fields["hypothesis"] = hypothesis
        if _METRIC in parts and texts[_METRIC].strip():
            fields["metric"] = parse_metric([texts[_METRIC]])
        return lambda service: service.cards.add(
            board_id, made.title, stage_id=stage.id, fields=fields, override=override
        )


def _label(template: CardTemplate, stage: Stage, part: str) -> str:
    if part == _HYPOTHESIS:
        return f"{template.hypothesis} Empty for none."
    if part == _METRIC:
        return f"{template.metric} As in val_auc>=0.92, or empty for none."
    return f"New {template.title.lower()} in {stage.name}"
