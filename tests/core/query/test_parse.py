"""The grammar: what is read, what is written again, and where an error points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.query.fields import FIELDS
from mlkanban.core.query.parse import parse
from mlkanban.core.query.tree import EVERYTHING, And, Node, Not, Or, Term, TextTerm, printed
from mlkanban.errors import BadQuery

NAMES = frozenset(FIELDS)
VALUES = {
    "word": st.text(min_size=1).filter(str.strip),
    "span": st.from_regex(r"[0-9]{1,4}[dw]?", fullmatch=True),
    "day": st.sampled_from(["1w", "2026-01-31", "today", "none", "fri"]),
    "metric": st.from_regex(r"[a-z_]{1,8}((>=|<=|>|<|=)0\.[0-9]{1,3})?", fullmatch=True),
}
SIGNS = {
    "word": [":"],
    "metric": [":"],
    "span": [":", ">", "<", ">=", "<="],
    "day": [":", "<", ">="],
}


@st.composite
def terms(draw):
    field = FIELDS[draw(st.sampled_from(sorted(NAMES)))]
    return Term(field.name, draw(st.sampled_from(SIGNS[field.kind])), draw(VALUES[field.kind]))


def joined(of):
    def parts(kind):
        return st.lists(of.filter(lambda n: not isinstance(n, kind)), min_size=2, max_size=4)

    return st.one_of(
        of.map(Not), parts(And).map(tuple).map(And), parts(Or).map(tuple).map(Or)
    )  # fmt: skip


trees = st.recursive(st.one_of(terms(), st.text().map(TextTerm)), joined, max_leaves=12)


@given(trees)
def test_what_is_written_is_read_as_the_same(tree):
    assert parse(printed(tree)) == tree


@given(st.text())
def test_any_text_is_read_or_refused_with_a_place(text):
    refused = None
    try:
        tree = parse(text)
    except BadQuery as error:
        refused = error
    if refused is None:
        assert parse(printed(tree)) == tree
    else:
        assert 0 <= refused.at <= len(text)
        assert str(refused).endswith((".", "?"))


NESTED: Node = TextTerm("a")
for _ in range(32):
    NESTED = Not(NESTED)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        ("   ", EVERYTHING),
        ("focal loss", And((TextTerm("focal"), TextTerm("loss")))),
        ('"focal loss"', TextTerm("focal loss")),
        ("stage:train tag:gpu", And((Term("stage", ":", "train"), Term("tag", ":", "gpu")))),
        ("a or b c", Or((TextTerm("a"), And((TextTerm("b"), TextTerm("c")))))),
        ("(a or b) c", And((Or((TextTerm("a"), TextTerm("b"))), TextTerm("c")))),
        ("a AND b", And((TextTerm("a"), TextTerm("b")))),
        ("-tag:gpu", Not(Term("tag", ":", "gpu"))),
        ("not (a or b)", Not(Or((TextTerm("a"), TextTerm("b"))))),
        ("age>5d", Term("age", ">", "5d")),
        ("due<1w", Term("due", "<", "1w")),
        ("metric:auc>=0.9", Term("metric", ":", "auc>=0.9")),
        ('stage:"data prep"', Term("stage", ":", "data prep")),
        ("STAGE:Train", Term("stage", ":", "Train")),
        # Text that only looks like more.
        ("lr=3e-4", TextTerm("lr=3e-4")),
        ("c++", TextTerm("c++")),
        ("http://x.y/z", TextTerm("http://x.y/z")),
        ('"a AND"', TextTerm("a AND")),
        ("a - b", And((TextTerm("a"), TextTerm("-"), TextTerm("b")))),
        ("12:30", TextTerm("12:30")),
        ("lr_max:3", TextTerm("lr_max:3")),
        ("scikit-learn:1.7", TextTerm("scikit-learn:1.7")),
        ("v2:3", TextTerm("v2:3")),
        ("multi-tag:gpu", TextTerm("multi-tag:gpu")),
        ('"foo:bar"', TextTerm("foo:bar")),
        (r'"say \"hi\""', TextTerm('say "hi"')),
        (r'"a \\ b\c"', TextTerm(r"a \ b\c")),
        ('""', TextTerm("")),
        ("-", TextTerm("-")),
        ("a -", And((TextTerm("a"), TextTerm("-")))),
        ("--a", Not(Not(TextTerm("a")))),
        ("-(a b)", Not(And((TextTerm("a"), TextTerm("b"))))),
        ("(a) (b)", And((TextTerm("a"), TextTerm("b")))),
        ("(a b) c", And((TextTerm("a"), TextTerm("b"), TextTerm("c")))),
        ("(a or b) or c", Or((TextTerm("a"), TextTerm("b"), TextTerm("c")))),
        ("((a))", TextTerm("a")),
        ("a and b or c", Or((And((TextTerm("a"), TextTerm("b"))), TextTerm("c")))),
        ("not not a", Not(Not(TextTerm("a")))),
        ("a(b)c", And((TextTerm("a"), TextTerm("b"), TextTerm("c")))),
        ("-" * 32 + "a", NESTED),
        ("(" * 32 + "a" + ")" * 32, TextTerm("a")),
        # One after the other is not in each other.
        (" ".join(["(a)"] * 40), And((TextTerm("a"),) * 40)),
        (" ".join(["-a"] * 40), And((Not(TextTerm("a")),) * 40)),
        (" or ".join(["-(a)"] * 40), Or((Not(TextTerm("a")),) * 40)),
    ],
)
def test_the_grammar(text, tree):
    assert parse(text) == tree


NEWER = ["work", "title", "score", "worth", "budget", "hypothesis", "dataset", "verdict", "link",
         "model", "version", "owner", "configuration", "look-again",
         "checklist", "actor", "id", "key", "parent", "person"]  # fmt: skip
OLDER = sorted(NAMES - set(NEWER))


@pytest.mark.parametrize("operator", ["=", "<", ">", "<=", ">="])
@pytest.mark.parametrize("name", NEWER)
def test_a_field_that_only_a_colon_asks_for_is_text_before_other_signs(name, operator):
    assert parse(f"{name}{operator}0.8") == TextTerm(f"{name}{operator}0.8")


@pytest.mark.parametrize("name", NEWER)
def test_a_colon_asks_for_every_field(name):
    assert parse(f"{name}:none") == Term("score" if name == "worth" else name, ":", "none")


@pytest.mark.parametrize("name", OLDER)
def test_the_other_fields_take_an_equals_sign(name):
    value = {"span": "5d", "day": "2026-01-31"}.get(FIELDS[name].kind, "none")
    assert parse(f"{name}={value}") == Term(name, "=", value)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("tag:gpu blokced:yes", 8, "Did you mean blocked?"),
        ("focal foo:bar", 6, "There is no field foo"),
        ("todo:x", 0, 'Text with a colon needs "quotes".'),
        ("tag:gpu or", 10, "missing"),
        ("or a", 0, "missing"),
        ("a (b or c", 2, "not closed"),
        ("a b)", 3, "There is no ( for this )"),
        ('tag:gpu "focal', 8, "quote is not closed"),
        ("a stage:", 2, "stage: needs a value"),
        ("age>soon", 0, "age>5d"),
        ("stage>train", 0, "stage:training"),
        ("metric:auc>=high", 0, "metric:auc>=0.9"),
        ("()", 1, "missing"),
        ("-" * 40 + "a", 32, "in each other"),
        ("-" * 33 + "a", 32, "More than 32 things in each other"),
        ("(" * 33 + "a" + ")" * 33, 32, "in each other"),
        (" ".join(["-(a)"] * 20) + " " + "-" * 33 + "a", 132, "in each other"),
        ("a )", 2, "There is no ( for this )"),
        ("a or or b", 5, "missing"),
        ("a and", 5, "missing"),
        ("(a or)", 5, "missing"),
        ("not", 3, "missing"),
        ("-(", 2, "missing"),
        ('a "b \\', 2, "quote is not closed"),
        ('stage:"a', 6, "quote is not closed"),
        ('stage:""', 0, "stage: needs a value"),
        ("satge:x", 0, "Did you mean stage?"),
        ("xyzzy:1", 0, "There are: stage, tag"),
    ],
)
def test_an_error_points_at_its_place(text, at, said):
    with pytest.raises(BadQuery) as caught:
        parse(text)
    assert caught.value.at == at
    assert said in str(caught.value)
    assert f"at character {at + 1}" in str(caught.value)
