from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it has no types

from kb.records import Document, Mark, MarkKind, document_id_of
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, boxes_for, store_document

TEXT = "Rules\n\nThe fee is forty euros.\nIt is due in May."
LONG = "\n".join(f"Line {number} says something of no importance at all." for number in range(200))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def pdf(server: RunningServer) -> str:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 300))
    canvas.drawString(50, 240, "Rules")
    canvas.showPage()
    canvas.save()
    content = out.getvalue()
    server.catalog.blobs.put([content])
    document = Document(
        document_id_of(content),
        "rules.pdf",
        "application/pdf",
        "Rules",
        TEXT,
        pages=1,
        marks=(Mark(MarkKind.PAGE, 0, len(TEXT), 1), Mark(MarkKind.HEADING, 0, 5, 1)),
        boxes=boxes_for(TEXT),
    )
    return store_document(server.catalog, server.embedder, document, len(content))


def picture(server: RunningServer, document_id: str, query: str = "") -> Image.Image:
    response = server.http().get(f"/documents/{document_id}/pages/1.png{query}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(response.content))


def test_a_document_is_described(server: RunningServer, pdf: str) -> None:
    described = server.http().get(f"/documents/{pdf}").json()
    assert described["id"] == pdf
    assert described["pages"] == 1
    assert described["headings"] == [{"level": 1, "text": "Rules", "start": 0, "page": 1}]
    assert server.http().get(f"/documents/file-{pdf[:32]}").json() == described


def test_what_stands_around_a_quote_is_cut_at_line_borders(server: RunningServer) -> None:
    document = Document(document_id_of(b"long"), "long.txt", "text/plain", "Long", LONG)
    store_document(server.catalog, server.embedder, document)
    start = LONG.index("Line 100")
    response = server.http().get(f"/documents/{document.id}?start={start}&end={start + 20}")
    context = response.json()["context"]
    assert LONG[context["start"] : context["end"]] == context["text"]
    assert context["start"] <= start < start + 20 <= context["end"]
    assert context["text"].startswith("Line ")
    assert context["text"].endswith("at all.")
    assert 1000 < len(context["text"]) < 2200


def test_the_words_are_marked_on_the_page(server: RunningServer, pdf: str) -> None:
    start = TEXT.index("forty")
    plain = picture(server, pdf, "?width=800")
    marked = picture(server, pdf, f"?width=800&highlight={start}-{start + 5}")
    assert plain.size == marked.size == (800, 600)
    left, top = 50 + 6 * TEXT.split("\n")[2].index("forty"), 50 + 20 * 2
    inside = (2 * (left + 10), 2 * (top + 6))
    assert plain.getpixel(inside) == (255, 255, 255)
    assert marked.getpixel(inside) == (255, 236, 110)
    assert marked.getpixel((700, 500)) == (255, 255, 255)


def test_a_picture_is_kept_until_its_document_goes(server: RunningServer, pdf: str) -> None:
    picture(server, pdf, "?width=321")
    kept = server.catalog.cache_folder / "pages" / pdf
    assert (kept / "1-321.png").is_file()
    (kept / "1-321.png").write_bytes((kept / "1-321.png").read_bytes())
    assert picture(server, pdf, "?width=321").width == 321


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("/pages/0.png", 404),
        ("/pages/2.png", 404),
        ("/pages/x.png", 400),
        ("/pages/1.png?highlight=9", 400),
        ("/pages/1.png?highlight=9-3", 400),
        ("/pages/1.png?highlight=a-b", 400),
        ("/pages/1.png?width=100000", 400),
        ("/pages/1.png?collection=none", 404),
        ("?start=5&end=100000", 400),
        ("?start=-1&end=5", 400),
        ("?start=5&end=5", 400),
    ],
)
def test_what_is_not_there_says_so(server: RunningServer, pdf: str, query: str, status: int) -> None:
    response = server.http().get(f"/documents/{pdf}{query}")
    assert response.status_code == status
    assert response.json()["error"]["message"]


@pytest.mark.parametrize("document_id", ["f" * 64, "file-" + "f" * 32, "x", "..%2f..%2fetc", "' OR 1=1"])
def test_an_unknown_document_is_not_found(server: RunningServer, document_id: str) -> None:
    for rest in ("", "/pages/1.png", "/file"):
        assert server.http().get(f"/documents/{document_id}{rest}").status_code == 404


def test_only_pdfs_have_page_pictures(server: RunningServer) -> None:
    response = server.http().get(f"/documents/{document_id_of(HANDBOOK.encode())}/pages/1.png")
    assert response.status_code == 404
    assert "text/plain" in response.json()["error"]["message"]


def test_the_original_is_downloaded_as_an_attachment(server: RunningServer) -> None:
    response = server.http().get(f"/documents/{document_id_of(HANDBOOK.encode())}/file")
    assert response.content == HANDBOOK.encode()
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["content-type"] == "application/octet-stream"


def test_a_broken_pdf_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        content = b"%PDF-1.7 nothing"
        server.catalog.blobs.put([content])
        document = Document(document_id_of(content), "b.pdf", "application/pdf", "B", "Some text.", pages=1)
        store_document(server.catalog, server.embedder, document)
        response = server.http().get(f"/documents/{document.id}/pages/1.png")
        assert response.status_code == 400
        assert "cannot be drawn" in response.json()["error"]["message"]
