"""THE table of flow numbers by name: commands of `mlkanban flow`, views of the reports screen.

No more than words: programs start with it. What counts, draws and describes them is in
display.number_text.
"""

from typing import NamedTuple


class FlowNumber(NamedTuple):
    """A number: the name of its command, its key on the reports screen, its name there in a word
    and in full, what it is in a few words, and how it is defined. `of_cards`: whether some of the
    cards have a number of their own. `of_all_time`: the window is the whole past, unless another
    one is asked for; none can be where it is not `of_days`. `also` are words that people look for
    it by, beside those in its texts."""

    name: str
    key: str
    tab: str
    title: str
    help: str
    definition: str
    of_cards: bool = True
    of_all_time: bool = False
    of_days: bool = True
    also: str = ""


CATALOGUE = (
    FlowNumber(
        "cycle-time", "1", "Cycle", "Cycle time", "how long finished cards took: histogram",
        "Calendar days from the last crossing of the commitment point to leaving the last "
        "committed stage or getting an outcome, both ends counted; no night, weekend or "
        "blocked day is subtracted. Of 100 cards 85 took as many days as the 85 % line says, or "
        "less; the second line counts the cards open at the end of the window too, and cards "
        "begun before it from the age they had then (Kaplan-Meier). By stage it is the real time "
        "in a stage, of the cards that left it.",
    ),
    FlowNumber(
        "scatter", "2", "Cards", "Card by card", "every finished card by day and outcome",
        "Each card finished or abandoned on the day it ended, at the height of its cycle "
        "time; the lines are the percentiles of the finished ones.",
    ),
    FlowNumber(
        "throughput", "3", "Throughput", "Throughput", "cards finished and begun per day or week",
        "Cards that ended as shipped, learned or superseded, by the day they did, with "
        "days of none; abandoned cards are told beside it.",
    ),
    FlowNumber(
        "wip", "4", "WIP", "Work in progress", "cards in progress at the end of each day",
        "Cards at the end of each day that were past the commitment point and had not "
        "departed.",
    ),
    FlowNumber(
        "cfd", "5", "CFD", "Cumulative flow", "how many cards had arrived at each stage",
        "Cards that had arrived at a stage, or past it, by the end of each day. The "
        "distance between two lines is the work between them.",
    ),
    FlowNumber(
        "aging", "6", "Aging", "Aging", "how old open cards are for where they stand",
        "Open cards by stage and age in calendar days. The lines say how old finished "
        "cards were when they left that stage.",
        also="stuck stale",
    ),
    FlowNumber(
        "forecast", "7", "Forecast", "Forecast",
        "how many cards are finished by a day, or when so many are",
        "Finished cards are negative binomial: their rate is that of the past, a day 20 days ago "
        "weighing half as much as the last one, their spread that of the board's own past. How "
        "many is calibrated by how often such forecasts held. Computed in closed form, not "
        "sampled. The bars are the chances of so many cards or more, or of a day or an earlier "
        "one.",
        of_all_time=True,
    ),
    FlowNumber(
        "forecast-cards", "8", "By card", "Forecast by card",
        "when each open card will be finished",
        "Among cards that got as old as this one, the share that finished within so many "
        "more days; open and abandoned cards count as long as they are known "
        "(Kaplan-Meier). It takes ten finished cards that were older. A card with open parts is "
        "finished when they are. Options that choose cards choose which are listed: all cards of "
        "the board stand behind the chances.",
        of_all_time=True,
    ),
    FlowNumber(
        "due", "d", "Due", "Due dates", "how likely each open card is finished by its due date",
        "A committed card is judged by its age, as in the forecast by card, one that is not begun "
        "by its place in the plan; one with parts is done when all of them are. All cards of the "
        "board stand behind the chances, whichever are listed. Faces mark a due date with ! whose "
        "chance is below 50 %.",
        of_all_time=True, of_days=False,
    ),
    FlowNumber(
        "xmr", "9", "XmR", "XmR", "which cycle times are unusual",
        "Cycle times in the order of finish, with limits at the mean +/- 2.66 times the "
        "mean moving range. Cycle times are skewed: what lies outside is worth a look, and need "
        "have no reason of its own. The process may have shifted where more cards in a row lie on "
        "one side of the median than chance puts there in 5 % of cases.",
    ),
    FlowNumber(
        "efficiency", "0", "Efficiency", "Flow efficiency",
        "hands on, unattended, waiting, blocked",
        "Hands-on time as a share of hands-on, waiting and blocked time between "
        "commitment and delivery. Runs that need nobody are a share of their own.",
    ),
    FlowNumber(
        "blockers", "C", "Blockers", "Blockers", "what holds work up, how often and how long",
        "Real days within the window that committed cards were blocked, by reason and by whose "
        "it was; blocks that still last count up to its end.",
        also="blocked stuck",
    ),
    FlowNumber(
        "bottleneck", "N", "Bottleneck", "Bottleneck",
        "the evidence for each stage, a name if it agrees",
        "A stage is named only when it takes the largest share of all time and is at its "
        "limit half of the time, or takes in more than it lets go beyond chance: by more than "
        "two square roots of what it took in. Limits are those that held at the time.",
    ),
    FlowNumber(
        "iterations", "I", "Iterations", "Iterations", "how often cards come back to a stage",
        "How often cards that were in a stage have come to it. Moving back is normal "
        "here, and is counted, not hidden.",
    ),
    FlowNumber(
        "sle", "X", "SLE", "SLE", "85 % within how many days, and who is past it",
        "So many days within which 85 % of cards were finished, from the last 90 days or "
        "30 cards, whichever is more.",
    ),
    FlowNumber(
        "little", "Y", "Little", "Little's law", "WIP, throughput and cycle time compared",
        "Mean work in progress divided by mean throughput is mean cycle time, where as "
        "many cards leave as come. The board is in balance when as much is in progress at both "
        "ends as well, and no day in between is farther from the mean than half of it, or two "
        "cards. The table says why the two differ.",
    ),
    FlowNumber(
        "debt", "D", "Debt", "Flow debt", "what finished cards owe to those that wait",
        "How far apart commitments and departures lie in the cumulative flow, less the "
        "mean cycle time of the cards that were finished: what these owe to cards left to "
        "age. Only more than two standard errors are told as debt.",
    ),
    FlowNumber(
        "quality", "Z", "Quality", "Data quality", "what in the history makes numbers doubtful",
        "What happened in the history that makes numbers doubtful, counted and listed.",
    ),
    FlowNumber(
        "backtest", "P", "Back-test", "Back-test", "how often the forecasts would have held",
        "Every few days of the past the forecasts are made again from what was known "
        "then, and compared with what came once their day is there. Periods are trials that "
        "do not overlap: so many there are to judge by.",
        of_all_time=True,
    ),
    FlowNumber(
        "triage", "A", "Triage", "Triage",
        "how triage goes: decisions, their pace, what is put off",
        "Sessions of triage on the screen by the day they began. Pauses of more than two "
        "minutes are not active time; decisions that were taken back are not counted. Snoozes "
        "are a share of all decisions, overrides of the cards moved on, and what was taken back "
        "is one of all that was decided at first.",
        of_cards=False,
    ),
    FlowNumber(
        "retraining", "M", "Retraining", "Retraining",
        "from the alert of a model to the next one in use",
        "Calendar days, both ends counted, from the first alert of a model in use to the "
        "commitment of a card that trains it again, and to the delivery of that card (the "
        "time to restore of DORA, for models). Further alerts and retrain cards that came "
        "to nothing are part of the same wait; a model that is judged ok or retired ends it "
        "without retraining, one that is only watched does not. Each counts on the day it "
        "ended; what is still open is listed.",
    ),
    FlowNumber(
        "lead", "L", "Lead", "Lead time", "from the day a card was written to its delivery",
        "Calendar days, both ends counted, from the day a card was written to its delivery, of the "
        "cards that count in cycle time: beside it, never for it. Along a lineage, from the day "
        "the first of the cards was written that a shipped card came from.",
    ),
    FlowNumber(
        "burn-up", "U", "Burn-up", "Burn-up", "parts of a card: all and done, day by day",
        "Of a card with parts, the parts there were and those that were done at the end of each "
        "day. All are done by a day with the product of the chances of the open parts, which are "
        "those of the due dates; a part of unknown chance withholds the day.",
        of_cards=False,
    ),
    FlowNumber(
        "worth", "V", "Worth", "Worth", "what the metric of the charter brings where it stands",
        "The points of the charter (section worth) with straight lines between them, flat beyond "
        "the ends: at the model in use, and at baseline, best configuration and target of the "
        "open card with the best value. The interval is that of the spread of its runs.",
        of_cards=False,
        of_all_time=True,
    ),
)  # fmt: skip
