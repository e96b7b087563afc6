"""A/B tests of models: what the arms have counted so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlkanban.core import ab_test
from mlkanban.core.ab_test import AbTest, Arm
from mlkanban.core.timestamps import instant
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.transaction import Context, Done
from mlkanban.text import accept_title, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence


class AbTests:
    """The A/B tests of cards."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def record(
        self,
        ref: str,
        arms: Sequence[str],
        *,
        least: str = "",
        less: bool | None = None,
    ) -> Done:
        """Record the results of the arm in use and of the challenger (`v90=412/18230`), as totals.
        `least` and `less` keep their last values where they are not given; at first less is better
        where the metric of the card says so."""
        if len(arms) != 2:
            raise UsageProblem(
                f"{quantity(len(arms), 'arm')} given; an A/B test has two.",
                "Name the arm in use, then the challenger: v90=412/18230 v133=371/18190.",
            )
        control, challenger = (ab_test.parse_arm(accept_title(text)) for text in arms)
        _check(control, challenger)
        wanted = ab_test.parse_least(least) if least else None
        with self._context.writing() as tx:
            face = tx.face(ref)
            if face.archived:
                back = hint("Bring it back: {archive {} --restore}", face.ref)
                raise RuleRefused(f"{face.ref} is archived.", back)
            fields = tx.fields(face)
            before = ab_test.ab_test_in(fields)
            same = before is not None and _names(before) == (control.name, challenger.name)
            if less is None:
                metric = fields.get("metric") or {}
                less = before.less if before and same else metric.get("direction") == "<="
            if wanted is None and before and same:
                wanted = before.least
            test = AbTest(control, challenger, wanted, less, instant(tx.now))
            if before is None or replace(before, at=test.at) != test:
                tx.write(tx.change(ab_test.COMPARED, face, {ab_test.FIELD: test.to_field()}))
            warning = ""
            if before and same and test.n < before.n:
                warning = (
                    f"The arms have fewer than before ({test.n:,}, {before.n:,} then):"
                    " results are totals."
                )
            return tx.done(f"{face.ref} has an A/B test.", (tx.card(face.ref),), warning)


def _names(test: AbTest) -> tuple[str, str]:
    return test.control.name, test.challenger.name


def _check(control: Arm, challenger: Arm) -> None:
    if control.name == challenger.name:
        raise UsageProblem(
            f"Both arms are called {control.name}.", "Name the arm in use, then the challenger."
        )
    if control.is_share != challenger.is_share:
        raise UsageProblem(
            "One arm has successes of n, the other a mean.",
            "Write both as successes/n, or both as mean,sd,n.",
        )
