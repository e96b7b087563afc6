"""What can be done with cards, the same on the board and on a card's page."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from mlkanban.charts.face import header, padded
from mlkanban.core.capture import condition_in
from mlkanban.core.dates import parse_day
from mlkanban.core.models import BlockReason, CardFace, Outcome, Priority, Stage
from mlkanban.core.rules import Load
from mlkanban.core.sight import asleep
from mlkanban.errors import LimitReached, UsageProblem
from mlkanban.service import Done, Service
from mlkanban.tui.screens.editing import EditorScreen
from mlkanban.tui.screens.gates import Ticks, needed
from mlkanban.tui.screens.run_actions import RunActions, until_run
from mlkanban.tui.widgets.ask import Option, numbered

_OUTCOMES = {
    "s": (Outcome.SHIPPED, "shipped"),
    "l": (Outcome.LEARNED, "learned: the answer was no"),
    "p": (Outcome.SUPERSEDED, "superseded"),
    "a": (Outcome.ABANDONED, "abandoned"),
}
_SNOOZES = {"d": ("a day", 1), "w": ("a week", 7), "m": ("a month", 30)}
_PRIORITIES = {
    "u": Priority.URGENT,
    "h": Priority.HIGH,
    "n": Priority.NORMAL,
    "l": Priority.LOW,
}


Action = Callable[[Service, Sequence[str]], Done]
"""What is done to the cards with these ids."""


class CardActions(RunActions, EditorScreen):
    """All of them; a screen says what its `targets()` are."""

    async def do_card_repeat(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        if self.board_app.again is None:
            self.status.say("Nothing was done in this session that could be done again.")
        else:
            await self.board_app.again(self, faces)

    # Moving

    async def do_card_move(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        options = [
            Option(str(at + 1), self._stage_row(at)) for at in range(len(self.board.stages[:9]))
        ]
        key = await self.ask.choose(f"Move {names(faces)} to", options, rows=True)
        if key is not None:
            await self.move(faces, self.board.stages[int(key) - 1])

    def _stage_row(self, at: int) -> str:
        """A stage in the menu: `Training  2/2 FULL`."""
        model, stage = self.board_app.model, self.board.stages[at]
        head = header(self.board, at, model.loads.get(stage.id, Load()), len(model.columns[at]))
        return f"{padded(stage.name, 24)} {head.counts} {head.state}".rstrip()

    async def move(
        self,
        faces: Sequence[CardFace],
        stage: Stage,
        before: str = "",
        ticks: Ticks | None = None,
    ) -> Done | None:
        """Move cards, ticking `ticks` first; a closed gate and a full stage ask what to do. None
        when nothing was done."""
        refs = [face.ref for face in faces]
        ticked: Ticks = dict(ticks or {})
        try:
            done = await self.pass_gates(
                lambda service, override, ticks: service.cards.move(
                    refs, stage.id, before=before, override=override, ticks=ticks
                ),
                ticked,
            )
        except LimitReached as error:
            done = await self._full(faces, stage, error, ticked)
        if done is not None and done.changed:
            self.board_app.again = lambda screen, others: screen.move_again(others, stage)
        return done

    async def move_again(self, faces: Sequence[CardFace], stage: Stage) -> None:
        """What `.` does after a move."""
        await self.move(faces, stage)

    async def _beside(self, faces: Sequence[CardFace], by: int) -> None:
        if not faces:
            return
        stages = self.board.stages
        if len({face.stage for face in faces}) > 1:
            self.status.say("The marked cards stand in several stages: m moves them to one.")
            return
        at = self.board.position(faces[0].stage) + by
        if at >= len(stages):
            await self.do_card_complete()
        elif at < 0:
            self.status.say(f"{stages[0].name} is the first stage.")
        elif (done := await self.move(faces, stages[at])) and done.changed:
            self.board_app.again = lambda screen, others: screen._beside(others, by)

    async def _full(
        self, faces: Sequence[CardFace], stage: Stage, error: LimitReached, ticks: Ticks
    ) -> Done | None:
        """The one-line choice of a full stage."""
        refs = [face.ref for face in faces]
        options = []
        parking = self._parking()
        if parking and parking.id != stage.id and any(f.stage != parking.id for f in faces):
            options.append(Option("r", f"put in {parking.name}"))
        standing = [f for f in self.board_app.model.faces.values() if _open_in(f, stage)]
        if len(faces) == 1 and standing and faces[0].stage != stage.id:
            options.append(Option("w", "swap out..."))
        options.append(Option("o", "override (reason)"))
        key = await self.ask.choose(f"{error.message.rstrip('.')}:", options)
        if key == "r" and parking is not None:
            return await self.move(faces, parking, ticks=ticks)
        if key == "w":
            out = await self._pick(f"Swap {refs[0]} with", standing)
            if out is not None:
                return await self.pass_gates(
                    lambda service, override, ticks: service.cards.swap(
                        refs[0], out.ref, override=override, ticks=ticks
                    ),
                    ticks,
                )
        if key == "o":
            done = await self.ask_and_write(
                f"Why go over the limit of {stage.name}?",
                "",
                lambda s, text: s.cards.move(refs, stage.id, override=needed(text), ticks=ticks),
                form=f"override {refs[0]}",
            )
            if done:
                self.after(done)
            return done
        self.status.say("Nothing was moved.")
        return None

    def _parking(self) -> Stage | None:
        """The queue in front of the commitment point."""
        at = self.board.first_committed - 1
        return self.board.stages[at] if at >= 0 else None

    async def _pick(self, label: str, faces: Sequence[CardFace]) -> CardFace | None:
        options = numbered([f"{face.ref}  {face.title}" for face in faces])
        key = await self.ask.choose(label, options, rows=True)
        found = next((at for at, option in enumerate(options) if option.key == key), None)
        return None if found is None else faces[found]

    async def do_card_complete(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        options = [Option(key, text) for key, (_, text) in _OUTCOMES.items()]
        key = await self.ask.choose(f"{names(faces)} ends as:", options)
        if key is not None:
            await self.finish(faces, _OUTCOMES[key][0])

    async def finish(self, faces: Sequence[CardFace], outcome: Outcome) -> None:
        """Finish cards; what is shipped goes past gates."""
        refs = [face.ref for face in faces]
        done = await self.pass_gates(
            lambda service, override, ticks: service.cards.finish(
                refs, outcome, override=override, ticks=ticks
            ),
            {},
        )
        if done is not None and done.changed:
            self.board_app.again = lambda screen, others: screen.finish(others, outcome)

    async def do_card_archive(self) -> None:
        faces = self._chosen()
        if faces and all(face.archived for face in faces):
            await self._do(faces, lambda service, refs: service.cards.restore(refs))
        elif faces:
            await self._do(faces, lambda service, refs: service.cards.archive(refs))

    # Writing

    async def do_card_note(self) -> None:
        faces = self._chosen()
        if faces:
            await self._ask(
                faces,
                f"Note on {names(faces)}",
                "",
                lambda service, refs, text: service.cards.note(refs, text),
                "note",
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
        today = self.board_app.today()

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
        )

    async def do_card_snooze(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        today = self.board_app.today()
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
                lambda service, refs, text: service.cards.snooze(refs, _ahead(text, today)),
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
            wanted = {tag.lstrip("#").lower() for tag in text.replace(",", " ").split()}
            added, removed = sorted(wanted - had), sorted(had - wanted)
            if not added and not removed:
                return Done("")
            return service.cards.edit(refs, add={"tags": added}, remove={"tags": removed})

        await self._ask(faces, f"Tags of {names(faces)}", " ".join(sorted(had)), save, "tags")

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
        today = self.board_app.today()

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
        from mlkanban.tui.screens.edit import EditScreen

        card = await self.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is not None:
            self.app.push_screen(EditScreen(card))

    async def do_card_editor(self) -> None:
        faces = self._chosen()
        if faces:
            from mlkanban.tui.editor import CardDocument

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
        await self.change(lambda service: service.undoing.undo(self.board.id))

    async def do_redo(self) -> None:
        await self.change(lambda service: service.undoing.redo(self.board.id))

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
            self.board_app.again = lambda screen, others: screen._do(others, action)

    async def _ask(
        self,
        faces: Sequence[CardFace],
        label: str,
        given: str,
        action: Callable[[Service, Sequence[str], str], Done],
        form: str,
    ) -> None:
        """The same with a text that is asked for; it is not asked for again."""
        refs, typed = [face.ref for face in faces], ""

        def write(service: Service, text: str) -> Done:
            nonlocal typed
            typed = text
            return action(service, refs, text)

        done = await self.ask_and_write(label, given, write, form=f"{form} {refs[0]}")
        if done is not None:
            self.after(done)
            if done.changed:
                again: Action = lambda service, refs: action(service, refs, typed)  # noqa: E731
                self.board_app.again = lambda screen, others: screen._do(others, again)


def names(faces: Sequence[CardFace]) -> str:
    """How a question speaks of the cards: by id, or by number when there are many."""
    return ", ".join(face.ref for face in faces) if len(faces) <= 3 else f"{len(faces)} cards"


def _open_in(face: CardFace, stage: Stage) -> bool:
    return face.stage == stage.id and face.is_open


def _ahead(text: str, today: date) -> date:
    day = parse_day(text, today)
    if day is None:
        raise UsageProblem("No day was named.", "Type one such as 3d or fri.")
    return day
