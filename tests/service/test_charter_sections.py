"""Every section of the charter comes back from a text as it was written there."""

from pathlib import Path

import pytest

from mlkanban.core.markdown.charter import SECTIONS
from mlkanban.errors import BadMarkdown
from mlkanban.service.charter import write_charter
from tests.service.people import Person

READ = {
    "rhythm": "14d",
    "target": "eur_saved>=50000 EUR/year",
    "worth": "val_auc 0.9=0 0.95=31000 EUR/year",
}
"""What stands in the sections that the program understands."""


def test_every_section_is_kept_as_it_was_written(tmp_path: Path) -> None:
    ada = Person(tmp_path / "data")
    ada.starts()
    text, since = ada.service.charter.page(ada.board_id)
    wanted = {s.key: READ.get(s.key, f"- {s.key} one\n- two: a/b") for s in SECTIONS}
    for section in SECTIONS:
        text = text.replace(f"<!-- {section.hint} -->", wanted[section.key])
    ada.service.charter.save(ada.board_id, text, since)
    assert ada.service.charter.of(ada.board_id) == wanted


def test_a_section_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    ada = Person(tmp_path / "data")
    ada.starts()
    text, since = ada.service.charter.page(ada.board_id)
    section = next(s for s in SECTIONS if s.key == "worth")
    text = text.replace(f"<!-- {section.hint} -->", "\nval_auc 0.9=1")
    with pytest.raises(BadMarkdown, match="two points at least") as refused:
        ada.service.charter.save(ada.board_id, text, since)
    assert text.split("\n")[refused.value.line - 1] == "val_auc 0.9=1"
    assert not any(ada.service.charter.of(ada.board_id).values())


def test_a_malformed_text_from_elsewhere_is_left_alone_until_it_is_changed(tmp_path: Path) -> None:
    ada = Person(tmp_path / "data")
    ada.starts()
    with ada.service._context.writing() as tx:
        write_charter(tx, ada.board_id, {"target": "whatever is good", "scope": "Cards."})
    text, since = ada.service.charter.page(ada.board_id)
    ada.service.charter.save(ada.board_id, text.replace("Cards.", "Loans."), since)
    assert ada.service.charter.of(ada.board_id)["scope"] == "Loans."
    with pytest.raises(BadMarkdown, match="does not say what to reach"):
        ada.service.charter.save(ada.board_id, text.replace("whatever", "all that"), since)
    assert ada.service.charter.of(ada.board_id)["target"] == "whatever is good"
