"""What help and tour teach: situations one gets into, and the board in a few pages.

`{card.new}` in a text stands for the key of that command, the person's own if there is one. No
Textual here.
"""

import re
from collections.abc import Iterable

from mlkanban.display.card_face import Line, Piece
from mlkanban.tui.commands import (
    BOARD,
    CARD,
    PLAN,
    REPORTS,
    REVIEW,
    RUNS,
    TRIAGE,
    Command,
    keys_shown,
)

_KEY = re.compile(r"\{([a-z.-]+)\}")

SITUATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    BOARD: (
        ("a new idea", "{card.new} writes it in a line, with #tag !high ^fri"),
        ("what to do next", "{triage} decides card by card; {plan} compares ideas"),
        ("a card goes on", "{card.right} takes it to the next stage, {card.move} to any"),
        ("a stage is full", "{card.finish} finishes something; going over needs a reason"),
        ("a card is stuck", "{card.block} says by what; until fri lifts it by itself"),
        ("not now", "{card.snooze} takes it out of sight until a day"),
        ("it is done", "{card.finish} asks how: shipped, or learned"),
        ("that was wrong", "{undo} takes it back, {redo} does it again, in any session"),
        ("two weeks are over", "{review} looks back, and asks what is promised next"),
        ("the same again", "{card.repeat} does the last thing again, to this card"),
        ("several cards", "{mark.toggle} marks them; what you do then is done to all"),
        ("where is my card", "{filter} filters, {palette} finds by words, {finished.show} adds "
         "finished ones"),
        ("how long it takes", "{reports} shows every number with its picture"),
        ("a job trains it", "{runs} shows its runs; in a shell mlkanban run starts one"),
        ("runs of a tracker", "{unlinked} links them to cards, or makes cards of them"),
        ("a finding goes live", "{card.release} makes its release; shipped, it is a model in use"),
        ("models in use", "{models} shows how they do, and rolls one back"),
        ("a model drifts", "{card.health} says how it does, {card.retrain} begins the next one"),
        ("other machines", "{sync} exchanges changes, {card.resolve} resolves conflicts"),
    ),
    CARD: (
        ("more to say", "{card.note} appends a note, {card.edit} edits the fields"),
        ("it goes on", "{card.move} moves it, {card.finish} finishes it"),
    ),
    TRIAGE: (
        ("it is worth doing", "{triage.accept} takes it one stage on, 1-9 into a stage"),
        ("it is not", "{card.archive} archives it, {card.finish} says how it ended"),
        ("not now", "{card.snooze} brings it back on a day; the third time asks for a decision"),
        ("I cannot tell yet", "{triage.skip} brings it back once, at the end"),
        ("that was wrong", "{undo} takes it back and returns to the card"),
    ),
    REVIEW: (
        ("it is as it says", "1 confirms it; the other answers stand beside their numbers"),
        ("worth telling", "{card.win} makes the card a win, for the report"),
        ("no time now", "{review.later} leaves it for the end, {back} for another day"),
        ("what is promised", "{mark.toggle} marks cards, {review.promise} ends the review"),
        ("that was wrong", "{undo} takes the answer back and returns to it"),
    ),
    PLAN: (
        ("what comes first", "{card.score} sets a score (value/effort), {plan.order} orders by it"),
        ("what to begin", "{card.right} pulls one card, {plan.replenish} as many as there is room"),
        ("what can be done by then", "{plan.day} chooses the day; signs show which cards fit"),
    ),
    RUNS: (
        ("why one did better", "what differs stands beside it; {run.diff} shows changed code"),
        ("only these two", "{run.mark} marks one, {run.diff} on the other compares them"),
        ("how far is it", "what it writes is followed; {run.log} opens all of it"),
    ),
    REPORTS: (
        ("which cards are these", "{part.next} and {part.previous} point at a part, {part.open} "
         "shows its cards"),
        ("only some of them", "{reports.window} changes the time, {reports.group} the group"),
        ("would other limits help", "{limits.try} plays them, {limits.suggest} looks for better "
         "ones"),
    ),
}  # fmt: skip
"""For each screen: what one may be up to, and what to press."""

PAGES: tuple[tuple[str, str], ...] = (
    ("The board",
     "Columns are stages, from idea to monitoring. A card stands in one of them.\n\n"
     "{cursor.left} {cursor.down} {cursor.up} {cursor.right} or the arrows move the cursor: "
     "looking changes nothing.\n\nThe same letters in upper case move the card: {card.left} and "
     "{card.right} to the previous and next stage, {card.down} and {card.up} within its stage."),
    ("Writing",
     "{card.new} writes a card, in one line:\n\n"
     "focal loss on minority classes #nlp !high ^fri metric:auc>=0.92\n\n"
     "{card.note} adds a note, {card.edit} edits the fields, {card.open} opens the card. Only the "
     "title is needed."),
    ("Limits",
     "Over each stage stand its cards and its limit: 1/2, 3/2! over it. The rule below "
     "fills up with them.\n\n"
     "A full stage asks what gives way: put the card back, swap it, or go over the limit with a "
     "reason.\n\nFew things in progress get done sooner."),
    ("Stuck, or not now",
     "{card.block} says what a card waits for; it keeps its place. until fri lifts it by itself."
     "\n\n{card.snooze} takes a card out of sight until a day.\n\n"
     "{triage} goes through everything that asks for a decision, one key each."),
    ("How long it takes",
     "{card.finish} finishes a card: shipped, or learned, which counts as much.\n\n"
     "From then on {reports} knows how long things take, and what a forecast is worth."),
    ("Nothing gets lost",
     "{undo} takes back whatever you did, also what you did last week. {redo} does it again.\n"
     "{back} goes one level up, and leaves from the board.\n\n"
     "{help} shows the keys of the screen you are on, {palette} finds any command by its name."),
)  # fmt: skip
"""The tour: a title and a text each."""


def with_keys(text: str, commands: Iterable[Command]) -> str:
    """The text with the first key of each command it names."""
    keys = {command.name: keys_shown(command).split()[0] for command in commands}
    return _KEY.sub(lambda match: keys.get(match[1], match[0]), text)


def word_with_keys(word: str, commands: Iterable[Command]) -> Line:
    """The word with the first key of each command it names, keys in their colour."""
    line: Line = []
    end = 0
    for match in _KEY.finditer(word):
        line += [
            Piece(word[end : match.start()], "text"),
            Piece(with_keys(match[0], commands), "focus"),
        ]
        end = match.end()
    return [*line, Piece(word[end:], "text")]
