"""What the board marks cards by is what the flow numbers say."""

from datetime import timedelta

from mlkanban.flow.sample import follow
from mlkanban.flow.sle import sle
from mlkanban.flow.window import Window
from tests.service.people import Person


def test_cards_that_were_never_worked_take_no_place(ada: Person) -> None:
    """The last thirty cards went straight to the end; the expectation rests on those before."""
    for number in range(12):
        [ref] = ada.adds(f"worked {number}")
        ada.moves(ref, to="Features")
        ada.clock.now += timedelta(days=2)
        ada.moves(ref, to="Monitoring")
    for ref in ada.adds(*(f"straight {number}" for number in range(30))):
        ada.moves(ref, to="Monitoring")
    ada.clock.now += timedelta(days=100)
    now = ada.clock.now
    workflow, histories = ada.history.for_flow(ada.board)
    sample = follow(workflow, histories, now, Window.back(90, workflow.day(now)))
    assert sle(sample).days == 3
    assert ada.history.pace(ada.board, now).sle == 3
