"""What is opened for a card: its runs, its form, the editor; and its id for elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.tui.external_editor import ExternalEditor
from mlkanban.tui.own_templates import save_template

if TYPE_CHECKING:
    from mlkanban.service import Service
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen


class OpenCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits
        self._editor = ExternalEditor(screen)

    def do_runs(self) -> None:
        faces = self._edits.chosen()
        if faces:
            self._screen.host.open("runs", faces[0].ref, faces[0].title)

    async def do_card_edit(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        card = await self._screen.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is not None:
            self._screen.host.open("edit", card)

    async def do_card_editor(self) -> None:
        faces = self._edits.chosen()
        if faces:
            from mlkanban.editor.documents import CardDocument  # seldom needed

            done = await self._editor.edit(CardDocument(faces[0].ref))
            if done is not None:
                self._screen.after_change(done)

    async def do_template_save(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        ref, board = faces[0].ref, self._screen.host.model.board

        def text(service: Service, title: str, about: str) -> str:
            from mlkanban.template_files import card_text  # seldom needed

            return card_text(service.cards.get(ref), board, title, about)

        await save_template(self._screen, ref, text)

    def do_card_copy(self) -> None:
        faces = self._edits.chosen()
        if faces:
            text = " ".join(face.ref for face in faces)
            self._screen.host.copy_to_clipboard(text)
            self._screen.status.show(f"Copied: {text}")
