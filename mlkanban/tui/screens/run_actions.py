"""What can be done with the runs of a card, wherever it is shown."""

from collections.abc import Sequence

from mlkanban.core.models import CardFace, Work
from mlkanban.tui.screens.conflicts import ConflictActions
from mlkanban.tui.widgets.ask import Option


class RunActions(ConflictActions):
    def do_runs(self) -> None:
        faces = self._chosen()
        if faces:
            self.host.open("runs", faces[0].ref, faces[0].title)


def until_run(faces: Sequence[CardFace]) -> list[Option]:
    """The choice to wait for runs, where they go on."""
    waiting = all(face.work == Work.UNATTENDED for face in faces)
    return [Option("r", "until its run ends")] if waiting else []
