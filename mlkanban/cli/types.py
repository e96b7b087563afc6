"""What is typed on the command line, understood: kinds of groups, commands, options and values,
such as cards, stages, days, limits, metrics."""

import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlkanban import clock
from mlkanban.core.timestamps import FIRST_YEAR, LAST_YEAR
from mlkanban.errors import UsageProblem
from mlkanban.shell_commands import MEANT
from mlkanban.text import accept

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from mlkanban.core.board import Board

NONE = "none"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


_ALIKE = 0.75
"""How much a mistyped name has in common with a command (difflib): `delete` is no `release`."""


class SuggestingGroup(click.Group):
    """A group that suggests the command that was meant by a mistyped name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = click.utils.make_str(args[0])
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            # Only a mistyped name waits for it.
            from difflib import get_close_matches

            names = self.list_commands(ctx)
            near = [word for word in MEANT.get(name.casefold(), ()) if word.split()[0] in names]
            near = near or get_close_matches(name, names, 1, _ALIKE)
            guess = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{guess}")
        return super().resolve_command(ctx, args)


class GroupOrArgument(SuggestingGroup):
    """A group that takes arguments and options of its own where none of its commands is named."""

    _NAMED = f"{__name__}.named"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        ctx.meta[self._NAMED] = named
        ctx.allow_interspersed_args = not named
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        if ctx.meta.get(self._NAMED):
            return [param for param in params if not isinstance(param, click.Argument)]
        return params


class TextCommand(click.Command):
    """A command whose words may be a text such as `- [ ] buy labels`: what begins with a dash and a
    blank is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # No argument of a process can hold a NUL, so these stand for nothing else.
        texts = {f"\0{at}": arg for at, arg in enumerate(args) if arg.startswith("- ")}
        names = {text: name for name, text in texts.items()}
        try:
            rest = super().parse_args(ctx, [names.get(arg, arg) for arg in args])
        except click.NoSuchOption as error:
            message = f"{error.format_message()} A text that begins with a dash needs -- before it."
            raise click.UsageError(message, ctx) from error

        def put_back(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(map(put_back, value))
            return texts.get(value, value) if isinstance(value, str) else value

        ctx.params = {name: put_back(value) for name, value in ctx.params.items()}
        return rest


class RenamedOption(click.Option):
    """An option with an earlier name, `former` ('' for none), that still works and is not listed in
    help or completion."""

    def __init__(self, *args: Any, former: str = "", **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._former = [f"--{former}"] if former else []

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        listed = self.opts
        self.opts = [*listed, *self._former]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = listed


override_at_start = click.option(
    "--override", default="", metavar="REASON", cls=RenamedOption, former="force",
    help="Override the limit, unticked items and broken guards.",
)  # fmt: skip
"""The option of commands that start a run."""


class RenamedChoice(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2
    """A choice of words, of which `former` {earlier name: word} still work and are not listed in
    help or completion."""

    def __init__(self, words: Iterable[str], former: Mapping[str, str]) -> None:
        super().__init__(tuple(words))
        self._former = former

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(self._former.get(value, value), param, ctx)


def today(board: "Board") -> date:
    """This day in the board's time zone."""
    return board.day_of(clock.now())


def _refuse_empty(
    value: str, what: str, hint: str, param: click.Parameter | None, ctx: click.Context | None
) -> None:
    """UsageProblem for an empty word where something is to be named. A default may be empty."""
    if value.strip() or param is None or ctx is None:
        return
    if ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE:
        where = param.get_error_hint(ctx).replace("'", "")
        raise UsageProblem(f"No {what} is given: {where} is empty.", hint)


class NameParam(click.ParamType):  # type: ignore[type-arg]
    """What something is called, never empty; `offers` is what completion finds it among."""

    def __init__(self, name: str, hint: str, offers: str = "") -> None:
        self.name = name
        self._hint = hint
        self._offers = offers

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        _refuse_empty(value, self.name, self._hint, param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        if not self._offers:
            return []
        # Only a shell that completes waits for it.
        from mlkanban.cli.completion import known_by_name

        return known_by_name(ctx, self._offers, incomplete)


class FileParam(click.Path):
    """A file or a folder, never the empty word, which would be the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        _refuse_empty(os.fspath(value), "file", "Give its path.", param, ctx)
        return super().convert(value, param, ctx)


class CardParam(NameParam):
    """The short id of a card."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return accept(super().convert(value, param, ctx), "the id of the card")


class LimitParam(click.ParamType):  # type: ignore[type-arg]
    """A number of cards, or `none`; not given it is None."""

    name = "limit"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == NONE:
            return NONE
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor none.", param, ctx)


def limit_of(given: int | str) -> int | None:
    """The limit a LimitParam means."""
    return None if isinstance(given, str) else given


class TargetParam(click.ParamType):  # type: ignore[type-arg]
    """What a metric is to reach, `val_auc>=0.92`."""

    name = "metric"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        # Only --metric needs it, and every command line loads this file.
        from mlkanban.core.metrics import accept_target

        return accept_target(value)


class DurationParam(click.ParamType):  # type: ignore[type-arg]
    """A time such as 90s, 30m, 2h, 7d or 2w, in seconds; `unit` is that of a bare number."""

    name = "duration"

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhdw]?)", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not a time; write it as 90s, 30m, 2h or 7d.", param, ctx)
        return float(match[1]) * _SECONDS[match[2] or self._unit]


class DayParam(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2026-03-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-31.", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"{value!r} does not lie between {FIRST_YEAR} and {LAST_YEAR}.", param, ctx)
        return day


LIMIT, DAY, TARGET = LimitParam(), DayParam(), TargetParam()
DURATION, AGE = DurationParam("s"), DurationParam("d")
CARD = CardParam("card", "List them: mlkanban list --all", "cards")
MODEL = NameParam("model", "List them: mlkanban models", "models")
"""The name of a model, with its version or without, or a card of it."""
STAGE = NameParam("stage", "List them: mlkanban stages", "stages")
"""The name of a stage, or its beginning."""
LINEAGE = NameParam("lineage", "Write it as ablation-of:g12.", "lineages")
"""A kind and a card."""
BOARD = NameParam("board", "List them: mlkanban boards", "boards")
NEW_NAME = NameParam("name", "Type a few words.")
TEMPLATE = NameParam("template", "List them: mlkanban templates", "templates")
TAG = NameParam("tag", "Type a word, or leave it out.", "tags")
ITEM = NameParam("item", "Give its number or the beginning of its text.")
LINK = NameParam("link", "Give its address, or leave it out.")
YES_NO = click.Choice(("yes", "no"), case_sensitive=False)
WHEN = NameParam("day", "Write it as 2026-03-31, or leave it out.")
ZONE = NameParam("time zone", "Write it as Europe/Rome, or leave it out.", "zones")
VIEW = NameParam("view", "List them: mlkanban views", "views")
RUN = NameParam("run", "List them: mlkanban runs", "runs")
RUN_OR_CARD = NameParam("run or card", "List them: mlkanban runs", "runs and cards")
TRACKED = NameParam("run", "List them: mlkanban sync-runs")
BACKUP = NameParam("backup", "List them: mlkanban backup list", "backups")
CONFLICT = NameParam("card", "List the conflicts: mlkanban resolve", "conflicts")
FIELD = NameParam("field", "List the conflicts: mlkanban resolve", "fields")
KIND = NameParam("kind", "List them: mlkanban schema", "kinds")
TOPIC = NameParam("topic", "List them: mlkanban docs", "topics")
HOME = NameParam("folder", "Give its path, or leave it out.")
FILE = FileParam(path_type=Path)
