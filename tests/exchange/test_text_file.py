import pytest

from mlkanban.errors import BadInput
from mlkanban.exchange import text_file


def test_text_is_text(tmp_path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xef\xbb\xbfna\xc3\xafve\r\n")
    assert text_file.read_text(file) == "naïve\r\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a\nb\xff\n", "line 2: is not UTF-8"),
        (b"a\nb\xc3", "line 2: ends within a character of its UTF-8 text. Is the file whole?"),
        ("a\nb\n\u0a0a".encode("utf-16")[:-1], "line 3: ends within a character of its UTF-16"),
        ("\u0a0a\n\U0001f600".encode("utf-16")[:-2], "line 2: ends within a character"),
        (b"\xff\xfea\0\n\0\0\xdca\0", "line 2: is not UTF-16 text"),
        (b"a\n\nb\0\n", "line 3: holds a NUL"),
        (b"a\n" + b"x" * 1_000_001, "line 2: is longer than"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, data, said) -> None:
    file = tmp_path / "x"
    file.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        text_file.read_text(file)
    assert said in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_file_has_a_size(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(text_file, "MOST_BYTES", 10)
    file = tmp_path / "x"
    file.write_text("12345678901")
    with pytest.raises(BadInput, match="larger than"):
        text_file.read_text(file)
    with pytest.raises(BadInput, match="No such file"):
        text_file.read_text(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="cannot be read"):
        text_file.read_text(tmp_path)
