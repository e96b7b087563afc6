"""The report: a page that needs nothing but itself, in words that nobody has to look up."""

import contextlib
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.demo import fill
from mlkanban.display.report_page import appendix, html, markdown
from mlkanban.errors import RuleRefused
from mlkanban.service import Service
from mlkanban.service.report import ReportRequest, people_in
from tests.cli.conftest import Person
from tests.examples import examples
from tests.service.people import Person as Ada

NOW = datetime(2026, 3, 18, 14, 20, tzinfo=UTC)
JARGON = (
    "nearest rank", "triage", "kaplan", "percentile", "p50", "p85", "wip", "sle", "throughput",
    "cycle time", "commitment", "mlkanban", "card_", "unattended", "compute-queue",
    "approval-gate", "data-access", "censored", "none", "null", "true", "false",
)  # fmt: skip
VOID = {"meta", "br", "img", "rect", "path", "circle", "polyline", "polygon"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


class Tags(HTMLParser):
    """The text of a page; AssertionError where a tag is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe", "object")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f" {data}"


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9_-]+", text.lower()))


def sections(markdown_text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", markdown_text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("report")
    service = Service.open(home, actor="ada", clock=lambda: NOW)
    fill(service, NOW)
    service.close()
    return home


@pytest.fixture
def demo(mlk: Person, demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody with the demo, on its last day."""
    monkeypatch.setattr("mlkanban.clock.now", lambda: NOW)
    shutil.copytree(demo_home, tmp_path / "demo")
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "demo"))
    return mlk


@pytest.fixture
def dated(board: Person, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time on an empty board: the last of these."""
    times = [NOW]
    monkeypatch.setattr("mlkanban.clock.now", lambda: times[-1])
    return times


# What it says


def test_it_says_all_that_somebody_with_two_minutes_needs(demo: Person, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert demo("report", "--out", str(out)).err.startswith(f"Written: {out}\n")
    page = out.read_text()
    tags = Tags(page)
    for heading in ("Why, and where it stands", "Needs you", "Next", "Won", "Learned",
                    "Models in use", "Pace"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in page
    data = demo.data("report")
    assert len(data["lead"]) == 2
    assert all(sentence in tags.text for sentence in data["lead"])
    for need in data["needs"]:
        assert need["title"] in tags.text
        assert f"({need['days']} days)" in tags.text
    assert page.count("<svg") == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".page")] == []


def test_the_page_needs_nothing_but_itself(demo: Person, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    demo("report", "--out", str(out), "--full", "--all-boards")
    page = out.read_text()
    Tags(page)
    for outside in ("http:", "https:", "<script", "src=", "@import", "url(", "<link"):
        assert outside not in page


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_there_is_no_word_of_its_own_business_in_it(demo: Person, form: str) -> None:
    page = demo("report", "--format", form, "--all-boards").out
    text = Tags(page).text if form == "html" else page
    data = demo.data("report")
    written = ("title", "note", "conclusion", "stage")
    said = " ".join(
        str(one.get(name, ""))
        for part in ("needs", "next", "won", "learned", "models")
        for one in data[part]
        for name in written
    )
    refs = {one["id"] for one in demo.data("list", "--all")}
    assert len(refs) > 100
    assert words_of(text) & refs <= words_of(said)
    for word in JARGON:
        assert word in said.lower() or not re.search(rf"\b{re.escape(word)}\b", text.lower()), word


def test_the_appendix_has_no_sessions_and_names_the_cards(demo: Person) -> None:
    page = demo("report", "--full", "--format", "html").out
    text = Tags(page).text
    assert "<h1>The numbers</h1>" in page
    for title in ("Cycle time", "Cumulative flow", "Blockers"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("<svg") > 10
    for word in ("triage", "nearest rank", "mlkanban "):
        assert word not in text.lower()
    assert "<h1>The numbers</h1>" not in demo("report", "--format", "html").out


_TITLES = st.text("abcdefgh ", min_size=1, max_size=30).filter(str.strip)
_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["add", "move", "block", "unblock", "ship", "learn", "due", "wait"]),
        st.integers(0, 20),
        _TITLES,
    ),
    min_size=6,
    max_size=25,
)
_REASONS = [*BlockReason]


def played(folder: Path, acts: list[tuple[str, int, str]]) -> Ada:
    """A board on which all this happened, as far as its rules let it."""
    ada = Ada(folder / "data")
    ada.starts(name="Alpha beta")
    refs = ada.adds("one", "two")
    stages = [stage.id for stage in ada.board.stages]
    for at, reason in enumerate(_REASONS):
        refs += ada.adds("abc", to=ada.board.stages[2 + at % 5].name, override="so")
        ada.cards.block(refs[-1:], reason, note="@maria")
    for what, number, title in acts:
        ref = refs[number % len(refs)]
        with contextlib.suppress(RuleRefused):
            match what:
                case "add":
                    refs += ada.adds(title)
                case "move":
                    ada.cards.move([ref], stages[number % len(stages)], override="so")
                case "block":
                    reason = _REASONS[number % len(_REASONS)]
                    ada.cards.block([ref], reason, note=f"@maria {title}")
                case "unblock":
                    ada.cards.unblock([ref])
                case "ship" | "learn":
                    outcome = Outcome.SHIPPED if what == "ship" else Outcome.LEARNED
                    ada.cards.finish([ref], outcome, verdict=title, override="so")
                case "due":
                    day = ada.clock.now.date() + timedelta(days=number - 5)
                    ada.cards.edit([ref], {"due": day.isoformat()})
                case "wait":
                    ada.clock.now += timedelta(days=number)
    return ada


@settings(max_examples=examples(12), deadline=None)
@given(_ACTS, st.booleans())
def test_whatever_happened_no_id_and_no_jargon_is_in_it(
    acts: list[tuple[str, int, str]], of_maria: bool
) -> None:
    with TemporaryDirectory() as folder:
        ada = played(Path(folder), acts)
        wanted = ReportRequest(person="maria" if of_maria else "")
        report = ada.service.reports.make(ada.board, wanted, all_boards=True)
        refs = {face.ref for face in ada.boards.snapshot(ada.board_id).faces}
        for text in (Tags(html(report)).text, markdown(report)):
            assert not words_of(text) & refs
            for word in JARGON:
                assert not re.search(rf"\b{re.escape(word)}\b", text.lower()), word
        numbers = appendix(report)
        Tags(html(report, numbers))
        assert "triage" not in markdown(report, numbers).lower()
        ada.service.close()


def test_what_people_wrote_does_nothing_on_the_page(board: Person, tmp_path: Path) -> None:
    title = "<script>alert(1)</script> [x](javascript:y) \x9b31m | # `b`"
    ref = board.card(title)
    board("move", ref, "data prep")
    board("block", ref, "--reason", "approval-gate", "--note", "<img src=x> **so** | [y](z) @a<b>")
    board("charter", "set", "scope", "<b>why</b> [l](javascript:x)")
    for name in ("page.html", "page.md"):
        assert board("report", "--full", "--out", str(tmp_path / name)).code == 0
    page = (tmp_path / "page.html").read_text()
    assert "<script>alert(1)</script> [x](javascript:y)" in Tags(page).text
    assert "<script" not in page
    assert "\x9b" not in page
    tokens = MarkdownIt("commonmark").enable("table").parse((tmp_path / "page.md").read_text())
    kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_inline"}
    rows = [t for t in tokens if t.type == "tr_open"]
    cells = [t for t in tokens if t.type in ("td_open", "th_open")]
    assert rows
    assert cells


def test_markdown_has_the_same_parts(demo: Person, tmp_path: Path) -> None:
    out = tmp_path / "page.md"
    data = demo.data("report", "--out", str(out))
    text = out.read_text()
    assert (data["file"], data["bytes"]) == (str(out), len(text.encode()))
    parts = sections(text)
    assert [*parts] == [
        "Why, and where it stands", "Needs you", "Next", "Won", "Learned", "Models in use", "Pace",
    ]  # fmt: skip
    assert parts["Won"].count("\n- **") == min(5, len(data["won"]))
    if len(data["won"]) > 5:
        assert f"And {len(data['won']) - 5} more." in parts["Won"]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tokens) == 2
    assert demo("report", "--format", "markdown").out == text


# Which cards, and since when


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_report_of_some_cards_names_them_in_its_heading(demo: Person, form: str) -> None:
    asked = ("-q", "age<400d", "--tag", "churn", "--type", "model")
    page = demo("report", "--format", form, *asked).out
    head = page.replace("&lt;", "<").replace("\\", "")
    heading = next(line for line in head.splitlines() if "<h1>" in line or line.startswith("# "))
    assert ": only type:model tag:churn age<400d" in heading
    data = demo.data("report", *asked)
    found = {one["id"] for one in demo.data("list", "--all", "-q", "tag:churn type:model")}
    listed = {one["id"] for part in ("next", "won", "learned", "models") for one in data[part]}
    assert listed
    assert listed <= found
    assert data["only"] == "type:model tag:churn age<400d"
    assert demo("report", "--tag", "frad").code == 3


def test_a_report_for_a_person_has_what_needs_them(board: Person) -> None:
    labels, other = board.card("labels"), board.card("other")
    for ref, note in ((labels, "@Maria signs, ask @risk-team."), (other, "mail a@maria.org")):
        board("move", ref, "data prep")
        board("block", ref, "--reason", "approval-gate", "--note", note)
    data = board.data("report", "--for", "@maria")
    assert [(need["id"], need["people"]) for need in data["needs"]] == [
        (labels, ["Maria", "risk-team"])
    ]
    text = board("report", "--for", "maria").out
    assert text.startswith("# Fraud, for maria\n")
    assert [*sections(text)] == ["Needs you"]
    assert "1 card waits for maria" in text
    assert "Nothing waits for bob." in board("report", "--for", "bob").out
    assert len(board.data("report")["needs"]) == 2


def test_the_models_of_a_person_are_those_that_need_them(board: Person) -> None:
    for name, value in (("fraud", "0.31"), ("churn", "0.11")):
        ref = board.card(f"{name} model")
        board("done", ref, "--outcome", "shipped", "--override", "so")
        board("edit", ref, "--model", name, "--version", "3", "--owner", "risk team")
        board("alert", ref, "--metric", f"psi={value}", "--threshold", "0.2")
    data = board.data("report")
    assert [(m["model"], m["version"], m["health"]) for m in data["models"]] == [
        ("fraud", "3", "alert"), ("churn", "3", "ok"),
    ]  # fmt: skip
    assert "the model fraud 3 is at alert" in data["lead"][1].lower()
    text = board("report", "--for", "@risk-team").out
    assert "| fraud 3 |" in text
    assert "psi 0.31, above its limit of 0.2" in text
    assert "churn" not in text
    assert board.data("report", "--for", "bob")["models"] == []


def test_what_waits_for_others_is_counted_alike_everywhere(board: Person) -> None:
    snoozed, own = board.card("ask maria"), board.card("own build")
    board("block", snoozed, "--reason", "dependency", "--external", "--note", "@maria")
    board("move", own, "data")
    board("block", own, "--reason", "dependency", "--internal")
    for _ in range(2):
        data = board.data("report", "--all-boards")
        assert [need["id"] for need in data["needs"]] == [snoozed]
        assert [row["waiting"] for row in data["boards"]] == [1]
        assert board.data("report", "--for", "maria")["needs"] == data["needs"]
        board("snooze", snoozed, "--until", "2w")
    text = board("report").out
    assert "has waited for other work since" in sections(text)["Needs you"]
    assert "blocked, needs other work" in sections(text)["Next"]
    assert "waits for" not in sections(text)["Next"]


def test_the_reason_of_a_block_is_never_cut(board: Person) -> None:
    board("stages", "rename", "data", "Evaluation of candidates")
    for reason in ("environment", "compute-queue"):
        ref = board.card(reason)
        board("move", ref, "evaluation of")
        board("block", ref, "--reason", reason, "--internal")
    rows = sections(board("report").out)["Next"]
    assert "Evaluation…, blocked, needs its setup |" in rows
    assert "…, blocked, needs computing time |" in rows


def test_a_model_without_a_reading_is_not_fine(board: Person) -> None:
    ref = board.card("fraud model")
    board("done", ref, "--outcome", "shipped", "--model", "fraud", "--override", "so")
    text = board("report").out
    assert "1 model in use had no reading yet." in text
    assert "| not watched |" in sections(text)["Models in use"]
    board("reading", "fraud", "psi=0.1", "--threshold", "0.2")
    text = board("report").out
    assert "all models in use are fine." in text
    assert "| fine |" in sections(text)["Models in use"]


def test_no_basis_is_named_where_no_day_is_known(board: Person) -> None:
    for _ in range(3):
        board("move", worked := board.card("quick"), "data")
        board("done", worked, "--outcome", "learned")
    board("move", board.card("begun"), "data")
    data, text = board.data("report"), board("report").out
    assert [(card["even_by"], card["likely_by"]) for card in data["next"]] == [(None, None)]
    assert "85 %, going by" not in text


def test_the_two_counts_of_finished_cards_say_what_they_leave_out(board: Person) -> None:
    for title in ("one", "two"):
        board("done", board.card(title), "--outcome", "learned")
    text = board("report").out
    assert "2 cards were finished" in text
    assert "No card that was in progress was finished " in text
    worked = board.card("worked")
    board("move", worked, "data")
    board("done", worked, "--outcome", "learned")
    text = board("report").out
    assert "3 cards were finished" in text
    assert "without 2 that were never in progress" in text


def test_an_archived_card_that_was_superseded_counts_and_a_duplicate_does_not(
    board: Person,
) -> None:
    superseded, kept, twice = board.card("old way"), board.card("kept"), board.card("the same")
    board("done", superseded, "--outcome", "superseded")
    board("archive", superseded)
    board("merge", twice, kept)
    assert "1 card was finished: 1 replaced." in board("report").out


def test_a_long_unit_leaves_the_target_to_be_read(board: Person) -> None:
    board("charter", "set", "target", f"saved>=50000 {'u' * 150}")
    board("reading", "goal", "saved=18200")
    assert "target at least 50,000 uuu" in board("report").out


def test_markdown_takes_every_sign_literally(board: Person) -> None:
    ref = board.card("a &lt;b&gt; ~~gone~~")
    board("move", ref, "data")
    row = sections(board("report").out)["Next"]
    assert r"a \&lt;b\&gt; \~\~gone\~\~" in row


def test_people_are_named_by_an_at_sign() -> None:
    assert people_in("@maria, @risk-team. (@bob) a@b.c @@x @maria") == ("maria", "risk-team", "bob")


def test_it_looks_back_to_the_last_report_on_an_earlier_day(
    board: Person, dated: list[datetime]
) -> None:
    def since() -> tuple[str, str]:
        data = board.data("report")
        return data["since"][:10], data["since_is"]

    first = board.card("first")
    board("done", first, "--outcome", "shipped")
    assert since() == ("2026-02-16", "day")
    assert since() == ("2026-02-16", "day")
    dated.append(NOW + timedelta(days=3))
    board("done", board.card("second"), "--outcome", "shipped")
    for _ in range(2):
        assert since() == ("2026-03-18", "report")
    assert [card["title"] for card in board.data("report")["won"]] == ["second"]
    assert "(the last report)" in board("report").out
    assert board.data("report", "--for", "maria")["since_is"] == "day"
    everything = board.data("report", "--since", "2026-03-01")
    assert [card["title"] for card in everything["won"]] == ["second", "first"]
    assert len(board.data("report", "--since", "30d")["won"]) == 2


def test_it_looks_back_to_the_last_review_and_has_its_promises(tmp_path: Path) -> None:
    ada = Ada(tmp_path / "data")
    ada.starts()
    [early, promised] = ada.adds("early", "promised")
    ada.cards.finish([early], Outcome.SHIPPED)
    reviewed = ada.clock.now
    ada.service.reviews.end(ada.board, [promised])
    today = ada.service.reports.make(ada.board, ReportRequest())
    assert (today.since.event, [card.ref for card in today.won]) == ("", [early])
    ada.clock.now += timedelta(days=2)
    [starred] = ada.adds("starred")
    ada.cards.finish([starred], Outcome.LEARNED, "not so")
    ada.cards.edit([starred], {"win": True})
    later = ada.service.reports.make(ada.board, ReportRequest())
    assert (later.since.event, later.since.at >= reviewed) == ("review", True)
    assert [(card.title, card.win) for card in later.won] == [("starred", True)]
    assert later.learned == ()
    assert [(card.title, card.promised) for card in later.next] == [
        ("promised", reviewed.date() + timedelta(days=14))
    ]
    assert "promised 16 Mar" in markdown(later)
    ada.clock.now += timedelta(days=20)
    late = ada.service.reports.make(ada.board, ReportRequest())
    assert "promised 16 Mar, not kept" in markdown(late)
    assert "1 promise was not kept" in markdown(late).lower()
    assert "is late" not in markdown(late)


def test_a_broken_record_of_reports_does_no_harm(
    board: Person, dated: list[datetime], home: dict[str, str]
) -> None:
    [store] = Path(home["MLKANBAN_HOME"]).rglob("board.db")
    file = store.with_name("reports.json")
    for text in ("{", "[]", '{"x": 3}', "[" * 200_000):
        file.write_text(text)
        assert board.data("report")["since_is"] == "day"
        assert json.loads(file.read_text())
    file.unlink()
    os.mkfifo(file)
    assert board.data("report")["since_is"] == "day"
    assert json.loads(file.read_text())


def test_a_report_that_cannot_be_kept_is_made(
    board: Person, tmp_path: Path, home: dict[str, str]
) -> None:
    [store] = Path(home["MLKANBAN_HOME"]).rglob("board.db")
    store.with_name("reports.json").mkdir()
    out = tmp_path / "page.html"
    for answer in (board("report"), board("report", "--out", str(out))):
        assert answer.code == 0
        assert "reports.json beside the store cannot be written: Is a directory." in answer.err
    assert board("report").out.startswith("# ")
    assert out.read_text().endswith("</html>\n")


def test_many_reports_on_one_day_look_back_to_the_day_before(
    board: Person, dated: list[datetime]
) -> None:
    board("report")
    for hour in range(25):
        dated.append(NOW + timedelta(days=1, minutes=hour))
        assert board.data("report")["since_is"] == "report"


@pytest.mark.parametrize("name", ["report.pdf", "report", "nowhere/report.html"])
def test_a_place_that_does_not_do_is_said(board: Person, tmp_path: Path, name: str) -> None:
    answer = board("report", "--out", str(tmp_path / name))
    assert answer.code in (2, 4)
    assert "--out" in answer.err
    assert list(tmp_path.glob("*report*")) == []


def test_what_cannot_be_asked_for_is_said(board: Person) -> None:
    for since in ("soon", "2026-13-01", "0d", "2199-01-01", "99999d", "0001-01-01"):
        assert board("report", "--since", since).code == 2
    assert board("report", "--format", "pdf").code == 2
    assert board("report", "-q", "age>").code == 2


def test_all_boards_come_first(board: Person) -> None:
    board("init", "Churn", "--timezone", "UTC")
    board("--board", "churn", "add", "x")
    data = board.data("report", "--all-boards")
    assert [row["name"] for row in data["boards"]] == ["Fraud", "Churn"]
    assert next(iter(sections(board("report", "--all-boards").out))) == "All boards"
    assert board.data("report")["boards"] == []


# On paper


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize("which", ["demo", "longest"])
def test_it_is_one_page_on_paper(demo: Person, tmp_path: Path, which: str) -> None:
    if which == "longest":
        demo("init", "The longest of all names of boards " * 3)
        demo("charter", "set", "scope", "What it is for, in many words. " * 20)
        demo("charter", "set", "target", "eur_saved_by_all_models>=50000 EUR/year and more")
        demo("reading", "goal", "eur_saved_by_all_models=18200")
        demo("charter", "set", "worth", "val_auc 0.90=0 0.95=3100000 thousands of EUR/year")
        text = "Wide words and many of them, more than a line has room for, WWW " * 3
        for at in range(12):
            ref = demo.card(f"{at} {text}")
            demo("edit", ref, "--due", "2026-03-20", "--metric", "val_auc>=0.95 val_auc=0.94")
            demo("move", ref, "Training", "--override", "so")
            demo("block", ref, "--reason", "dependency", "--note", f"@someone-with-a-name {text}")
        for at in range(14):
            outcome = "learned" if at % 2 else "shipped"
            ref = demo.card(f"{at} {text}")
            demo("done", ref, "--outcome", outcome, "--verdict", text, "--override", "so")
            if outcome == "shipped":
                demo("edit", ref, "--metric", "val_auc=0.93", "--owner", "somebody with a name")
                demo("alert", ref, "--metric", "population_stability=0.31", "--threshold", "0.2")
        assert "best so far" in demo("report").out
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    assert demo("report", "--out", str(page)).code == 0
    subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={paper}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper.read_bytes())) == 1


def test_a_board_of_today_has_no_last_1_day(board) -> None:
    assert "was finished today." in board("report").out
    board.card("one")
    assert "charter set scope TEXT" in board("report").err
    assert board("report").out.count("Nothing waits for anybody else.") == 1
