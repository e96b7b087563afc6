"""Every section of the charter comes back from a text as it was written there."""

from pathlib import Path

from mlkanban.core.markdown.charter import SECTIONS
from tests.service.people import Person


def test_every_section_is_kept_as_it_was_written(tmp_path: Path) -> None:
    ada = Person(tmp_path / "data")
    ada.starts()
    text, since = ada.service.charter.page(ada.board_id)
    for section in SECTIONS:
        text = text.replace(f"<!-- {section.hint} -->", f"- {section.key} one\n- two: a/b")
    ada.service.charter.save(ada.board_id, text, since)
    assert ada.service.charter.of(ada.board_id) == {
        section.key: f"- {section.key} one\n- two: a/b" for section in SECTIONS
    }
