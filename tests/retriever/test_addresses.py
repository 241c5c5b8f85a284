from pathlib import Path

import pytest

from kb.records import DocumentEntry, Filters, Mark, MarkKind
from retriever import Searcher, SearchMode
from retriever.addresses import Address, named_documents, names_nothing_else, read_addresses
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

EMBEDDER = HashEmbedder()


def statute(name: str, *articles: str, language: str = "en") -> object:
    """A document of one article a line, marked as a parser marks it."""
    text, marks = "", []
    for article in articles:
        label = article.split("　" if "　" in article else ". ")[0]
        marks.append(Mark(MarkKind.ARTICLE, len(text), len(text) + len(article), len(marks) + 1, label))
        text += article + "\n"
    return make_document(text, name, marks=marks, language=language)


LEASES = statute(
    "Leases Act.txt",
    "Section 1. A lease is a contract.",
    "Section 2. Rent is due monthly.",
    "Section 12. Notice is given in writing, 90 days ahead.",
)
SALES = statute(
    "Sales Act.txt", "Section 1. A sale is a contract.", "Section 12. Goods must be as described, or money returned."
)
LABOUR = statute(
    "劳动条例.txt",
    "第一条　为了保护劳动者，制定本条例。",
    "第十二条　试用期不得超过六个月。",
    "第十二条之一　试用期工资不得低于百分之八十。",
    language="zh-Hans",
)


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    return Searcher(make_catalog(tmp_path, EMBEDDER, LEASES, SALES, LABOUR), EMBEDDER)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What does Article 12 say?", ["12"]),
        ("Compare § 12 and Sec. 4.2.1", ["12", "4.2.1"]),
        ("articles one hundred and five", ["105"]),
        ("Art. 5(2) and Article IV", ["5", "4"]),
        ("第十二条规定了什么？", ["12"]),
        ("第１２條之一", ["12.1"]),
        ("第一百零三条、第103条", ["103"]),
        ("What happened in 12 months, on page 12, in week 12?", []),
        ("她写了十二条建议", []),
        ("a section of 12% of the roof", []),
    ],
)
def test_addresses_are_read_however_they_are_written(question: str, numbers: list[str]) -> None:
    assert read_addresses(question) == tuple(map(Address, numbers))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What does section 12 of the Leases Act say?", "Section 12. Notice"),
        ("What does section 12 of the Sales Act say?", "Section 12. Goods"),
        ("Under § 12 of the Leases Act, what is a contract of sale?", "Section 12. Notice"),
        ("《劳动条例》第十二条是怎么规定的？", "第十二条　试用期不得"),
        ("勞動條例第12條之一的內容是什麼？", "第十二条之一"),
    ],
)
@pytest.mark.parametrize("mode", [SearchMode.HYBRID, SearchMode.LEXICAL])
def test_a_named_article_of_a_named_document_comes_first(
    searcher: Searcher, question: str, first: str, mode: SearchMode
) -> None:
    assert searcher.search(question, mode=mode).hits[0].passage.text.startswith(first)


def test_without_a_named_document_the_best_one_that_has_the_article_gives_it(searcher: Searcher) -> None:
    hit = searcher.search("What does section 12 say about goods that are not as described?").hits[0]
    assert hit.passage.text.startswith("Section 12. Goods")


def test_where_the_question_says_nothing_else_the_article_of_each_document_comes_first(searcher: Searcher) -> None:
    hits = searcher.search("What does section 12 say?").hits
    assert {hit.document.name for hit in hits[:2]} == {"Leases Act.txt", "Sales Act.txt"}
    assert all(hit.passage.text.startswith("Section 12") for hit in hits[:2])


@pytest.mark.parametrize(("number", "first"), [("12", "12. Charges"), ("12.2", "12.2 The Charges"), ("§ 13", "13. In")])
def test_a_clause_that_has_a_number_alone_is_found(tmp_path: Path, number: str, first: str) -> None:
    lines = [
        "Hosting Agreement", "12. Charges", "12.1 The Client pays the Charges.", "12.2 The Charges are fixed.",
        "13. Invoices", "13.1 Invoices are sent monthly.", "The Client pays within 12 days.",
    ]  # fmt: skip
    text, marks = "", []
    for line in lines:
        if line in ("12. Charges", "13. Invoices"):
            marks.append(Mark(MarkKind.HEADING, len(text), len(text) + len(line), 2))
        text += line + "\n"
    document = make_document(text, "agreement.txt", marks=marks, language="en")
    found = Searcher(make_catalog(tmp_path, EMBEDDER, document), EMBEDDER).search(f"What does clause {number} say?")
    assert found.hits[0].passage.text.startswith(first)


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("What does section 12 say?", True),
        ("第十二条的内容是什么？", True),
        ("Show me the text of article 5.", True),
        ("What does section 12 of the lease say?", False),
        ("劳动法第十二条规定了什么？", False),
        ("What does the lease say?", False),
    ],
)
def test_whether_a_question_names_an_article_and_nothing_else(question: str, alone: bool) -> None:
    assert names_nothing_else(question) is alone


def test_scores_never_rise_and_no_passage_comes_twice(searcher: Searcher) -> None:
    hits = searcher.search("section 12 of the Leases Act, notice", k=20).hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.passage.id for hit in hits}) == len(hits)


def test_filters_hold_for_what_is_found_by_its_address(searcher: Searcher) -> None:
    hits = searcher.search("section 12 of the Leases Act", filters=Filters({"document": ("Sales Act.txt",)})).hits
    assert {hit.document.name for hit in hits} == {"Sales Act.txt"}


def test_an_article_that_is_not_there_changes_nothing(searcher: Searcher) -> None:
    assert searcher.search("section 99 of the Leases Act on rent").hits[0].document.name == "Leases Act.txt"


def entry(name: str, title: str) -> DocumentEntry:
    return DocumentEntry(name, name, title, "text/plain", "", 0, 1, 1, "")


ENTRIES = [
    entry("law/agreement.docx", "Digitisation Service Agreement"),
    entry("law/lease.docx", "Office Lease 2024"),
    entry("clinic/metformin-leaflet.docx", "Metformin: information for patients"),
    entry("course/inf342.pdf", "INF 342 Text Statistics: Course Handbook"),
    entry("law/ldht.pdf", "中华人民共和国劳动合同法"),
    entry("course/kczd.pdf", "课程考核制度（2026年）"),
]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Does the Digitisation Service Agreement mention insurance?", ["law/agreement.docx"]),
        ("What does the digitisation agreement say about insurance?", ["law/agreement.docx"]),
        ("Is warfarin mentioned in the metformin leaflet?", ["clinic/metformin-leaflet.docx"]),
        ("Does the office lease of 2024 allow pets?", ["law/lease.docx"]),
        ("《劳动合同法》第十条说什么？", ["law/ldht.pdf"]),
        ("课程考核制度里有没有提到补考？", ["course/kczd.pdf"]),
        ("Does the course handbook mention parking?", ["course/inf342.pdf"]),
        ("What is an agreement?", []),
        ("How do I cook rice?", []),
    ],
)
def test_documents_are_named_by_titles_file_names_or_most_of_their_words(question: str, names: list[str]) -> None:
    assert [found.name for found in named_documents(question, ENTRIES)] == names
