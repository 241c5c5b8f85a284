from __future__ import annotations

from pathlib import Path

import pytest

from kb.catalog import Catalog
from kb.catalog.collections import create_collection
from kb.records import Document, DocumentEntry, Hit, HitSource, Passage, document_id_of
from serving.citations import Ledger, Span, narrow, whole_span
from tests.fakes import HashEmbedder
from tests.serving.library import boxes_for, make_collection, store_document

TEXT = (
    "The library is open on working days. Books may be borrowed for 30 days. A lost book costs 25 euros. "
    "Readers who lose a book must tell the desk at once."
)
TEXT_ZH = "第十三条 租赁期满后，出租人应当在三十日内退还押金。未经出租人同意，承租人不得转租房屋。违反者承担违约责任。"


def hit_of(text: str, *, offset: int = 0) -> Hit:
    passage = Passage("d" * 64, 0, offset, offset + len(text), text)
    entry = DocumentEntry("d" * 64, "a.txt", "A", "text/plain", "en", 0, 1, len(text), "2026-11-22T00:00:00+00:00")
    return Hit(passage, entry, 1.0, HitSource.FUSED)


@pytest.mark.parametrize(
    ("text", "claim", "quote"),
    [
        (TEXT, "You can borrow books for 30 days.", "Books may be borrowed for 30 days."),
        (TEXT, "A lost book costs 25 euros.", "A lost book costs 25 euros."),
        (
            TEXT,
            "Whoever loses a book pays 25 euros and must tell the desk.",
            "A lost book costs 25 euros. Readers who lose a book must tell the desk at once.",
        ),
        (TEXT_ZH, "押金应在三十日内退还。", "第十三条 租赁期满后，出租人应当在三十日内退还押金。"),
        (TEXT_ZH, "不得擅自轉租房屋。", "未经出租人同意，承租人不得转租房屋。"),
        (TEXT, "图书馆的规定。", TEXT),  # nothing to compare: the whole passage
        ("Only one sentence here.", "Something else.", "Only one sentence here."),
    ],
)
def test_a_citation_is_narrowed_to_the_sentences_that_bear_the_claim(text: str, claim: str, quote: str) -> None:
    span = narrow(claim, hit_of(text, offset=1000))
    assert span.quote == quote
    assert span.start == 1000 + text.index(quote)
    assert span.end - span.start == len(quote)


def test_a_whole_span_has_no_white_space_around_it() -> None:
    span = whole_span(hit_of("  two words \n", offset=10))
    assert (span.start, span.end, span.quote) == (12, 21, "two words")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_collection(tmp_path, HashEmbedder())


def test_the_same_span_keeps_its_marker(catalog: Catalog) -> None:
    with catalog.snapshot() as snapshot:
        stored = snapshot.passages_of(snapshot.documents()[0].id)[1]
    hit = Hit(stored.passage, stored.document, 1.0, HitSource.FUSED)
    ledger = Ledger(catalog)
    first = ledger.cite(whole_span(hit))
    other = ledger.cite(Span(hit, hit.passage.start, hit.passage.start + 8))
    assert ledger.cite(whole_span(hit)) == first
    assert (first.marker, other.marker) == (1, 2)
    assert ledger.citations == (first, other)
    assert ledger.since(1) == (other,)


def test_a_citation_holds_page_and_boxes_of_its_words_and_stands_in_the_document(tmp_path: Path) -> None:
    catalog = create_collection(tmp_path, "default")
    text = "Title line\n\nFirst words here.\nSecond line there."
    document = Document(
        document_id_of(b"pdf"), "a.pdf", "application/pdf", "Title line", text, pages=1, boxes=boxes_for(text)
    )
    store_document(catalog, HashEmbedder(), document)
    with catalog.snapshot() as snapshot:
        stored = snapshot.passages_of(document.id)[1]
    citation = Ledger(catalog).cite(
        narrow("the second line", Hit(stored.passage, stored.document, 1.0, HitSource.FUSED))
    )
    assert citation.quote == "Second line there." == text[citation.start : citation.end]
    assert citation.page == 1
    assert [(box.page, box.y0) for box in citation.boxes] == [(1, 110.0)]


def test_a_document_deleted_since_the_search_is_still_quoted(catalog: Catalog) -> None:
    with catalog.snapshot() as snapshot:
        stored = snapshot.passages_of(snapshot.documents()[0].id)[1]
    catalog.remove([stored.document.id])
    citation = Ledger(catalog).cite(whole_span(Hit(stored.passage, stored.document, 1.0, HitSource.FUSED)))
    assert citation.quote == stored.passage.text.strip()
    assert citation.page is None
