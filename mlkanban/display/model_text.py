"""Models in use in words, for the screen and the command line, and as JSON and a model card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from rich.cells import cell_len

from mlkanban.cells import padded
from mlkanban.charts.readings_curve import readings_curve
from mlkanban.core.board import Health
from mlkanban.core.look_again import LookAgain
from mlkanban.core.metrics import compact_text, number_text
from mlkanban.core.model_health import HealthReading, episodes
from mlkanban.core.model_silence import silence_text
from mlkanban.core.timestamps import instant
from mlkanban.display.card_face import FaceContext, Line, Piece, drawn
from mlkanban.display.lines import edge, labelled, page_title, paragraph, rule
from mlkanban.display.sparkline import sparkline
from mlkanban.display.table import GAP, Table, markdown_table, markdown_text
from mlkanban.glyphs import Glyphs
from mlkanban.service.model_records import ModelInUse, ModelRecord, ModelVersion
from mlkanban.text import quantity, short_name, tidy

SILENT = "SILENT"
SPARK_DAYS = 30
_SPARK_CELLS = 10
_MOST_NAME, _MOST_OWNER = 24, 16
_READING = "last reading (alert)"
_LEAST_PICTURE, _PICTURE = 6, 14
"""The lines of a picture of readings beside a list, at least and at most."""
_LABEL = 9
_NO_READING = "no reading yet"
_DROPPED_FIRST = ("next", "ago", "names", "short", "owner", "30 days", "in use")
"""What gives way where there is no room, the first of them first: columns that are left out, and
cells that say the same in less room."""


class _Cell(NamedTuple):
    text: str
    role: str = "text"


def state_text(model: ModelInUse, glyphs: Glyphs) -> str:
    """`■ alert`, `SILENT`, `ok`: how a model does, in few words."""
    health = model.version.face.health
    sign = {
        Health.ALERT: glyphs.blocked, Health.WATCH: glyphs.queued,
        Health.RETRAINING: glyphs.running,
    }.get(Health(health))  # fmt: skip
    state = f"{sign} {health}" if sign else health
    if model.silence:
        return SILENT if health == Health.OK else f"{state} {SILENT}"
    return state


def state_role(model: ModelInUse) -> str:
    if model.silence or model.version.face.health == Health.ALERT:
        return "alarm"
    return {Health.WATCH: "clock"}.get(Health(model.version.face.health), "live")


def last_reading(model: ModelInUse) -> HealthReading | None:
    """The last reading of a model: an alert before others, then the newest."""
    return next(iter(model.version.card.readings), None)


def reading_text(reading: HealthReading) -> str:
    """`psi .34 (>.2)`: a value, and where an alert begins."""
    value = compact_text(number_text(reading.value))
    limit = reading.limit
    named = reading.threshold if limit is None else reading.sign + compact_text(f"{limit:.15g}")
    return f"{reading.metric} {value} ({named})"


def next_text(model: ModelInUse, view: FaceContext) -> str:
    """What comes next: the card that replaces it, and when somebody looks again."""
    parts = [f"{face.ref} in {view.board.stage(face.stage).name}" for face in model.next]
    parts.append(look_text(model.look, due=model.look_due, view=view))
    return ", ".join(parts)


def look_text(look: LookAgain, *, due: bool, view: FaceContext) -> str:
    """`look again 12-15`, `look again, due since 11-20`."""
    what = "retrain" if look.retrain else "look again"
    return (
        f"{what}, due since {view.short_day(look.day)}"
        if due
        else (f"{what} {view.short_day(look.day)}")
    )


def _since(model: ModelInUse, view: FaceContext) -> str:
    if not model.version.since:
        return ""
    day = view.day(model.version.since)
    return f"{view.short_day(day)}  {(view.today - day).days} d"


def _ago(reading: HealthReading, view: FaceContext) -> str:
    days = (view.today - view.day(reading.at)).days
    return f"{days} d ago" if days else "today"


def spark(readings: Sequence[HealthReading], metric: str, view: FaceContext, cells: int) -> str:
    """The readings of a metric in the last 30 days: of each part of that time the last one, and a
    blank where there was none; '' for fewer than two parts with one."""
    values: dict[int, float] = {}
    for reading in readings:
        days = (view.today - view.day(reading.at)).days
        if reading.metric == metric and 0 <= days < SPARK_DAYS:
            values[(SPARK_DAYS - 1 - days) * cells // SPARK_DAYS] = reading.value
    order = sorted(values)
    bars = dict(
        zip(order, sparkline([values[at] for at in order], view.glyphs.spark), strict=False)
    )
    return "".join(bars.get(at, " ") for at in range(cells)) if bars else ""


def _cells(model: ModelInUse, view: FaceContext) -> dict[str, _Cell]:
    """A row by the heads of its columns."""
    version, ascii = model.version, view.glyphs.ascii
    reading = last_reading(model)
    shown = view.glyphs.figures(reading_text(reading)) if reading else _NO_READING
    return {
        "model": _Cell(drawn(_known_as(version), ascii=ascii), "title"),
        "version": _Cell(drawn(version.card.version, ascii=ascii) or "-", "title"),
        "in use": _Cell(_since(model, view), "dim"),
        _READING: _Cell(
            f"{drawn(shown, ascii=ascii)}  {_ago(reading, view)}" if reading else _NO_READING,
            "alarm" if reading and reading.alert else "text" if reading else "dim",
        ),
        "30 days": _Cell(
            spark(version.life.readings, reading.metric, view, _SPARK_CELLS) if reading else "",
            "value",
        ),
        "state": _Cell(state_text(model, view.glyphs), state_role(model)),
        "owner": _Cell(drawn(version.card.owner, ascii=ascii), "dim"),
        "next": _Cell(drawn(next_text(model, view), ascii=ascii), "dim"),
    }  # fmt: skip


def _known_as(version: ModelVersion) -> str:
    """The name of a model; of one that nobody named, its card with the title."""
    return version.card.model or f"{version.face.ref} {version.face.title}"


def table(models: Sequence[ModelInUse], view: FaceContext, width: int | None = None) -> list[str]:
    """The head, then a line for each model."""
    heads, rows = _columns(models, view, width)
    sizes = [max(map(cell_len, column)) for column in zip(heads, *map(_texts, rows), strict=True)]
    lines = [heads, *map(_texts, rows)]
    return [
        GAP.join(padded(text, size) for text, size in zip(line, sizes, strict=True)).rstrip()
        for line in lines
    ]


def table_lines(
    models: Sequence[ModelInUse], view: FaceContext, width: int, here: int
) -> tuple[Line, list[Line]]:
    """The same for a screen, with the row `here` under the cursor."""
    glyphs = view.glyphs
    heads, rows = _columns(models, view, width - 2)
    sizes = [max(map(cell_len, column)) for column in zip(heads, *map(_texts, rows), strict=True)]
    head: Line = [Piece("  ", "text"), Piece(_row(heads, sizes, glyphs.cut), "dim")]
    lines = []
    for at, (model, row) in enumerate(zip(models, rows, strict=True)):
        line = [edge(state_role(model), glyphs, here=at == here), Piece(" ", "text")]
        for number, (cell, size) in enumerate(zip(row, sizes, strict=True)):
            gap = [Piece(GAP, "text")] if number else []
            line += [*gap, Piece(padded(cell.text, size, glyphs.cut), cell.role)]
        lines.append(line)
    return head, lines


def _row(texts: Sequence[str], sizes: Sequence[int], cut: str) -> str:
    return GAP.join(padded(text, size, cut) for text, size in zip(texts, sizes, strict=True))


def _texts(row: Sequence[_Cell]) -> list[str]:
    return [cell.text for cell in row]


def _columns(
    models: Sequence[ModelInUse], view: FaceContext, width: int | None
) -> tuple[list[str], list[list[_Cell]]]:
    """The heads and the rows, as many columns as fit: what says the same in fewer cells comes
    before what is left out, and names give way last."""
    rows = [_cells(model, view) for model in models]
    heads = list(rows[0]) if rows else []
    cut = view.glyphs.cut
    if width is not None:
        for name, most in (("model", _MOST_NAME), ("version", 10), ("owner", _MOST_OWNER)):
            _cut(rows, name, most, cut)

    def taken() -> int:
        return sum(
            max(cell_len(head), *(cell_len(row[head].text) for row in rows)) + len(GAP)
            for head in heads
        ) - len(GAP)

    for step in _DROPPED_FIRST:
        if width is None or not rows or taken() <= width:
            break
        if step in heads:
            heads.remove(step)
        elif step == "ago":
            rows = [_without_days_ago(row) for row in rows]
        elif step == "names":
            rows = [_one_name(row) for row in rows]
            heads.remove("version")
        elif step == "short":
            pairs = zip(rows, models, strict=True)
            rows = [_narrow(row, model, view) for row, model in pairs]
    for name, least in ((_READING, 12), ("model", 6)):
        if width is not None and rows and taken() > width:
            size = max(cell_len(row[name].text) for row in rows)
            _cut(rows, name, max(least, size - (taken() - width)), cut)
    return heads, [[row[head] for head in heads] for row in rows]


def _without_days_ago(row: dict[str, _Cell]) -> dict[str, _Cell]:
    text, role = row[_READING]
    return row | {_READING: _Cell(text.removesuffix(" ago"), role)}


def _one_name(row: dict[str, _Cell]) -> dict[str, _Cell]:
    named = [row["model"].text, *([row["version"].text] if row["version"].text != "-" else [])]
    return row | {"model": _Cell(" ".join(named), row["model"].role)}


def _narrow(row: dict[str, _Cell], model: ModelInUse, view: FaceContext) -> dict[str, _Cell]:
    """The time in use without its day, and fewer cells for 30 days."""
    days = row["in use"].text.rpartition("  ")[2]
    row = row | {"in use": _Cell(days, row["in use"].role)}
    reading = last_reading(model)
    if reading is None:
        return row
    text = spark(model.version.life.readings, reading.metric, view, len("30 days"))
    return row | {"30 days": _Cell(text, "value")}


def _cut(rows: Sequence[dict[str, _Cell]], name: str, most: int, cut: str) -> None:
    for row in rows:
        text, role = row[name]
        if cell_len(text) > most:
            row[name] = _Cell(padded(text, most, cut), role)


# The row under the cursor


def details(
    model: ModelInUse,
    record: ModelRecord | None,
    view: FaceContext,
    size: tuple[int, int],
    *,
    coloured: bool,
) -> list[Line]:
    """What is known of a model in use: its readings as a picture, what comes next, its changes. The
    picture is as high as the lines of the size leave it; too low a one is left out."""
    width, height = size
    glyphs, version = view.glyphs, model.version
    title = [Piece(drawn(version.name, ascii=glyphs.ascii), "title")]
    right = [Piece(f"{version.face.ref}, since {_long(version.since, view)}", "dim")]
    lines: list[Line] = [rule(title, width, glyphs, right)]
    body = facts(model, view)
    lines += [line for label, text, role in body for line in _fact(label, text, role, view, width)]
    changes = [[], *change_lines(record, view, width)] if record is not None else []
    # A blank line and the head of the picture.
    room = min(height - len(lines) - len(changes) - 2, _PICTURE)
    if room >= _LEAST_PICTURE:
        picture = picture_lines(version, view, width, room, coloured=coloured)
        lines += [[], *picture] if picture else []
    return [*lines, *changes]


def _long(at: str, view: FaceContext) -> str:
    return view.short_day(view.day(at)) if at else "?"


def facts(model: ModelInUse, view: FaceContext) -> list[tuple[str, str, str]]:
    """What is to be known of a model now: label, text, role."""
    version = model.version
    now = view.now
    found: list[tuple[str, str, str]] = []
    for reading in version.card.readings:
        note = f": {reading.note}" if reading.note else ""
        text = f"{view.short_day(view.day(reading.at))} {view.glyphs.figures(reading.text)}{note}"
        found.append(("alert", text, "alarm") if reading.alert else ("within", text, "text"))
    if model.silence:
        found.append(("silent", silence_text(model.silence, now), "alarm"))
    if not version.card.readings:
        found.append(("readings", _NO_READING, "dim"))
    found.append(("next", next_text(model, view), "clock" if model.look_due else "text"))
    if model.others:
        found.append(("also", f"in use as {version.model}: {', '.join(model.others)}", "alarm"))
    if version.card.owner:
        found.append(("owner", version.card.owner, "text"))
    found += [("runbook", link, "text") for link in version.card.links if "runbook" in link.lower()]
    return found


def _fact(label: str, text: str, role: str, view: FaceContext, width: int) -> list[Line]:
    shown = drawn(text, ascii=view.glyphs.ascii)
    body = paragraph(shown, role, max(10, width - _LABEL - 2), view.glyphs)
    return labelled([Piece(f" {label}", "dim")], _LABEL + 1, body)


def picture_lines(
    version: ModelVersion, view: FaceContext, width: int, height: int, *, coloured: bool
) -> list[Line]:
    """The readings of the metric that was recorded last as a picture; [] for fewer than two."""
    reading = next(iter(version.card.readings), None)
    spec = readings_curve(version.life.readings, reading.metric) if reading else None
    if spec is None or reading is None:
        return []
    # A picture is drawn of few rows.
    from mlkanban.charts.render import render

    first = min(r.at for r in version.life.readings if r.metric == reading.metric)
    many = sum(r.metric == reading.metric for r in version.life.readings)
    head = f" {reading.metric}, {quantity(many, 'reading')} since {_long(first, view)}"
    drawn_lines = render(spec, width, height, coloured=coloured, glyphs=view.glyphs)
    lines: list[Line] = [[Piece(drawn(head, ascii=view.glyphs.ascii), "dim")]]
    return lines + [[Piece(piece.text, piece.role) for piece in line] for line in drawn_lines]


# The change record


def version_facts(version: ModelVersion, view: FaceContext) -> list[tuple[str, str, str]]:
    """What is known of a version: label, text, role."""
    card, life = version.card, version.life
    found: list[tuple[str, str, str]] = []
    for span in life.spans:
        since = view.day(span.since)
        until = view.day(span.until) if span.until else None
        length = ((until or view.today) - since).days
        days = quantity(length, "day") if length else "less than a day"
        end = f" to {view.short_day(until)}" if until else ""
        found.append(
            ("in use", f"{'' if until else 'since '}{view.short_day(since)}{end}, {days}", "text")
        )
    if life.actor:
        found.append(("by", short_name(life.actor), "text"))
    if why := why_text(version):
        found.append(("why", why, "text"))
    if metric := metric_change(version, view.glyphs):
        found.append(("metric", metric, "value"))
    if card.checklist:
        found.append(("gates", gates_text(version), "text"))
    for waiver in life.waivers:
        text = f"{'; '.join(waiver.passed)}: {waiver.reason or 'no reason given'}"
        who = f" ({short_name(waiver.actor)}, {_long(waiver.at, view)})"
        found.append(("passed", text + who, "clock"))
    alerts = episodes(life.readings)
    for reading in alerts[-3:]:
        text = f"{view.short_day(view.day(reading.at))} {reading.text}"
        found.append(("alert", view.glyphs.figures(text), "alarm"))
    if len(alerts) > 3:
        found.append(("", f"{quantity(len(alerts), 'alert')} in all", "dim"))
    if version.configuration:
        found.append(("code", " ".join(version.configuration.split()), "dim"))
    for back in life.rollbacks:
        who = short_name(back.actor)
        text = f"{_long(back.at, view)} by {who}: {back.reason}"
        found.append(("rolled back", text, "alarm"))
    if len(version.asks) > 1:
        found.append(("asked by", f"{' and '.join(version.asks)}: merge them into one", "clock"))
    if not life.rollbacks and version.face.health in (Health.SUPERSEDED, Health.RETIRED):
        found.append(("now", version.face.health, "dim"))
    return found


def why_text(version: ModelVersion) -> str:
    """Why a version was delivered: what it came from, and its verdict or hypothesis."""
    came = [
        f"{kind.replace('-of', '')} of {ref}"
        for kind, _, ref in (member.partition(":") for member in version.card.lineage)
    ]
    said = version.card.verdict or version.card.hypothesis
    return "; ".join(filter(None, [", ".join(came), " ".join(said.split())]))


def metric_change(version: ModelVersion, glyphs: Glyphs) -> str:
    """`val_auc .921 → .934`: before and after."""
    metric = version.card.measured
    if metric is None or metric.value is None:
        return ""
    value = number_text(metric.value)
    before = "" if version.before is None else f"{number_text(version.before)} {glyphs.to} "
    return glyphs.figures(f"{metric.name} {before}{value}")


def gates_text(version: ModelVersion) -> str:
    """`9 of 10 ticked`."""
    items = version.card.checklist
    return f"{sum(item.done for item in items)} of {len(items)} ticked"


def change_lines(record: ModelRecord, view: FaceContext, width: int) -> list[Line]:
    """A line for each change of a model, the newest first, for little room."""
    lines: list[Line] = []
    for day, text, role in changes(record, view):
        body = paragraph(
            drawn(text, ascii=view.glyphs.ascii), role, max(10, width - 10), view.glyphs
        )
        lines += labelled([Piece(f" {view.short_day(day)}", "dim")], 7, body)
    return lines


def changes(record: ModelRecord, view: FaceContext) -> list[tuple[date, str, str]]:
    """What happened to a model, the newest first: versions that came into use, and roll-backs."""
    found: list[tuple[str, int, str, str]] = []
    for at, version in enumerate(record.versions):
        older = record.versions[at + 1] if at + 1 < len(record.versions) else None
        for number, span in enumerate(version.life.spans):
            if number:
                found.append((span.since, 1, f"{version.name} in use again", "text"))
                continue
            before = f"{older.card.version} to " if older and older.card.version else ""
            name = f"{version.model} {before}{version.card.version}".strip()
            parts = [f"{name} ({version.face.ref})"]
            parts += filter(None, [metric_change(version, view.glyphs)])
            if version.card.checklist:
                waived = sum(len(waiver.passed) for waiver in version.life.waivers)
                parts.append(
                    f"gates {gates_text(version)}" + (f", {waived} passed over" * bool(waived))
                )
            found.append((span.since, 0, ", ".join(parts), "text"))
        for back in version.life.rollbacks:
            found.append((back.at, 0, f"{version.name} rolled back: {back.reason}", "alarm"))
    return [
        (view.day(at), text, role)
        for at, _, text, role in sorted(found, key=lambda one: one[:2], reverse=True)
    ]


def record_lines(
    record: ModelRecord, view: FaceContext, width: int, *, coloured: bool, height: int = 12
) -> list[Line]:
    """The change record of a model: how it does, its readings, and every version."""
    glyphs = view.glyphs
    lines: list[Line] = []
    if record.in_use is not None:
        state = state_text(record.in_use, glyphs), state_role(record.in_use)
        for label, text, role in [("state", *state), *facts(record.in_use, view)]:
            lines += _fact(label, text, role, view, width)
        picture = picture_lines(record.in_use.version, view, width, height, coloured=coloured)
        lines += [[], *picture] if picture else []
    else:
        lines += _fact("state", "no version is in use", "clock", view, width)
    for version in record.versions:
        name = [
            Piece(drawn(version.name, ascii=glyphs.ascii), "title"),
            Piece(f"  {version.face.ref}  {drawn(version.face.title, ascii=glyphs.ascii)}", "text"),
        ]
        lines += [[], rule(name, width, glyphs)]
        for label, text, role in version_facts(version, view):
            body = paragraph(drawn(text, ascii=glyphs.ascii), role, max(10, width - 14), glyphs)
            lines += labelled([Piece(f" {label}", "dim")], 13, body)
    return lines


def record_title(record: ModelRecord, view: FaceContext, width: int) -> Line:
    count = quantity(len(record.versions), "version")
    name = drawn(record.model, ascii=view.glyphs.ascii)
    return page_title("Model", name, width, view.glyphs, right=[Piece(count, "dim")])


# For scripts


def _reading_json(reading: HealthReading) -> dict[str, Any]:
    return reading._asdict()


def model_json(model: ModelInUse, view: FaceContext) -> dict[str, Any]:
    version = model.version
    reading = last_reading(model)
    silence = model.silence
    return {
        "model": version.model,
        "version": version.card.version,
        "card": version.face.ref,
        "title": version.face.title,
        "owner": version.card.owner,
        "health": version.face.health,
        "since": version.since or None,
        "reading": _reading_json(reading) if reading else None,
        "silent": None if silence is None else {
            "metric": silence.metric, "last": instant(silence.last),
            "usual_hours": round(silence.usual / timedelta(hours=1), 2),
        },
        "look_again": model.look.day.isoformat(),
        "look_again_due": model.look_due,
        "retrain_then": model.look.retrain,
        "next": [face.ref for face in model.next],
        "also_in_use": list(model.others),
    }  # fmt: skip


def version_json(version: ModelVersion) -> dict[str, Any]:
    card, life = version.card, version.life
    metric, back = card.measured, life.rolled_back
    return {
        "model": version.model,
        "version": card.version,
        "card": version.face.ref,
        "title": version.face.title,
        "owner": card.owner,
        "health": version.face.health,
        "in_use": [{"since": span.since, "until": span.until or None} for span in life.spans],
        "delivered_by": life.actor or None,
        "why": why_text(version) or None,
        "metric": metric.name if metric else None,
        "before": version.before,
        "after": metric.value if metric else None,
        "configuration": version.configuration or None,
        "gates": [{"text": item.text, "done": item.done} for item in card.checklist],
        "passed_over": [
            {"at": w.at, "actor": w.actor, "reason": w.reason, "gates": list(w.passed)}
            for w in life.waivers
        ],
        "alerts": [_reading_json(reading) for reading in episodes(life.readings)],
        "readings": [_reading_json(reading) for reading in life.readings],
        "rolled_back": back._asdict() if back else None,
        "rollbacks": [one._asdict() for one in life.rollbacks],
    }


def record_json(record: ModelRecord, view: FaceContext) -> dict[str, Any]:
    return {
        "model": record.model,
        "in_use": model_json(record.in_use, view) if record.in_use else None,
        "versions": [version_json(version) for version in record.versions],
    }


# The model card


def model_card(record: ModelRecord, view: FaceContext) -> str:
    """A model card (Mitchell et al. 2019) in Markdown: of the version in use, else of the newest.
    What nobody wrote is named as such, so that nobody takes its absence for an answer."""
    version = record.in_use.version if record.in_use else record.versions[0]
    return "\n".join(_card_lines(record, version, view)).rstrip() + "\n"


def _card_lines(record: ModelRecord, version: ModelVersion, view: FaceContext) -> Iterator[str]:
    card, text = version.card, markdown_text
    yield f"# Model card: {text(version.name)}"
    yield ""
    state = version.face.health if record.in_use else f"{version.face.health}: not in use"
    since = view.day(version.since).isoformat() if version.since else "unknown"
    rows = [
        ("Card", f"{version.face.ref} {version.face.title}"), ("State", state),
        ("In use since", since if record.in_use else "-"),
        ("Owner", card.owner or "nobody named"),
        ("Configuration", " ".join(version.configuration.split()) or "not written down"),
    ]  # fmt: skip
    yield markdown_table(Table(("What", "Value"), rows))
    yield from _section("Intended use", [text(card.hypothesis)] if card.hypothesis else [])
    yield from _section("Data", [text(card.dataset)] if card.dataset else [])
    measures = []
    if card.measured is not None:
        metric = card.measured
        measures.append(
            (metric.name, _number(metric.value), _number(version.before),
             "" if metric.target is None else f"{metric.direction}{metric.target:g}")
        )  # fmt: skip
    measures += [
        (guard.name, _number(guard.value), "", f"{guard.direction}{guard.target:g}")
        for guard in card.measured_guards
        if guard.target is not None
    ]
    head = ("Metric", "Value", "Before", "Limit")
    yield from _section("Evaluation", [markdown_table(Table(head, measures))] if measures else [])
    gates = [f"- [{'x' if item.done else ' '}] {text(item.text)}" for item in card.checklist]
    yield from _section("Gates", gates)
    waivers = [
        f"- {text('; '.join(waiver.passed))}: {text(waiver.reason)} ({text(waiver.actor)},"
        f" {view.day(waiver.at)})"
        for waiver in version.life.waivers
    ]
    if waivers:
        yield from _section("Gates passed over", waivers)
    watched = [
        f"- {text(reading.metric)} {reading.value:g}, alert at {text(reading.threshold)}"
        f" ({view.day(reading.at)})"
        for reading in card.readings
    ]
    if record.in_use:
        if record.in_use.silence:
            watched.append(f"- {text(silence_text(record.in_use.silence, view.now))}")
        look = look_text(record.in_use.look, due=record.in_use.look_due, view=view)
        watched.append(f"- {text(look)}")
    yield from _section("Monitoring", watched)
    if card.notes:
        quotes = []
        for note in card.notes:
            quotes += [f"> {line}".rstrip() for line in tidy(note.text).split("\n")] + [""]
        yield from _section("Notes", quotes[:-1])
    if card.links:
        yield from _section("Links", [f"- {text(link)}" for link in card.links])
    rows = [(f"{day}", said) for day, said, _ in changes(record, view)]
    changed = [markdown_table(Table(("Day", "Change"), rows))] if rows else []
    yield from _section("Changes", changed)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from lines or ["Not written down."]


def _number(value: float | None) -> str:
    return "" if value is None else number_text(value)
