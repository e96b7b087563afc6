"""A/B tests of models."""

from collections.abc import Iterator
from dataclasses import replace

import click

from mlkanban.cli.layout import dim
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD
from mlkanban.errors import NotFound


@click.command()
@click.argument("card", type=CARD)
@click.argument("arms", nargs=-1, metavar="[IN_USE=RESULT CHALLENGER=RESULT]")
@click.option(
    "--least",
    default="",
    metavar="SHARE",
    help="The least difference that is worth it, as a share of what is in use: 5%.",
)
@click.option(
    "--less/--more", default=None, help="Whether less or more is better (default: by the metric)."
)
@pass_session
def ab(session: Session, card: str, arms: tuple[str, ...], least: str, less: bool | None) -> None:
    """Record the results of an A/B test so far.

    Without arms, the test is printed. A result is a total: successes/n, or mean,sd,n. Made for
    cron: run it as often as you like; --least and --less keep their last values until you name
    others. Until the number that --least needs is reached (two-sided 5 %, power 80 %) each look is
    an early one. Go by the first look that has it: where nothing differs, 5 % of these find a
    difference, of those who look 30 times more until twice the number 14 % do at some look.

    Example: mlkanban ab v154 v90=412/18230 v133=371/18190 --least 15% --less
    """
    from mlkanban.display.ab_text import headline, rows  # statistics, which --help does without
    from mlkanban.display.card_json import ab_data

    write = bool(arms or least or less is not None)
    with session.service(write=write) as service:
        if write:
            done = service.ab_tests.record(card, arms, least=least, less=less)
            [changed] = done.cards
            assert changed.ab is not None
            done = replace(done, message=f"{changed.ref}: {headline(changed.ab)}.")
            session.answer_done("ab.told", done, service)
            return
        whole = service.cards.get(card)
    test = whole.ab
    if test is None:
        raise NotFound(
            f"{whole.ref} has no A/B test.",
            f"Record one: mlkanban ab {whole.ref} NAME=412/18230 NAME=371/18190",
        )

    def lines() -> Iterator[str]:
        for label, text in rows(test):
            yield f"{dim(label.ljust(15))}{session.clean(text)}"

    session.answer("ab", lambda: ab_data(test), lines)
