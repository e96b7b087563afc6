"""An input field for text of any origin: typed, pasted, or stored by somebody else."""

from textual.widgets import Input

from mlkanban.text import display


class Field(Input):
    """Holds what may be drawn: a control character in it would reach the terminal."""

    def validate_value(self, value: str) -> str:
        return display(value)
