"""Every flow number from the command line, on the demo's half year."""

from datetime import UTC, datetime

import pytest

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.demo import fill
from mlkanban.display.number_text import number_view
from mlkanban.display.number_view import chance_text
from mlkanban.service import Service
from mlkanban.service.history import History

NOW = datetime(2026, 3, 18, 14, 20, tzinfo=UTC)
DAY = ("--as-of", "2026-03-18")
NAMES = [entry.name for entry in CATALOGUE]
SCOPE = {"window", "from", "to", "as_of", "timezone", "convention"}


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("numbers")
    service = Service.open(home, actor="ada", clock=lambda: NOW)
    fill(service, NOW)
    service.close()
    return home


@pytest.fixture
def demo(mlk, demo_home):
    """Somebody who asks for a number of the demo."""

    def ask(*args, json=False):
        return mlk("--home", str(demo_home), *(["--json"] if json else []), *args)

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is_made_of(demo, name):
    answer = demo("flow", name, *DAY, json=True)
    assert answer.object["kind"] == f"flow.{name}"
    assert answer.data.keys() >= SCOPE
    assert (answer.data["as_of"], answer.data["to"]) == ("2026-03-18", "2026-03-18")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_readable_at_80_columns_with_its_picture(demo, name, monkeypatch):
    monkeypatch.setattr("mlkanban.cli.layout.width", lambda: 80)
    answer = demo("flow", name, *DAY, "--chart")
    assert answer.code == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "2026-03-18" in answer.out
    plain = demo("flow", name, *DAY, "--no-chart").out
    assert answer.out.endswith(plain)


@pytest.mark.parametrize("by", ["type", "tag", "stage"])
@pytest.mark.parametrize("name", NAMES)
def test_each_compares_groups(demo, name, by):
    if not number_view(name).entry.of_cards:
        answer = demo("flow", name, *DAY, "--by", by)
        assert answer.code == 2
        assert "No such option" in answer.err
        assert "--by" in answer.err
        return
    if by == "stage" and number_view(name).staged:
        answer = demo("flow", name, *DAY, "--by", by)
        assert (answer.code, "stage by stage already" in answer.err) == (2, True)
        return
    data = demo("flow", name, *DAY, "--by", by, json=True).data
    assert data["by"] == by
    assert len(data["groups"]) > 2
    assert by.upper() in demo("flow", name, *DAY, "--by", by).out


def test_the_cards_of_all_stages_are_those_in_progress(demo):
    """A card stands in one stage, whichever it has been in."""
    committed = ("Data prep", "Features", "Training", "Evaluation", "Deployment")
    for name, count in (("wip", "now"), ("cycle-time", "open")):
        data = demo("flow", name, *DAY, "--by", "stage", json=True).data
        there = [group[count] for group in data["groups"] if group["name"] in committed]
        assert (len(there), sum(there)) == (5, data[count]), name
        assert "of the cards that were in it" not in demo("flow", name, *DAY, "--by", "stage").out


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_board_gets_a_sentence_and_no_number(board, name):
    answer = board("flow", name, "--chart")
    assert answer.code == 0, answer.err
    assert answer.out.strip()
    assert "%" not in answer.out.replace("85 %", "")
    assert "nan" not in answer.out.lower()


def test_triage_is_of_the_whole_board(demo):
    data = demo("flow", "triage", *DAY, json=True).data
    assert data["n"] >= 5
    assert data["decisions"] == sum(data["decided"].values()) > data["n"]
    assert 0 < data["snooze_rate"] < 1
    assert data["last"]["began"] < "2026-03-18"
    for option in (["--type", "model"], ["--tag", "fraud"], ["-q", "is:open"]):
        answer = demo("flow", "triage", *DAY, *option)
        assert (answer.code, "No such option" in answer.err) == (2, True)
    before = demo("flow", "triage", "--as-of", "2026-02-01", "--window", "all", json=True).data
    assert before["n"] < data["n"] or before["last"]["began"] < data["last"]["began"]
    assert "Snoozes are a share of all decisions" in demo("flow", "triage", "--help").out


def test_a_window_of_two_days(demo):
    args = ("flow", "throughput", *DAY, "--from", "2026-02-01", "--to", "2026-02-28")
    data = demo(*args, json=True).data
    assert (data["from"], data["to"], data["window"]) == (
        "2026-02-01", "2026-02-28", "2026-02-01 to 2026-02-28",
    )  # fmt: skip
    before = demo("flow", "throughput", *DAY, "--to", "2026-02-28", "--window", "28d", json=True)
    assert before.data["n"] == data["n"] > 0
    wrong = demo("flow", "wip", *DAY, "--from", "2026-03-02", "--to", "2026-03-01")
    assert (wrong.code, "lies after --to 2026-03-01" in wrong.err) == (2, True)
    both = demo("flow", "wip", *DAY, "--from", "2026-03-02", "--window", "all")
    assert (both.code, "--window" in both.err) == (2, True)
    assert demo("flow", "wip", *DAY, "--to", "2026-03-19").code == 2


def test_a_forecast_to_a_date_and_of_so_many(demo):
    by = demo("flow", "forecast", *DAY, "--by-date", "2026-04-01", json=True).data["how_many"]
    assert (by["days"], by["by"]) == (14, "2026-04-01")
    assert demo("flow", "forecast", *DAY, "--days", "14", json=True).data["how_many"] == by
    many = demo("flow", "forecast", *DAY, "--cards", "5", json=True).data
    assert many["when"]["cards"] == 5
    assert many["when"]["days"]["50"] <= many["when"]["days"]["95"]
    assert "held" in " ".join(many["remarks"])
    [how_many, when] = demo("flow", "forecast", *DAY, "--days", "40", json=True).data["remarks"]
    assert how_many.startswith("Tested 40 days ahead: 85 % forecasts held in ")
    cards = demo("flow", "forecast", *DAY, json=True).data["when"]["cards"]
    assert when.startswith(f"Tested on the next {cards} cards: 85 % forecasts held in ")
    assert many["remarks"][1].startswith("Tested on the next 5 cards: 85 % forecasts held in ")
    assert (many["window"], demo("flow", "cycle-time", *DAY, json=True).data["window"]) == (
        "all", "90d",
    )  # fmt: skip
    lately = demo("flow", "forecast", *DAY, "--window", "30d", json=True).data
    assert (lately["window"], lately["window_days"]) == ("30d", 30)
    assert demo("flow", "forecast", *DAY, "--by-date", "2026-03-01").code == 2
    assert demo("flow", "forecast", *DAY, "--by-date", "2026-04-01", "--days", "3").code == 2


def test_limits_are_tried(demo):
    data = demo("flow", "simulate", "--limit", "Eval=1", *DAY, json=True).data
    assert data["trusted"] is True
    assert data["changes"] == {"Evaluation": 1}
    today, proposed = (data[name]["per_week"]["mean"] for name in ("today", "proposed"))
    assert proposed < today
    assert "Today is reproduced" in demo("flow", "simulate", *DAY).out
    assert "Limits today: Data prep 2" in demo("flow", "simulate", *DAY).out
    for bad, code in (("Eval", 2), ("Eval=x", 2), ("Nowhere=1", 3), ("Ideas=1", 2), ("Eval=0", 2)):
        assert demo("flow", "simulate", "--limit", bad, *DAY).code == code


def test_limits_are_suggested_with_their_evidence(demo):
    data = demo("flow", "suggest-limits", *DAY, json=True).data
    assert data["tried"] > 4
    assert all(step["agreed"] >= 0.75 for step in data["steps"])


def test_a_number_of_some_cards_names_them(demo):
    said = demo("flow", "cycle-time", "--no-chart", "-q", "tag:churn", *DAY).out
    assert said.startswith("Only cards with tag:churn\n")
    assert "only tag:churn, 90 days to 2026-03-18" in said
    assert "only" not in demo("flow", "cycle-time", "--no-chart", *DAY).out.lower()
    assert demo("flow", "wip", "--tag", "churn", *DAY, json=True).data["only"] == "tag:churn"
    assert demo("flow", "wip", *DAY, json=True).data["only"] == ""


def test_what_is_not_there_is_said(demo):
    unknown = demo("flow", "cycle-time", *DAY, "--tag", "frad")
    assert (unknown.code, "has the tag frad" in unknown.err) == (3, True)
    ahead = demo("flow", "cycle-time", "--as-of", "2199-01-01")
    assert (ahead.code, "lies in the future" in ahead.err) == (2, True)


def test_what_came_after_the_day_asked_for_is_not_a_wrong_clock(demo):
    data = demo("flow", "quality", "--as-of", "2026-01-15", json=True).data
    skew = next(f for f in data["findings"] if f["kind"] == "clock_skew")
    assert skew["count"] == 0
    assert data["n"] < demo("flow", "quality", *DAY, json=True).data["n"]


def test_a_back_test_of_as_many_days_and_cards_as_a_forecast(demo):
    tested = demo("flow", "backtest", *DAY, "--days", "7", "--cards", "5", json=True).data
    assert (tested["horizon_days"], tested["cards_ahead"]) == (7, 5)
    ahead = ("--days", "7", "--cards", "5")
    said = demo("flow", "forecast", *DAY, *ahead, json=True).data["remarks"]
    scores = {score["kind"]: score for score in tested["scores"] if score["percent"] == 85}
    for kind, remark in zip(("how_many", "when"), said, strict=True):
        score = scores[kind]
        held = f"held in {score['share']:.0f} % of cases"
        assert f"{held} ({score['low']:.0f}-{score['high']:.0f} %" in remark
        assert f" {score['periods']} independent period" in remark
        assert (score["verdict"] is None) == (score["periods"] < 10)
    lately = demo("flow", "backtest", *DAY, "--window", "30d", json=True).data
    assert lately["window"] == "30d"
    assert {score["past_days"] for score in lately["scores"]} == {30}


def test_due_dates_are_the_same_in_every_list(demo, monkeypatch):
    monkeypatch.setattr("mlkanban.clock.now", lambda: NOW)
    due = demo("flow", "due", json=True).data
    assert due["as_of"] == "2026-03-18"
    by_id = {card["id"]: card for card in due["cards"]}
    assert any(card["chance"] is not None and card["days"] > 0 for card in by_id.values())
    listed = demo("list", json=True).data
    chances = {card["id"]: card["due_chance"] for card in listed}
    assert {ref: chances[ref] for ref in by_id if ref in chances} == {
        ref: card["chance"] for ref, card in by_id.items() if ref in chances
    }
    assert all(chance is None for ref, chance in chances.items() if ref not in by_id)
    text, board = demo("list").out, demo(json=True).data["cards"]
    assert {card["id"]: card["due_chance"] for card in board} == chances
    for ref, card in by_id.items():
        shown = demo("show", ref, json=True).data
        assert shown["due_chance"] == card["chance"]
        if card["days"] >= 0 and ref in chances:
            doubtful = card["chance"] is not None and card["chance"] < 0.5
            [line] = [line for line in text.splitlines() if line.startswith(f"{ref} ")]
            percent = chance_text(card["chance"]).replace(" ", "") + "!" * doubtful
            chance = f" {percent}" if card["chance"] is not None else ""
            assert f"due {card['days']}d{chance} " in f"{line} "
            assert "chance " in demo("show", ref).out


@pytest.mark.parametrize("which", [(), ("--type", "model"), ("-q", "type:model is:open")])
def test_due_dates_of_now_are_judged_without_the_log_as_with_it(demo, monkeypatch, which):
    """The log grows for years, the cards that are due do not."""
    monkeypatch.setattr("mlkanban.clock.now", lambda: NOW)
    by_log = demo("flow", "due", *which, "--by", "type", json=True).data
    del by_log["by"], by_log["groups"]
    with monkeypatch.context() as without:
        without.delattr(History, "for_flow")
        found = demo("flow", "due", *which, json=True).data
        said = demo("flow", "due", *which).out
    assert found == by_log
    assert found["cards"]
    assert said.startswith("Only cards with") == bool(which)
    assert all(card["id"] in said for card in found["cards"])


@pytest.mark.parametrize("option", ["--window", "--from", "--to"])
def test_due_dates_take_no_window_that_they_would_not_go_by(demo, option):
    answer = demo("flow", "due", option, "30d" if option == "--window" else "2026-03-01")
    assert answer.code == 2
    assert option in answer.err
    assert option not in demo("flow", "due", "--help").out


def test_a_group_with_too_little_data_says_what_it_needs(board) -> None:
    board.card("a", "--type", "model", "--stage", "data prep")
    answer = board("flow", "forecast", "--by", "type")
    assert "A forecast needs cards finished on 5 different days" in answer.out
    assert "model  0  too little data" in answer.out
    assert "model:" not in board("flow", "wip", "--by", "type").out


def test_the_burn_up_is_that_of_a_card_with_parts(board) -> None:
    whole, part = board.card("whole"), board.card("part")
    assert "No card has parts" in board("flow", "burn-up").out
    refused = board("flow", "burn-up", whole)
    assert (refused.code, f"{whole} has no parts" in refused.err) == (3, True)
    board("edit", part, "--parent", whole)
    assert f"0 of 1 part of {whole} done" in board("flow", "burn-up", whole).out
    [found] = board.data("flow", "burn-up")["cards"]
    assert (found["card"], found["open"], found["total"], found["by"]) == (whole, [part], [1], None)


@pytest.mark.parametrize("name", ["simulate", "suggest-limits"])
def test_a_limit_of_the_whole_board_is_named_as_not_played(board, name) -> None:
    assert "whole board" not in board("flow", name).out
    board("stages", "conwip", "6")
    said = "The limit of 6 cards in progress on the whole board is not played."
    assert said in board("flow", name).out
