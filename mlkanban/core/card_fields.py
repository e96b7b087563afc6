"""THE table of a card's fields: each field once, with everything the program knows about it.

Whatever shows, reads or writes a card goes through this table: the store, the search, the events of
other machines, the options of `add` and `edit`, `--json`, the card page, Markdown, the edit form
and the query language. To add a field that is a text, a choice, a day or a list, add an entry; it
lives in the JSON of its card, so no table of the store changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlkanban.core.board import CardType, Health, Outcome, Priority, ServiceClass, Work
from mlkanban.core.budget import budget_text
from mlkanban.core.field_kinds import (
    BlockerKind,
    Checklist,
    Choice,
    Day,
    FieldKind,
    Fields,
    Flag,
    Guards,
    Lineage,
    LookAgainKind,
    Members,
    MetricKind,
    MetricNumber,
    Name,
    NormalText,
    OtherCard,
    Place,
    Prose,
    SnoozedRun,
    SourceKey,
    Title,
    is_card,
)
from mlkanban.core.lineage import LineageKind, parsed
from mlkanban.core.names import as_tag
from mlkanban.core.score import parse_score, score_text
from mlkanban.hints import hint
from mlkanban.records import record
from mlkanban.text import natural


@record(frozen=True, slots=True)
class CardField:
    """One field of a card.

    `name` is its public name, on every surface: programs read `model_card`, people type its `word`,
    `model-card`, and pages show its `label`, `model card`. `stored` is its name in events: a prefix
    that ends with `:` if each member is stored as a field of its own. `aliases` are further names,
    and `former` is an earlier name of its option and its query field, '' for none. `option` is its
    option on the command line, `commands` are the commands that have this option, `drop` is the
    option that removes a member, with its help, and `asks` is its query field, '' for none. If
    `changed_by` names commands, only these change the field. `part_of` names the field that shows
    and writes this field. `in_form` says whether the edit form has the field, for `in_use` only on
    models in use. `form_help` is its help there, if it is not `help`. `section` is its section in
    Markdown, '' for a line of the front matter. `noun` is what a sentence calls it, or a member of
    it.
    """

    name: str
    kind: FieldKind
    help: str
    stored: str = ""
    aliases: tuple[str, ...] = ()
    option: str = ""
    former: str = ""
    metavar: str = ""
    drop: tuple[str, str] = ("", "")
    commands: tuple[str, ...] = ("add", "edit")
    changed_by: str = ""
    part_of: str = ""
    searchable: bool = False
    asks: str | None = None
    label: str = ""
    noun: str = ""
    section: str = ""
    in_form: bool = True
    in_use: bool = False
    form_help: str = ""
    json_name: str = ""

    def __post_init__(self) -> None:
        for name, usual in (
            ("stored", self.name), ("json_name", self.name), ("option", self.word),
            ("label", self.name.replace("_", " ")),
        ):  # fmt: skip
            if not getattr(self, name):
                object.__setattr__(self, name, usual)
        if not self.noun:
            object.__setattr__(self, "noun", self.label)
        if self.asks is None:
            object.__setattr__(self, "asks", self.option)

    @property
    def word(self) -> str:
        """Its name as people type it."""
        return self.name.replace("_", "-")

    @property
    def is_set(self) -> bool:
        """Whether the field is a set whose members are each stored as a field."""
        return isinstance(self.kind, Members)

    @property
    def settable(self) -> bool:
        """Whether people type its value when they add or edit a card."""
        return not self.changed_by and not self.part_of

    def read(self, fields: Fields) -> Any:
        """The value of the field on a card with these stored fields."""
        return self.kind.read(fields, self.stored)

    def words(self, fields: Fields) -> Iterable[str]:
        """The texts of the field that search looks through, on a card with these stored fields."""
        return self.kind.words(fields, self.stored)


def _stored_score(text: str) -> str:
    score = parse_score(text)
    return score.text if score else ""


def _is_lineage(member: str) -> bool:
    kind, _, ref = member.partition(":")
    return kind in {member.value for member in LineageKind} and is_card(ref)


FIELDS: tuple[CardField, ...] = (
    CardField(
        "title", Title(), "A new title.", commands=("edit",), searchable=True,
        form_help="What it is called, in a few words.",
    ),
    CardField(
        "stage", Place(), "The stage it is in.", stored="place", commands=(),
        changed_by=hint("{move}"), in_form=False,
    ),
    CardField("type", Choice(CardType, CardType.EXPERIMENT), "What kind of work it is."),
    CardField("priority", Choice(Priority, Priority.NORMAL), "How urgent it is."),
    CardField(
        "class", Choice(ServiceClass, ServiceClass.STANDARD), "The class of service.",
        stored="service_class",
    ),
    CardField("work", Choice(Work, Work.ATTENDED), "How the card is being worked on."),
    CardField(
        "tags", Members("tag", as_tag, lambda one: one.split() == [one], drops="#,", mark="#"),
        "A tag; may be repeated.", stored="tag:", option="tag", drop=("untag", "Remove a tag."),
        noun="tag", form_help="Words: vision gpu.",
    ),
    CardField(
        "due", Day(), "The due date: fri, 3d, 2026-03-31 (edit: or none).", metavar="DATE",
        form_help="The due date: 2026-12-01, fri, 3d, 2w or none.",
    ),
    CardField(
        "promised", Day(), "The day until which it was promised.", commands=(),
        changed_by=hint("{review promise}"), asks="is", in_form=False,
    ),
    CardField(
        "metric", MetricKind(),
        "Target 'val_auc>=0.92' or 'loss<=0.1', value 'val_auc=0.91', or both; further metrics,"
        " 'p95_ms<=50', are guards.",
        metavar="METRIC", form_help="Target and value: val_auc>=0.92 val_auc=0.917.",
    ),
    CardField(
        "baseline", MetricNumber(), "The value of the metric before the work.", part_of="metric",
        asks="metric", in_form=False,
    ),
    CardField(
        "noise", MetricNumber(), "How far the metric varies by chance.", part_of="metric",
        asks="metric", in_form=False,
    ),
    CardField(
        "guards", Guards(), "All limits that must hold too, 'p95_ms<=50 fpr<=1.25'.",
        metavar="LIMITS", asks="metric",
        form_help="Limits that must hold beside the metric: p95_ms<=50 fpr<=1.25, or none.",
    ),
    CardField(
        "score", NormalText("score", _stored_score, score_text),
        "Value/effort 5/2, RICE 8*2*80%/3, WSJF 5+3+1/2 or worth/3, for planning.", stored="worth",
        former="worth", json_name="worth",
    ),
    CardField(
        "budget", NormalText("budget", budget_text),
        "What its runs may use: '40 gpu-h' or '12 runs'.", metavar="BUDGET",
        form_help="What its runs may use: 40 gpu-h or 12 runs.",
    ),
    CardField(
        "hypothesis", Prose(whole=True), "What is expected, and why.", searchable=True,
        section="Hypothesis",
    ),
    CardField("dataset", Prose(), "The data it works on.", searchable=True),
    CardField("verdict", Prose(), "What was learned.", commands=("edit",), searchable=True),
    CardField(
        "win", Flag(), "Whether it is a win, for the report: yes or no.", commands=("edit",),
        asks="is", in_form=False,
    ),
    CardField(
        "links",
        Members("link", str, lambda one: bool(one.strip()), order=natural, between=" | "),
        "A link; may be repeated.", stored="link:", option="link",
        drop=("unlink", "Remove a link."), noun="link", searchable=True,
        form_help="Links with | between: one | another.",
    ),
    CardField(
        "key", SourceKey(), "What another tool calls it: ML-2 in Jira, #12 on GitHub.",
        stored="source_key", searchable=True,
    ),
    CardField(
        "needs", Members("card", str.lower, is_card), "A card that must come first.",
        stored="needs:", aliases=("depends_on",), metavar="CARD",
        drop=("needs-not", "Remove a card it needs."), noun="dependency",
        form_help="Cards that must come first: v3 v12.",
    ),
    CardField(
        "parent", OtherCard(), "The card it is part of.", metavar="CARD", asks="from",
        form_help="The card it is part of: v3, or none.",
    ),
    CardField(
        "lineage",
        Lineage("lineage", parsed, _is_lineage),
        "What it comes from: ablation-of:g12, retrain-of, release-of, follow-up-of.",
        stored="lineage:",
        metavar="KIND:CARD", drop=("lineage-not", "Remove an origin."), asks="from",
        form_help="What it comes from: ablation-of:v3, retrain-of:v3, follow-up-of:v3.",
    ),
    CardField(
        "checklist", Checklist(), "An item, '[x] item' if done; repeat for the whole list.",
        metavar="ITEM", searchable=True, section="Checklist", in_form=False,
    ),
    CardField(
        "health", Choice(Health), "How a model in use is doing.", commands=("edit",), in_use=True,
    ),
    CardField(
        "model", Name(), "The model that it is, or will be: fraud.", metavar="NAME",
        searchable=True, in_use=True,
    ),
    CardField(
        "version", Name(), "Its version of the model: 3.", searchable=True, in_use=True,
    ),
    CardField(
        "owner", Name(), "Who watches the model.", metavar="WHO", searchable=True, in_use=True,
    ),
    CardField(
        "configuration", Prose(), "The commit and the parameters that are released.",
        searchable=True, in_use=True,
    ),
    CardField(
        "look_again", LookAgainKind(),
        "When to look whether a model in use stays: a day, 'every 90d', with 'retrain' to train it"
        " again then.",
        metavar="WHEN", in_use=True, form_help="2026-12-15, every 90d, every 90d retrain, or none.",
    ),
    CardField(
        "outcome", Choice(Outcome), "How it ended.", commands=(),
        changed_by=hint("{done}, or a move"), in_form=False,
    ),
    CardField(
        "archived", Flag(), "Whether it was taken off the board.", commands=(),
        changed_by=hint("{archive}"), asks="is", in_form=False,
    ),
    CardField(
        "blocked", BlockerKind(), "Why it cannot go on.", stored="blocker", commands=(),
        changed_by=hint("{block or unblock}"), noun="blocker", searchable=True, in_form=False,
    ),
    CardField(
        "snoozed", Day(), "The day it comes back.", stored="snoozed_until", commands=(),
        changed_by=hint("{snooze}"), noun="snooze", in_form=False, json_name="snoozed_until",
    ),
    CardField(
        "snoozed_run", SnoozedRun(), "The run it is snoozed until.", commands=(),
        part_of="snoozed", asks="snoozed", in_form=False,
    ),
)  # fmt: skip
"""All fields, in the order in which people read and write them."""


FIELD: Mapping[str, CardField] = {field.name: field for field in FIELDS}
SETS: tuple[CardField, ...] = tuple(field for field in FIELDS if field.is_set)
STORED: Mapping[str, CardField] = {
    field.stored: field for field in FIELDS if not isinstance(field.kind, MetricNumber)
}
"""The fields by their names in events; the parts of the metric are inside its value."""
_CALLED: Mapping[str, CardField] = {
    name: field
    for field in FIELDS
    for name in (*field.aliases, field.stored, field.word, field.name)
}


def called(name: str) -> CardField | None:
    """The field with this name, word, alias or stored name; None when there is none."""
    return _CALLED.get(name)


def word_of(stored: str) -> str:
    """What people type for a stored field."""
    field = STORED.get(stored)
    return field.word if field else stored


def noun(stored: str) -> str:
    """What a sentence calls a stored field, of a set one of its members."""
    name, colon, _ = stored.partition(":")
    field = STORED.get(name + colon)
    return field.noun if field else name.replace("_", " ")


def brief(stored: str, value: Any) -> str:
    """A stored value in a few words, for a sentence about it; '' for none. Not yet safe to show."""
    if value in (None, "", [], {}):
        return ""
    if field := STORED.get(stored):
        return field.kind.brief(value)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "set" if isinstance(value, dict) else str(value)


def values_of(fields: Fields) -> dict[str, Any]:
    """The values of a card with these stored fields, by the public names."""
    return {field.name: field.read(fields) for field in FIELDS}


BLANK: Mapping[str, Any] = {
    field.stored: str(field.kind.blank)
    for field in FIELDS
    if field.kind.choices and field.kind.blank
}
"""The stored values of fields that always have one, for a card where nothing was set."""
