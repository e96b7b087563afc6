"""Keyboard layouts: which Latin letter stands on the key of a letter of another script."""

import unicodedata
from collections.abc import Mapping


def is_foreign_letter(character: str) -> bool:
    """Whether it is a letter of another script than Latin."""
    return (
        len(character) == 1
        and character.isalpha()
        and "LATIN" not in unicodedata.name(character, "")
    )


def latin(character: str, layout: Mapping[str, str]) -> str:
    """The Latin letter meant by a key: the one on the same key, or the same of another width."""
    if character.isascii():
        return character
    narrow = unicodedata.normalize("NFKC", character)
    return layout.get(character) or (narrow if len(narrow) == 1 and narrow.isascii() else character)
