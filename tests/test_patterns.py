import re

from mlkanban.patterns import pattern


def test_a_pattern_answers_as_a_compiled_one_does() -> None:
    late, compiled = pattern(r"(?P<word>[a-z]+)\d", re.IGNORECASE), re.compile(r"[a-z]+\d", re.I)
    for text in ("Run7 x1", "", "7"):
        assert late.findall(text) == [found[:-1] for found in compiled.findall(text)]
        assert bool(late.search(text)) == bool(compiled.search(text))
    assert late.pattern == r"(?P<word>[a-z]+)\d"
    assert late.fullmatch("a1")["word"] == "a"  # type: ignore[index]
    assert late.sub("-", "a1 b2") == "- -"
