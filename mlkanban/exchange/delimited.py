"""Tables in text files: commas, semicolons, tabs or bars between the cells."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from mlkanban.exchange.text_file import LONGEST_LINE, bad

DELIMITERS = (",", ";", "\t", "|")


def delimiter_of(text: str) -> str:
    """What stands between the cells of the first line: whatever is there most often outside of
    quotes."""
    outside, quoted = [], False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif letter == "\n" and not quoted:
            break
        elif not quoted:
            outside.append(letter)
    return max(DELIMITERS, key=lambda mark: (outside.count(mark), -DELIMITERS.index(mark)))


def table_rows(file: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The number of each line and its cells, the head first; BadInput for what is no table."""
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width = 0
    try:
        for cells in reader:
            if not cells:
                continue
            width = width or len(cells)
            if len(cells) != width:
                what = f"has {len(cells)} fields, the first line {width}."
                raise bad(file, reader.line_num, what, "Is a comma or a quote missing?")
            yield reader.line_num, cells
    except csv.Error as error:
        raise bad(file, reader.line_num, f"is not CSV: {error}.", "Export it again.") from error
