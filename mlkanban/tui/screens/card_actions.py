"""What can be done with cards, the same on the board and on a card's page."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from mlkanban.core.day_input import day_ahead, parse_day
from mlkanban.core.models import BlockReason, CardFace, Health, Outcome, Priority
from mlkanban.core.names import as_tag
from mlkanban.core.quick_add import condition_in
from mlkanban.core.visibility import asleep
from mlkanban.service import Done, Service
from mlkanban.tui.screens.external_editor import EditorScreen
from mlkanban.tui.screens.moving import MovingActions, names
from mlkanban.tui.screens.run_actions import until_run
from mlkanban.tui.widgets.ask import Option, numbered

_SNOOZES = {"d": ("a day", 1), "w": ("a week", 7), "m": ("a month", 30)}
_PRIORITIES = {
    "u": Priority.URGENT,
    "h": Priority.HIGH,
    "n": Priority.NORMAL,
    "l": Priority.LOW,
}
_HEALTH = {"o": Health.OK, "w": Health.WATCH, "a": Health.ALERT, "x": Health.RETIRED}


Action = Callable[[Service, Sequence[str]], Done]
"""What is done to the cards with these ids."""


class CardActions(MovingActions, EditorScreen):
    """All of them; a screen says what its `targets()` are."""

    async def do_card_repeat(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        if self.host.again is None:
            self.status.say("Nothing was done in this session that could be done again.")
        else:
            await self.host.again(self, faces)

    # Writing

    async def do_card_archive(self) -> None:
        faces = self._chosen()
        if faces and all(face.archived for face in faces):
            await self._do(faces, lambda service, refs: service.cards.restore(refs))
        elif faces:
            await self._do(faces, lambda service, refs: service.cards.archive(refs))

    async def do_card_note(self) -> None:
        faces = self._chosen()
        if faces:
            await self._ask(
                faces,
                f"Note on {names(faces)}",
                "",
                lambda service, refs, text: service.cards.note(refs, text),
                "note",
                guarded=True,
                lines=True,
            )

    async def do_card_block(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        finished = next((face.ref for face in faces if face.outcome), None)
        if finished is not None:
            self.status.say(f"{finished} is finished; only open cards can be blocked.")
            return
        free = [face for face in faces if not face.block_reason]
        if not free:
            await self._do(faces, lambda service, refs: service.cards.unblock(refs))
            return
        # Of several, those that are blocked already keep their reasons.
        faces = free
        reasons = list(BlockReason)
        options = numbered([reason.value.replace("-", " ") for reason in reasons])
        key = await self.ask.choose(f"What blocks {names(faces)}?", options, rows=True)
        if key is None:
            return
        reason = reasons[[option.key for option in options].index(key)]
        today = self.host.today()

        def block(service: Service, refs: Sequence[str], text: str) -> Done:
            note, until = condition_in(text, today)
            return service.cards.block(refs, reason, note=note, until=until)

        await self._ask(
            faces,
            f"Blocked by {reason.value.replace('-', ' ')}: what exactly? until:fri or until:card:ID"
            " lifts it",
            "",
            block,
            f"block {reason.value}",
            lines=True,
        )

    async def do_card_snooze(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        today = self.host.today()
        if all(asleep(face, today) for face in faces):
            await self._do(faces, lambda service, refs: service.cards.wake(refs))
            return
        options = [Option(key, name) for key, (name, _) in _SNOOZES.items()]
        options += [*until_run(faces), Option("o", "...")]
        key = await self.ask.choose(f"Snooze {names(faces)} for:", options)
        if key == "r":
            await self._do(faces, lambda service, refs: service.runs.snooze(refs))
        elif key == "o":
            await self._ask(
                faces,
                f"Snooze {names(faces)} until: 2026-12-01, 3d, 2w, fri",
                "",
                lambda service, refs, text: service.cards.snooze(refs, day_ahead(text, today)),
                "snooze",
            )
        elif key is not None:
            until = today + timedelta(days=_SNOOZES[key][1])
            await self._do(faces, lambda service, refs: service.cards.snooze(refs, until))

    async def do_card_merge(self) -> None:
        faces = self._chosen()
        if len(faces) > 1:
            self.status.say("Mark one card at most: it is merged into another one.")
        elif faces:
            await self._ask(
                faces,
                f"{faces[0].ref} is a duplicate of which card? Its id:",
                "",
                lambda service, refs, text: service.duplicates.merge(refs[0], text),
                "merge",
            )

    async def do_card_priority(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        options = [Option(key, value.value) for key, value in _PRIORITIES.items()]
        key = await self.ask.choose(f"Priority of {names(faces)}:", options)
        if key is not None:
            fields = {"priority": _PRIORITIES[key].value}
            await self._do(faces, lambda service, refs: service.cards.edit(refs, fields))

    async def do_card_tags(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        had = set(faces[0].tags.split()).intersection(*(f.tags.split() for f in faces[1:]))

        def save(service: Service, refs: Sequence[str], text: str) -> Done:
            wanted = {tag for one in text.replace(",", " ").split() if (tag := as_tag(one))}
            added, removed = sorted(wanted - had), sorted(had - wanted)
            if not added and not removed:
                return Done("")
            return service.cards.edit(refs, add={"tags": added}, remove={"tags": removed})

        await self._ask(faces, f"Tags of {names(faces)}", " ".join(sorted(had)), save, "tags")

    async def do_card_health(self) -> None:
        faces = self._in_use()
        if not faces:
            return
        options = [Option(key, health.value) for key, health in _HEALTH.items()]
        options += [Option("r", "retrain")] if len(faces) == 1 else []
        options += [Option("n", "none")] if any(face.health for face in faces) else []
        key = await self.ask.choose(f"Health of {names(faces)}:", options)
        if key == "r":
            await self._retrain(faces)
        elif key is not None:
            health = _HEALTH.get(key)
            await self._do(faces, lambda service, refs: service.retraining.judge(refs, health))

    async def do_card_retrain(self) -> None:
        faces = self._in_use()
        if len(faces) > 1:
            self.status.say("Mark one card at most: each model is retrained by a card of its own.")
        elif faces:
            await self._retrain(faces)

    async def _retrain(self, faces: Sequence[CardFace]) -> None:
        await self._do(faces, lambda service, refs: service.retraining.retrain(refs[0]))

    def _in_use(self) -> Sequence[CardFace]:
        """The chosen cards, if they are models in use; says so when they are not."""
        faces = self._chosen()
        other = next((face.ref for face in faces if face.outcome != Outcome.SHIPPED), None)
        if other is None:
            return faces
        self.status.say(f"{other} is not in use: only what was shipped has a health.")
        return ()

    async def do_card_worth(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        card = await self.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is not None:
            await self._ask(
                faces,
                f"Worth of {names(faces)}: value/effort 5/2, RICE 8*2*80%/3, WSJF 5+3+1/2 or none",
                card.worth,
                lambda service, refs, text: service.cards.edit(refs, {"worth": text}),
                "worth",
            )

    async def do_card_due(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        today = self.host.today()

        def save(service: Service, refs: Sequence[str], text: str) -> Done:
            day = parse_day(text, today)
            return service.cards.edit(refs, {"due": day.isoformat() if day else None})

        await self._ask(
            faces,
            f"Due day of {names(faces)}: 2026-12-01, 3d, 2w, fri or none",
            faces[0].due,
            save,
            "due",
        )

    async def do_card_edit(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        card = await self.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is not None:
            self.host.open("edit", card)

    async def do_card_editor(self) -> None:
        faces = self._chosen()
        if faces:
            from mlkanban.editor.documents import CardDocument

            done = await self.edit_text(CardDocument(faces[0].ref))
            if done is not None:
                self.after(done)

    def do_card_copy(self) -> None:
        faces = self._chosen()
        if faces:
            text = " ".join(face.ref for face in faces)
            self.app.copy_to_clipboard(text)
            self.status.say(f"Copied: {text}")

    async def do_undo(self) -> None:
        if done := await self.take_back():
            self.after(done)

    async def do_redo(self) -> None:
        if done := await self.take_back(again=True):
            self.after(done)

    async def change(self, action: Callable[[Service], Done]) -> Done | None:
        """Write, and let the screen show what came of it; None after saying why it was refused."""
        done = await self.write(action)
        if done is not None:
            self.after(done)
        return done

    async def _do(self, faces: Sequence[CardFace], action: Action) -> None:
        """Do something to cards, which `.` can do again to others."""
        refs = [face.ref for face in faces]
        done = await self.change(lambda service: action(service, refs))
        if done is not None and done.changed:
            self.host.again = lambda screen, others: screen._do(others, action)

    async def _ask(
        self,
        faces: Sequence[CardFace],
        label: str,
        given: str,
        action: Callable[[Service, Sequence[str], str], Done],
        form: str,
        *,
        guarded: bool = False,
        lines: bool = False,
    ) -> None:
        """The same with a text that is asked for; it is not asked for again."""
        refs, typed = [face.ref for face in faces], ""

        def write(service: Service, text: str) -> Done:
            nonlocal typed
            typed = text
            return action(service, refs, text)

        form = f"{form} {refs[0]}"
        done = await self.ask_and_write(
            label, given, write, form=form, guarded=guarded, lines=lines
        )
        if done is not None:
            self.after(done)
            if done.changed:
                again: Action = lambda service, refs: action(service, refs, typed)  # noqa: E731
                self.host.again = lambda screen, others: screen._do(others, again)
