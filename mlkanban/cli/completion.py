"""Completion for bash, zsh and fish, with the ids of the cards there are. It never complains."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

from mlkanban.cli.person import use_home
from mlkanban.cli.session import NAMES, Session, pass_session
from mlkanban.core.card_templates import CARD_TEMPLATES
from mlkanban.core.lineage import LineageKind
from mlkanban.core.templates import TEMPLATES
from mlkanban.paths import places
from mlkanban.text import display

if TYPE_CHECKING:
    from mlkanban.service import Service

MOST_SHOWN = 50


def answer_shell(program: click.Command, name: str) -> int:
    """Answer a shell that wants to complete a command line; errors complete nothing."""
    variable = f"_{name.upper()}_COMPLETE"
    _quote_for_bash()
    with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
        return shell_complete(program, {}, name, variable, os.environ[variable])
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_session
@click.pass_context
def completion(ctx: click.Context, session: Session, shell: str) -> None:
    """Print the completion script for a shell.

    bash: eval "$(mlkanban completion bash)" in ~/.bashrc

    zsh: eval "$(mlkanban completion zsh)" in ~/.zshrc

    fish: mlkanban completion fish > ~/.config/fish/completions/mlkanban.fish
    """

    called = ctx.find_root().command
    text = "\n\n".join(completion_script(called, shell, name) for name in NAMES)
    session.answer("completion", lambda: {"script": text}, lambda: [text])


def completion_script(program: click.Command, shell: str, name: str) -> str:
    """The script that completes the program in a shell, as one of its names."""
    _quote_for_bash()
    kind: type[ShellComplete] | None = get_completion_class(shell)
    assert kind is not None
    made = kind(program, {}, name, f"_{name.upper()}_COMPLETE")
    return (made.source_template % made.source_vars()).strip()


def card_refs(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The cards whose id begins like that, with their titles."""

    def items() -> Iterator[CompletionItem]:
        with _session(ctx).service(as_is=True) as service:
            for ref, title in service.cards.beginning_with(incomplete, MOST_SHOWN):
                yield CompletionItem(ref, help=display(title[:60]))

    return _offered(items)


def known_by_name(ctx: click.Context, kind: str, incomplete: str) -> list[CompletionItem]:
    """What there is of a kind, such as `cards` or `tags`, whose name begins like that."""
    if kind in _BY_ITSELF:
        return _BY_ITSELF[kind](ctx, incomplete)

    def items() -> Iterator[CompletionItem]:
        session = _session(ctx)
        with session.service(as_is=True) as service:
            known = dict(_NAMES[kind](ctx, session, service))
        fits = [name for name in known if name.casefold().startswith(incomplete.casefold())]
        for name in sorted(fits)[:MOST_SHOWN]:
            yield CompletionItem(name, help=display(known[name][:60]))

    return _offered(items)


def _tags(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    faces = service.boards.snapshot(session.board(service).id).faces
    return ((tag, "") for face in faces for tag in face.tags.split())


def _models(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    board = session.board(service)
    return (
        (one.version.model, f"{one.version.name} {one.version.face.title}")
        for one in service.models.all(board)
    )


def _runs(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    board = session.board(service)
    return ((run.id, f"{ref} {run.outcome}") for ref, run in service.runs.of_board(board.id))


def _runs_and_cards(
    ctx: click.Context, session: Session, service: Service
) -> Iterator[tuple[str, str]]:
    runs = list(service.runs.of_board(session.board(service).id))
    yield from ((run.id, f"{ref} {run.outcome}") for ref, run in runs)
    yield from {ref: "its runs" for ref, _ in runs}.items()


def _backups(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    # Loaded with cards for `add`, which has no use for backups.
    from mlkanban.service.backups import all_below

    return ((one.path.name, one.label) for one in all_below(places().data))


def _zones(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    return ((zone, "") for zone in available_timezones())


def _conflicts(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    return ((one.name, one.label) for one in service.conflicts.all())


def _fields(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    of = ctx.params.get("name")
    return ((one.word, one.other) for one in service.conflicts.all() if one.name == of)


def _boards(ctx: click.Context, session: Session, service: Service) -> Iterator[tuple[str, str]]:
    """The boards that a command is about: `restore` brings archived ones back."""
    restores = ctx.info_name == "restore"
    boards = service.boards.all(archived=restores)
    return ((board.key, board.name) for board in boards if board.archived == restores)


_NAMES: dict[str, Callable[[click.Context, Session, Service], Iterable[tuple[str, str]]]] = {
    "backups": _backups,
    "boards": _boards,
    "conflicts": _conflicts,
    "fields": _fields,
    "models": _models,
    "runs": _runs,
    "runs and cards": _runs_and_cards,
    "tags": _tags,
    "views": lambda _, session, service: service.views.of(session.board(service).id).items(),
    "zones": _zones,
}
"""What can be completed by name: of each kind (name, what it says)."""


def lineages(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The kinds of lineage, and after one the cards."""
    kind, colon, ref = incomplete.partition(":")
    if not colon:
        return [CompletionItem(f"{one}:") for one in LineageKind if one.startswith(kind)]
    found = card_refs(ctx, ref)
    return [CompletionItem(f"{kind}:{one.value}", help=one.help) for one in found]


def cards_or_stages(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """For `move CARD... STAGE`: from the second word on it may be either."""
    found = card_refs(ctx, incomplete)
    begun = any(ctx.params.get(name) for name in ("cards", "stage"))
    return found + board_stages(ctx, incomplete) if begun else found


def board_stages(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The stages of the board whose name begins like that."""

    def items() -> Iterator[CompletionItem]:
        session = _session(ctx)
        with session.service(as_is=True) as service:
            names = [stage.name for stage in session.board(service).stages]
        for name in names:
            if name.casefold().startswith(incomplete.casefold()):
                # One word, where it is enough: shells need no quotes around it.
                word = next(iter(name.split()), name)
                alike = [one for one in names if one.casefold().startswith(word.casefold())]
                yield CompletionItem(word if alike == [name] else name)

    return _offered(items)


def output_kinds(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The kinds of JSON output."""

    def items() -> Iterator[CompletionItem]:
        # Its models take a while to make, and only this completion needs them.
        from mlkanban.display.json_output import KINDS

        for name, kind in KINDS.items():
            if name.startswith(incomplete):
                yield CompletionItem(name, help=kind.about)

    return _offered(items)


def templates(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The templates whose name begins like that: of boards for `init`, of cards for `add`."""
    from mlkanban import template_files  # with pydantic: no other completion waits for it

    _session(ctx)
    own = template_files.own_templates(places().config)
    cards = [(made.key, made.about) for made in (*CARD_TEMPLATES, *own.cards.values())]
    boards = [(made.key, made.about) for made in (*TEMPLATES, *own.boards.values())]
    offered = {"init": boards, "add": cards}.get(ctx.info_name or "", [*cards, *boards])
    return [
        CompletionItem(key, help=display(about[:60]))
        for key, about in offered
        if key.startswith(incomplete)
    ]


_BY_ITSELF: dict[str, Callable[[click.Context, str], list[CompletionItem]]] = {
    "cards": card_refs,
    "kinds": output_kinds,
    "lineages": lineages,
    "stages": board_stages,
    "templates": templates,
}
"""Kinds that are not completed from a list of all their names."""


def _quote_for_bash() -> None:
    # Loaded with cards for `add`, which quotes nothing for a shell.
    from mlkanban.cli.bash_completion import QuotingBash

    add_completion_class(QuotingBash)


def _session(ctx: click.Context) -> Session:
    # While completing, click parses the global options but does not run the program.
    given = ctx.find_root().params
    use_home(given.get("home") or "")
    return Session(board_key=given.get("board") or "")


def _offered(items: Callable[[], Iterator[CompletionItem]]) -> list[CompletionItem]:
    """Those that can be typed: a line with control characters means something else, or ends."""
    with contextlib.suppress(Exception):
        return [item for item in items() if display(item.value) == item.value.replace("\t", "")]
    return []
