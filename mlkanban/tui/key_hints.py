"""The reminders in the keys line, made from THE command table: only keys that do something to the
cards they are about. No Textual here."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from mlkanban.core.board import CardFace, Health, Outcome, asleep
from mlkanban.tui.commands import Command, presses, shown


class KeyHint(NamedTuple):
    """A key as people write it and a word for what it does; what a click on it presses, one after
    the other, and the name of its command, where it is one. Where the word changes from card to
    card, `cells` are those of the longest one, so that the keys behind stay where they are."""

    key: str
    word: str
    presses: tuple[str, ...] = ()
    command: str = ""
    cells: int = 0

    @property
    def text(self) -> str:
        return f"{self.key} {self.word.ljust(self.cells)}"


def key_hints(commands: Iterable[Command], names: Sequence[str]) -> list[KeyHint]:
    """The reminders of these commands, with the person's own keys."""
    by_name = {command.name: command for command in commands}
    return [_hint(by_name[name]) for name in names]


def card_hints(
    commands: Iterable[Command], names: Sequence[str], cards: Sequence[CardFace], today: date
) -> list[KeyHint]:
    """The reminders of those of these commands that do something to all of the cards; without any,
    of those that need none. What a card calls for comes first: its runs, where it has some, the
    health of a model at alert."""
    by_name = {command.name: command for command in commands}
    words = {name: _word(name, cards, today) for name in (*_called_for(cards), *names)}
    return [
        hint._replace(word=word or hint.word, cells=max(len(hint.word), len(_TAKES_BACK[name])))
        if name in _TAKES_BACK
        else hint
        for name, word in words.items()
        if word is not None and (hint := _hint(by_name[name]))
    ]


_TAKES_BACK = {"card.block": "unblock", "card.snooze": "wake", "card.archive": "restore"}
"""The word of a command on cards whose change it takes back."""
_NEED_A_CARD = ("card.", "runs", "triage.accept", "triage.skip")


def _hint(command: Command) -> KeyHint:
    key = command.keys[0]
    word = command.word or command.title.lower()
    return KeyHint(shown(key), word, presses(key), command.name)


def _called_for(cards: Sequence[CardFace]) -> list[str]:
    """The commands that the cards are waiting for."""
    alert = any(face.health == Health.ALERT for face in cards)
    # Of ended ones, too: among cards with runs the keys line stays as it is.
    runs = bool(cards) and bool(cards[0].runs)
    return ["runs"] * runs + ["card.health"] * alert


def _word(name: str, cards: Sequence[CardFace], today: date) -> str | None:
    """What a command does to the cards, '' for the word of the table; None for nothing."""
    if not cards:
        return None if name != "card.new" and name.startswith(_NEED_A_CARD) else ""
    works = True
    takes_back = False
    match name:
        case "card.block":
            works = not any(face.outcome for face in cards)
            takes_back = all(face.block_reason for face in cards)
        case "card.snooze":
            works = all(face.is_open for face in cards)
            takes_back = all(asleep(face, today) for face in cards)
        case "card.finish" | "triage.accept":
            works = all(face.is_open for face in cards)
        case "card.archive":
            takes_back = all(face.archived for face in cards)
        case "card.health" | "card.retrain":
            works = all(face.outcome == Outcome.SHIPPED for face in cards)
        case "runs":
            works = bool(cards[0].runs)
    if not works:
        return None
    return _TAKES_BACK[name] if takes_back else ""
