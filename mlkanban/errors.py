"""Errors, each one clear sentence with the exit code that scripts rely on."""

from collections.abc import Mapping

from mlkanban.hints import Hint, sentences

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""Exceptions from reading a store that holds what this program never wrote."""


class MlkanbanError(Exception):
    """An error that a person can act on.

    `message` says what happened and to what, `hint` what to do next, `exit_code` what the command
    line answers: 1 refused by a rule, 2 wrong usage, 3 not found, 4 store or system, 5 bad input
    file.
    """

    exit_code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def text(self) -> Hint:
        """Message and hint, with the commands that they name."""
        return sentences((self.message, self.hint))

    def __str__(self) -> str:
        return self.text.strip()


class RuleRefused(MlkanbanError):
    """A rule of the board refused the action; nothing was written."""

    exit_code = 1


class NoSuchStage(RuleRefused):
    """A board has no stage that is called like that of a card: a person says where it goes."""


class LimitReached(RuleRefused):
    """The stage (or the whole board) is full; an override with a reason would pass."""


class WouldChangeCards(RuleRefused):
    """A change of stages would finish, re-open or hide cards; a person who agrees may go on."""


class GateClosed(RuleRefused):
    """Cards would pass closed gates; an override with a reason would pass. `unticked` are the texts
    of the unticked items, `broken` those of the broken guards, by the short id of the card."""

    def __init__(
        self,
        message: str,
        hint: str,
        unticked: Mapping[str, tuple[str, ...]],
        broken: Mapping[str, tuple[str, ...]],
    ) -> None:
        super().__init__(message, hint)
        self.unticked = unticked
        self.broken = broken


class CannotTakeBack(RuleRefused):
    """The next action cannot be undone, or redone, as things are now. It can be skipped: `action`
    is its id, `ref` the card it is about ('' for the board)."""

    def __init__(self, message: str, hint: str, action: str, ref: str = "") -> None:
        super().__init__(message, hint)
        self.action = action
        self.ref = ref


class UsageProblem(MlkanbanError):
    """The request itself does not make sense."""

    exit_code = 2


class BadQuery(UsageProblem):
    """A query that cannot be parsed; `at` is the place in it, from 0."""

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(f"{message.rstrip('.')} (at character {at + 1}).", hint)
        self.at = at


class NotFound(MlkanbanError):
    """No such board, stage or card."""

    exit_code = 3


class StoreProblem(MlkanbanError):
    """The store, the disk or the system prevents it; the caller still has what was typed."""

    exit_code = 4


class StoreBusy(StoreProblem):
    """Another process holds the lock; trying again later will work."""


class Unreachable(StoreProblem):
    """What the store exchanges with cannot be reached, or does not answer as it should; the store
    itself is all right."""


class BadInput(MlkanbanError):
    """An input file is not as it should be; nothing was written."""

    exit_code = 5


class BadMarkdown(BadInput):
    """A text that a person edited cannot be parsed; `line` says where."""

    def __init__(self, what: str, line: int, hint: str = "") -> None:
        super().__init__(f"Line {line}: {what}", hint)
        self.what = what
        self.line = line
