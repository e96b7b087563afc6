"""The signs on cards, in lists of cards and over stages, and what each of them means."""

from typing import NamedTuple

from mlkanban.display.card_face import FULL, OVER, SINCE_MERGE


class Sign(NamedTuple):
    """A sign as it may stand there, what it means, and a pattern of all of its kind."""

    example: str
    meaning: str
    pattern: str


_CHANGE = r"[+-]?[\d.]+ %( \([+-]?[\d.]+\.\.[+-]?[\d.]+\))?"
_MANY = r"[\d.]+[kMG]?(/[\d.]+[kMG]?)?"
ON_CARDS = (
    Sign("▲▲ ▲", "priority: urgent, high", r"▲▲?"),
    Sign("■ data-access", "blocked, with the reason", r"■( [a-z-]+)?"),
    Sign("►14h", "a run has been running for so long; ?: its processes cannot be seen from here;"
         " ►run: set by a person",
         r"►(run|\d+\w\??)?"),
    Sign(".941 ▁▃▅▇█", "the newest value of a run at work, and all values before it; named where"
         " it is not the metric of the card",
         r"(\S+ )?-?[\d.e+-]+( [▁▂▃▄▅▆▇█]+)?|\S+=\S+"),
    Sign("•2h", "how long a run has waited for a slot of the stage, or in the queue of SLURM",
         r"•(\d+\w)?"),
    Sign("•held", "waits in the queue and is held back: it does not start by itself", r"•held"),
    Sign("needs g4 +1", "waits for the card g4, and for one more; in little room: ←g4",
         r"needs \S+( \+\d+)?|←\S+"),
    Sign("expedite", "its class of service, where that is not standard",
         r"expedite|fixed-date|intangible"),
    Sign(".917→≥.92", "the metric: mean of the configuration that is judged (or typed), and target",
         r"(\S+ )?[\d.]*(→?[≥≤][\d.]+)?( typed)?"),
    Sign("was .917→≥.92", "the metric while a run is at work: as the runs before it left it",
         r"was -?[\d.e+-]+(→[≥≤][\d.]+)?( typed)?"),
    Sign("✗ p95_ms 61→≤50", "a broken guard: where it stands, and its limit",
         r"✗( \S.*)?"),
    Sign("? p95_ms 48→≤50", "an open guard: its limit lies within the spread of the runs",
         r"\?( \S.*)?"),
    Sign("last .91", "the mean of the configuration tried last, where another is judged",
         r"last [\d.]+"),
    Sign("A/B -9.8 % (-21..+4)  n 36k/56k",
         "an A/B test: the challenger against the arm in use, with its 95 % interval; how many both"
         " arms have, of how many are planned",
         rf"A/B( {_CHANGE})?(  ?n {_MANY})?|n {_MANY}"),
    Sign("5d", "days since the card was committed; before that, since it was created",
         r"\d+d"),
    Sign("5d! 9d!!", "!: older than 85 % of cards were when they left this stage; !!: past the SLE,"
         " the days that 85 % of cards take at most",
         r"\d+d!!?"),
    Sign("due 3d, LATE 2d", "days to the due date, or past it", r"due (today|\d+d)|LATE \d+d"),
    Sign("due 9d 37%!", "the chance to be finished by then, marked below 50 %",
         r"due (today|\d+d) [<>]?\d+%!?"),
    Sign("3/5, 85 % by 12-22", "parts done of all, and by when all are with 85 %",
         r"(parts )?\d+/\d+(, 85 % by [\d-]+)?"),
    Sign("=5d", "finished, with its cycle time; = alone: never worked on", r"=(\d+d)?"),
    Sign("■ alert, ok", "how a model in use is doing; ► retraining, • watch",
         r"■ alert|ok|• watch|► retraining|superseded|retired|rolled-back"),
    Sign("= learned", "how the card ended",
         r"= (shipped|learned|superseded|abandoned|discarded)"),
    Sign("archived", "off the board; shown because you asked for archived cards", r"archived"),
    Sign("waiting", "in progress, and nobody works on it now", r"waiting"),
    Sign("@bob", "who moved it last in progress, where several people do", r"@\S+"),
    Sign("#nlp", "a tag", r"#\S+"),
    Sign("+40 more", "tags for which there is no room", r"\+[\d,]+ more"),
)  # fmt: skip
_COUNT = r"(\d+ of )?\d+(/\d+)?!?"
_STATE = f"( {FULL}| {OVER}| {SINCE_MERGE}| merged)?"

OVER_STAGES = (
    Sign("10 WIP  !! 2", "work in progress: committed open cards; so many are past the SLE",
         r"\d+(/\d+)?!? WIP|!! \d+"),
    Sign("2/3", "cards in the stage and its limit; the rule under the name fills up with them",
         rf"\d+(/\d+)?( {FULL})?"),
    Sign("3/2!", "over the limit; merged: two machines filled the stage", rf"\d+/\d+!{_STATE}"),
    Sign("1/1 ►2/2", "attended cards, and cards with a run at work, each with their limit",
         rf"{_COUNT} ►{_COUNT}( •\d+( held| \(\d+ held\))?)?"),
    Sign("•3", "runs that wait for a slot of the stage", r"•\d+"),
    Sign("•3 (1 held)", "one of them is held back: it does not start by itself",
         r"•\d+ (held|\(\d+ held\))"),
    Sign("1 of 3/3", "with a filter: cards found, of those in the stage, and the limit",
         rf"\d+ of {_COUNT}{_STATE}"),
    Sign("(2 snoozed), z2", "counted, but hidden until a day", r"\(?\d+ snoozed\)?|z\d+"),
    Sign("2 finished, +2", "shown, but not counted; past delivery: archived cards",
         r"\d+ (finished|archived)|\+\d+"),
)  # fmt: skip
