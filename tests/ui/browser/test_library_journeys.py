"""What people do in the Library, on a document's page and on Look after, in a real browser with the real server."""

from __future__ import annotations

import io
import secrets
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.chromium import PATIENCE, running_app
from tests.ui.browser.intruders import NOTHING, intruders
from tests.ui.browser.payloads import all_payloads
from tests.ui.browser.real_server import real_server
from tests.ui.browser.test_accessibility import axe, violations
from tests.ui.browser.test_journeys import visit
from ui.browser.api.client import Client
from ui.browser.api.file_replies import FileState

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["axe"]  # a fixture

RULES = (
    "# House rules\n\n## Quiet\n\nThe house is quiet from 22:00.\n\n## Fees\n\n| Room | Fee |\n|---|---|\n| A | 40 |\n"
)
LONG = "".join(f"# Part {number}\n\n{'It says something of no importance. ' * 60}\n\n" for number in range(60))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_server(tmp_path_factory.mktemp("ibid")) as url:
        yield url


@pytest.fixture(scope="module")
def address(chrome: Any, api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(api, tmp_path_factory.mktemp("home")) as url:
        yield url


def take_in(client: Client, collection: str, files: dict[str, str], **attributes: str) -> None:
    for name, text in files.items():
        client.add_file(collection, name, io.BytesIO(text.encode()), attributes)
    for _ in range(300):
        if not client.documents(collection, state=FileState.IN_PROGRESS).files:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the files were not taken in")


def zip_of(folder: dict[str, str], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in folder.items():
            archive.writestr(name, text)
    return path


def send(page: Any, *files: Path) -> None:
    page.locator(".st-key-files").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(list(map(str, files)))
    page.get_by_test_id("stFileChip").last.wait_for()
    page.get_by_role("button", name="Add", exact=True).click()


def settled(page: Any) -> None:
    """Waits until nothing is drawn any more."""
    page.wait_for_timeout(300)  # a click may only just be on its way
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def manage(page: Any, entry: str) -> Any:
    page.get_by_test_id("stPopover").get_by_role("button").first.click()
    page.locator(f".st-key-collection-{entry} button").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


def test_a_collection_is_made_filled_from_a_zip_saved_deleted_and_taken_in_again(
    chrome: Any, address: str, tmp_path: Path
) -> None:
    folder = zip_of(
        {"house/rules.md": RULES, "house/.DS_Store": "x", "../out.txt": "Out of the house."}, tmp_path / "h.zip"
    )
    with visit(chrome, f"{address}/library") as page:
        dialog = manage(page, "new")
        dialog.get_by_label("Name", exact=True).fill("house")
        dialog.get_by_label("Name", exact=True).press("Tab")
        dialog.get_by_label("What is in it").fill("What holds in the house")
        dialog.get_by_label("What is in it").press("Tab")
        dialog.get_by_role("button", name="Make it").click()
        page.get_by_text("What holds in the house").first.wait_for()

        send(page, folder)
        page.locator(".row[data-state=completed]", has_text="House rules").wait_for()
        page.locator(".row[data-state=completed]", has_text="out.txt").wait_for()
        assert page.locator(".row").count() == 2
        send(page, folder.rename(tmp_path / "again.zip"))
        page.get_by_text("2 files are in this collection already").wait_for()

        dialog = manage(page, "export")
        with page.expect_download() as saved:
            dialog.get_by_role("button", name="Save the file").click()
        kept = tmp_path / "house.ibid"
        saved.value.save_as(kept)
        dialog.get_by_role("button", name="Close").click()
        dialog.wait_for(state="detached")

        dialog = manage(page, "remove")
        dialog.get_by_text("Removed: 2 documents").wait_for()
        dialog.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_text("The collection is deleted").wait_for()
        page.locator(".row", has_text="out.txt").wait_for(state="detached")

        dialog = manage(page, "import")
        dialog.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(kept))
        dialog.get_by_test_id("stFileChip").wait_for()
        dialog.get_by_role("button", name="Take in").click()
        page.locator(".row", has_text="House rules").wait_for()
        assert page.locator(".row").count() == 2


def test_a_document_is_read_by_its_outline_renamed_and_replaced(
    chrome: Any, api: str, address: str, tmp_path: Path
) -> None:
    client, name = Client(api), f"reading-{secrets.token_hex(3)}"
    client.create_collection(name)
    take_in(client, name, {"long.md": LONG})
    newer = tmp_path / "long-2.md"
    newer.write_text(LONG.replace("Part", "Chapter"))
    [file] = client.documents(name).files
    with visit(chrome, f"{address}/document?collection={name}&document={file.document_id}", width=390) as page:
        page.locator(".heading", has_text="Part 50").click()
        page.locator(".passage", has_text="Part 50").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_text("Details", exact=True).click()
        page.get_by_label("Title").fill("The long one 长文")
        page.get_by_label("Title").press("Tab")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("heading", name="The long one 长文").wait_for()
        page.get_by_text("Replace with a newer file").click()
        page.locator(".st-key-newer").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(newer))
        page.get_by_test_id("stFileChip").wait_for()
        page.get_by_role("button", name="Replace", exact=True).click()
        page.locator(".row[data-state=completed]", has_text="long-2.md").wait_for()
        page.locator(".open", has_text="The long one").click()
        page.get_by_text("Replaced by “Chapter 0”.").wait_for()
        page.get_by_test_id("stBaseButton-tertiary").get_by_text("Open").click()
        page.get_by_role("heading", name="Chapter 0", level=2).or_(
            page.get_by_role("heading", name="Chapter 0")
        ).first.wait_for()
        page.get_by_text("Replaces “The long one 长文”.").wait_for()


FOCUSED_WHILE_IT_OPENS = """async details => {
    details.querySelector("summary").click();
    const scrolled = [];
    while (scrolled.length < 20) {
        await new Promise(requestAnimationFrame);
        const button = details.querySelector("button[kind=primaryFormSubmit]");
        if (!button) continue;
        button.blur();
        button.focus();
        scrolled.push(details.scrollTop);
    }
    return scrolled;
}"""


def test_a_form_stays_under_the_pointer_while_it_opens(chrome: Any, api: str, address: str) -> None:
    client, name = Client(api), f"opening-{secrets.token_hex(3)}"
    client.create_collection(name)
    take_in(client, name, {"house.md": RULES})
    [file] = client.documents(name).files
    with visit(chrome, f"{address}/document?collection={name}&document={file.document_id}", width=390) as page:
        page.locator(".passage").first.wait_for()
        form = page.get_by_test_id("stExpander").locator("details", has_text="Replace with a newer file")
        assert form.evaluate(FOCUSED_WHILE_IT_OPENS) == [0] * 20


def test_a_long_list_comes_in_parts_and_is_searched(chrome: Any, api: str, address: str) -> None:
    client = Client(api)
    client.create_collection("many")
    take_in(client, "many", {f"note-{number:02}.txt": f"Note {number}\n\nof no importance" for number in range(60)})
    with visit(chrome, f"{address}/library") as page:
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name="many", exact=True).click()
        page.locator(".row", has_text="note-00").wait_for()
        assert page.locator(".row").count() == 50
        page.get_by_label("Part of the list").click()
        page.get_by_role("option", name="51–60 of 60").click()
        page.locator(".row", has_text="note-59").wait_for()
        assert page.locator(".row").count() == 10
        page.get_by_label("Find by name").fill("note-07")
        page.get_by_label("Find by name").press("Enter")
        page.locator(".row").nth(1).wait_for(state="detached")
        assert "note-07" in page.locator(".row").text_content()


def test_on_a_narrow_screen_the_form_is_a_tap_away(chrome: Any, api: str, address: str) -> None:
    client = Client(api)
    client.create_collection("tall")
    take_in(client, "tall", {f"note-{number:02}.txt": f"Note {number}\n\nof no importance" for number in range(20)})
    within = "() => { const top = document.getElementById('add-documents').getBoundingClientRect().top; "
    within += "return top >= 0 && top < innerHeight; }"
    with visit(chrome, f"{address}/library?lang=zh", width=390) as page:
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name="tall", exact=True).click()
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        page.locator(".row", has_text="note-19").wait_for()
        assert not page.evaluate(within)
        page.get_by_role("link", name="添加文档").click()
        page.wait_for_function(within)
    with visit(chrome, f"{address}/library") as page:
        page.get_by_role("heading", name="Add documents").wait_for()
        assert not page.get_by_role("link", name="Add documents").is_visible()


def test_a_file_that_is_too_large_is_refused_in_the_language_of_the_interface(
    chrome: Any, address: str, tmp_path: Path
) -> None:
    large = tmp_path / "Close.txt"  # no word of Streamlit's, though it has one that reads so
    with large.open("wb") as file:
        file.truncate(110 << 20)  # 100 MB are the limit, and nothing of it is sent
    with visit(chrome, f"{address}/library?lang=zh") as page:
        page.locator(".st-key-files").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(large))
        chip = page.get_by_test_id("stFileChip")
        chip.get_by_role("alert").filter(has_text="错误：文件不得超过 100.0 MB。").wait_for(state="attached")
        assert chip.get_by_test_id("stFileChipName").inner_text() == "Close.txt"
        chip.hover()
        page.get_by_role("tooltip", name="").filter(has_text="文件不得超过 100.0 MB。").wait_for()


def test_what_failed_is_tried_again_with_a_click(chrome: Any, api: str, address: str) -> None:
    client = Client(api)
    client.create_collection("failing")
    take_in(client, "failing", {"torn.pdf": "%PDF-1.7 and no more"})
    with visit(chrome, f"{address}/library", locale="zh-CN") as page:
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name="failing", exact=True).click()
        page.get_by_role("button", name="重试 torn.pdf").click()
        # That it is being read may be over before it can be seen.
        page.get_by_text("正在重新读取 torn.pdf。").wait_for()
        page.locator(".row[data-state=failed]", has_text="torn.pdf").wait_for()


@pytest.mark.parametrize(("locale", "scheme", "width"), [("en-GB", "light", 1600), ("zh-CN", "dark", 390)])
def test_these_pages_keep_nobody_out(
    chrome: Any,
    api: str,
    address: str,
    axe: str,
    locale: str,
    scheme: str,
    width: int,
) -> None:
    client = Client(api)
    take_in(client, "default", {"rules.md": RULES, "torn.pdf": "%PDF-1.7 and no more"})
    ready = next(file for file in client.documents("default").files if file.state is FileState.COMPLETED)
    context = chrome.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    found = []
    try:
        page = context.new_page()
        page.goto(f"{address}/library")
        page.locator(".row").nth(1).wait_for()
        found += violations(page, axe)
        manage(page, "edit")
        settled(page)  # what waits to be drawn anew is paler
        found += violations(page, axe)
        page.goto(f"{address}/document?collection=default&document={ready.document_id}")
        page.locator(".passage").first.wait_for()
        page.locator("[data-testid=stExpander] summary").first.click()
        found += violations(page, axe)
        page.goto(f"{address}/look-after")
        for section in range(4):
            page.locator(".st-key-section button").nth(section).click()
            page.locator(".st-key-section button[data-selected=true] >> nth=0").wait_for()
            page.wait_for_timeout(1000)
            settled(page)
            found += violations(page, axe)
        assert found == []
    finally:
        context.close()


def test_names_titles_tags_and_descriptions_of_others_stay_text(chrome: Any, api: str, address: str) -> None:
    client = Client(api)
    # Without those that the server's parser of Markdown takes for a damaged file.
    payloads = [text for text in all_payloads() if text.isprintable() and len(text) < 250 and "&#" not in text]
    name = client.create_collection(payloads[0], description=" ".join(payloads)[:4000])
    parts = "\n\n".join(
        f"# {payload}\n\n{payload}\n\n| {payload} | b |\n|---|---|\n| {payload} | 1 |" for payload in payloads
    )
    take_in(client, name, {f"{payloads[1][:80]}.md": parts}, tags=payloads[2], owner=payloads[3])
    [file] = client.documents(name).files
    client.describe_document(name, file.document_id, {"title": payloads[4], "tags": payloads[2]})
    with visit(chrome, f"{address}/library") as page:
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name=payloads[0], exact=True).click()
        page.locator(".open", has_text=payloads[4]).wait_for()
        assert intruders(page) == NOTHING
        manage(page, "remove").get_by_text("Removed: 1 document").wait_for()
        assert intruders(page) == NOTHING
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.locator(".open").click()
        page.locator(".passage").nth(5).wait_for()
        assert payloads[4] in page.locator("h2").first.text_content().replace("\u200b", "")
        assert page.locator(".table").count() > 0
        assert intruders(page) == NOTHING
        page.get_by_text("Details", exact=True).click()
        page.get_by_label("Tags", exact=True).wait_for()
        assert intruders(page) == NOTHING
        page.goto(f"{address}/look-after")
        page.locator(".st-key-section button").nth(3).click()
        page.locator(".record", has_text="Disk").wait_for()
        assert intruders(page) == NOTHING
