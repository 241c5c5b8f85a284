import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.records import QuestionResult, Run
from eval.report import report_html, write_report
from eval.report.charts import bars_of, risk_curve
from eval.report.questions import telling_metric, worst_questions
from eval.report.wording import LANGUAGES, language_of_terminal, read_words
from eval.runs import compare_runs, stamped
from eval.statistics.intervals import Interval
from kb.errors import UsageError
from tests.eval.making_runs import make_run

SCORES = [0.0, 0.2, 0.5, 1.0, 1.0]
DETAILS = {
    "answer": "The library opens at eight. [1]",
    "status": "answered",
    "group": "course",
    "expected": [{"id": "a", "title": "Library", "text": "圖書館每日上午九時開放。", "place": None}],
    "found": [{"id": "b", "title": "Library", "text": "It closes at ten.", "grade": 1}],
    "top": ["b", "c"],
}


class Page(HTMLParser):
    """Checks that every element is closed in its place, and remembers tags, attributes and text."""

    VOID = frozenset({"meta", "line", "polyline", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def abstention(confidences: list[float], rights: list[float]) -> Run:
    run = make_run({"right": rights, "confidence": confidences}, task="abstention", without_mean=["confidence"])
    return stamped(run)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_everything_about_a_run(language: str) -> None:
    page = Page(report_html([stamped(make_run({"nDCG@10": SCORES}, details=DETAILS))], language=language))
    for said in (
        "tiny",
        "nDCG@10",
        "0.540",
        "hybrid",
        "When does the library open?",
        "圖書館每日上午九時開放。",
        "[1]",
    ):
        assert said in page.words
    assert read_words(language)("title") in page.words
    assert ("lang", {"en": "en", "zh": "zh-Hans"}[language]) in page.attributes
    assert ("lang", "zh-Hant") in page.attributes  # so that the browser takes the glyphs of the text's own script


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_fetches_nothing_and_runs_nothing(language: str) -> None:
    runs = [abstention([0.9, 0.2, 0.4], [1, 0, 1]), make_run({"nDCG@10": SCORES}, details=DETAILS)]
    html = report_html(runs, [compare_runs(runs[1], runs[1])], language=language)
    page = Page(html)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert all((value or "").startswith("#") for name, value in page.attributes if name == "href")
    assert not re.search(r"url\(|@import|https?://", html)
    assert "default-src 'none'" in html


WICKED = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;{{ 7 * 7 }}{% raw %}"


def test_nothing_from_questions_documents_or_settings_becomes_part_of_the_page() -> None:
    details = {WICKED: WICKED, "found": [{"title": WICKED, "text": WICKED, WICKED: WICKED}], "tags": [WICKED]}
    run = make_run(
        {WICKED: SCORES, "right": SCORES, "confidence": SCORES},
        name=WICKED,
        task=WICKED,
        ids=[f"{WICKED}{number}" for number in range(5)],
        config={WICKED: WICKED, "{braces}": "{value}"},
        details=details,
        question=WICKED,
    )
    run = replace(run, collection={"name": WICKED}, machine={WICKED: WICKED, "{x}": "{y}"}, started=WICKED)
    other = replace(run, config={WICKED: "otherwise"}, queries=run.queries[:3])
    for html in (
        report_html([run], language="en"),
        report_html([run, other], [compare_runs(run, other)], language="zh"),
    ):
        page = Page(html)
        assert not {"script", "img"} & set(page.tags)
        assert WICKED in page.words  # it is shown as it is
        assert "49" not in html.replace(WICKED, "")


@settings(max_examples=25)
@given(st.text(max_size=60), st.dictionaries(st.text(max_size=9), st.text(max_size=40) | st.floats() | st.none()))
def test_any_text_makes_a_well_formed_page(text: str, facts: dict[str, object]) -> None:
    details = {"answer": text, "found": [{"text": text, **facts}], "facts": facts}
    run = make_run({"F1": [0.0]}, name=text, question=text, details=details, config={"mode": text, **facts})
    Page(report_html([run], language="en"))


def test_a_comparison_says_what_differs_and_shows_both_answers() -> None:
    first = make_run({"F1": SCORES}, config={"mode": "lexical"}, details={"answer": "nine"}, task="answers")
    second = make_run({"F1": SCORES[::-1]}, config={"mode": "hybrid"}, details={"answer": "eight"}, task="answers")
    page = Page(report_html([first, second], [compare_runs(first, second)], language="en"))
    for said in ("lexical", "hybrid", "no difference shown", "0.000 → 1.000", "nine", "eight", "tiny (before)"):
        assert said in page.words


def test_runs_of_several_sets_stand_side_by_side() -> None:
    runs = [make_run({"nDCG@10": SCORES}, name=name) for name in ("law", "course", "law")]
    page = Page(report_html(runs, language="zh"))
    assert read_words("zh")("overview") in page.words
    assert "A · law" in page.words
    assert "C · law" in page.words


def test_a_metric_of_no_question_and_one_of_the_whole_run_are_shown() -> None:
    run = make_run({"right": [0, 1]}, task="abstention")
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    run = replace(run, metrics={**run.metrics, "AURC": Interval(0.2, 0.1, 0.3), "refusal recall": nothing})
    words = Page(report_html([run], language="en")).words
    assert "0.200 0.100 – 0.300" in words
    assert "refusal recall" not in words


def test_shares_stand_on_one_scale_and_what_is_beyond_one_on_another() -> None:
    bars = bars_of([("a", Interval(0.5, 0.25, 0.75), 3), ("b", Interval(1, 1, 1), 3)])
    assert [(bar.mean, bar.low, bar.high) for bar in bars] == [(50, 25, 75), (100, 100, 100)]
    bars = bars_of([("p50 ms", Interval(20, 10, 40), 3), ("p95 ms", Interval(200, 100, 400), 3)])
    assert [(bar.mean, bar.high) for bar in bars] == [(5, 10), (50, 100)]
    bars = bars_of([("F1", Interval(0.5, 0.25, 0.75), 3), ("seconds", Interval(2, 1, 4), 3)])
    assert [(bar.mean, bar.high) for bar in bars] == [(50, 75), (50, 100)]


def test_the_risk_curve_begins_with_the_most_confident_question_and_ends_with_all() -> None:
    curve = risk_curve([("run", abstention([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 1]))])
    assert curve is not None
    points = [tuple(map(float, point.split(","))) for point in curve.lines[0].points.split()]
    assert points[0] == (25, 100)  # no risk: at the bottom
    assert points[-1] == (100, pytest.approx(100 * (1 - 0.25 / curve.top)))
    assert curve.lines[0].level == points[-1][1]
    assert risk_curve([("run", make_run({"F1": [1, 0]}))]) is None


def worst(run: Run, count: int = 9) -> list[str]:
    return [query.id for query in worst_questions(run, telling_metric(run), count)]


def test_the_worst_questions_come_first_and_the_perfect_ones_not_at_all() -> None:
    assert worst(make_run({"F1": [1, 0.5, 0, 0.2]}), 2) == ["q2", "q3"]
    assert worst(make_run({"CER": [0, 0.5, 0.9]})) == ["q2", "q1"]
    assert worst(abstention([0.2, 0.9, 0.5], [0, 0, 1])) == ["q1", "q0"]  # a sure mistake before a doubtful one


def test_questions_are_ordered_by_the_first_metric_in_which_one_falls_short() -> None:
    assert worst(make_run({"parsed": [1, 1, 1], "page cited": [1, 0, 1]})) == ["q1"]
    assert worst(make_run({"parsed": [1, 1, 1]})) == []
    run = make_run({"answer ms": [20, 90, 40]}, task="latency")
    run = replace(run, metrics={"answer ms p50": Interval(40, 20, 90)})
    assert worst(run) == ["q1", "q2", "q0"]  # the slowest first


def test_metrics_have_names_with_their_depth_in_both_languages() -> None:
    english, chinese = read_words("en"), read_words("zh")
    assert english.metric("span recall@16") == "span recall@16"
    assert chinese.metric("span recall@16") == "字符召回率@16"
    assert chinese.metric("answer ms p95") == "回答毫秒 p95"
    assert chinese.metric("found@5 on page") == "前 5 段含应有页"
    assert chinese.metric("nDCG@10") == "nDCG@10"


def test_a_question_without_words_is_called_by_its_id() -> None:
    run = replace(make_run({"F1": [0.0]}), queries=(QuestionResult("page-7", "", {"F1": 0.0}, {}),))
    assert "page-7" in Page(report_html([run], language="en")).words


def test_both_languages_have_the_same_strings() -> None:
    folder = Path(__import__("eval.report", fromlist=["report"]).__file__).parent / "strings"
    english, chinese = (tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        if isinstance(text, str):
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[key])), key


def test_the_language_is_the_terminals_where_none_is_named() -> None:
    assert language_of_terminal({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language_of_terminal({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE.UTF-8"}) == "en"
    assert language_of_terminal({}) == "en"


def test_what_cannot_be_reported_or_written_is_said(tmp_path: Path) -> None:
    run = make_run({"F1": [0.0]}, question="half \ud83d")
    write_report(tmp_path / "report.html", [run], language="en")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(UsageError, match="no run"):
        report_html([])
    with pytest.raises(UsageError, match="'de'"):
        report_html([run], language="de")
    with pytest.raises(UsageError, match="cannot write"):
        write_report(tmp_path / "absent" / "report.html", [run])
