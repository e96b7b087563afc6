"""Which cards are seen on the board."""

from mlkanban.core.models import Board, CardFace


def on_board(board: Board, face: CardFace) -> bool:
    """Whether a card stands on the board now: finished ones stay in sight past delivery, and an
    archived one does not."""
    return face.is_open or (not face.archived and board.is_delivered(face.stage))
