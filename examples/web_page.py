"""Writes a source as one HTML page, with the navigation and the foot that real pages have."""

import html
from pathlib import Path

from source_text import Block, Source, runs, spoken


def _inline(text: str) -> str:
    tags = {"plain": "{}", "bold": "<strong>{}</strong>", "italic": "<em>{}</em>", "code": "<code>{}</code>"}
    return "".join(tags[style].format(html.escape(piece, quote=False)) for piece, style in runs(text))


def _element(block: Block, number: int) -> str:
    if block.kind == "heading":
        level = block.level + 1  # the page's title is its h1
        return f'<h{level} id="s{number}">{_inline(block.text)}</h{level}>'
    if block.kind in {"bullets", "numbered"}:
        tag = "ul" if block.kind == "bullets" else "ol"
        return f"<{tag}>\n" + "\n".join(f"<li>{_inline(text)}</li>" for text in block.texts) + f"\n</{tag}>"
    if block.kind == "table":
        head, *body = block.rows
        lines = ["<table>", "<tr>" + "".join(f"<th>{_inline(cell)}</th>" for cell in head) + "</tr>"]
        lines += ["<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in body]
        return "\n".join([*lines, "</table>"])
    tag = "blockquote" if block.kind == "note" else "p"
    return f"<{tag}>{_inline(block.text)}</{tag}>"


def write_html(source: Source, path: Path) -> None:
    """Write the source to `path`."""
    numbered = list(enumerate(source.blocks))
    links = "\n".join(
        f'<li><a href="#s{at}">{html.escape(spoken(block.text))}</a></li>'
        for at, block in numbered
        if block.kind == "heading" and block.level == 1
    )
    body = "\n".join(_element(block, at) for at, block in numbered)
    title = html.escape(source.fact("title"), quote=False)
    byline = "\n".join(
        f'<p class="byline">{html.escape(line)}</p>' for line in source.fact("byline").split(" / ") if line
    )
    page = f"""<!DOCTYPE html>
<html lang="{source.fact("language")}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="author" content="{html.escape(source.fact("author"))}">
<style>body {{ max-width: 46em; margin: auto; line-height: 1.6 }} table {{ border-collapse: collapse }}
td, th {{ border: 1px solid #999; padding: 0.2em 0.6em }}</style>
<script>document.documentElement.dataset.ready = "yes";</script>
</head>
<body>
<header>{html.escape(source.fact("header"))}</header>
<nav>
<ul>
{links}
</ul>
</nav>
<main>
<h1>{title}</h1>
{byline}
{body}
</main>
<footer>{html.escape(source.fact("footer"))}</footer>
</body>
</html>
"""
    path.write_text(page, encoding="utf-8")
