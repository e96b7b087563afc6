"""A person's own templates of cards and boards, as TOML files in their config folder.

Values stand in a file the way people type them. A file with stages is the template of a board.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from mlkanban import toml
from mlkanban.core import rules
from mlkanban.core.board import Board, CardType, Stage, StageKind, StageRole
from mlkanban.core.card import Card
from mlkanban.core.card_fields import FIELD
from mlkanban.core.card_templates import (
    ASKED,
    CARD_TEMPLATES,
    CardTemplate,
    TemplateItem,
    role_of,
    stage_for,
)
from mlkanban.core.markdown.card_values import DEFAULTS, stored, understood, values
from mlkanban.core.metrics import split_metrics
from mlkanban.core.templates import TEMPLATES, StageTemplate, Template
from mlkanban.errors import (
    BadInput,
    MlkanbanError,
    NotFound,
    RuleRefused,
    StoreProblem,
    UsageProblem,
)
from mlkanban.files import write_whole
from mlkanban.hints import hint
from mlkanban.text import accept, accept_title, display

KEPT = (
    "type", "priority", "class", "tags", "metric", "guards", "budget", "hypothesis", "dataset",
    "links", "model", "owner",
)  # fmt: skip
"""The fields of a card that a template has."""
_BUILT_IN: Mapping[str, CardTemplate | Template] = {
    **{made.key: made for made in CARD_TEMPLATES},
    **{made.key: made for made in TEMPLATES},
}
_ROLES = {role.word: role for role in StageRole}
_MOST_CARDS = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class OwnTemplates(NamedTuple):
    """The templates of a folder by their names, and a sentence for each file that is none."""

    cards: dict[str, CardTemplate]
    boards: dict[str, Template]
    problems: list[str]


class _TemplateTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _ItemTable(_TemplateTable):
    text: str
    role: Literal[*_ROLES] | None = None  # type: ignore[valid-type]
    stage: str = ""


class _StageTable(_TemplateTable):
    name: str
    kind: Literal[*(kind.value for kind in StageKind)] = "active"  # type: ignore[valid-type]
    committed: bool = False
    limit: int | None = Field(None, ge=0, le=_MOST_CARDS)
    unattended: int | None = Field(None, ge=0, le=_MOST_CARDS)
    soft: bool = False
    role: Literal[*_ROLES] | None = None  # type: ignore[valid-type]
    deliverables: list[str] = []


class _BoardTable(_TemplateTable):
    title: str = ""
    about: str = ""
    conwip: int | None = Field(None, ge=0, le=_MOST_CARDS)
    stages: list[_StageTable] = Field(min_length=1)


class _HeadTable(_TemplateTable):
    title: str = ""
    about: str = ""
    note: str = ""
    asks: dict[Literal[*ASKED], str] = {}  # type: ignore[valid-type]
    checklist: list[_ItemTable] = []


_GIVEN: Any = {
    name: (list[str], []) if FIELD[name].is_set else (str, DEFAULTS[name]) for name in KEPT
}
_CARD_TABLE: type[_HeadTable] = create_model("_CARD_TABLE", __base__=_HeadTable, **_GIVEN)


def folder(config: Path) -> Path:
    """The folder of the templates of a person with this config folder; it need not exist."""
    return config / "templates"


def own_templates(config: Path) -> OwnTemplates:
    """All templates of a person."""
    cards: dict[str, CardTemplate] = {}
    boards: dict[str, Template] = {}
    problems = []
    for file in sorted(folder(config).glob("*.toml")):
        try:
            made = read(file)
        except BadInput as error:
            problems.append(str(error))
        else:
            if isinstance(made, CardTemplate):
                cards[made.key] = made
            else:
                boards[made.key] = made
    return OwnTemplates(cards, boards, problems)


def card_template(config: Path, name: str) -> CardTemplate:
    """The card template with this name; NotFound when there is none, BadInput when its file is
    wrong."""
    made = template_named(config, name)
    if not isinstance(made, CardTemplate):
        raise NotFound(
            f"{name!r} is a template of boards.",
            hint("Make a board: {init NAME --template {}}", name),
        )
    return made


def board_template(config: Path, name: str) -> Template:
    """The board template with this name, as for `card_template`."""
    made = template_named(config, name)
    if not isinstance(made, Template):
        raise NotFound(
            f"{name!r} is a template of cards.",
            hint("Make a card: {add TITLE --template {}}", name),
        )
    return made


def template_named(config: Path, name: str) -> CardTemplate | Template:
    """The template with this name, whoever made it; NotFound when there is none."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    file = file_of(config, name)
    if not file.is_file():
        raise NotFound(f"There is no template {name!r}.", hint("List them: {templates}"))
    return read(file)


def save(config: Path, name: str, text: str, *, replace: bool) -> Path:
    """Write a template; RuleRefused for a name that is taken, unless a file is to be replaced."""
    if name in _BUILT_IN:
        raise RuleRefused(f"{name!r} comes with the program.", "Choose another name.")
    file = file_of(config, name)
    _made(name, toml.parsed(text))  # what could not be read back is not written
    if file.exists() and not replace:
        raise RuleRefused(
            f"There is a template {name!r} already.",
            hint("Choose another name, or replace it: {templates save {} --replace}", name),
        )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, text.encode())
    except OSError as error:
        raise StoreProblem(f"{file} cannot be written: {error.strerror}.", "See to it.") from error
    return file


def remove(config: Path, name: str) -> Path:
    """Remove a template of the person's own."""
    if name in _BUILT_IN:
        raise RuleRefused(f"{name!r} comes with the program.", "Only your own can be removed.")
    file = file_of(config, name)
    try:
        file.unlink()
    except FileNotFoundError:
        raise NotFound(f"There is no template {name!r}.", hint("List them: {templates}")) from None
    except OSError as error:
        raise StoreProblem(f"{file} cannot be removed: {error.strerror}.", "See to it.") from error
    return file


def file_of(config: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            f"{display(name)!r} cannot name a template.",
            "Give letters, digits, - and _, at most 40: ablation.",
        )
    return folder(config) / f"{name}.toml"


def read(file: Path) -> CardTemplate | Template:
    """The template in a file; BadInput says what is wrong with it."""
    try:
        if not _NAME.fullmatch(file.stem):
            raise _bad(file, "its name needs letters, digits, - and _", "Rename it.")
        if file.stem in _BUILT_IN:
            raise _bad(file, f"{file.stem!r} comes with the program", "Rename the file.")
        data = toml.parsed(toml.read(file))
        return _made(file.stem, data)
    except OSError as error:
        raise _bad(file, f"cannot be read: {error.strerror}", "See to it.") from error
    except UnicodeDecodeError as error:
        raise _bad(file, "is not UTF-8 text", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise _bad(file, f"is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = "there is no such key" if first["type"] == "extra_forbidden" else first["msg"]
        raise _bad(file, f"{where}: {what}") from error
    except BadInput:
        raise
    except MlkanbanError as error:
        raise _bad(file, error.message.rstrip("."), error.hint) from error


def _bad(file: Path, what: str, then: str = "Correct it there.") -> BadInput:
    return BadInput(f"{display(str(file))}: {display(what)}.", then)


def _made(name: str, data: Mapping[str, Any]) -> CardTemplate | Template:
    return _board(name, data) if "stages" in data else _card(name, data)


def _card(name: str, data: Mapping[str, Any]) -> CardTemplate:
    given = _CARD_TABLE.model_validate(data).model_dump()
    nowhere = Board("", "", "", ())  # no field of a template is about a board
    texts = {
        field: understood(
            field, value if isinstance(value, str) else tuple(value), nowhere, date.min
        )
        for field in KEPT
        if (value := given[field]) and value != DEFAULTS[field]
    }
    return CardTemplate(
        name,
        accept_title(given["title"] or name),
        accept(given["about"], "about").strip(),
        CardType(str(texts.pop("type", CardType.EXPERIMENT))),
        tuple(
            TemplateItem(
                accept_title(item["text"]),
                _ROLES[item["role"]] if item["role"] else None,
                item["stage"],
            )
            for item in given["checklist"]
        ),
        {part: given["asks"][part] for part in ASKED if given["asks"].get(part)},
        stored(texts, DEFAULTS, None),
        accept(given["note"], "the note").strip(),
    )


def _board(name: str, data: Mapping[str, Any]) -> Template:
    given = _BoardTable.model_validate(data)
    stages = tuple(
        StageTemplate(
            accept_title(stage.name), StageKind(stage.kind), stage.committed, stage.limit,
            stage.unattended, _ROLES[stage.role] if stage.role else None,
            tuple(map(accept_title, stage.deliverables)), stage.soft,
        )
        for stage in given.stages
    )  # fmt: skip
    names = [stage.name.casefold() for stage in stages]
    twice = next((stage.name for stage in stages if names.count(stage.name.casefold()) > 1), "")
    if twice:
        raise UsageProblem(f"There are two stages {twice}.", "Give one another name.")
    made = (Stage(stage.name, stage.name, committed=stage.committed) for stage in stages)
    rules.required(rules.arrange(tuple(made)))
    return Template(
        name, accept_title(given.title or name), accept(given.about, "about").strip(), stages,
        given.conwip,
    )  # fmt: skip


def card_text(card: Card, board: Board, title: str, about: str) -> str:
    """A card as the text of a template: what it is like, without what became of it, and without
    what its board asks all cards for."""
    texts = values(card, board)
    targets = [part for part in split_metrics(str(texts["metric"])) if ">=" in part or "<=" in part]
    kept = {**{name: texts[name] for name in KEPT}, "metric": " ".join(targets)}
    asked = {text.casefold() for stage in board.stages for text in stage.deliverables}
    items = [
        {"text": item.text, **_gate_of(board, item.gate)}
        for item in card.checklist
        if item.text.casefold() not in asked
    ]
    return _written(
        {"title": title, "about": about}
        | {name: value for name, value in kept.items() if value and value != DEFAULTS[name]},
        checklist=items,
    )  # fmt: skip


def _gate_of(board: Board, gate: str) -> dict[str, str]:
    """The stage that an item closes: by its role, where that is where gates of the role go."""
    stage = rules.gate(board, gate)
    if stage is None:
        return {}
    role = role_of(board, stage)
    if role is not None and stage_for(board, role).id == stage.id:
        return {"role": role.word}
    return {"stage": stage.name}


def board_text(board: Board, title: str, about: str) -> str:
    """A board as the text of a template: its stages and limits."""
    return template_text(board_as_template(board, title, about))


def board_as_template(board: Board, title: str, about: str) -> Template:
    stages = tuple(
        StageTemplate(
            stage.name, stage.kind, stage.committed, stage.limit, stage.unattended,
            role_of(board, stage), stage.deliverables, stage.soft,
        )
        for stage in board.stages
    )  # fmt: skip
    return Template("", title, about, stages, board.conwip)


def template_text(made: CardTemplate | Template) -> str:
    """A template as a file has it."""
    if isinstance(made, Template):
        board = {"title": made.title, "about": made.about, "conwip": made.conwip}
        return _written(board, stages=[dict(_stage_values(stage)) for stage in made.stages])
    items = [
        {"text": item.text, "role": item.gate.word if item.gate else "", "stage": item.stage}
        for item in made.checks
    ]
    fields = {"type": made.type.value, **dict(_typed(made.values))}
    head: dict[str, Any] = {"title": made.title, "about": made.about, **fields, "note": made.note}
    return _written({**head, "asks": dict(made.asks)}, checklist=items)


def _typed(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Stored fields of a template the way people type them."""
    for name, value in fields.items():
        kind = FIELD[name].kind
        yield name, value if FIELD[name].is_set else kind.text(kind.read({name: value}, name))


def _stage_values(stage: StageTemplate) -> Iterator[tuple[str, Any]]:
    yield "name", stage.name
    yield "kind", stage.kind.value
    for name in ("committed", "limit", "unattended", "soft"):
        yield name, getattr(stage, name)
    yield "role", stage.role.word if stage.role else ""
    yield "deliverables", list(stage.deliverables)


def _written(head: Mapping[str, Any], **tables: list[dict[str, Any]]) -> str:
    import tomlkit  # 25 ms that only somebody who writes a template has to wait

    document = tomlkit.document()
    for name, value in head.items():
        if _says(value):
            lines = isinstance(value, str) and "\n" in value
            document[name] = tomlkit.string(value, multiline=True) if lines else _plain(value)
    for table_name, rows in tables.items():
        array = tomlkit.aot()
        for row in rows:
            table = tomlkit.table()
            table.update({name: value for name, value in row.items() if _says(value)})
            array.append(table)
        if rows:
            document[table_name] = array
    return tomlkit.dumps(document)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _says(value: Any) -> bool:
    """Whether a value is not what a file without it means; a limit of 0 is no missing one."""
    return value is not False and value not in ("", None, [], (), {})
