"""The documentation on a terminal of its own, without a store."""

from textual import events

from mlkanban.config import Settings
from mlkanban.tui.commands import DOCS, HELP
from mlkanban.tui.themed_app import LEAVING, ThemedApp

_WITHOUT_STORE = ("cursor.", "docs", "help", "redraw", "back", "quit")


class DocsApp(ThemedApp, inherit_bindings=False):
    """A reader that begins with the page of `topic`."""

    ENABLE_COMMAND_PALETTE = False
    demo = False

    def __init__(self, settings: Settings, topic: str) -> None:
        super().__init__(settings)
        self.commands = tuple(
            command
            for command in self.commands
            if command.name.startswith(_WITHOUT_STORE) and {DOCS, HELP} & {*command.where}
        )
        self._topic = topic

    def on_mount(self) -> None:
        self.listen(*LEAVING)
        self.open("docs", self._topic)

    def key_pressed(self) -> None:
        """Nothing waits for the person here."""

    def pass_on(self, event: events.Key) -> None:
        """No screen lies over this one that takes keys typed ahead."""


def read_docs(settings: Settings, topic: str) -> int:
    """Open the reader on this terminal; the exit code for the process. A crash is raised after the
    terminal has been restored."""
    app = DocsApp(settings, topic)
    app.run()
    if app.crash is not None:
        raise app.crash
    return app.return_code or 0
