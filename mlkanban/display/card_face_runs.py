"""What the face of a card says of its runs, from what it keeps of them in short."""

from datetime import datetime, timedelta

from mlkanban.core.metrics import compact
from mlkanban.core.timestamps import moment
from mlkanban.display.run_text import spoken
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.usage import shortly


def going_on(packed: str, now: datetime) -> str:
    """`run 14h` while a run goes on, `run 14h?` while its processes cannot be seen, `run` in its
    first minute; '' when none does."""
    brief = Brief.read(packed)
    if not brief.since:
        return ""
    begun = moment(brief.since)
    length = now - begun if begun else timedelta()
    long = f" {spoken(length)}" if length >= timedelta(minutes=1) else ""
    return f"run{long}{'' if brief.sure else '?'}"


def best(packed: str) -> str:
    """The best configuration where another one was tried last (`best .931`), else ''."""
    mean = Brief.read(packed).best
    return "" if mean is None else f"best {compact(mean)}"


def facts(packed: str, now: datetime) -> list[str]:
    """How many runs there are, what they used (`3.1+ gpu-h` where of some it is not known), and
    the commit of the newest, `a1b2c3d*` with changes."""
    brief = Brief.read(packed)
    used = shortly(brief.used(now))
    return [
        f"{brief.runs} run{'' if brief.runs == 1 else 's'}",
        *([f"{used}{'+' if brief.partly else ''} gpu-h"] if used != "0" else []),
        *([brief.commit] if brief.commit else []),
    ]
