import pytest


def completed(shell, *words: str, kind: str = "bash", env: dict[str, str] | None = None):
    given = {
        "_MLKANBAN_COMPLETE": f"{kind}_complete",
        "COMP_WORDS": " ".join(("mlkanban", *words)),
        "COMP_CWORD": str(len(words)),
    }
    return shell(env=given | (env or {}))


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_scripts(mlk, kind) -> None:
    script = mlk("completion", kind).out
    assert f"_MLKANBAN_COMPLETE={kind}_complete" in script
    assert f"_MLK_COMPLETE={kind}_complete" in script
    assert mlk("completion", "tcsh").code == 2


def test_cards_stages_and_commands(shell, home) -> None:
    ref = shell("init", "x") and shell("--json", "add", "Try\x1b[31m it").data["id"]
    found = completed(shell, "show", ref[0], kind="zsh")
    assert found.out.splitlines()[:2] == ["plain", ref]
    assert "\x1b" not in found.out
    assert completed(shell, "move", ref, "da").out == "plain,Data\n"
    assert (
        completed(shell, "add", "--template", "mo").out == "plain,model-release\nplain,monitoring\n"
    )
    assert completed(shell, "edit", ref, "--lineage", "abl").out == "plain,ablation-of:\n"
    tied = completed(shell, "edit", ref, "--lineage", f"ablation-of:{ref[0]}", kind="zsh").out
    assert tied.splitlines()[:2] == ["plain", f"ablation-of\\:{ref}"]
    assert (
        completed(shell, "edit", ref, "--health", "ret").out == "plain,retraining\nplain,retired\n"
    )
    assert completed(shell, "unb").out == "plain,unblock\n"


def test_it_never_complains(shell, home, tmp_path) -> None:
    for env in ({}, {"MLKANBAN_HOME": "/proc/nowhere"}):
        answer = completed(shell, "show", "", env=env)
        assert (answer.code, answer.out.strip(), answer.err) == (0, "", "")
    (tmp_path / "mlkanban" / "board.db").write_bytes(b"not a store")
    answer = completed(shell, "show", "")
    assert (answer.code, answer.out.strip(), answer.err) == (0, "", "")


def test_a_name_that_cannot_be_typed_is_not_offered(shell, home) -> None:
    ref = shell("init", "x") and shell("--json", "add", "one").data["id"]
    shell("stages", "rename", "Ideas", "Zap")
    shell("stages", "rename", "Ready", "Zo\x1b[31m")
    for kind in ("bash", "zsh"):
        offered = completed(shell, "move", ref, "Z", kind=kind).out
        assert offered.count("plain") == offered.count("Zap") == 1


def test_names_are_offered_where_there_are_some(shell, home) -> None:
    shell("init", "Fraud Desk")
    ref = shell("--json", "add", "one", "--tag", "gpu", "--tag", "nlp").data["id"]
    shell("backup")
    for words, offered in {
        ("--board",): "fraud-desk",
        ("edit", ref, "--untag"): "gpu\nplain,nlp",
        ("add", "two", "--tag"): "gpu\nplain,nlp",
        ("flow", "aging", "--tag"): "gpu\nplain,nlp",
    }.items():
        assert completed(shell, *words, "").out == f"plain,{offered}\n", words
    assert completed(shell, "init", "x", "--timezone", "europe/rom").out == "plain,Europe/Rome\n"
    assert "board" in completed(shell, "restore", "").out
