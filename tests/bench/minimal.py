"""The least a Textual app can be: what everything on the screen is measured against."""

from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "a minimal app"


class Minimal(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield Static(TEXT)

    def on_key(self) -> None:
        self.exit()


if __name__ == "__main__":
    Minimal().run()
