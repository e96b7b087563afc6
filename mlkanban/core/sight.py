"""Which cards are seen: on the board, and found by words."""

from mlkanban.core.models import Board, CardFace


def on_board(board: Board, face: CardFace) -> bool:
    """Whether a card stands on the board now: finished ones stay in sight past delivery, and an
    archived one does not."""
    return face.is_open or (not face.archived and board.is_delivered(face.stage))


def words(text: str) -> tuple[str, ...]:
    """The words of a search, for `found`; `#gpu` and `gpu` are the same."""
    return tuple(word.removeprefix("#") for word in text.casefold().split())


def found(face: CardFace, wanted: tuple[str, ...]) -> bool:
    """Whether a card has every word in its title, id or tags."""
    if not wanted:
        return True
    text = f"{face.ref} {face.title} {face.tags}".casefold()
    return all(word in text for word in wanted)
