"""THE table of what can be typed in a shell: help, completion, the documentation and the palette of
the screen list it. Nothing is loaded for it."""

from collections.abc import Mapping

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "demo": ("demo:demo", "Open a board full of examples; your own data is not touched."),
        "init": ("boards:init", "Create a board from a template."),
        "boards": ("boards:boards", "List the boards, or rename, archive and restore one."),
        "stages": ("stages:stages", "List the stages of a board, or change them."),
        "charter": ("charter:charter", "Print the charter of the board as Markdown, or edit it."),
        "reading": ("reading:reading", "Record a metric of the goal or of a model in use."),
    },
    "Cards": {
        "add": ("cards:add", "Add a card; several words make one title."),
        "list": ("show_cards:list_cards", "List the cards of a board, stage by stage."),
        "templates": (
            "templates:templates",
            "List the templates of cards and boards, or change your own.",
        ),
        "views": ("views:views", "List the saved views of the board, save one or remove one."),
        "find": ("show_cards:find", "Find cards and lines of the charter, links too."),
        "show": ("show_cards:show", "Show everything on one card."),
        "open": ("open:open_link", "Open a link of a card in the browser, or copy it."),
        "move": ("cards:move", "Move cards to a stage."),
        "transfer": ("cards:transfer", "Move open cards to another board, with their history."),
        "edit": ("cards:edit", "Change fields of cards."),
        "note": ("cards:note", "Append a Markdown note to cards; - reads the note from stdin."),
        "block": ("cards:block", "Flag cards as blocked."),
        "unblock": ("cards:unblock", "Lift the block of cards."),
        "done": ("cards:done", "Finish cards."),
        "snooze": (
            "cards:snooze",
            "Hide cards until a day, or until their run ends.",
        ),
        "merge": ("cards:merge", "Merge CARD, a duplicate, into INTO."),
        "archive": ("cards:archive", "Take cards off the board."),
        "retrain": (
            "retraining:retrain",
            "Add a card that retrains a model in use.",
        ),
        "release": ("models:release", "Add a card that releases what CARD found."),
        "models": (
            "models:models",
            "List the models in use, or print the change record of one.",
        ),
        "rollback": (
            "models:rollback",
            "Roll a model back: the version before it is in use again.",
        ),
        "ab": ("ab:ab", "Record the results of an A/B test so far."),
        "triage": ("triage:triage", "Decide on one card after the other."),
        "review": ("review:review", "Look back at what was promised, and promise cards anew."),
        "plan": ("plan:plan", "Show ideas and ready cards, and what fits until a day."),
    },
    "Runs": {
        "run": ("run:run", "Run a job for CARD, and exit with its code."),
        "sbatch": ("sbatch:sbatch", "Submit a job to SLURM for CARD."),
        "adopt": ("adopt:adopt", "Adopt a running process as a run of CARD."),
        "runs": ("runs:runs", "List the runs of a card or of the board."),
        "queue": ("queue:queue", "List the queue of this machine, or change its order."),
        "logs": ("runs:logs", "Print what a run wrote."),
        "wait": ("wait:wait", "Wait for the end of runs, and exit with the code of the run."),
        "rerun": ("rerun:rerun", "Start a run again."),
        "diff": ("diff:diff", "Print the code changes between two runs."),
        "stop": ("runs:stop", "Stop a run: SIGINT, after 5 s SIGTERM, after 5 s more SIGKILL."),
        "link": ("links:link", "Link a run of a tracker to CARD."),
        "unlink": ("links:unlink", "Unlink a tracker run, or an experiment, from CARD."),
        "sync-runs": ("links:sync_runs", "Read runs from the files of experiment trackers."),
    },
    "Time": {
        "undo": ("history:undo", "Undo your last change on the board, from any session."),
        "redo": ("history:redo", "Redo the last undone change."),
        "history": ("history:history", "Show the events of a card, or of the board."),
        "flow": ("flow:flow", "Show flow metrics and forecasts."),
        "portfolio": ("portfolio:portfolio", "Show the state of all boards, one line each."),
        "report": ("report:report", "Write a one-page report for people without the board."),
    },
    "Machines": {
        "mcp": ("mcp:mcp", "Serve an agent over the Model Context Protocol (stdio)."),
        "serve": ("serve:serve", "Show the board in a browser of this machine, until ^C."),
        "sync": ("sync:sync", "Exchange changes with your other machines."),
        "resolve": ("resolve:resolve", "Show conflicts between machines, or resolve one."),
    },
    "Files": {
        "import": (
            "import_files:import_group",
            "Read cards and history of other tools, or a board.",
        ),
        "export": (
            "export:export_group",
            "Write a board as CSV, JSON lines, Markdown or a database.",
        ),
        "backup": ("backup:backup", "Make a verified backup of the store, or list the backups."),
        "restore": ("backup:restore_backup", "Replace the store with a backup."),
        "redact": ("redact:redact", "Remove a pasted secret from a card, for good and everywhere."),
        "compact": ("backup:compact", "Make the store and its backups smaller."),
    },
    "Program": {
        "doctor": ("doctor:doctor", "Check the terminal, the settings and the store."),
        "docs": ("docs:docs", "Read the documentation."),
        "keys": ("about:keys", "Print the keys of the board, including your own."),
        "themes": ("about:themes", "List the available themes."),
        "config": ("about:config", "Print the settings, where each comes from and what it means."),
        "completion": ("completion:completion", "Print the completion script for a shell."),
        "schema": ("schema:schema", "List the kinds of JSON, or print the schema of one."),
    },
}
"""Every command with the module of the package cli and the name there that it is loaded from, and
what help and completion say of it, without loading it: the first sentence of its docstring."""
SENTENCES = {
    name: sentence for section in SECTIONS.values() for name, (_, sentence) in section.items()
}

MEANT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("delete", "rm", "del"), ("archive", "remove")),
    "remove": ("archive",),
    **dict.fromkeys(("finish", "close", "complete"), ("done",)),
    **dict.fromkeys(("start", "begin", "reopen"), ("move",)),
    **dict.fromkeys(("new", "create"), ("add", "save")),
    **dict.fromkeys(("rename", "tag", "priority", "due"), ("edit", "rename")),
    **dict.fromkeys(("search", "grep"), ("find",)),
    **dict.fromkeys(("ls", "status"), ("list",)), "view": ("show",), "cat": ("show",),
    "comment": ("note",), "hide": ("snooze",), "log": ("history",), "kill": ("stop",),
    **dict.fromkeys(("stats", "metrics", "charts"), ("flow",)),
    **dict.fromkeys(("burndown", "burn-down", "burnup"), ("burn-up", "flow burn-up")),
    **{name: (f"flow {name}",) for name in ("forecast", "aging", "throughput", "cfd", "wip")},
    "lead-time": ("lead", "flow lead"), "cycle-time": ("flow cycle-time",),
    "retro": ("review",), "web": ("serve",), "columns": ("stages",), "projects": ("boards",),
    **dict.fromkeys(("settings", "preferences"), ("config",)),
    **dict.fromkeys(("help", "manual", "man"), ("docs",)),
}  # fmt: skip
"""Other words that people know a command by, and what it may be called in a group."""
ALSO: Mapping[str, str] = {
    "import": "jira trello github csv todo.txt taskwarrior mlflow read load",
    "export": "csv json jsonl markdown database download save",
    "mcp": "agent ai assistant claude llm", "serve": "browser web http server",
    "sbatch": "slurm cluster submit", "run": "train job start", "adopt": "pid process",
    "backup": "save copy safe", "restore": "recover backup", "redact": "secret password token",
    "compact": "size shrink vacuum", "doctor": "check repair health problem broken",
    "completion": "bash zsh fish tab", "schema": "json script", "demo": "example sample",
    "init": "new board", "ab": "a/b test experiment", "config": "settings options",
    "sync-runs": "mlflow wandb tensorboard trackers", "wait": "until end",
    "reading": "metric goal alert drift", "history": "log events audit",
}  # fmt: skip
"""Words that people look for a command by, beside those of its sentence."""


def words_for(name: str) -> str:
    """All words that lead to a command: those of ALSO, and those that MEANT takes for it."""
    meant = (word for word, names in MEANT.items() if name in {n.split()[0] for n in names})
    return " ".join((ALSO.get(name, ""), *meant))
