"""A look at a page for anything that text from outside has become, other than text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What a page would hold if anything from outside had been taken for HTML, Markdown, a formula or an icon. Inside our
# own components nothing stands but these elements with these attributes, whatever is shown in them.
_LOOK = """() => {
  const roots = [document];
  for (const root of roots) {
    for (const node of root.querySelectorAll("*")) if (node.shadowRoot) roots.push(node.shadowRoot);
  }
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const main = (selector) => all(selector).filter((node) => !node.closest("[data-testid=stSidebarNav], head"));
  const tags = new Set(["SECTION", "DIV", "P", "SPAN", "H2", "H3", "UL", "OL", "LI", "BUTTON", "STRONG", "MARK",
    "FIGURE", "IMG", "svg", "polyline", "DETAILS", "SUMMARY", "TEXTAREA", "TABLE", "TBODY", "TR", "TD"]);
  const attributes = new RegExp("^(class|id|type|title|role|lang|hidden|open|disabled|tabindex|src|alt|style"
    + "|data-(place|verdict|state|act)|aria-[a-z]+|viewBox|preserveAspectRatio|points)$");
  const strange = (node) => !tags.has(node.tagName) || [...node.attributes].some((one) => !attributes.test(one.name));
  const handled = (node) => [...node.attributes].some((one) => one.name.startsWith("on"));
  return {
    pwned: window.pwned ? ["yes"] : [],
    evil: all("[href*=evil], [src*=evil], [srcset], [ping], [style*=url], [href^=javascript], form[action]")
      .concat(all("base, iframe, frame, object, embed")).map((n) => n.outerHTML),
    handlers: all("*").filter(handled).map((n) => n.outerHTML),
    ours: all(".ibid, .ibid *").filter(strange).map((n) => n.outerHTML),
    marks: main("main strong, main em, main del, main table, main .katex, main h1, main blockquote, main code")
      .filter((n) => !n.closest("[data-testid=stHeading], [data-testid=stDataFrame]")).map((n) => n.outerHTML),
    pictures: all("img:not([data-testid=stSidebarLogo], [data-testid=stHeaderLogo])").map((n) => n.src)
      .filter((src) => !src.startsWith("data:image/png")),
    scripts: all("script").map((n) => n.textContent).filter((text) => text.includes("pwned")),
  };
}"""

NOTHING: dict[str, list[str]] = {
    kind: [] for kind in ("pwned", "evil", "handlers", "ours", "marks", "pictures", "scripts")
}


def intruders(page: Any) -> dict[str, list[str]]:
    """What the page holds that only text from outside can have brought, as HTML."""
    found: dict[str, list[str]] = page.evaluate(_LOOK)
    return found


@contextmanager
def nothing_happens(page: Any, app: str) -> Iterator[None]:
    """Fails where the page asks anybody but the app for anything, opens a window or a dialog, or leaves."""
    happened: list[str] = []

    def watch_requests(request: Any) -> None:
        if not is_ours(request.url, app):
            happened.append(f"asked for {request.url}")

    def watch_places(frame: Any) -> None:
        if not is_ours(frame.url, app):
            happened.append(f"went to {frame.url}")

    def dismiss(dialog: Any) -> None:
        happened.append(f"said {dialog.message}")
        dialog.dismiss()

    page.on("request", watch_requests)
    page.on("dialog", dismiss)
    page.on("popup", lambda popup: happened.append(f"opened {popup.url}"))
    page.on("frameattached", lambda frame: happened.append(f"framed {frame.url}"))
    page.on(
        "framenavigated", lambda frame: None if is_ours(frame.url, app) else happened.append(f"went to {frame.url}")
    )
    page.on("pageerror", lambda error: happened.append(f"failed with {error}"))
    yield
    assert happened == []


def is_ours(requested: str, app: str) -> bool:
    """Whether this address is the app's own, or holds its content in itself."""
    origin = "/".join(app.split("/", 3)[:3])
    return requested.startswith((f"{origin}/", "data:", "blob:"))
