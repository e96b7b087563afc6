"""History from elsewhere comes in while others work."""

from mlkanban.core.events import Change
from tests.ids import fixed_id
from tests.service.people import Person


def test_others_read_while_much_comes_in(ada: Person, bob: Person) -> None:
    # With room for a few pages, what does not stay in memory would be in the file at once.
    ada.service._context.store.conn.execute("PRAGMA cache_size=10")
    bob.service._context.store.conn.execute("PRAGMA busy_timeout=0")
    place = [ada.stage("Ideas").id, ""]
    seen = []
    ada.history.bring_in(
        (
            Change(
                "card.created", ada.board_id, card=fixed_id(f"card-{number}"),
                set={"place": place, "title": "x" * 500, "deleted": False},
            )
            for number in range(1000)
        ),
        lambda count: seen.append(len(bob.boards.snapshot(ada.board_id).faces)),
        every=100,
    )  # fmt: skip
    assert seen == [0] * 10
    assert len(bob.boards.snapshot(ada.board_id).faces) == 1000
