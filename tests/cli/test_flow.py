import pytest

from tests.exchange.maps import THREE_STAGES

KEYS = {
    "n", "never_worked", "never_worked_percentiles", "open", "mean", "mode", "min", "max",
    "percentiles", "percentiles_with_open", "histogram", "outcomes", "window", "as_of", "timezone",
}  # fmt: skip


@pytest.fixture
def desk(mlk, tmp_path):
    """Twenty cards that took 1 to 20 days each, all finished in January 2026."""
    rows = ["case,at,state"]
    for days in range(1, 21):
        rows += [f"c{days},2026-01-01T08:00:00Z,work", f"c{days},2026-01-{days:02d}T09:00:00Z,done"]
    rows.append("c99,2026-01-05T08:00:00Z,work")
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "map.toml").write_text(THREE_STAGES)
    answer = mlk("import", "events", str(tmp_path / "log.csv"), "--map", str(tmp_path / "map.toml"))
    assert answer.code == 0, answer.err
    return mlk


def test_numbers(desk) -> None:
    data = desk.data("flow", "cycle-time", "--as-of", "2026-01-31")
    assert data.keys() == KEYS | {"from", "to", "convention", "withheld_from", "only"}
    assert (data["n"], data["open"], data["mean"], data["max"]) == (20, 1, 10.5, 20)
    assert data["percentiles"] == {"50": 10, "70": 14, "85": 17, "95": 19}
    assert data["window"] == "90d"
    assert data["as_of"] == "2026-01-31"


def test_windows(desk) -> None:
    def n(window: str) -> int:
        return desk.data("flow", "cycle-time", "--as-of", "2026-01-20", "--window", window)["n"]

    assert [n("5d"), n("30d"), n("all")] == [5, 20, 20]
    assert desk.data("flow", "cycle-time")["n"] == 0
    for bad in ("", "30", "0d", "-1d", "1w"):
        assert desk("flow", "cycle-time", f"--window={bad}").code == 2
    assert desk("flow", "cycle-time", "--as-of", "yesterday").code == 2


def test_a_forecast_looks_ahead_from_the_day_it_is_made(desk) -> None:
    answer = desk("flow", "forecast", "--as-of", "2026-01-31", "--to", "2026-01-20")
    assert (answer.code, answer.out) == (2, "")
    assert "--to 2026-01-20 ends before 2026-01-31" in answer.err
    assert "--as-of 2026-01-20" in answer.err
    then = desk.data("flow", "forecast", "--as-of", "2026-01-20", "--to", "2026-01-20")
    assert then["n"] == 20


def test_groups(desk) -> None:
    args = ("flow", "cycle-time", "--as-of", "2026-01-31", "--by")
    data = desk.data(*args, "stage")
    assert data["by"] == "stage"
    assert [group["name"] for group in data["groups"]] == ["New", "Working"]
    assert data["n"] == 20
    [group] = desk.data(*args, "type")["groups"]
    assert (group["name"], group["n"]) == ("chore", 20)
    shown = desk(*args, "tag").out
    assert "TAG" in shown
    assert "(none)" in shown
    only = desk.data("flow", "cycle-time", "--window", "all", "--type", "model")
    assert only["n"] == 0


def test_words_and_picture(desk) -> None:
    args = ("flow", "cycle-time", "--window", "all", "--as-of", "2026-01-31")
    plain = desk(*args).out
    assert "85 % of finished cards took 17 days or less" in plain
    assert "█" not in plain
    drawn = desk(*args, "--chart").out
    assert "█" in drawn
    assert plain in drawn
    assert max(map(len, drawn.splitlines())) <= 80


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_is_refused(desk, day) -> None:
    answer = desk("flow", "cycle-time", "--as-of", day)
    assert (answer.code, "does not lie between 1970 and 2200" in answer.err) == (2, True)


def test_a_tag_is_found_as_it_was_typed(desk) -> None:
    desk("edit", desk.data("list", "--all")[-1]["id"], "--tag", "NLP")
    assert desk.data("flow", "cycle-time", "--window", "all", "--tag", "#NLP")["n"] == 1
