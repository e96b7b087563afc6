"""The signs on cards, in lists of cards and over stages, and what each of them means."""

from typing import NamedTuple

from mlkanban.display.card_face import FULL, OVER, SINCE_MERGE


class Sign(NamedTuple):
    """A sign as it may stand there, what it means, and a pattern of all of its kind."""

    example: str
    meaning: str
    pattern: str


ON_CARDS = (
    Sign("5d", "days in progress, since the card was committed", r"\d+d"),
    Sign("(5d)", "days since it was written down; it is not committed yet", r"\(\d+d\)"),
    Sign("=5d", "finished, with its cycle time; = was never worked on", r"=(\d+d)?"),
    Sign("~12d >20d", "~ older than 85 % were on leaving this stage; > past the expectation",
         r"[~>]+\d+d"),
    Sign("^^ ^ v", "priority: urgent, high, low", r"\^\^?|v"),
    Sign("! data-access", "blocked, with the reason; ext: it lies with somebody else",
         r"! (ext )?[a-z-]+"),
    Sign("needs g4 +1", "waits for the card g4, and for one more", r"needs \S+( \+\d+)?"),
    Sign("! alert, ok", "how a model in use is doing",
         r"(health )?(! alert|alert|ok|watch|retraining|superseded|retired)"),
    Sign("= learned", "how the card ended",
         r"= (shipped|learned|superseded|abandoned|discarded)"),
    Sign("archived", "taken off the board, and shown because you asked for it", r"archived"),
    Sign("waiting", "in progress, and nobody works on it now", r"waiting"),
    Sign("due 3d, LATE 2d", "days to the due date, or past it", r"due (today|\d+d)|LATE \d+d"),
    Sign("expedite", "its class of service, where that is not standard",
         r"expedite|fixed-date|intangible"),
    Sign("run 14h", "how long a run goes on; ? nobody here sees its processes",
         r"run( \d+\w+)?\??"),
    Sign(".917/>=.92", "the metric: mean of the configuration tried last (or typed), and target",
         r"(\S+ )?[\d.]+(/[<>]=[\d.]+)?( typed)?"),
    Sign("best .93", "the mean of a better configuration than the one tried last",
         r"best [\d.]+"),
    Sign("2 runs", "how many runs the card has", r"\d+ runs?"),
    Sign("3.1 gpu-h", "what the runs used; + of some that is not known", r"[\d.,]+\+? gpu-h"),
    Sign("a1b2c3d*", "the commit of the newest run; * with changes", r"[0-9a-f]{7}\*?"),
    Sign("#nlp", "a tag", r"#\S+"),
    Sign("+40 more", "tags for which there is no room", r"\+[\d,]+ more"),
)  # fmt: skip
_COUNT = r"(\d+ of )?\d+(/\d+)?!?"
_STATE = f"( {FULL}| {OVER}| {SINCE_MERGE}| merged)?"

OVER_STAGES = (
    Sign("2/3", f"cards in the stage and its limit; 2/2 {FULL} is full", rf"\d+(/\d+)?( {FULL})?"),
    Sign(f"3/2! {OVER}", f"over the limit; {SINCE_MERGE}: by the cards of two machines",
         rf"\d+/\d+!{_STATE}"),
    Sign("1/1 + 2/2", "attended and running (unattended) cards, each with its limit",
         rf"{_COUNT}( attended)? ?\+ ?{_COUNT}( running| run)?{_STATE}"),
    Sign("1 of 3/3", "under a filter: found, of those in the stage, and the limit",
         rf"\d+ of {_COUNT}{_STATE}"),
    Sign("1 snoozed, z1", "counted, and out of sight until a day", r".*(, \d+ snoozed| z\d+)"),
    Sign("2 finished, +2", "shown, and not counted; past delivery archived ones",
         r".*(, \d+ (finished|archived)| \+\d+)"),
)  # fmt: skip
