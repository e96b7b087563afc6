"""Secrets of a command line are not kept; what is no secret stays readable."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.runs.redaction import redacted

SECRET = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).map("S".__add__)
WORDS = st.lists(st.text(string.ascii_lowercase + "=/-.,0123456789", max_size=12), max_size=4)
SHAPES = [
    ["--token", "{}"], ["--token={}"], ["--hf-token", "{}"], ["--api-key={}"], ["--api_key", "{}"],
    ["-e", "WANDB_API_KEY={}"], ["OPENAI_KEY={}"], ["AWS_SECRET_ACCESS_KEY={}"],
    ["--password", "{}"], ["db.password={}"], ["model.api_key={}"], ["hf_{}"], ["sk-{}"],
    ["ghp_{}"], ["AKIA{}"], ["github_pat_{}"], ["https://ada:{}@host/x"], ["postgres://u:{}@db/x"],
    ["sh", "-c", "TOKEN={} python train.py"], ["sh", "-c", "python train.py --token {} --lr 3e-4"],
    ["sh", "-c", "curl -H 'Authorization: token' https://u:{}@x"], ["--token", "a {} b"],
    ["--secret='{} x'"],
]  # fmt: skip


@given(st.sampled_from(SHAPES), SECRET, WORDS, WORDS)
def test_no_secret_is_kept(shape, secret, before, after) -> None:
    argv = ["python", *before, "train.py", *(word.format(secret) for word in shape), *after]
    shown = redacted(argv)
    assert len(shown) == len(argv)
    assert secret not in " ".join(shown)


@pytest.mark.parametrize(
    "argv",
    [
        ["python", "train.py", "--tokenizer", "gpt2", "--max-tokens", "512"],
        ["--lr=3e-4", "optimizer.lr=0.1", "key=price", "--sort-key", "date"],
        ["https://host/path@v2", "user@host:/data", "s3://bucket/key"],
        ["--author", "ada", "--passes", "3", "--secretary", "x"],
    ],
)
def test_what_is_no_secret_stays(argv) -> None:
    assert redacted(argv) == argv


@given(st.lists(st.text(max_size=30), max_size=6))
def test_it_never_fails_and_twice_is_once(argv) -> None:
    once = redacted(argv)
    assert len(once) == len(argv)
    assert redacted(once) == once
