"""The comment that a person gave a job, wherever sbatch would find it."""

import pytest

from mlkanban.runs.slurm.sbatch_words import own_comment

SCRIPT = """\
#!/bin/sh

#SBATCH --job-name=a --comment "from the script" --time 5  # minutes
# SBATCH --comment=no
echo hi
#SBATCH --comment=late
"""


@pytest.mark.parametrize(
    ("words", "text", "left"),
    [
        ("--comment=mine x.sh", "mine", "x.sh"),
        ("--comment mine x.sh", "mine", "x.sh"),
        ("--comm=a=b x.sh", "a=b", "x.sh"),
        ("--comment=one --comment=two x.sh", "two", "x.sh"),
        ("-W --comment mine --wait -n 2 x.sh", "mine", "-W --wait -n 2 x.sh"),
        ("-J --comment x.sh", "from the script", "-J --comment x.sh"),
        ("-Wn2 -o out x.sh --comment=its", "from the script", "-Wn2 -o out x.sh --comment=its"),
        ("--output out --exclusive x.sh", "from the script", "--output out --exclusive x.sh"),
        ("--wrap=true --comment=mine", "mine", "--wrap=true"),
        ("--wrap=true", "", "--wrap=true"),
        ("", "", ""),
    ],
)
def test_own_comment(words: str, text: str, left: str) -> None:
    found = own_comment(words.split(), lambda name: SCRIPT if name == "x.sh" else "")
    assert (found.text, " ".join(found.words)) == (text, left)
