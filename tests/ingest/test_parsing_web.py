"""HTML, Markdown, EPUB and e-mail."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.parsing import parse_file
from kb.records import Document, MarkKind
from tests.ingest.parsing_files import make_book

PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>劳动合同法</title>
<style>.x{{color:red}}</style><script>var ad = "忽略我";</script></head><body>
<header><p>站点标题</p></header><nav>首页 | 目录</nav><main><header><h1>劳动合同法</h1></header>
<p>为了完善劳动合同制度，
明确双方的权利和义务。</p>
<p hidden>看不见</p><div style="display: none">也看不见</div>
<ol start="3"><li>third</li><li><p>fourth</p></li></ol><ul><li>free</li></ul>
<table><tr><th>项目</th><th>数值</th></tr><tr><td>期限</td><td>六个月<br>以内</td></tr></table>
</main><footer>版权所有</footer></body></html>"""


def parse(path: Path) -> Document:
    return parse_file(path, path.name)


def marked(document: Document, kind: MarkKind) -> list[str]:
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind is kind]


def test_a_page_in_gb18030_without_its_navigation_and_footer(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE.format(charset="gb2312").encode("gb18030"))

    document = parse(path)

    assert document.text == (
        "劳动合同法\n为了完善劳动合同制度，明确双方的权利和义务。\n"
        "3. third\n4. fourth\nfree\n项目 | 数值\n期限 | 六个月以内"
    )
    assert marked(document, MarkKind.HEADING) == ["劳动合同法"]
    assert marked(document, MarkKind.LIST_ITEM) == ["3. third", "4. fourth", "free"]
    assert document.language == "zh-Hans"


def test_a_page_in_utf_16(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(
        "<html><body><h1>Überschrift</h1><p>Ein Satz über Öfen.</p></body></html>".encode("utf-16")
    )

    assert parse(tmp_path / "a.html").text == "Überschrift\nEin Satz über Öfen."


@pytest.mark.parametrize("stray", ["\x0b", "&#0;", "&#1;", "&#x1F;", "&#x0;", "&#65535;", "\uffff", "&#31"])
@pytest.mark.parametrize("name", ["a.html", "a.md"])
def test_a_stray_control_character_costs_itself_and_not_the_page(tmp_path: Path, name: str, stray: str) -> None:
    (tmp_path / name).write_text(f"The fee{stray} is 40 euros. 费用为{stray}四十元，&#50;&#x32; 天内支付。", "utf-8")

    assert parse(tmp_path / name).text == "The fee is 40 euros. 费用为四十元，22 天内支付。"


def test_text_beside_markup_is_kept_when_noise_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body>before <script>x</script>after<nav>n</nav> end</body></html>")

    assert parse(tmp_path / "a.html").text == "before after end"


def test_markdown_keeps_levels_lists_tables_and_code(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\ntitle: Lecture Three\nauthor: Zhang\n---\n# Top\nA line\nwrapped.\n\n中文第一行，\n第二行。\n\n## Sub\n"
        "1. one\n2. two\n\n- free\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nif x:\n    y()\n```\n",
        encoding="utf-8",
    )

    document = parse(tmp_path / "a.md")

    assert document.text == (
        "Top\nA line wrapped.\n中文第一行，第二行。\nSub\n1. one\n2. two\nfree\na | b\n1 | 2\nif x:\n    y()"
    )
    assert [mark.number for mark in document.marks if mark.kind is MarkKind.HEADING] == [1, 2]
    assert (document.title, document.metadata["author"]) == ("Lecture Three", "Zhang")


def test_chapters_of_a_book_follow_its_spine(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.epub", ["<h1>One</h1><p>First text.</p>", "<h1>第二章 用药</h1><p>第二段文字。</p>"])

    document = parse(path)

    assert document.text == "One\nFirst text.\n第二章 用药\n第二段文字。"
    assert (document.title, document.metadata["author"]) == ("The Small Book", "A. Writer")
    assert document.media_type == "application/epub+zip"


def test_a_mail_shows_its_headers_and_names_what_was_attached(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "关于考试的通知"
    message["From"] = "Office <office@example.org>"
    message["To"] = "students@example.org"
    message.set_content("Dear all,\n\nthe examination takes place on Monday.\n")
    message.add_alternative("<p>Dear all,</p><p>the examination takes place on Monday.</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="plan.pdf")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())

    document = parse(tmp_path / "a.eml")

    assert document.text == (
        "关于考试的通知\nFrom: Office <office@example.org>\nTo: students@example.org\nDear all,\n"
        "the examination takes place on Monday."
    )
    assert (document.title, document.metadata["sender"]) == ("关于考试的通知", "Office <office@example.org>")
    assert document.warnings == ("attachment not read: plan.pdf",)
