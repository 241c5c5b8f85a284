"""What the Library asks the server: collections, the files in them, and collections as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO

from ui.browser.api.connection import Connection, json_of, quoted, store_path
from ui.browser.api.document_replies import (
    DocumentFacts,
    PassagePage,
    Removal,
    read_facts,
    read_passage_page,
    read_removal,
)
from ui.browser.api.file_replies import (
    CollectionSummary,
    DocumentsPart,
    FileState,
    FilterChoices,
    Order,
    read_choices,
    read_collection,
    read_part,
)
from ui.browser.api.parsing import parse, texts

Attributes = Mapping[str, str | int | float | bool]

# Parts of an upload are at most 64 MB each; with these, a slow line loses little when it breaks.
_PART_BYTES = 16_000_000

# The most that the server looks for in names.
_LONGEST_WORDS = 256

# A collection is written to a file before the first byte comes, and read by the server when the last one is there.
_PORTING_SECONDS = 600.0


class LibraryRequests(Connection):
    """Every method raises `ClientError` where the server does not do what it was asked."""

    def collections(self) -> tuple[CollectionSummary, ...]:
        """All collections, the default one first."""
        found = (parse(read_collection, item) for item in self._listed("/v1/vector_stores"))
        return tuple(sorted(found, key=lambda item: (item.name != "default", item.name)))

    def collection(self, name: str) -> CollectionSummary:
        """One collection as it is now."""
        return parse(read_collection, json_of(self._asked("GET", store_path(name))))

    def create_collection(self, name: str, description: str = "", policy: str = "") -> str:
        """Makes an empty collection; returns the name that the server gave it."""
        body: dict[str, object] = {"name": name}
        if description:
            body["description"] = description
        if policy:
            body["metadata"] = {"policy": policy}
        made = self._asked("POST", "/v1/vector_stores", json=body)
        return parse(lambda value: str(value["id"]), json_of(made))

    def describe_collection(self, name: str, title: str, description: str, policy: str) -> None:
        """Changes what is said of a collection and what happens to sentences that its documents do not bear out."""
        body = {"title": title, "description": description, "policy": policy}
        self._asked("POST", f"/ibid/collections/{quoted(name)}/description", json=body)

    def delete_collection(self, name: str) -> None:
        """Removes a collection with everything in it."""
        self._asked("DELETE", store_path(name))

    def removal(self, collection: str, document_id: str = "") -> Removal:
        """What deleting a collection, or one document of it, would remove."""
        parameters = {"document_id": document_id} if document_id else {}
        reply = self._asked("GET", f"/ibid/collections/{quoted(collection)}/removal", params=parameters)
        return parse(read_removal, json_of(reply))

    def documents(
        self,
        collection: str,
        words: str = "",
        state: FileState | None = None,
        order: Order = Order.ATTENTION,
        *,
        first: int = 0,
        limit: int = 50,
    ) -> DocumentsPart:
        """A part of the documents and of the files on their way in; those that failed with those that were cancelled.

        Args:
            collection: that holds them.
            words: all of which the title, the name or the tags hold.
            state: that they are in, where it is given.
            order: in which they come.
            first: how many of them come before the part.
            limit: how many it has at the most, up to 100.
        """
        asked: dict[str, str | int] = {"words": words[:_LONGEST_WORDS], "order": order.value}
        if state is not None:
            asked["state"] = state.value
        path = f"/ibid/collections/{quoted(collection)}/documents"
        return parse(read_part, json_of(self._asked("GET", path, params={**asked, "first": first, "limit": limit})))

    def choices(self, collection: str, words: str, limit: int) -> FilterChoices:
        """What a search can be filtered by; of the documents, at most `limit` that hold the words."""
        asked: dict[str, str | int] = {"words": words[:_LONGEST_WORDS], "limit": limit}
        reply = self._asked("GET", f"/ibid/collections/{quoted(collection)}/filters", params=asked)
        return parse(read_choices, json_of(reply))

    def held(self, collection: str, *, ids: Sequence[str] = (), names: Sequence[str] = ()) -> frozenset[str]:
        """Those of these documents' ids and file names (without folders) that can be searched in the collection."""
        body = {"ids": list(ids), "names": list(names)}
        reply = self._asked("POST", f"/ibid/collections/{quoted(collection)}/held", json=body)
        return parse(lambda value: frozenset((*texts(value["ids"]), *texts(value["names"]))), json_of(reply))

    def add_file(self, collection: str, name: str, content: IO[bytes], attributes: Attributes | None = None) -> str:
        """Uploads a file and queues it for a collection; returns its id."""
        stored = self._asked("POST", "/v1/files", files={"file": (name, content)}, data={"purpose": "assistants"})
        file_id = parse(lambda value: str(value["id"]), json_of(stored))
        self.queue_file(collection, file_id, attributes)
        return file_id

    def queue_file(self, collection: str, file_id: str, attributes: Attributes | None = None) -> None:
        """Has a file read (again) that was uploaded."""
        body = {"file_id": file_id, **({"attributes": dict(attributes)} if attributes else {})}
        self._asked("POST", f"{store_path(collection)}/files", json=body)

    def delete_file(self, collection: str, file_id: str) -> None:
        """Deletes a document from a collection; from then on no search finds it."""
        self._asked("DELETE", f"{store_path(collection)}/files/{quoted(file_id)}")

    def facts(self, collection: str, document_id: str) -> DocumentFacts:
        """What is known of a document."""
        reply = self._asked("GET", f"/documents/{quoted(document_id)}", params={"collection": collection})
        return parse(read_facts, json_of(reply))

    def passages(self, collection: str, document_id: str, first: int, most: int, at: int | None = None) -> PassagePage:
        """Passages of a document from the `first`, or from the one that holds the offset `at`."""
        wanted: dict[str, str | int] = {"collection": collection, "first": first, "limit": most}
        if at is not None:
            wanted["at"] = at
        reply = self._asked("GET", f"/documents/{quoted(document_id)}/passages", params=wanted)
        return parse(read_passage_page, json_of(reply))

    def describe_document(self, collection: str, document_id: str, given: Attributes) -> None:
        """Puts what people say of a document in the place of what they said before."""
        path = f"{store_path(collection)}/files/{quoted(document_id)}"
        self._asked("POST", path, json={"attributes": dict(given)})

    def exported(self, collection: str) -> bytes:
        """The collection as one file, which the server's `import` takes."""
        path = f"/ibid/collections/{quoted(collection)}/export"
        return self._asked("GET", path, expected="application/octet-stream", timeout=_PORTING_SECONDS).content

    def import_collection(self, content: IO[bytes], size: int, name: str = "") -> str:
        """Makes a collection of an exported file of `size` bytes; returns its name. The upload is given up again."""
        told = {"filename": "collection.ibid", "purpose": "user_data", "bytes": size}
        begun = self._asked("POST", "/v1/uploads", json={**told, "mime_type": "application/octet-stream"})
        upload = parse(lambda value: f"/v1/uploads/{quoted(str(value['id']))}", json_of(begun))
        parts = []
        while chunk := content.read(_PART_BYTES):
            part = self._asked("POST", f"{upload}/parts", files={"data": ("part", chunk)})
            parts.append(parse(lambda value: str(value["id"]), json_of(part)))
        ended = self._asked("POST", f"{upload}/complete", json={"part_ids": parts})
        file_id = parse(lambda value: str(value["file"]["id"]), json_of(ended))
        try:
            body = {"file_id": file_id, "name": name}
            made = self._asked("POST", "/ibid/collections/import", json=body, timeout=_PORTING_SECONDS)
            return parse(lambda value: str(value["id"]), json_of(made))
        finally:
            self._asked("DELETE", f"/v1/files/{quoted(file_id)}", also=(404,))
