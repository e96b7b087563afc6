"""The screens, each made when it is opened: THE table of their names."""

import importlib
from typing import Any

from textual.screen import Screen

SCREENS = {
    "card": "card:CardScreen",
    "charter": "charter:CharterScreen",
    "docs": "docs:DocsScreen",
    "edit": "edit:EditScreen",
    "help": "help:HelpScreen",
    "messages": "messages:MessagesScreen",
    "model": "models:ModelScreen",
    "models": "models:ModelsScreen",
    "plan": "plan:PlanScreen",
    "portfolio": "portfolio:PortfolioScreen",
    "queue": "queue:QueueScreen",
    "reports": "reports:ReportsScreen",
    "review": "review:ReviewScreen",
    "runs": "runs:RunsScreen",
    "stages": "stages:StagesScreen",
    "tour": "tour:TourScreen",
    "triage": "triage:TriageScreen",
    "unlinked": "unlinked:UnlinkedScreen",
    "welcome": "welcome:WelcomeScreen",
}


def made(name: str, *args: Any, **options: Any) -> Screen[Any]:
    """A new screen by its name; what follows is for the screen."""
    module, _, kind = SCREENS[name].partition(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), kind)(*args, **options)  # type: ignore[no-any-return]
