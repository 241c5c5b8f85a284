"""The documents that the fake server holds: short, but with real spans, pages and headings."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw, ImageFont

HANDBOOK = (
    "Assessment and deadlines\n\n"
    "Coursework is submitted online before noon on the day stated in the module outline. "
    "Work handed in late loses five marks for each working day, up to five working days. "
    "After five working days a mark of zero is recorded unless an extension was agreed beforehand.",
    "Extensions\n\n"
    "An extension of up to seven days may be granted by the module leader where a student shows good cause. "
    "Requests are made on form E2 before the deadline, with evidence. "
    "Illness on the day itself is reported by telephone.",
    "Appeals\n\n"
    "A student may appeal against a mark within ten working days of its publication. "
    "The appeals panel meets once in each term and gives its reasons in writing.",
)
REGULATION = (
    "第三章 休假\n\n"
    "第十二条 职工累计工作已满一年不满十年的，年休假五天；已满十年不满二十年的，年休假十天；"
    "已满二十年的，年休假十五天。",
    "第十三条 国家法定休假日、休息日不计入年休假的假期。"
    "年休假在一个年度内可以集中安排，也可以分段安排，一般不跨年度安排。",
)
LEAFLET = (
    "Taking your blood pressure at home\n\n"
    "Sit quietly for five minutes before you begin. "
    "Take two readings, one minute apart, in the morning and in the evening, for seven days. "
    "Call the clinic on the same day if a reading is above 180/110, "
    "and call an ambulance if you also have chest pain.\n\n"
    "Looking after the cuff\n\nWipe it with a damp cloth.",
)


@dataclass(eq=False)
class FakeDocument:
    name: str
    title: str
    media_type: str
    language: str
    pages: tuple[str, ...]
    headings: tuple[str, ...] = ()
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def text(self) -> str:
        return "\n\n".join(self.pages)

    @property
    def file_id(self) -> str:
        return f"file-{self.id[:32]}"

    @property
    def paged(self) -> bool:
        return self.media_type == "application/pdf"

    def page_of(self, start: int) -> int:
        passed = 0
        for number, page in enumerate(self.pages, 1):
            passed += len(page) + 2
            if start < passed:
                return number
        return len(self.pages)

    def citation(self, marker: int, quote: str) -> dict[str, Any]:
        start = self.text.index(quote)
        return {
            "marker": marker,
            "document_id": self.id,
            "document": self.name,
            "title": self.title,
            "page": self.page_of(start) if self.paged else None,
            "start": start,
            "end": start + len(quote),
            "quote": quote,
            "boxes": [],
        }

    def hit(self, rank: int, quote: str) -> dict[str, Any]:
        citation = self.citation(rank, quote)
        return {
            **{key: citation[key] for key in ("document_id", "document", "title", "page", "start", "end")},
            "rank": rank,
            "score": 1 / rank,
            "source": "fused",
            "passage_id": f"{self.id[:16]}-{citation['start']}-{citation['end']}",
            "headings": list(self.headings[:1]),
            "text": quote,
        }

    def outline(self) -> list[dict[str, Any]]:
        return [
            {"level": 2, "text": text, "start": self.text.index(text), "page": self.page_of(self.text.index(text))}
            for text in self.headings
        ]


def example_documents() -> tuple[FakeDocument, FakeDocument, FakeDocument]:
    return (
        FakeDocument(
            "course/handbook.pdf",
            "Student handbook",
            "application/pdf",
            "en",
            HANDBOOK,
            ("Assessment and deadlines", "Extensions", "Appeals"),
        ),
        FakeDocument("law/休假条例.pdf", "职工休假条例", "application/pdf", "zh-Hans", REGULATION, ("第三章 休假",)),
        FakeDocument(
            "clinic/blood-pressure.md",
            "Blood pressure at home",
            "text/markdown",
            "en",
            LEAFLET,
            ("Taking your blood pressure at home", "Looking after the cuff"),
        ),
    )


def page_png(document: FakeDocument, number: int, start: int, end: int, width: int) -> bytes:
    """A page of the document as a picture, the lines that hold the span highlighted."""
    picture = Image.new("RGB", (width, round(width * 1.414)), "white")
    draw = ImageDraw.Draw(picture)
    font = _font(width // 42)
    offset = sum(len(page) + 2 for page in document.pages[: number - 1])
    step, margin, per_line = width // 26, width // 10, 68 if document.language == "en" else 33
    top = margin
    for paragraph in document.pages[number - 1].split("\n"):
        for first in range(0, len(paragraph), per_line):
            line = paragraph[first : first + per_line]
            if offset + first < end and start < offset + first + len(line):
                draw.rectangle((margin - 4, top - 2, width - margin + 4, top + step - 4), fill="#ffe9a8")
            draw.text((margin, top), line, fill="#222222", font=font)
            top += step
        top += step // 2
        offset += len(paragraph) + 1
    draw.text((width // 2, round(width * 1.33)), str(number), fill="#777777", font=font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("NotoSansCJK-Regular.ttc", size)
    except OSError:
        return ImageFont.load_default(size)
