"""Lines of the inbox: what a run of a tracker reported, and which run it may belong to."""

from zoneinfo import ZoneInfo

from mlkanban.display.inbox_lines import run_details, run_line
from mlkanban.glyphs import UTF8
from mlkanban.runs.model.tracker_run import Tracked

VALUES = {"loss": 0.1, "loss.max": 0.9, "train/loss": 0.2, "val_auc": 0.95}
RUN = Tracked(
    "tensorboard:/w/runs/a", name="a", metrics=VALUES, where="/w/runs",
    within="20260301-100000-075ac6fb", within_card="v3",
)  # fmt: skip


def text(line) -> str:
    return "".join(piece.text for piece in line)


def test_what_a_card_is_for_is_shown_first() -> None:
    shown = text(run_line(RUN, ZoneInfo("UTC"), 120, UTF8, here=False, metrics={"val_auc"}))
    assert "val_auc 0.95  loss 0.1" in shown
    shown = text(run_line(RUN, ZoneInfo("UTC"), 120, UTF8, here=False))
    assert "val_auc 0.95  loss 0.1 .." in shown, "held-out data first, what is derived last"


def test_the_run_in_which_it_was_written_is_named() -> None:
    lines = [text(line) for line in run_details(RUN, 80, UTF8)]
    assert any("during" in line and "run 075ac6fb of v3" in line for line in lines)
