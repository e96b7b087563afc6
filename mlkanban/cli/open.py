"""Open or copy the links of a card."""

import base64
import os
import sys

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.hints import hint
from mlkanban.machine import links
from mlkanban.text import display, quantity


@click.command("open")
@click.argument("card", type=CARD)
@click.argument("number", type=click.IntRange(1), required=False)
@pass_session
def open_link(session: Session, card: str, number: int | None) -> None:
    """Open a link of a card in the browser, or copy it.

    Over SSH, without a display, and where it is no web address, it is copied to the clipboard of
    your terminal (OSC 52), and printed. Of several links give the number that `show` lists it by.
    """
    with session.service() as service:
        found = service.cards.get(card)
    if not found.links:
        raise NotFound(
            f"{found.ref} has no link.", hint("Add one: {edit {} --link URL}", found.ref)
        )
    if number is None and len(found.links) > 1:
        listed = "; ".join(f"{at} {display(link)}" for at, link in enumerate(found.links[:9], 1))
        raise UsageProblem(
            f"{found.ref} has {len(found.links)} links: {listed}.",
            hint("Give a number: {open {} 1}", found.ref),
        )
    if number is not None and number > len(found.links):
        raise NotFound(
            f"{found.ref} has {quantity(len(found.links), 'link')}, no link {number}.",
            hint("See: {show {}}", found.ref),
        )
    link = found.links[(number or 1) - 1]
    if address := links.opened(link, os.environ):
        done, what = "opened", address
        session.show_message(f"Opened in the browser: {address}")
    else:
        what = links.to_copy(link)
        done = "copied" if _copied(what) else "printed"
        if done == "copied":
            session.show_message("Copied to the clipboard of the terminal (OSC 52):")
    session.answer(
        "open",
        lambda: {"id": found.ref, "link": link, "done": done, "text": what},
        lambda: [] if done == "opened" else [session.clean(what)],
    )


def _copied(text: str) -> bool:
    """Ask the terminal to put a text on its clipboard; False without a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") in (None, "", "dumb"):
        return False
    code = base64.b64encode(text.encode()).decode()
    sys.stderr.write(f"\x1b]52;c;{code}\x07")
    sys.stderr.flush()
    return True
