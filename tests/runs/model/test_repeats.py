"""By which names of parameters runs are repeats, and how a face remembers them."""

import pytest

from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.repeats import DEFAULT, DEFAULT_NAMES, Repeats, refusal


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""), (["seed", "*_seed", "run.dir"], ""), (["seed", ""], "a name is empty."),
        ([" "], "a name is empty."), (["*"], "'*' would fit every parameter."),
        ([" *.* "], "' *.* ' would fit every parameter."),
        *(([f"a{sign}b"], f"'a{sign}b' can be no name of a parameter.") for sign in "=[]? "),
    ],
)  # fmt: skip
def test_what_can_be_no_name_is_refused(names: list[str], said: str) -> None:
    assert refusal(names) == said


@pytest.mark.parametrize(
    ("name", "differs", "draws"),
    [
        ("seed", True, True), ("--seed", True, True), ("Random-State", True, True),
        ("trainer.data_seed", True, True), ("a/fold", True, True), ("output_dir", True, False),
        ("hydra.run.dir", True, False), ("run.dir", True, False), ("run.dirs", False, False),
        ("xrun.dir", False, False), ("lr", False, False), ("seeded", False, False),
    ],
)  # fmt: skip
def test_a_seed_draws_anew_and_an_output_folder_does_not(name, differs, draws) -> None:
    assert (DEFAULT.may_differ(name), DEFAULT.is_draw(name)) == (differs, draws)


def test_the_same_names_in_any_order_have_the_same_mark() -> None:
    assert Repeats(DEFAULT_NAMES[::-1]).mark == DEFAULT.mark == ""
    one, same, other = Repeats(("a", "B-c")), Repeats(("b_c", "a", "a")), Repeats(("a",))
    assert one.mark == same.mark != other.mark != ""
    assert len(one.mark) == 8
    for repeats in (DEFAULT, one, other, Repeats(())):
        packed = Brief(2, mark=repeats.mark).packed
        made = [asked.made(packed) for asked in (DEFAULT, one, other, Repeats(()))]
        expected = [asked.mark == repeats.mark for asked in (DEFAULT, one, other, Repeats(()))]
        assert made == expected
    assert DEFAULT.made("")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (DEFAULT_NAMES, "only in their seed"), ((), "differ in no parameter"),
        (("shard",), "differ only in shard (repeat"),
        (tuple("abcde"), "only in a, b, c, d, e (repeat"),
        (tuple("abcdef"), "only in a, b, c, d, e, ... (repeat"),
        (("seed", "shard"), "only in shard, seed (repeat"),
    ],
)  # fmt: skip
def test_in_what_repeats_differ_is_said(names, said: str) -> None:
    assert said in Repeats(names).sentence


def test_no_name_fits_nothing() -> None:
    assert not Repeats(()).may_differ("seed")
    assert not Repeats(()).is_draw("seed")


@pytest.mark.parametrize("value", ["1,2,3", "1, 2", "[1, 2]", "range(1,4)", "choice(1,2)"])
def test_several_seeds_are_no_seed(value: str) -> None:
    assert not DEFAULT.may_differ("seed", value)
    assert not DEFAULT.is_draw("seed", value)
    assert DEFAULT.may_differ("output_dir", value), "an output folder says nothing anyway"


@pytest.mark.parametrize("value", ["", "3", "1.5", "abc", "3-7", "(1)"])
def test_one_seed_is_one(value: str) -> None:
    assert DEFAULT.is_draw("seed", value)
