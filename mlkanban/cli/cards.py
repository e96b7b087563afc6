"""Commands that change cards."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlkanban import clock
from mlkanban.cli import types
from mlkanban.cli.completion import cards_or_stages
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import BOARD, CARD, LINEAGE, STAGE, RenamedOption, TextCommand
from mlkanban.core.board import BlockReason, Board, Outcome
from mlkanban.core.card_fields import FIELDS, SETS, CardField
from mlkanban.core.card_templates import CARD_TEMPLATES, card_template
from mlkanban.core.day_input import parse_day
from mlkanban.core.field_kinds import guards_typed, items_typed
from mlkanban.core.metrics import MetricParts, metrics_in
from mlkanban.core.names import find_stage
from mlkanban.core.quick_add import QuickAdd, captured, card_lines, condition_in
from mlkanban.display.card_json import cards_data
from mlkanban.errors import UsageProblem
from mlkanban.paths import places
from mlkanban.text import MAX_TEXT

if TYPE_CHECKING:
    from mlkanban.core.card_templates import CardTemplate
    from mlkanban.core.model_versions import VersionName
    from mlkanban.service import Service

F = TypeVar("F", bound=Callable[..., Any])

_cards = click.argument("cards", type=CARD, nargs=-1, required=True, metavar="CARD...")
_cards_then_stage = click.argument(
    "cards", type=CARD, nargs=-1, required=True, metavar="CARD...", shell_complete=cards_or_stages
)
_TEMPLATES = "\b\nTemplates:\n" + "\n".join(
    f"  {template.key:<14}{template.about}" for template in CARD_TEMPLATES
)
_OUTCOMES = [outcome.value for outcome in Outcome if outcome is not Outcome.DISCARDED]


def _override(what: str) -> Callable[[F], F]:
    return click.option("--override", default="", metavar="REASON", help=what)


_TYPES: Mapping[str, Any] = {
    "card": CARD, "day": types.WHEN, "lineage": LINEAGE, "title": types.NEW_NAME,
    "link": types.LINK, "number": float, "tag": types.TAG, "yes or no": types.YES_NO,
}  # fmt: skip
"""What click makes of what is typed, by the kind of a field; of other kinds text."""


def _options(field: CardField, command: str) -> Iterator[Callable[[F], F]]:
    """The options of a field: one that sets it or adds a member, and with `edit` one that removes
    a member."""
    kind = field.kind
    how: dict[str, Any] = {"type": _TYPES.get(kind.typed)}
    if field.metavar:
        how["metavar"] = field.metavar
    if kind.choices:
        words = kind.choices if kind.blank else (*kind.choices, types.NONE)
        how["type"] = click.Choice(words, case_sensitive=False)
    yield click.option(
        f"--{field.option}", field.name, multiple=kind.repeated, help=field.help,
        cls=RenamedOption, former=field.former, **how,
    )  # fmt: skip
    name, help = field.drop
    if name and command == "edit":
        how["metavar"] = field.metavar or field.option.upper()
        yield click.option(f"--{name}", f"no_{field.name}", multiple=True, help=help, **how)


def _fields(command: str) -> Callable[[F], F]:
    """The options of THE table of fields that `add` or `edit` has."""
    options = [
        option
        for field in FIELDS
        if command in field.commands
        for option in _options(field, command)
    ]

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.command(cls=TextCommand, epilog=_TEMPLATES)
@click.argument("title", nargs=-1, required=True, metavar="TITLE...")
@click.option("--stage", type=STAGE, default="", help="The stage to add it to (the first one).")
@click.option(
    "--template",
    type=types.TEMPLATE,
    metavar="NAME",
    help="Start with the type and checklist of a template, one of yours, too.",
)
@_fields("add")
@click.option("--note", default="", metavar="TEXT", help="Add a first note.")
@_override("Override a full stage.")
@pass_session
def add(
    session: Session,
    /,
    title: Sequence[str],
    stage: str,
    template: str | None,
    note: str,
    override: str,
    **options: Any,
) -> None:
    """Add a card; several words make one title. With - for it, each line of stdin makes a card;
    where each is an item of a list (`- one`), the marks are left out.

    Words with a mark are taken out of it: #tag, !high, ^fri (due), @experiment, metric:auc>=0.9
    (further ones are guards), budget:12runs; a backslash before the mark keeps the word. Options
    say the same, and win, over a template too.
    """
    from mlkanban.service.cards import NewCard  # loaded with the store, not for --help

    several = title == ("-",)
    with session.service(write=True) as service:
        board = session.board(service)
        lines = _lines_of_stdin() if several else [" ".join(title)]
        drafts = [captured(line, types.today(board)) for line in lines]
        start = _template(template) if template else None
        plain = _plain(options, board)
        done = service.cards.add_all(
            board.id,
            [
                NewCard(
                    draft.title,
                    _new_fields(draft, board, start, plain, options),
                    note or (start.note if start else ""),
                )
                for draft in drafts
            ],
            stage_id=find_stage(board, stage).id if stage else "",
            override=override,
        )
        cards = cards_data(done.cards, service, clock.now()) if session.json else []
        session.answer("card", lambda: cards if several else cards[0])
        session.show_done(done)
        for doubt in dict.fromkeys(doubt for draft in drafts for doubt in draft.doubts):
            session.show_message(doubt)


def _lines_of_stdin() -> list[str]:
    text = sys.stdin.read(MAX_TEXT + 1)
    if len(text) > MAX_TEXT:
        raise UsageProblem(f"More than {MAX_TEXT:,} characters.", "Add them in several parts.")
    lines = card_lines(text)
    if not lines:
        raise UsageProblem("There is no line on stdin.", "Write one card a line.")
    return lines


def _template(name: str) -> "CardTemplate":
    built_in = card_template(name)
    if built_in is not None:
        return built_in
    # TOML and what checks it: only templates of one's own wait for them.
    from mlkanban import template_files

    return template_files.card_template(places().config, name)


def _new_fields(
    draft: QuickAdd,
    board: Board,
    start: "CardTemplate | None",
    plain: Mapping[str, Any],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """The fields of a new card from its template, the marks in its line and the options; the later
    of these wins, and sets have all."""
    own = {**draft.fields, **plain}
    own |= {f.name: [*draft.fields.get(f.name, ()), *options[f.name]] for f in SETS}
    fields = start.fields(board, own) if start else own
    if metric := _metric(options):
        guards = {"guards": guards_typed(str(plain["guards"]))} if "guards" in plain else {}
        fields |= metric.metrics(metrics_in({**draft.fields, **guards})).fields
    return {name: value for name, value in fields.items() if value}


@click.command()
@_cards
@_fields("edit")
@click.option(
    "--tick",
    type=types.ITEM,
    multiple=True,
    metavar="N|TEXT",
    help="Tick an item of the checklist.",
)
@click.option(
    "--untick",
    type=types.ITEM,
    multiple=True,
    metavar="N|TEXT",
    help="Untick an item of the checklist.",
)
@click.option("--editor", is_flag=True, help="Edit the whole card as Markdown in $EDITOR.")
@_override("Override a full stage.")
@pass_session
def edit(
    session: Session,
    /,
    cards: Sequence[str],
    tick: Sequence[str],
    untick: Sequence[str],
    editor: bool,
    override: str,
    **options: Any,
) -> None:
    """Change fields of cards. An empty text clears a field; none clears a metric, date or parent.

    The first --metric is what the card is for, unless it names a guard; further ones are guards,
    limits that must hold too. Guards that are not named stay; 'p95_ms=none' takes one away.

    An item of the checklist is named by its number or by the beginning of its text.
    """
    if editor:
        others = [override, *tick, *untick, *options.values()]
        if len(cards) > 1 or any(other not in (None, (), "") for other in others):
            raise UsageProblem("--editor is for one card, and alone.", "Leave the rest out.")
        _in_editor(session, cards[0])
        return
    with session.service(write=True) as service:
        metric = _metric(options)
        if metric and len(cards) > 1:
            raise UsageProblem("A metric is set on one card at a time.", "Name one card.")
        done = service.cards.edit(
            cards,
            _plain(options, service.boards.of_card(cards[0])),
            add={field.name: options[field.name] for field in SETS},
            remove={field.name: options[f"no_{field.name}"] for field in SETS},
            metric=metric,
            tick=tick,
            untick=untick,
            override=override,
        )
        session.answer_done("edit", done, service)


def _use(function: F) -> F:
    """The options that say what a delivered card is in use as."""
    for option in (
        click.option("--owner", default="", metavar="WHO", help="With --model: who watches it."),
        click.option(
            "--version", "model_version", default="", metavar="VERSION",
            help="With --model: its version (the next one).",
        ),
        click.option("--model", default="", metavar="NAME", help="The model it is in use as."),
    ):  # fmt: skip
        function = option(function)
    return function


def _in_use_as(cards: Sequence[str], model: str, version: str, owner: str) -> "VersionName | None":
    if not (model or version or owner):
        return None
    if not model.strip():
        raise UsageProblem("--version and --owner belong to a model.", "Name it: --model fraud")
    if len(cards) > 1:
        raise UsageProblem("Each version of a model is one card.", "Name one card.")
    # Few cards are models.
    from mlkanban.core.model_versions import VersionName

    model, version, owner = (" ".join(text.split()) for text in (model, version, owner))
    return VersionName(model, version, owner or None)


@click.command()
@_cards_then_stage
@click.argument("stage", type=STAGE)
@click.option(
    "--before", type=CARD, default="", metavar="CARD", help="Place them before this card."
)
@_use
@_override("Override a full stage, unticked items or broken guards.")
@pass_session
def move(
    session: Session,
    cards: Sequence[str],
    stage: str,
    before: str,
    model: str,
    model_version: str,
    owner: str,
    override: str,
) -> None:
    """Move cards to a stage. Past delivery they are shipped; moved back, open again."""
    use = _in_use_as(cards, model, model_version, owner)
    with session.service(write=True) as service:
        board = service.boards.of_card(cards[0])
        done = service.cards.move(
            cards, find_stage(board, stage).id, override=override, before=before, use=use
        )
        session.answer_done("move", done, service)


@click.command()
@_cards
@click.argument("board", type=BOARD)
@click.option(
    "--stage",
    default="",
    metavar="STAGE",
    help="The stage there (default: the one that is called like theirs).",
)
@_override("Override a full stage.")
@pass_session
def transfer(session: Session, cards: Sequence[str], board: str, stage: str, override: str) -> None:
    """Move open cards to another board, with their history.

    Ids, notes, runs, relations and open parts go along; gates go to the stage with the same name or
    role. Each board counts what happened on it: cycle time and age start with the commitment there,
    lead time when the card was written, and a card that left in progress counts as abandoned on the
    board it left. Undo works on both boards.
    """
    with session.service(write=True) as service:
        to = service.boards.find(board)
        stage_id = find_stage(to, stage).id if stage else ""
        done = service.transfers.transfer(cards, to.id, stage_id, override=override)
        session.answer_done("transfer", done, service)


@click.command(cls=TextCommand)
@_cards
@click.argument("text")
@click.option(
    "--edit",
    "number",
    type=click.IntRange(1),
    metavar="N",
    help="Correct note N of one card, as show numbers them; '' deletes it.",
)
@pass_session
def note(session: Session, cards: Sequence[str], text: str, number: int | None) -> None:
    """Append a Markdown note to cards; - reads the note from stdin.

    The history keeps the earlier text of a corrected or deleted note.
    """
    if text == "-":
        text = sys.stdin.read(MAX_TEXT + 1)
    if number is not None and len(cards) > 1:
        raise UsageProblem("--edit corrects a note of one card.", "Name one card.")
    with session.service(write=True) as service:
        if number is not None:
            session.answer_done("note", service.cards.correct_note(cards[0], number, text), service)
            return
        session.answer_done("note", service.cards.note(cards, text), service)


@click.command()
@_cards
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in BlockReason], case_sensitive=False),
    required=True,
    help="Why it cannot go on.",
)
@click.option("--note", default="", metavar="TEXT", help="More details.")
@click.option(
    "--until", type=types.WHEN, default="", metavar="WHEN",
    help="What lifts it by itself: card:ID, run:ID or a day: 2026-03-31, 3d, 2w, fri.",
)  # fmt: skip
@click.option(
    "--external/--internal", default=None, help="Who has to act (default: by the reason)."
)
@pass_session
def block(
    session: Session,
    cards: Sequence[str],
    reason: str,
    note: str,
    until: str,
    external: bool | None,
) -> None:
    """Flag cards as blocked.

    A blocked card stays in its stage and counts towards the limit of the stage.
    """
    with session.service(write=True) as service:
        done = service.cards.block(
            cards,
            BlockReason(reason),
            external=external,
            note=note,
            until=until,
        )
        session.answer_done("block", done, service)
        if note and not until:
            _warn_of_remark(session, note, types.today(service.boards.of_card(cards[0])))


def _warn_of_remark(session: Session, note: str, today: date) -> None:
    """Say that a note lifts no block, where it looks as if it should."""
    try:
        _, until = condition_in(note, today)
    except UsageProblem:
        return
    if until:
        session.show_message(
            "The note is a remark only: nothing lifts the block by itself."
            f" Block again with --until {until} to have that."
        )


@click.command()
@_cards
@pass_session
def unblock(session: Session, cards: Sequence[str]) -> None:
    """Lift the block of cards."""
    with session.service(write=True) as service:
        session.answer_done("unblock", service.cards.unblock(cards), service)


@click.command()
@_cards
@click.option(
    "--until",
    required=True,
    metavar="DATE",
    help="The day they come back: 2026-03-31, 3d, 2w, fri; run: when their run ends; none: now.",
)
@pass_session
def snooze(session: Session, cards: Sequence[str], until: str) -> None:
    """Hide cards until a day, or until their run ends."""
    with session.service(write=True) as service:
        if until == "run":
            done = service.runs.snooze(cards)
        elif day := parse_day(until, types.today(service.boards.of_card(cards[0]))):
            done = service.cards.snooze(cards, day)
        else:
            done = service.cards.wake(cards)
        session.answer_done("snooze", done, service)


@click.command()
@_cards
@click.option("--outcome", type=click.Choice(_OUTCOMES), required=True, help="How the card ended.")
@click.option("--verdict", default="", metavar="TEXT", help="What was learned.")
@_use
@_override("Override unticked items or broken guards.")
@pass_session
def done(
    session: Session,
    cards: Sequence[str],
    outcome: str,
    verdict: str,
    model: str,
    model_version: str,
    owner: str,
    override: str,
) -> None:
    """Finish cards. Abandoned before commitment they are recorded as discarded.

    Where the runs of a card say the same of its target, a verdict is proposed, and none is set;
    where they say the opposite, that is said.
    """
    use = _in_use_as(cards, model, model_version, owner)
    with session.service(write=True) as service:
        done = service.cards.finish(cards, Outcome(outcome), verdict, override=override, use=use)
        session.answer_done("done", done, service)
        for card in done.cards:
            if card.metric and not card.verdict:
                _propose(session, service, card.ref, Outcome(outcome))


def _propose(session: Session, service: "Service", ref: str, outcome: Outcome) -> None:
    """Name the verdict that the runs of a card propose, or that they contradict its outcome."""
    results = service.runs.results(ref)
    if results is None:
        return
    if results.contradicts(outcome):
        session.show_message(
            f"{ref}: finished as {outcome.value}, though its runs say {results.verdict}; "
            f"{results.why}."
        )
    elif results.verdict_on(outcome):
        session.show_message(f"{ref}: its runs say {results.verdict}; {results.why}.")
        session.show_message(
            f"  Keep that: mlkanban edit {ref} --verdict {shlex.quote(results.verdict)}"
        )


@click.command()
@click.argument("card", type=CARD)
@click.argument("into", type=CARD)
@pass_session
def merge(session: Session, card: str, into: str) -> None:
    """Merge CARD, a duplicate, into INTO.

    INTO gets the notes, tags and links of CARD, and CARD is archived.
    """
    with session.service(write=True) as service:
        session.answer_done("merge", service.duplicates.merge(card, into), service)


@click.command()
@_cards
@click.option("--restore", is_flag=True, help="Restore archived cards.")
@pass_session
def archive(session: Session, cards: Sequence[str], restore: bool) -> None:
    """Take cards off the board.

    A card in progress (past the commitment point) gets the outcome `abandoned`, any other none;
    --restore brings the card back to its stage, without that outcome.
    """
    with session.service(write=True) as service:
        act = service.cards.restore if restore else service.cards.archive
        session.answer_done("archive", act(cards), service)


def _in_editor(session: Session, ref: str) -> None:
    # What runs an editor and reads Markdown: 25 ms that only --editor waits for.
    from mlkanban.cli.editor import edit_text
    from mlkanban.editor.documents import CardDocument

    with session.service(write=True) as service:
        session.answer_done("edit", edit_text(session, service, CardDocument(ref)), service)


def _plain(options: dict[str, Any], board: Board) -> dict[str, Any]:
    """The fields set by options, as the service takes them; other fields are left out."""
    fields: dict[str, Any] = {}
    for field in FIELDS:
        typed = options.get(field.name)
        if typed is None or field.is_set or "metric" in (field.name, field.part_of):
            continue
        if field.kind.several:
            if typed:
                fields[field.name] = items_typed(typed)
        else:
            fields[field.name] = field.kind.parse(typed, field.word, types.today(board)) or None
    return fields


def _metric(options: Mapping[str, Any]) -> MetricParts | None:
    parts = MetricParts(options["metric"], options["baseline"], options["noise"])
    return parts if parts != MetricParts() else None
