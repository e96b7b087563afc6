"""What is opened for a card: its runs, its form, the editor; and its id for elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlkanban.hints import hint
from mlkanban.machine import links
from mlkanban.text import cell_text
from mlkanban.tui.external_editor import ExternalEditor
from mlkanban.tui.own_templates import save_template
from mlkanban.tui.widgets.menu import numbered

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

        what = f"type, fields and checklist of {ref}"
        await save_template(self._screen, what, f"as {ref}, {faces[0].title}", text)

    async def do_card_link(self) -> None:
        """Open a link in the browser of this machine, or have the terminal copy it."""
        faces, status = self._edits.chosen(), self._screen.status
        if not faces:
            return
        card = await self._screen.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is None:
            return
        if not card.links:
            status.show(hint("{} has no link. Add one: {edit {} --link URL}", card.ref, card.ref))
            return
        link = card.links[0]
        if len(card.links) > 1:
            options = numbered([cell_text(text) for text in card.links])
            label = f"Open or copy a link of {card.ref}"
            key = await self._screen.ask.choose(label, options, rows=True)
            if key is None:
                return
            link = card.links[[option.key for option in options].index(key)]
        if address := links.opened(link, os.environ):
            status.show(cell_text(f"Opened in the browser: {address}"))
            return
        text = links.to_copy(link)
        self._screen.host.copy_to_clipboard(text)
        status.show(cell_text(f"Copied to the clipboard of the terminal (OSC 52): {text}"))

    def do_card_copy(self) -> None:
        faces = self._edits.chosen()
        if faces:
            text = " ".join(face.ref for face in faces)
            self._screen.host.copy_to_clipboard(text)
            self._screen.status.show(f"Copied: {text}")
