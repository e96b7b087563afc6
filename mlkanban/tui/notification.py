"""Calling for attention through the terminal: a bell, or a notification of the desktop."""

from collections.abc import Mapping

from mlkanban.cells import shortened
from mlkanban.text import ascii_only, display

NAME = "mlkanban"
_CELLS = 200
BELL = "\a"


def sequence(kind: str, text: str, env: Mapping[str, str], *, ascii: bool = False) -> str:
    """What is written to the terminal, '' for `none`. `kind` is `none`, `bell`, `osc9` (iTerm2,
    kitty, WezTerm, Windows Terminal ...) or `osc777` (urxvt, foot, Ghostty ...). Inside tmux and
    screen the terminal around them is meant; tmux passes it on where `allow-passthrough` is on."""
    if kind == "none":
        return ""
    if kind == "bell":
        return BELL
    body = shortened(display(text).replace("\t", " ").replace(";", ","), _CELLS)
    body = ascii_only(body) if ascii else body
    made = f"\x1b]9;{NAME}: {body}\a" if kind == "osc9" else f"\x1b]777;notify;{NAME};{body}\a"
    if env.get("TMUX"):
        return "\x1bPtmux;" + made.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if env.get("STY"):
        return f"\x1bP{made}\x1b\\"
    return made
