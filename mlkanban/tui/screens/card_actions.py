"""What can be done with cards, the same on the board and on a card's page."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from mlkanban.charts.face import header, padded
from mlkanban.core.capture import condition_in
from mlkanban.core.dates import parse_day
from mlkanban.core.models import BlockReason, Board, CardFace, Outcome, Priority, Stage
from mlkanban.core.rules import Load
from mlkanban.core.sight import asleep
from mlkanban.errors import LimitReached, MlkanbanError, UsageProblem
from mlkanban.service import Done, Service
from mlkanban.tui.screens.editing import EditorScreen
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


class CardActions(EditorScreen):
    """Actions on `targets()`; `after` is told what changed."""

    @property
    def board(self) -> Board:
        return self.board_app.model.board

    def targets(self) -> list[CardFace]:
        """The cards an action is about: the marked ones, else the one under the cursor."""
        raise NotImplementedError

    def after(self, done: Done) -> None:
        """Something was done; the board shows it already."""

    def _chosen(self) -> list[CardFace]:
        faces = self.targets()
        if not faces:
            self.status.say("There is no card here. Press n to write one.")
        return faces

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

    async def move(self, faces: Sequence[CardFace], stage: Stage, before: str = "") -> None:
        """Move cards; a full stage asks what to do."""
        refs = [face.ref for face in faces]
        self._surprise = True
        try:
            done = await self.board_app.backstage.call(
                lambda service: service.cards.move(refs, stage.id, before=before)
            )
        except LimitReached as error:
            await self._full(faces, stage, error)
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)
        else:
            await self._moved(done)

    async def _moved(self, done: Done) -> None:
        await self.board_app.catch_up()
        self.tell(done)
        self.after(done)

    async def _full(self, faces: Sequence[CardFace], stage: Stage, error: LimitReached) -> None:
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
            await self.move(faces, parking)
        elif key == "w":
            out = await self._pick(f"Swap {refs[0]} with", standing)
            if out is not None:
                done = await self.write(lambda s: s.cards.swap(refs[0], out.ref))
                if done:
                    self.after(done)
        elif key == "o":
            done = await self.ask_and_write(
                f"Why go over the limit of {stage.name}?",
                "",
                lambda s, text: _overridden(s, refs, stage, text),
                form=f"override {refs[0]}",
            )
            if done:
                self.after(done)
        else:
            self.status.say("Nothing was moved.")

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
            refs, outcome = [face.ref for face in faces], _OUTCOMES[key][0]
            await self._do(lambda service: service.cards.finish(refs, outcome))

    async def do_card_archive(self) -> None:
        faces = self._chosen()
        refs = [face.ref for face in faces]
        if faces and all(face.archived for face in faces):
            await self._do(lambda service: service.cards.restore(refs))
        elif faces:
            await self._do(lambda service: service.cards.archive(refs))

    # Writing

    async def do_card_note(self) -> None:
        faces = self._chosen()
        if faces:
            refs = [face.ref for face in faces]
            await self._ask(
                f"Note on {names(faces)}",
                "",
                lambda s, text: s.cards.note(refs, text),
                "note",
                faces,
            )

    async def do_card_block(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        refs = [face.ref for face in faces]
        finished = next((face.ref for face in faces if face.outcome), None)
        if finished is not None:
            self.status.say(f"{finished} is finished; only open cards can be blocked.")
            return
        blocked = [face.ref for face in faces if face.block_reason]
        if blocked:
            await self._do(lambda service: service.cards.unblock(blocked))
            return
        reasons = list(BlockReason)
        options = numbered([reason.value.replace("-", " ") for reason in reasons])
        key = await self.ask.choose(f"What blocks {names(faces)}?", options, rows=True)
        if key is None:
            return
        reason = reasons[[option.key for option in options].index(key)]
        today = self.board_app.today()

        def block(service: Service, text: str) -> Done:
            note, until = condition_in(text, today)
            return service.cards.block(refs, reason, note=note, until=until)

        await self._ask(
            f"Blocked by {reason.value.replace('-', ' ')}: what exactly? until:fri or until:card:ID"
            " lifts it",
            "",
            block,
            f"block {reason.value}",
            faces,
        )

    async def do_card_snooze(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        refs, today = [face.ref for face in faces], self.board_app.today()
        if all(asleep(face, today) for face in faces):
            await self._do(lambda service: service.cards.wake(refs))
            return
        options = [Option(key, name) for key, (name, _) in _SNOOZES.items()]
        key = await self.ask.choose(f"Snooze {names(faces)} for:", [*options, Option("o", "...")])
        if key == "o":
            await self._ask(
                f"Snooze {names(faces)} until: 2026-12-01, 3d, 2w, fri",
                "",
                lambda s, text: s.cards.snooze(refs, _ahead(text, today)),
                "snooze",
                faces,
            )
        elif key is not None:
            until = today + timedelta(days=_SNOOZES[key][1])
            await self._do(lambda service: service.cards.snooze(refs, until))

    async def do_card_merge(self) -> None:
        faces = self._chosen()
        if len(faces) > 1:
            self.status.say("Mark one card at most: it is merged into another one.")
        elif faces:
            ref = faces[0].ref
            await self._ask(
                f"{ref} is a duplicate of which card? Its id:",
                "",
                lambda s, text: s.duplicates.merge(ref, text),
                "merge",
                faces,
            )

    async def do_card_priority(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        options = [Option(key, value.value) for key, value in _PRIORITIES.items()]
        key = await self.ask.choose(f"Priority of {names(faces)}:", options)
        if key is not None:
            refs, fields = [f.ref for f in faces], {"priority": _PRIORITIES[key].value}
            await self._do(lambda service: service.cards.edit(refs, fields))

    async def do_card_tags(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        refs = [face.ref for face in faces]
        had = set(faces[0].tags.split()).intersection(*(f.tags.split() for f in faces[1:]))

        def save(service: Service, text: str) -> Done:
            wanted = {tag.lstrip("#").lower() for tag in text.replace(",", " ").split()}
            added, removed = sorted(wanted - had), sorted(had - wanted)
            if not added and not removed:
                return Done("")
            return service.cards.edit(refs, add={"tags": added}, remove={"tags": removed})

        await self._ask(f"Tags of {names(faces)}", " ".join(sorted(had)), save, "tags", faces)

    async def do_card_due(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        refs, today = [face.ref for face in faces], self.board_app.today()

        def save(service: Service, text: str) -> Done:
            day = parse_day(text, today)
            return service.cards.edit(refs, {"due": day.isoformat() if day else None})

        await self._ask(
            f"Due day of {names(faces)}: 2026-12-01, 3d, 2w, fri or none", faces[0].due, save,
            "due", faces,
        )  # fmt: skip

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
        await self._do(lambda service: service.undoing.undo(self.board.id))

    async def do_redo(self) -> None:
        await self._do(lambda service: service.undoing.redo(self.board.id))

    async def _do(self, action: Callable[[Service], Done]) -> None:
        done = await self.write(action)
        if done is not None:
            self.after(done)

    async def _ask(
        self,
        label: str,
        given: str,
        action: Callable[[Service, str], Done],
        form: str,
        faces: Sequence[CardFace],
    ) -> None:
        done = await self.ask_and_write(label, given, action, form=f"{form} {faces[0].ref}")
        if done is not None:
            self.after(done)


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


def _overridden(service: Service, refs: Sequence[str], stage: Stage, reason: str) -> Done:
    if not reason.strip():
        raise LimitReached("An override needs a reason.", "Type it, or cancel.")
    return service.cards.move(refs, stage.id, override=reason)
