"""Past answers that cite what is no longer there: found from the catalogs' live rows, with a note of when it left.

The note is an addition: it dates a withdrawal, but whether there is one, the collection alone says (kb/standing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kb.catalog import Catalog
from kb.catalog.collections import open_collection
from kb.catalog.versions import today
from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.answers import PastAnswer, answers_citing, cited_documents
from kb.home.home import Home, home_around
from kb.records import Citation
from kb.standing import CitationState, Standing, standings_of


@dataclass
class Withdrawn:
    """The numbers of the past answers that cite what one command withdrew or put a newer version in the place of."""

    answers: tuple[int, ...] = ()


@contextmanager
def noting_withdrawals(home: Home, catalog: Catalog) -> Iterator[Withdrawn]:
    """Notes which cited documents leave `catalog` inside the block; what is yielded knows it after the block."""
    cited = cited_documents(home, catalog.name)
    before, in_place = _live(catalog, cited)
    found = Withdrawn()
    try:
        yield found
    finally:
        live, still_in_place = _live(catalog, cited)
        gone = before - live
        found.answers = answers_citing(home, catalog.name, gone | (in_place - still_in_place))
        if gone:
            moment = now()
            with home.writing() as connection:
                rows = [(catalog.name, document_id, moment) for document_id in gone]
                connection.executemany("INSERT OR REPLACE INTO withdrawals VALUES (?, ?, ?)", rows)


@contextmanager
def noting_at_home(catalog: Catalog) -> Iterator[None]:
    """The same for programs that have only the collection: noted in the home folder around it, if it stands in one."""
    with home_around(catalog.folder) as home:
        if home is None:
            yield
            return
        with noting_withdrawals(home, catalog):
            yield


def standings_by_answer(home: Home, answers: Sequence[PastAnswer]) -> dict[int, tuple[Standing, ...]]:
    """What became of the citations of each answer, by its number."""
    by_collection: dict[str, list[Citation]] = {}
    for past in answers:
        for citation in past.answer.citations:
            by_collection.setdefault(citation.collection or past.answer.collection, []).append(citation)
    standings = {
        collection: iter(_dated_standings(home, collection, citations))
        for collection, citations in by_collection.items()
    }
    return {
        past.number: tuple(
            _as_given(next(standings[citation.collection or past.answer.collection]), past)
            for citation in past.answer.citations
        )
        for past in answers
    }


def _as_given(standing: Standing, past: PastAnswer) -> Standing:
    """The standing for one answer: who asked for an older version when the newer one was there got what they wanted."""
    newer = standing.replacement
    if standing.state is not CitationState.SUPERSEDED or newer is None:
        return standing
    knew = newer.added_at < past.created_at and newer.effective_from <= past.created_at[:10]
    return Standing(standing.citation, CitationState.STANDS) if knew else standing


def dated(home: Home, collection: str, standings: Sequence[Standing]) -> tuple[Standing, ...]:
    """The standings with the moment at which each document left, where it was noted."""
    if all(standing.stands for standing in standings):
        return tuple(standings)
    with home.reading() as connection:
        query = "SELECT document_id, at FROM withdrawals WHERE collection = ?"
        noted: dict[str, str] = dict(connection.execute(query, (collection,)))
    return tuple(
        standing
        if standing.stands or standing.since
        else replace(standing, since=noted.get(standing.citation.document_id, ""))
        for standing in standings
    )


def _dated_standings(home: Home, collection: str, citations: Sequence[Citation]) -> tuple[Standing, ...]:
    try:
        catalog = open_collection(home.folder, collection)
    except NotFoundError:
        return dated(home, collection, standings_of(citations, None))
    try:
        return dated(home, collection, standings_of(citations, catalog))
    finally:
        catalog.close()


def _live(catalog: Catalog, document_ids: set[str]) -> tuple[set[str], set[str]]:
    """Those of the documents that are there, and those of these in whose place no newer version is."""
    with catalog.snapshot() as snapshot:
        entries = [snapshot.entry(document_id) for document_id in document_ids if snapshot.has_document(document_id)]
        newer = {id_: snapshot.entry(id_) for entry in entries for id_ in entry.replaced_by}
    day = today().isoformat()
    in_place = {entry.id for entry in entries if not any(newer[id_].effective_from <= day for id_ in entry.replaced_by)}
    return {entry.id for entry in entries}, in_place
