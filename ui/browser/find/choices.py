"""What a collection's passages can be filtered by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ui.browser.api.file_replies import FileState, StoredFile
from ui.browser.plain import seen


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by in a collection: its documents by id, and what they are."""

    documents: Mapping[str, str]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    languages: tuple[str, ...]


def choices_in(files: Sequence[StoredFile]) -> Choices:
    """The choices that the documents of a collection leave."""
    ready = [file for file in files if file.state is FileState.COMPLETED]
    names = {file.document_id: seen(file.title or file.name) for file in ready if file.document_id}
    return Choices(
        dict(sorted(names.items(), key=lambda item: item[1].casefold())),
        _each(file.media_type for file in ready),
        _each(tag for file in ready for tag in file.tags),
        _each(file.language for file in ready),
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
