"""Opens the board on this terminal: the store first, then the app, at the end what had to wait."""

from __future__ import annotations

import os
import shutil
import signal
from functools import partial
from typing import TYPE_CHECKING

from mlkanban import log
from mlkanban.clock import now
from mlkanban.config import Settings
from mlkanban.errors import MlkanbanError, NotFound, StoreBusy, UsageProblem
from mlkanban.hints import hint
from mlkanban.paths import Places
from mlkanban.runs.model.repeats import Repeats
from mlkanban.service import FirstLook, Service, Snapshot
from mlkanban.sync.transports.turns import ShowWait, take_turn
from mlkanban.tui.app import BoardApp, look_at, look_first
from mlkanban.tui.background import back_up_at_the_end
from mlkanban.tui.board_model import MANY_CARDS
from mlkanban.tui.store_thread import StoreThread
from mlkanban.tui.themed_app import LEAVING

if TYPE_CHECKING:
    from mlkanban.core.triage import TriageView


def run_board(
    places: Places,
    settings: Settings,
    board_key: str,
    *,
    actor: str,
    demo: bool = False,
    triage: tuple[TriageView, int | None] | None = None,
    review: bool = False,
    view_only: str = "",
) -> int:
    """Open the board on this terminal, a part of its triage or its review; the exit code for the
    process. `view_only` is why nothing may be changed, if that is so.

    What goes wrong with the store before the first picture is raised as it is; a crash is raised
    after the terminal has been restored.
    """
    if os.environ.get("TERM", "dumb") == "dumb":
        raise UsageProblem(
            "This terminal (TERM=dumb) cannot show the board.",
            hint("Use the commands ({--help}), or a terminal that can move its cursor."),
        )
    log.write_to(places.log)
    whole = settings.card_list or triage is not None or review
    store_thread = StoreThread(
        lambda: _open(
            places, actor, settings.repeats, view_only, lambda text: store_thread.show_wait(text)
        )
    )
    try:
        # Read before the app runs: beside its start the same takes half as long again.
        warning, first = store_thread.at_once(
            lambda s: (s.read_only, _first(s, board_key, part=not whole))
        )
        app = BoardApp(
            store_thread,
            places,
            settings,
            board_key,
            first=first,
            warning=warning,
            demo=demo,
            triage=triage,
            review=review,
            view_only=view_only,
        )
        before = {number: signal.getsignal(number) for number in LEAVING}
        try:
            app.run()
        finally:
            if not app.return_code:  # else nothing but its own end is left, which a signal means
                for number, handler in before.items():
                    signal.signal(number, handler)
            if app.crash is not None:
                raise app.crash  # whatever went wrong after it
        if not demo and not view_only and not app.return_code:
            app.hooks.at_the_end(store_thread)
            app.live_sync.at_the_end()
            back_up_at_the_end(store_thread)
        return app.return_code or 0
    finally:
        store_thread.close()


def _first(service: Service, key: str, *, part: bool) -> FirstLook | Snapshot | None:
    """The board as it is shown at first: as much of it as can be in sight, or all where the screen
    that comes first is about all cards."""
    if not part:
        return look_at(service, key)
    lines = shutil.get_terminal_size().lines
    return look_first(service, key, now(), max(lines, MANY_CARDS))


def _open(
    places: Places, actor: str, repeats: Repeats, view_only: str, show_wait: ShowWait
) -> Service:
    if view_only:
        service = Service.open(places.data, actor=actor, clock=now, write=False, repeats=repeats)
        service.forbid_writing(view_only)
        return service
    try:
        return Service.open(
            places.data,
            actor=actor,
            clock=now,
            config=places.config,
            repeats=repeats,
            take_turn=partial(take_turn, show_wait=show_wait),
        )
    except StoreBusy:
        raise
    except MlkanbanError as error:
        try:
            service = Service.open(
                places.data, actor=actor, clock=now, write=False, repeats=repeats
            )
        except NotFound:
            raise error from None
        service.forbid_writing(error.text)
        return service
