"""Secrets in patches: their values may stand in other lines than their names."""

import pytest

from mlkanban.runs.model.redaction import redacted_patch

SECRET = {
    'args = ["--token", "hunterSecret"]': 'args = ["--token", "***"]',
    'TOKEN = (\n    "hunter-one"\n)\nx = 1': 'TOKEN = (\n    "***"\n)\nx = 1',
    'password = """\nhunter2 two\n"""\nx = 1': 'password = """\n***\n"""\nx = 1',
    'password = """hunter\nhunter2"""; y = 2': 'password = """***\n***"""; y = 2',
    "PASSWORD = \\\n    'hunter'\r\nx = 1": "PASSWORD = \\\n    '***'\r\nx = 1",
    '{"password":\n  "hunter"}': '{"password":\n  "***"}',
    'h = {"Authorization": f"Basic dXNlcjpwYXNzMg=="}': 'h = {"Authorization": f"***"}',
    'password = r"hunter"': 'password = r"***"',
    "machine a.b login user password hunter": "machine a.b login user password ***",
    "machine a.b\n  login user\n  password hunter": "machine a.b\n  login user\n  password ***",
    "<password>hunter</password>": "<password>***</password>",
    '<add key="Password" value="hunter"/>': '<add key="Password" value="***"/>',
    "mysql \\\n  -phunter \\\n  -h x": "mysql \\\n  -p*** \\\n  -h x",
    "a: 1\npassphrase: >\n  correct horse\nb: 2": "a: 1\npassphrase: >\n  ***\nb: 2",
    "api_key: |\n  abcdef-plain\n\nb: 2": "api_key: |\n  ***\n\nb: 2",
    "password:\n  hunter\nb: 2": "password:\n  ***\nb: 2",
}
HARMLESS = [
    "if token:\n    continue\nelse:\n    pass",
    "token = (\n    tokenizer(text)\n)",
    "x = foo(a, \\\n        b)",
    "auth:\n  user: ada\n  port: 3",
    'with open("x") as f, \\\n     open("y") as g:\n    pass',
    'doc = """\nabc\n"""',
    "secrets:\n  path: /x\nfoo: 1",
    "max_tokens:\n  5",
]


def patch(text: str) -> str:
    return "@@ -0,0 +1 @@\n" + "\n".join(f"+{line}" for line in text.split("\n"))


@pytest.mark.parametrize("text", SECRET)
def test_a_value_is_hidden_wherever_it_stands(text: str) -> None:
    assert redacted_patch(patch(text)) == patch(SECRET[text])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_names_no_secret_stays(text: str) -> None:
    assert redacted_patch(patch(text)) == patch(text)


def test_the_old_and_the_new_value_are_hidden() -> None:
    for opens in ("TOKEN = \\", '"password":'):
        given = f"@@ @@\n {opens}\n-  'hunter1'\n+  'hunter2'\n x = 1"
        assert redacted_patch(given) == f"@@ @@\n {opens}\n-  '***'\n+  '***'\n x = 1"


def test_a_value_does_not_go_on_in_the_next_hunk() -> None:
    given = '@@ @@\n+password = """\n@@ @@\n+x = 1'
    assert redacted_patch(given) == given
