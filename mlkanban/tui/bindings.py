"""THE command table as Textual knows it: a binding for each key, an action for each command; and
which key of it a letter of another script is."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from textual.binding import Binding, BindingsMap
from textual.events import Key
from textual.keys import _character_to_key

from mlkanban.tui.commands import STATUS, Command, is_pair, on_screen, shown


def action_name(command: Command) -> str:
    """The action of a command: `card_note` for `card.note`."""
    return command.name.replace(".", "_").replace("-", "_")


def key_name(key: str) -> str:
    """A key of the table by Textual's name: `question_mark` for `?`. A pair keeps its own: `gp`,
    which no terminal sends."""
    return _character_to_key(key) if len(key) == 1 else key


_CHARACTERS = {"enter": "\r", "space": " ", "tab": "\t"}


def key_event(key: str) -> Key:
    """A key of the table as if it were pressed."""
    return Key(key_name(key), key if len(key) == 1 else _CHARACTERS.get(key))


def bindings_of(commands: Sequence[Command], where: str) -> BindingsMap:
    """The bindings of a screen. The id of each is the name of its command, so that a keymap of
    Textual can give the command another key."""
    # Not from a list: Textual takes a comma apart.
    return BindingsMap.from_keys(
        {
            key_name(key): [_binding(key, command, where)]
            for key, command in on_screen(commands, where).items()
        }
    )


def _binding(key: str, command: Command, where: str) -> Binding:
    number = command.keys.index(key) + 1 if command.is_numbered else ""
    return Binding(
        key_name(key),
        f"{action_name(command)}({number})",
        command.title,
        show=command.name in STATUS[where],
        key_display=shown(key),
        tooltip=command.help,
        id=command.name,
    )


def pair_menu(bindings: Mapping[str, Binding], first: str) -> dict[str, Binding]:
    """The bindings of a menu that a character opens, by the character that chooses them."""
    return {
        key[1]: binding for key, binding in bindings.items() if is_pair(key) and key[0] == first
    }


def is_foreign_letter(character: str) -> bool:
    """Whether it is a letter of another script than Latin."""
    return (
        len(character) == 1
        and character.isalpha()
        and "LATIN" not in unicodedata.name(character, "")
    )


def latin(character: str, layout: Mapping[str, str]) -> str:
    """The Latin letter meant by a key: the one on the same key, or the same of another width."""
    if character.isascii():
        return character
    narrow = unicodedata.normalize("NFKC", character)
    return layout.get(character) or (narrow if len(narrow) == 1 and narrow.isascii() else character)
