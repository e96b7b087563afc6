"""THE table of commands: keys, palette, help, status line and the README's key table come from it,
and the keys in hints.

No Textual here: the command line prints the table too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.hints import ShellCommand, worded
from mlkanban.records import record
from mlkanban.text import display

(
    BOARD, CARD, TRIAGE, REVIEW, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, REPORTS, STAGES,
    CHARTER, PORTFOLIO, MESSAGES, HELP, DOCS,
) = SCREENS = (
    "board", "card", "triage", "review", "plan", "runs", "queue", "unlinked", "models", "model",
    "reports", "stages", "charter", "portfolio", "messages", "help", "docs",
)  # fmt: skip
DIGITS = tuple("123456789")
"""The keys of a command that is told which of them was pressed."""
CANCELS = "q"
"""What leaves a menu without a choice."""
FORM = "form"
"""A screen that is typed into: it has no commands."""


@record(frozen=True, slots=True)
class Command:
    """One thing a person can do. `name` is for the config, `keys` are Textual's key names, or two
    characters that are pressed one after the other (the first opens a menu); the first is the one
    shown. `where` are the screens it works on; `word` stands beside the key in the keys line, ''
    for the title. `also` are words that people look for it by, beside those in its texts."""

    name: str
    keys: tuple[str, ...]
    title: str
    help: str
    group: str
    where: tuple[str, ...] = (BOARD,)
    word: str = ""
    also: str = ""

    @property
    def is_numbered(self) -> bool:
        """Whether it is told which of its keys was pressed: the first is 1."""
        return BY_NAME[self.name].keys == DIGITS


_CARDS = (BOARD, CARD, TRIAGE, PLAN)
_LISTS = (BOARD, PLAN)

COMMANDS: tuple[Command, ...] = (
    Command("cursor.left", ("h", "left"), "Left", "stage to the left", "Look", _LISTS),
    Command("cursor.down", ("j", "down"), "Down", "next card or line", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, STAGES, CHARTER, PORTFOLIO,
             MESSAGES, HELP, DOCS)),
    Command("cursor.up", ("k", "up"), "Up", "card or line above", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, STAGES, CHARTER, PORTFOLIO,
             MESSAGES, HELP, DOCS)),
    Command("cursor.right", ("l", "right"), "Right", "stage to the right", "Look", _LISTS),
    Command("cursor.top", ("gg", "home"), "Top", "first card or line", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, CHARTER, PORTFOLIO, MESSAGES,
             HELP, DOCS)),
    Command("cursor.bottom", ("G", "end"), "Bottom", "last card or line", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, CHARTER, PORTFOLIO, MESSAGES,
             HELP, DOCS)),
    Command("cursor.page-up", ("{", "pageup"), "Half a page up", "half a page up", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, CHARTER, MESSAGES, HELP,
             DOCS)),
    Command("cursor.page-down", ("}", "pagedown"), "Half a page down", "half a page down", "Look",
            (BOARD, CARD, PLAN, RUNS, QUEUE, UNLINKED, MODELS, MODEL, CHARTER, MESSAGES, HELP,
             DOCS)),
    Command("preview", ("tab",), "Preview", "show or hide the preview of the card", "Look"),
    Command("list", ("o",), "Columns or list", "the cards in columns, or as a list", "Look"),
    Command("cursor.stage", DIGITS, "Go to stage", "go to stage 1 to 9", "Look"),
    Command("card.open", ("enter",), "Open card", "all fields, notes, history", "Look",
            (BOARD, TRIAGE, REVIEW, PLAN), word="open"),
    Command("card.tab", DIGITS, "Tab", "1 runs, 2 notes, 3 history, 4 links, 5 details", "Look",
            (CARD,)),
    Command("card.next", ("]",), "Next card", "the next card of the stage", "Look", (CARD,)),
    Command("card.previous", ("[",), "Previous card", "the card before it in the stage", "Look",
            (CARD,)),
    Command("card.left", ("H", "shift+left"), "Move left", "move the card one stage to the left",
            "Move", _LISTS),
    Command("card.right", ("L", "shift+right"), "Move right",
            "move the card one stage to the right", "Move", _LISTS),
    Command("card.move", ("m",), "Move to ...", "then 1-9: to that stage, marked cards too",
            "Move", (BOARD, CARD, PLAN), word="move"),
    Command("card.transfer", ("gb",), "To another board",
            "move cards to another board, with their history", "Move", (BOARD,)),
    Command("triage.accept", ("L", "shift+right"), "Move on",
            "one stage on; the next card", "Decide", (TRIAGE,)),
    Command("triage.stage", DIGITS, "Move to stage", "into stage 1 to 9; the next card",
            "Decide", (TRIAGE,)),
    Command("triage.skip", ("j", "down"), "Skip", "leave it, it comes back once at the end",
            "Decide", (TRIAGE,)),
    Command("triage.previous", ("k", "up"), "Previous", "look at the card before", "Decide",
            (TRIAGE,)),
    Command("review.answer", DIGITS, "Answer", "the answer with this number; the next topic",
            "Decide", (REVIEW,)),
    Command("review.later", ("j", "down"), "Later",
            "leave the topic for later; the next card to promise", "Decide", (REVIEW,)),
    Command("review.previous", ("k", "up"), "Previous",
            "the topic before, or the card above", "Decide", (REVIEW,)),
    Command("review.promise", ("P",), "Promise",
            "the cards to promise; there, end the review with the marked ones", "Decide",
            (REVIEW,)),
    Command("review.day", ("D",), "Until", "the day of the next review", "Decide", (REVIEW,)),
    Command("card.down", ("J", "shift+down"), "Move down", "one place down in its stage", "Move",
            _LISTS),
    Command("card.up", ("K", "shift+up"), "Move up", "one place up in its stage", "Move",
            _LISTS),
    Command("card.finish", ("c",), "Finish", "finish, with an outcome", "Move", _CARDS,
            word="finish",
            also="done close complete learned shipped"),
    Command("card.merge", ("M",), "Duplicate", "a duplicate: notes, tags and links move over",
            "Move", _CARDS),
    Command("card.archive", ("x",), "Archive",
            "off the board, or back; a card in progress is abandoned", "Move", _CARDS,
            also="delete remove"),
    Command("card.new", ("n",), "New card", "a new card in this stage", "Write", _LISTS,
            word="new",
            also="add create write"),
    Command("card.edit", ("e",), "Edit", "edit the fields of the card", "Write", _CARDS,
            also="change rename title"),
    Command("card.editor", ("E",), "Edit in $EDITOR", "the whole card as Markdown, in your editor",
            "Write", _CARDS),
    Command("card.note", ("a",), "Add note", "append a note", "Write", (*_CARDS, REVIEW),
            word="note",
            also="comment"),
    Command("card.checklist", ("C",), "Checklist", "tick items, add or remove them", "Write",
            _CARDS),
    Command("card.template", ("N",), "New from template",
            "a new card with a checklist: experiment, data issue ...", "Write", _LISTS),
    Command("card.block", ("b",), "Block", "block with a reason, or unblock", "Write", _CARDS,
            also="blocked stuck waiting"),
    Command("card.snooze", ("z",), "Snooze", "out of sight for a day, a week ..., or back",
            "Write", _CARDS,
            also="hide later postpone"),
    Command("card.priority", ("p",), "Priority", "urgent, high, normal or low", "Write", _CARDS),
    Command("card.tags", ("t",), "Tags", "change the tags", "Write", _CARDS,
            also="labels"),
    Command("card.due", ("d",), "Due date", "set or clear the due date", "Write", _CARDS,
            also="deadline"),
    Command("card.health", ("w",), "Health",
            "how a model does: ok, watch, alert, retired; keep or retrain it", "Write",
            (BOARD, CARD, TRIAGE, REVIEW, MODELS)),
    Command("card.retrain", ("gm",), "Retrain", "the card that trains a model in use again",
            "Write", (BOARD, CARD, TRIAGE, REVIEW, MODELS)),
    Command("card.release", ("gr",), "Release", "the card that releases what this one found",
            "Write", (BOARD, CARD, TRIAGE)),
    Command("card.score", ("$",), "Score", "value for effort: the plan can order by it", "Write",
            _CARDS),
    Command("card.resolve", ("=",), "Resolve", "resolve a conflict between two machines",
            "Write", (BOARD, CARD, TRIAGE)),
    Command("card.win", ("*",), "Win",
            "star the card as a win for the report, or take the star off", "Write",
            (*_CARDS, REVIEW)),
    Command("template.save", ("gn",), "Save as template",
            "keep the card as a template, or the stages of the board",
            "Write", (*_CARDS, STAGES)),
    Command("card.copy", ("y",), "Copy id", "the card's id to the clipboard", "Write", _CARDS),
    Command("card.link", ("Y",), "Open link",
            "open a link of the card, or copy it over SSH", "Write", _CARDS, also="copy url"),
    Command("mark.toggle", ("space",), "Mark",
            "mark the card, for a bulk move or a promise", "Mark", (*_LISTS, REVIEW)),
    Command("mark.range", ("v",), "Mark range", "mark from the nearest mark to here", "Mark"),
    Command("mark.all", ("V",), "Mark all", "mark all cards of the stage, or clear",
            "Mark", _LISTS),
    Command("undo", ("u",), "Undo", "take back the last change, of any session", "Change your mind",
            (BOARD, CARD, TRIAGE, REVIEW, PLAN, UNLINKED, MODELS, STAGES, CHARTER),
            also="revert"),
    Command("undo.list", ("gh",), "Undo one of the last",
            "what you did last, newest first: undo any of it", "Change your mind",
            (BOARD, CARD, TRIAGE, REVIEW, PLAN, UNLINKED, MODELS, STAGES, CHARTER)),
    Command("redo", ("U",), "Redo", "do again what was undone", "Change your mind",
            (BOARD, CARD, TRIAGE, REVIEW, PLAN, UNLINKED, MODELS, STAGES, CHARTER)),
    Command("card.repeat", (".",), "Repeat", "do the last thing again, to this card",
            "Write", (BOARD, CARD, PLAN)),
    Command("filter", ("/",), "Filter", "show only cards with these words, or age>5d tag:gpu ...",
            "Find", word="find",
            also="find search where query"),
    Command("views", ("f",), "Views", "saved filters: choose, keep or forget one", "Find",
            also="searches"),
    Command("finished.show", ("F",), "Show finished", "show or hide finished and archived cards",
            "Find"),
    Command("stage.fold", ("-",), "Fold stage",
            "show only the titles of the cards of the stage, or whole cards", "Find"),
    Command("triage", ("i",), "Triage", "one card at a time: decide, and the next one comes",
            "Screens"),
    Command("review", ("gw",), "Review",
            "what was promised and learned, one by one; then what is next",
            "Screens",
            also="retrospective learned"),
    Command("plan", ("gp",), "Plan", "ideas and ready cards, and which of them fit until a day",
            "Screens"),
    Command("plan.replenish", ("P",), "Pull ideas", "pull the first ideas, up to the limit",
            "Plan", (PLAN,)),
    Command("plan.order", ("o",), "Order", "by score, or as on the board", "Plan",
            (PLAN,)),
    Command("plan.day", ("D",), "Until", "the day until which cards are to fit", "Plan", (PLAN,)),
    Command("runs", ("r",), "Runs", "the runs of the card: state, metric, why one failed",
            "Screens", (BOARD, CARD, TRIAGE),
            also="experiments"),
    Command("queue", ("gj",), "Queue",
            "runs of all cards that execute or wait, in the order of their turns", "Screens",
            (BOARD, CARD, TRIAGE, RUNS)),
    Command("run.log", ("enter",), "Log",
            "the runs of the configuration; what a run wrote, in $PAGER", "Runs", (RUNS,)),
    Command("run.diff", ("D",), "Changed code",
            "what changed in the code since the run before, or the marked one", "Runs",
            (RUNS,)),
    Command("run.mark", ("space",), "Mark run", "mark the run that others are compared with",
            "Runs", (RUNS,), word="mark"),
    Command("run.sort", ("s",), "Sort", "by metric, newest, most runs or longest time", "Runs",
            (RUNS,)),
    Command("run.filter", ("/",), "Filter", "only runs such as lr<1e-3 state:failed seed:3", "Runs",
            (RUNS,)),
    Command("run.again", ("A",), "Run again",
            "start the run, or the newest of the card, again, after a question", "Runs",
            (RUNS, CARD), word="again"),
    Command("run.stop", ("X",), "Stop run",
            "stop the run, or take it out of the queue, after a question", "Runs", (RUNS, QUEUE),
            word="stop"),
    Command("run.earlier", ("K", "shift+up"), "Earlier turn",
            "one place earlier in the queue: all waiting runs of the row", "Runs",
            (RUNS, QUEUE), word="earlier"),
    Command("run.later", ("J", "shift+down"), "Later turn",
            "one place later in the queue: all waiting runs of the row", "Runs",
            (RUNS, QUEUE), word="later"),
    Command("run.hold", ("b",), "Hold back",
            "hold back the waiting runs of the row, or release them", "Runs", (RUNS, QUEUE)),
    Command("queue.open", ("enter",), "Open", "the run, among those of its card", "Runs",
            (QUEUE,)),
    Command("run.best", ("^",), "Best", "the best configuration, or the best run in it", "Runs",
            (RUNS,)),
    Command("run.parameters", ("%",), "Parameters",
            "how much each parameter tells of the metric, or the run again", "Runs", (RUNS,)),
    Command("curve.metric", ("&",), "Curve of", "the learning curve of the next metric reported",
            "Runs", (CARD, RUNS)),
    Command("curve.axis", ("_",), "Curve over",
            "the curve over trial, parameters, step, epoch or time", "Runs", (CARD, RUNS)),
    Command("curve.range", ("|",), "Whole curve",
            "all values of the curve, or without outliers", "Runs", (CARD, RUNS)),
    Command("unlinked", ("gu",), "Inbox", "unlinked runs of trackers: they belong to no card yet",
            "Screens", (BOARD, TRIAGE),
            also="mlflow wandb"),
    Command("unlinked.open", ("enter",), "Open", "show or hide the runs of the experiment", "Runs",
            (UNLINKED,)),
    Command("unlinked.link", ("L",), "Link",
            "link the run, or the whole experiment, to a card: its id or words", "Runs",
            (UNLINKED,)),
    Command("unlinked.new", ("n",), "New card", "make a card of the run", "Runs", (UNLINKED,)),
    Command("unlinked.ignore", ("x",), "Ignore",
            "ignore the run or the whole experiment, or list it again", "Runs", (UNLINKED,)),
    Command("unlinked.ignored", ("F",), "Show ignored", "show the ignored runs, or the others",
            "Runs", (UNLINKED,)),
    Command("unlinked.read", ("S",), "Read again", "read the trackers again", "Runs", (UNLINKED,)),
    Command("models", ("gv",), "Models in use",
            "models in use: last readings, what comes next, roll back", "Screens",
            (BOARD, CARD, TRIAGE),
            also="deployed production"),
    Command("model.open", ("enter",), "Change record",
            "its versions, why each came, gates passed over, alerts, readings", "Models",
            (MODELS,), word="record"),
    Command("model.rollback", ("X",), "Roll back",
            "the version before is in use again, after a question", "Models", (MODELS,),
            word="roll back"),
    Command("model.owner", ("o",), "Owner", "who watches the model", "Models", (MODELS,),
            word="owner"),
    Command("model.look", ("d",), "Look again", "the day to look whether it stays", "Models",
            (MODELS,), word="look again"),
    Command("model.card", ("c",), "Its card", "the card of the version in use", "Models",
            (MODELS,), word="card"),
    Command("reports", ("R",), "Reports", "every number of the flow, with its picture", "Screens",
            also="statistics metrics charts"),
    Command("report.write", ("ge",), "Write report",
            "the report for others, one page or Markdown, as a file", "Screens", (BOARD, REPORTS),
            also="export share"),
    Command("view.overview", ("R",), "Overview", "several charts at once", "Numbers", (REPORTS,)),
    Command("report.next", ("]",), "Next report", "the next of all reports", "Screens",
            (REPORTS,), word="next report"),
    Command("report.previous", ("[",), "Previous report", "the one before", "Screens", (REPORTS,)),
    Command("chart.next", ("tab",), "Next chart", "the next chart of the overview", "Screens",
            (REPORTS,)),
    Command("chart.previous", ("shift+tab",), "Previous chart", "the one before", "Screens",
            (REPORTS,)),
    Command("reports.window", ("w",), "Window", "30 days, 90 days or all", "Screens", (REPORTS,)),
    Command("reports.group", ("o",), "Group by", "all, by type, by tag or by stage", "Screens",
            (REPORTS,)),
    Command("group.next", ("j", "down"), "Next group", "the next type, tag or stage", "Screens",
            (REPORTS,)),
    Command("group.previous", ("k", "up"), "Previous group", "the one before", "Screens",
            (REPORTS,)),
    Command("part.next", ("l", "right"), "Next part", "point at the next bar, dot, band or row",
            "Screens", (REPORTS,), word="point"),
    Command("part.previous", ("h", "left"), "Previous part", "point at the one before", "Screens",
            (REPORTS,)),
    Command("part.open", ("enter",), "Open",
            "the chart, the card, or the cards on the board", "Screens",
            (REPORTS,)),
    Command("part.board", ("/",), "Part on board", "show only these cards on the board", "Screens",
            (REPORTS,)),
    Command("limits.try", ("W",), "What if", "what other WIP limits would do", "Numbers",
            (REPORTS,)),
    Command("limits.suggest", ("O",), "Suggest limits", "search for better WIP limits", "Numbers",
            (REPORTS,)),
    *(
        Command(f"view.{entry.name}", (entry.key,), entry.title, entry.help, "Numbers", (REPORTS,),
                also=entry.also)
        for entry in CATALOGUE
    ),
    Command("sync", ("S",), "Sync", "exchange changes with your other machines", "Screens",
            also="push pull"),
    Command("stages", ("s",), "Stages", "add, rename, order, limit and remove stages", "Screens",
            also="columns wip workflow rename limits"),
    Command("stage.add", ("n",), "New stage", "a new stage after this one", "Stages", (STAGES,)),
    Command("stage.rename", ("e",), "Rename", "rename the stage", "Stages", (STAGES,)),
    Command("stage.raise", ("+",), "Raise limit", "one more card at a time", "Stages", (STAGES,)),
    Command("stage.lower", ("-",), "Lower limit", "one card less; below 0 no limit", "Stages",
            (STAGES,)),
    Command("stage.more-runs", ("]",), "More runs", "one more unattended card at a time", "Stages",
            (STAGES,)),
    Command("stage.fewer-runs", ("[",), "Fewer runs", "one less; below 0 not counted apart",
            "Stages", (STAGES,)),
    Command("stage.soft", ("!",), "Soft or hard", "a soft one warns, a hard one refuses", "Stages",
            (STAGES,)),
    Command("stage.kind", ("t",), "Kind", "queue, active or gate: wait, work or be decided",
            "Stages", (STAGES,)),
    Command("stage.role", ("r",), "Role", "what it is for: data, train, evaluate ...; gates follow",
            "Stages", (STAGES,)),
    Command("stage.deliverables", ("d",), "Deliverables",
            "what new experiments and models are asked before they leave", "Stages", (STAGES,)),
    Command("stage.committed", ("*",), "Committed", "whether cards here count as in progress",
            "Stages", (STAGES,)),
    Command("stage.up", ("K", "shift+up"), "Stage up", "one place earlier", "Stages", (STAGES,)),
    Command("stage.down", ("J", "shift+down"), "Stage down", "one place later", "Stages",
            (STAGES,)),
    Command("stage.remove", ("x",), "Remove", "remove the stage, if no card stands in it", "Stages",
            (STAGES,)),
    Command("charter", ("gc",), "Charter", "what the board is for: scope, metrics, risks ...",
            "Screens", (BOARD, CARD, TRIAGE, REVIEW, PLAN, REPORTS)),
    Command("charter.edit", ("E", "e"), "Edit charter", "the whole charter in your editor",
            "Write", (CHARTER,)),
    Command("board.switch", ("B",), "Boards", "all boards with their numbers: open or make one",
            "Screens",
            also="projects rename archive"),
    Command("board.open", ("enter",), "Open board", "work on this board", "Boards", (PORTFOLIO,)),
    Command("board.new", ("n",), "New board", "a new board from a template", "Boards",
            (PORTFOLIO,)),
    Command("board.rename", ("e",), "Rename", "give the board another name; its key stays",
            "Boards", (PORTFOLIO,)),
    Command("board.archive", ("x",), "Archive", "archive the board, or bring it back", "Boards",
            (PORTFOLIO,)),
    Command("theme", ("T",), "Theme", "choose a theme", "Screens", SCREENS,
            also="colour color dark light"),
    Command("palette", (":", "ctrl+p"), "Commands", "find any command by its name", "Screens",
            SCREENS),
    Command("tour", ("gt",), "Tour", "the board in a minute", "Screens"),
    Command("help.search", ("/",), "Search help", "show only the lines with these words", "Find",
            (HELP,)),
    Command("docs", ("gd",), "Documentation", "all pages of the documentation, to read and search",
            "Screens", tuple(screen for screen in SCREENS if screen != DOCS),
            also="manual guide how"),
    Command("docs.next", ("]",), "Next topic", "the page of the next topic", "Look", (DOCS,),
            word="next topic"),
    Command("docs.previous", ("[",), "Previous topic", "the page before", "Look", (DOCS,)),
    Command("docs.choose", ("o",), "Topics", "choose a topic", "Look", (DOCS,), word="topics"),
    Command("docs.follow", ("enter",), "Follow", "choose a link of the page, and follow it", "Look",
            (DOCS,), word="follow"),
    Command("docs.return", ("h", "left"), "Return", "the page that a link was followed from",
            "Look", (DOCS,)),
    Command("docs.search", ("/",), "Search", "search all pages", "Find", (DOCS,)),
    Command("docs.again", ("n",), "Next found", "the next line with the words", "Find", (DOCS,),
            word="next found"),
    Command("docs.before", ("N",), "Found before", "the line with the words before it", "Find",
            (DOCS,)),
    Command("messages", ("gl",), "Messages", "earlier messages, newest first",
            "Screens", tuple(screen for screen in SCREENS if screen != MESSAGES)),
    Command("redraw", ("f5",), "Redraw", "redraw the screen after another program wrote on it",
            "Screens", SCREENS),
    Command("help", ("?", "f1"), "Help", "the keys of this screen", "Screens", SCREENS,
            also="shortcuts keyboard"),
    Command("back", ("q",), "Back", "one level up; leaves from the board", "Screens", SCREENS),
    Command("quit", ("Q",), "Quit", "leave mlkanban", "Screens", SCREENS,
            also="exit"),
)  # fmt: skip

BY_NAME: Mapping[str, Command] = {command.name: command for command in COMMANDS}

ACTS_BEYOND_THE_STORE = frozenset({
    "run.again", "run.stop", "run.earlier", "run.later", "run.hold", "run.log", "run.diff",
    "unlinked.read", "report.write", "card.editor", "card.link", "charter.edit", "sync",
    "template.save", "theme",
})  # fmt: skip
"""Commands that start programs, write files or reach other machines: a store that may not be
written does not refuse them by itself."""

_FORMER = {
    "card.complete": "card.finish", "card.settle": "card.resolve", "card.worth": "card.score",
}  # fmt: skip
"""Commands that were called otherwise before: the old names still work in the config."""

STATUS = {
    BOARD: (
        "card.open", "card.new", "card.move", "card.block", "card.finish", "card.health",
        "filter", "undo", "runs", "reports", "help",
    ),
    CARD: (
        "card.edit", "card.note", "card.move", "card.block", "card.finish", "runs",
        "card.checklist", "card.next", "help", "back",
    ),
    # What each key of a decision would do stands on the page.
    TRIAGE: (
        "card.open", "triage.previous", "card.edit", "card.priority", "card.due", "undo",
        "card.merge", "help", "back",
    ),
    REVIEW: (
        "review.later", "review.previous", "card.open", "card.win", "card.note", "mark.toggle",
        "review.promise", "undo", "help", "back",
    ),
    PLAN: (
        "plan.replenish", "card.right", "card.score", "plan.order", "plan.day", "undo", "help",
        "back",
    ),
    RUNS: (
        "run.log", "run.stop", "run.hold", "run.earlier", "run.later", "run.mark", "run.filter",
        "run.again", "run.sort", "run.diff", "help", "back",
    ),
    QUEUE: (
        "queue.open", "run.earlier", "run.later", "run.hold", "run.stop", "help", "back",
    ),
    UNLINKED: (
        "unlinked.link", "unlinked.new", "unlinked.ignore", "unlinked.open", "unlinked.ignored",
        "help", "back",
    ),
    MODELS: (
        "model.open", "card.health", "card.retrain", "model.rollback", "model.look", "model.owner",
        "model.card", "undo", "help", "back",
    ),
    MODEL: ("cursor.down", "cursor.up", "help", "back"),
    REPORTS: (
        "part.next", "part.open", "report.next", "reports.window", "reports.group", "help", "back",
    ),
    STAGES: (
        "stage.add", "stage.rename", "stage.raise", "stage.lower", "stage.up", "stage.down",
        "stage.remove", "stage.role", "stage.deliverables", "stage.kind", "stage.soft",
        "stage.committed", "help", "back",
    ),
    CHARTER: ("charter.edit", "cursor.down", "cursor.up", "undo", "help", "back"),
    PORTFOLIO: ("board.open", "board.new", "board.rename", "board.archive", "help", "back"),
    MESSAGES: ("cursor.down", "cursor.up", "help", "back"),
    HELP: ("help.search", "cursor.page-down", "cursor.page-up", "docs", "back"),
    DOCS: (
        "docs.next", "docs.choose", "docs.search", "docs.again", "docs.follow", "cursor.page-down",
        "help", "back",
    ),
    FORM: (),
}  # fmt: skip
"""The commands that the keys line of each screen reminds of, the first to stay where there is
little room; which of them work on the card under the cursor, tui/key_hints.py knows."""

_SELDOM = ("help", "back", "cursor.up", "cursor.down")
_OFTEN = {BOARD: ("card.right", "card.left"), PLAN: ("card.left",), TRIAGE: ("triage.accept",)}


def most_used(screen: str) -> tuple[str, ...]:
    """The commands of a screen that are used most, beside the cursor: those that its keys line
    reminds of, and the moves that everybody knows where to find."""
    named = (name for name in STATUS[screen] if name not in _SELDOM)
    return tuple(dict.fromkeys((*_OFTEN.get(screen, ()), *named)))


NEVER = {
    "escape": "tmux delays it and joins it with the next key",
    "ctrl+b": "tmux takes it",
    "ctrl+a": "screen takes it",
    "ctrl+s": "terminals stop their output on it",
    "ctrl+q": "terminals start their output on it",
    "ctrl+h": "terminals send it for Backspace",
    "ctrl+i": "terminals send it for Tab",
    "ctrl+m": "terminals send it for Enter",
    "ctrl+j": "tmux navigation takes it",
    "ctrl+k": "tmux navigation takes it",
    "ctrl+l": "tmux navigation takes it",
    "ctrl+backslash": "tmux navigation takes it",
    "ctrl+space": "tmux takes it",
    "ctrl+c": "it is kept for copying",
    "ctrl+g": "it cancels a question",
    "~": "ssh takes it",
}
"""Keys that do not arrive, and why."""

_KEY_NAMES = {
    "enter", "tab", "space", "backspace", "delete", "insert", "left", "right", "up", "down", "home",
    "end", "escape", "pageup", "pagedown", *(f"f{n}" for n in range(1, 13)),
}  # fmt: skip


def is_pair(key: str) -> bool:
    """Whether it is two characters, the first of which opens a menu with the second."""
    return len(key) == 2 and key not in _KEY_NAMES


def _known(key: str) -> bool:
    """Whether such a key can be pressed: one character, or two that follow each other, or a name,
    held with Ctrl or Shift."""
    if is_pair(key):
        return key.isprintable() and " " not in key and key[1] != CANCELS
    held, _, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
    named = last in _KEY_NAMES or (len(last) == 1 and last.isprintable())
    return named and (not held or held in ("ctrl", "shift", "ctrl+shift"))


def keymap(remap: Mapping[str, str] | None = None) -> tuple[tuple[Command, ...], list[str]]:
    """The commands with the person's own keys in place, and a sentence for each entry that cannot
    be used: an unknown command, a key that does not arrive, a key another command has."""
    problems: list[str] = []
    commands = dict(BY_NAME)
    remap = remap or {}
    for name, keys in remap.items():
        if (now := _FORMER.get(name, name)) not in remap:
            name = now
        if name not in commands:
            problems.append(
                f"[keys] {display(name)}: there is no such command; `mlkanban keys` lists them."
            )
            continue
        wanted = tuple(keys.split())
        unknown = next((key for key in wanted if not _known(key) and key not in NEVER), None)
        bad = next((part for key in wanted for part in presses(key) if part in NEVER), None)
        if unknown is not None and not unknown.startswith("alt+"):
            problems.append(
                f"[keys] {name}: there is no key {display(unknown)}; "
                "write one character, or a name such as pageup, f2 or ctrl+n."
            )
        elif unknown is not None:
            problems.append(
                f"[keys] {name}: the key {display(unknown)} is of no use: "
                "with Alt held it does not arrive everywhere."
            )
        elif bad is not None:
            problems.append(f"[keys] {name}: the key {bad} is of no use: {NEVER[bad]}.")
        elif not wanted:
            problems.append(f"[keys] {name}: no key is given.")
        else:
            commands[name] = replace(commands[name], keys=wanted)
    taken: dict[tuple[str, str], str] = {}
    doubled: dict[tuple[str, str, str], list[str]] = {}
    for command in commands.values():
        for where in command.where:
            for key in command.keys:
                other = taken.setdefault((where, key), command.name)
                if other != command.name:
                    doubled.setdefault((key, other, command.name), []).append(where)
    for (key, other, name), screens in doubled.items():
        held = {where for (where, _), command in taken.items() if command == name}
        without = "" if held.issuperset(screens) else f", and {name} has no key there"
        problems.append(
            f"[keys] {shown(key)} is given to both {other} and {name} "
            f"({', '.join(screens)}); {other} keeps it{without}."
        )
    problems += _unreachable(commands.values(), taken)
    return tuple(commands.values()), problems


def presses(key: str) -> tuple[str, ...]:
    """What is pressed one after the other for a key of the table."""
    return tuple(key) if is_pair(key) else (key,)


def _unreachable(
    commands: Iterable[Command], taken: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """A sentence for each command that has the first character of pairs for itself."""
    hidden: dict[tuple[str, str], list[str]] = {}
    for command in commands:
        for key in filter(is_pair, command.keys):
            for other in {taken.get((where, key[0]), "") for where in command.where} - {""}:
                hidden.setdefault((key[0], other), []).append(f"{key} ({command.name})")
    for (first, other), pairs in hidden.items():
        yield f"[keys] {first} alone is {other}, so {', '.join(pairs)} cannot be reached."


def on_screen(commands: Sequence[Command], where: str) -> dict[str, Command]:
    """Key -> command on one screen; the first of two with one key keeps it."""
    keys: dict[str, Command] = {}
    for command in commands:
        if where in command.where:
            for key in command.keys:
                keys.setdefault(key, command)
    return keys


def shown(key: str) -> str:
    """A key as people write it."""
    if "+" in key and len(key) > 1:
        held, _, last = key.rpartition("+")
        return f"{held.title()}+{shown(last)}"
    if key in _KEY_NAMES:
        return {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc"}.get(key, key.capitalize())
    return key


_PLACES = {
    BOARD: "on the board", CARD: "on the page of a card", TRIAGE: "in triage",
    REVIEW: "in a review",
    PLAN: "in planning", RUNS: "on the page of runs", QUEUE: "in the queue",
    UNLINKED: "in the inbox", MODELS: "among the models in use",
    MODEL: "in the record of a model", REPORTS: "in reports", STAGES: "on the page of stages",
    CHARTER: "in the charter",
    PORTFOLIO: "among the boards", MESSAGES: "among the messages", HELP: "in the help",
    DOCS: "in the documentation",
}  # fmt: skip
"""Where a command works, in a sentence; the first of them is named."""


def idle_key_text(key: str, commands: Sequence[Command], where: str) -> str:
    """What is said of a key that does nothing on a screen: what it does elsewhere, if it does. ''
    for what no person presses."""
    if not _known(key):
        return ""
    text = f"{shown(key)} does nothing here"
    if where == FORM:
        return f"{text}."
    for place, words in _PLACES.items():
        if command := on_screen(commands, place).get(key):
            return f"{text}; {words} it is {command.title}."
    return f"{text}."


def keys_shown(command: Command) -> str:
    """All keys of a command as people write them; digits as a range."""
    if command.keys == DIGITS:
        return "1-9"
    return " ".join(shown(key) for key in command.keys)


HINT_KEYS: dict[str, str] = {
    "--board {}": "board.switch",
    "reading MODEL": "card.health",
    "archive": "card.archive",
    "archive {} --restore": "card.archive",
    "block or unblock": "card.block",
    "block {} --reason dependency --until card:{}": "card.block",
    "boards": "board.switch",
    "boards restore {}": "board.archive board.switch",
    "done": "card.finish",
    "edit CARD --link URL": "card.edit",
    "edit {} --link URL": "card.edit",
    "edit {} --health ok": "card.health",
    "init NAME": "board.switch",
    "list --all": "finished.show",
    "move": "card.move",
    "resolve": "card.resolve",
    "logs {}": "run.log",
    "models": "models",
    "queue": "queue",
    "review": "review",
    "review promise": "review",
    "runs": "runs",
    "runs {}": "runs",
    "show {}": "card.open",
    "snooze": "card.snooze",
    "stages": "stages",
    "stages add, rename or remove": "stages",
    "stages kind": "stages",
    "stages limit": "stages",
    "stop {}": "run.stop",
    "sync": "sync",
    "themes": "theme",
    "triage": "triage",
}
"""Command in a hint -> command of the table that does the same on the screen, or, after a blank,
the one that leads there. Those that are not here are for a shell."""


IN_A_SHELL: dict[str, str] = {
    "add": "card.new", "archive": "card.archive", "block": "card.block", "boards": "board.switch",
    "charter": "charter", "docs": "docs", "done": "card.finish", "edit": "card.edit",
    "find": "filter", "flow": "reports", "history": "card.open", "init": "board.switch",
    "keys": "help", "link": "unlinked", "list": "list", "logs": "runs", "diff": "runs",
    "merge": "card.merge", "models": "models", "move": "card.move", "note": "card.note",
    "open": "card.link", "plan": "plan", "portfolio": "board.switch", "queue": "queue",
    "reading": "card.health", "redo": "redo", "release": "card.release", "report": "report.write",
    "rerun": "runs", "resolve": "card.resolve", "retrain": "card.retrain", "review": "review",
    "rollback": "models", "runs": "runs", "show": "card.open", "snooze": "card.snooze",
    "stages": "stages", "stop": "runs", "sync": "sync", "sync-runs": "unlinked",
    "templates": "card.template", "themes": "theme", "transfer": "card.transfer",
    "triage": "triage", "unblock": "card.block", "undo": "undo", "unlink": "unlinked",
    "views": "views",
}  # fmt: skip
"""What is typed in a shell -> the command that does the same here, or leads there: the palette
finds that by the words of both. Those that are not here are for a shell alone."""


def hint_with_keys(text: str, commands: Iterable[Command], where: str) -> str:
    """The text as it reads on the screen `where`: the key of each command that a hint names, with
    "on the board" where the key only works there, or how it is typed in a shell."""
    by_name = {command.name: command for command in commands}
    in_a_shell = "in a shell "

    def way(shell: ShellCommand) -> str:
        nonlocal in_a_shell
        ways = (by_name.get(name) for name in HINT_KEYS.get(shell.name, "").split())
        command = next((c for c in ways if c and {where, BOARD} & set(c.where)), None)
        if command is None:
            place, in_a_shell = in_a_shell, ""
            return f"{place}`{shell.text}`"
        key = keys_shown(command).split()[0]
        return key if where in command.where else f"{key} on the board"

    return worded(text, way)
