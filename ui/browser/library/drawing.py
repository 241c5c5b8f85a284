"""What the list of documents is given to draw: plain data, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.browser.api.file_replies import FileState, StoredFile
from ui.browser.figures import day_in, duration_in, moment_of, size_in
from ui.browser.labels import in_force, joined, kind_name, warning_sentence
from ui.browser.library.listing import Listing
from ui.browser.plain import seen
from ui.browser.wording import Words


def documents_data(files: Sequence[StoredFile], listing: Listing, now: float, words: Words) -> dict[str, Any]:
    """A part of a collection's documents. `now` is a moment of the clock that `listing` goes by."""
    return {
        "lang": words("html_language"),
        "delete_label": words("delete"),
        "retry_label": words("try_again"),
        "rows": [_row(file, listing.seconds_left(file, now), words) for file in files],
    }


def _row(file: StoredFile, seconds_left: float | None, words: Words) -> dict[str, Any]:
    title = seen(file.title or file.name)
    failed = file.state in (FileState.FAILED, FileState.CANCELLED)
    state = words(f"stage_{file.stage}") if _in_progress_stage(file, words) else words(f"state_{file.state.value}")
    # The reason of a file that is ready repeats its warnings.
    warnings = [warning_sentence(warning, words) for warning in file.warnings]
    notes = [file.reason or words("no_reason")] if failed else warnings or [file.reason]
    notes += [words("same_name", name=seen(file.name.rpartition("/")[2]))] if file.same_name else []
    return {
        "id": file.id,
        "title": title,
        "name": seen(file.name),
        "facts": _facts(file, words),
        "left": duration_in(seconds_left, words) if seconds_left is not None else "",
        "state": "failed" if failed else file.state.value,
        "state_label": state,
        "progress": file.progress,
        "notes": [note for note in notes if note],
        "can_open": file.state is FileState.COMPLETED,
        "can_retry": failed,
        "delete_label": words("delete_named", name=title),
        "retry_label": words("retry_named", name=title),
    }


def _in_progress_stage(file: StoredFile, words: Words) -> bool:
    return file.state is FileState.IN_PROGRESS and f"stage_{file.stage}" in words.strings


def _facts(file: StoredFile, words: Words) -> str:
    if file.state is not FileState.COMPLETED:
        return size_in(file.size) if file.size else ""
    pages = words.count("pages", file.pages) if file.pages else ""
    return joined(
        kind_name(file.media_type, words) if file.media_type else "",
        pages,
        words.count("passages", file.passages),
        size_in(file.size) if file.size else "",
        day_in(moment_of(file.created_at), words),
        in_force(file, words),
        words("between").join(seen(tag) for tag in file.tags),
    )
