"""The fields of a card as lines of text."""

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap
from zoneinfo import ZoneInfo

from mlkanban.core import checklist
from mlkanban.core.card import Card
from mlkanban.core.model_health import HealthReading
from mlkanban.core.models import CardFace
from mlkanban.core.score import worth_text
from mlkanban.display.card_face import FaceContext, age, due
from mlkanban.runs.model.usage import Spending
from mlkanban.text import LONG_TITLE, MANY_LINKS, MANY_TAGS, beginning, display, quantity, some


def _reading(reading: HealthReading, view: FaceContext) -> str:
    note = f": {reading.note}" if reading.note else ""
    return f"{view.day(reading.at)} {reading.text}{note}"


def field_lines(
    card: Card, face: CardFace | None, view: FaceContext, spent: Spending | None, width: int
) -> list[str]:
    """Everything on a card that is not empty, but for its notes; `spent` is what is used of its
    budget. Safe to show."""
    lines = [f"{card.ref}  {display(beginning(card.title, LONG_TITLE))}", ""]

    def add(label: str, value: object) -> None:
        if value:
            first, *rest = wrap(str(value), max(20, width - 19)) or [""]
            lines.append(f"  {label:<12} {first}")
            lines.extend(" " * 15 + line for line in rest)

    stage = display(view.board.stage(card.stage).name)
    how = f", {card.work.value}" if card.work != "attended" else ""
    state = f"finished: {card.outcome.value}" if card.outcome else stage + how
    add("stage", stage if card.outcome else state)
    add("outcome", card.outcome.value if card.outcome else "")
    add("archived", "yes, x brings it back" if card.archived else "")
    add("verdict", display(card.verdict))
    add("health", card.health.value if card.health else "")
    for reading in card.readings:
        add("alert" if reading.alert else "within", display(_reading(reading, view)))
    if card.blocker:
        block = card.blocker
        side = "external" if block.external else "internal"
        begun = block.since.astimezone(ZoneInfo(view.board.timezone)).date()
        since = max(0, (view.today - begun).days)
        note = f": {display(block.note)}" if block.note else ""
        until = f" until {display(block.until)}" if block.until else ""
        days = quantity(since, "day")
        add("blocked", f"{block.reason.value} ({side}), {days}{note}{until}")
    if face is not None:
        spoken = age(face, view)
        meaning = (
            "cycle time" if spoken.startswith("=")
            else "since it was written" if spoken.startswith("(") else "since commitment"
        )  # fmt: skip
        add("age", "never worked" if spoken == "=" else f"{spoken.strip('=()')} {meaning}")
        add("due", f"{card.due}  {due(face, view)}" if card.due else "")
    waits = f"until run {display(card.snoozed_run)} ends" if card.snoozed_run else ""
    add("snoozed", waits or card.snoozed_until)
    add("type", card.type.value)
    add("priority", card.priority.value)
    add("class", card.service_class.value)
    add("tags", " ".join(some([f"#{display(tag)}" for tag in card.tags], MANY_TAGS)))
    add("hypothesis", display(card.hypothesis))
    if metric := card.measured:
        extra = [
            f"{name} {value:g}"
            for name, value in (("baseline", metric.baseline), ("noise", metric.noise))
            if value is not None
        ]
        add("metric", display("  ".join([str(metric), *extra])))
    add("dataset", display(card.dataset))
    add("worth", worth_text(card.worth))
    add("budget", spent.told if spent else "")
    add("parent", display(card.parent))
    for text in link_texts(card.links):
        add("link", display(text))
    if card.checklist:
        lines += ["", f"  checklist {checklist.progress(card.checklist)}"]
        for item in card.checklist:
            first, *rest = wrap(display(checklist.line(view.board, item)), max(20, width - 8))
            lines += [f"    {first}", *(f"        {line}" for line in rest)]
    return lines


def link_texts(links: Sequence[str]) -> list[str]:
    """The links of a card, or of many only how many there are: `300 (298 optuna, 2 git)`."""
    if len(links) <= MANY_LINKS:
        return list(links)
    kinds = Counter(link.partition(":")[0] for link in links)
    return [f"{len(links)} ({', '.join(f'{many} {kind}' for kind, many in kinds.most_common(4))})"]
