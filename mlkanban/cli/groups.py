"""Groups and commands that read what people type a little more kindly."""

from collections.abc import Iterable, Mapping
from typing import Any

import click


class SuggestingGroup(click.Group):
    """A group that suggests the command that was meant by a mistyped name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = click.utils.make_str(args[0])
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            # Only a mistyped name waits for it.
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), 1)
            guess = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{guess}")
        return super().resolve_command(ctx, args)


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
    help="Override the limit and unticked items.",
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
