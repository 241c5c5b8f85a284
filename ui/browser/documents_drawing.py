"""What the list of documents is given to draw: plain data, no Streamlit."""

from __future__ import annotations

from typing import Any

from ui.browser.drawing import in_force, joined
from ui.browser.plain import seen
from ui.browser.replies import FileState, StoredFile
from ui.browser.wording import Words


def documents_data(files: list[StoredFile], words: Words) -> dict[str, Any]:
    """A collection's documents."""
    return {
        "lang": words("html_language"),
        "delete_label": words("delete"),
        "rows": [_row(file, words) for file in files],
    }


def _row(file: StoredFile, words: Words) -> dict[str, Any]:
    title = seen(file.title or file.name)
    failed = file.state in (FileState.FAILED, FileState.CANCELLED)
    state = words(f"stage_{file.stage}") if _in_progress_stage(file, words) else words(f"state_{file.state.value}")
    # The reason of a file that is ready repeats its warnings.
    notes = (file.reason or words("no_reason"),) if failed else file.warnings or (file.reason,)
    return {
        "id": file.id,
        "title": title,
        "name": seen(file.name),
        "facts": _facts(file, words),
        "state": "failed" if failed else file.state.value,
        "state_label": state,
        "progress": file.progress,
        "notes": [note for note in notes if note],
        "delete_label": words("delete_named", name=title),
    }


def _in_progress_stage(file: StoredFile, words: Words) -> bool:
    return file.state is FileState.IN_PROGRESS and f"stage_{file.stage}" in words.strings


def _facts(file: StoredFile, words: Words) -> str:
    if file.state is not FileState.COMPLETED:
        return ""
    pages = words.count("pages", file.pages) if file.pages else ""
    return joined(pages, words.count("passages", file.passages), in_force(file, words))
