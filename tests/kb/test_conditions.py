"""Conditions on attributes: every comparison, joined and nested, by numbers, texts and truth values."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.catalog.collections import create_collection
from kb.catalog.filtering import matching_passages
from kb.conditions import Comparing, Comparison, Joined, Joining, meets, read_condition
from kb.errors import UsageError
from kb.records import Filters
from tests.fakes import HashEmbedder
from tests.serving.library import store_text

KNOWN = {
    "year": {"2026"},
    "price": {"9.50"},
    "course": {"criminal law"},
    "tags": {"刑法, a", "刑法", "a"},
    "draft": {"true"},
}


def holds(kind: str, key: str, value: Any) -> bool:
    return meets(read_condition({"type": kind, "key": key, "value": value}), lambda name: KNOWN.get(name, set()))


@pytest.mark.parametrize(
    ("kind", "key", "value", "expected"),
    [
        ("eq", "year", 2026, True),
        ("eq", "year", 2026.0, True),
        ("eq", "year", "2026", True),
        ("eq", "price", 9.5, True),
        ("eq", "price", "9.5", False),  # a text is compared as a text
        ("eq", "course", "Criminal LAW", True),
        ("eq", "draft", True, True),
        ("eq", "draft", False, False),
        ("eq", "none", "x", False),
        ("ne", "year", 2025, True),
        ("ne", "none", "x", True),
        ("ne", "tags", "刑法", False),
        ("gt", "year", 2025, True),
        ("gt", "year", 2026, False),
        ("gte", "year", 2026, True),
        ("lt", "price", 9.51, True),
        ("lt", "price", 10, True),  # as texts, "9.50" would not be below "10"
        ("lte", "price", 9.5, True),
        ("gt", "course", 5, False),
        ("gte", "course", "criminal", True),
        ("lt", "none", 5, False),
        ("in", "tags", ["民法", "刑法"], True),
        ("in", "year", [2025, 2026], True),
        ("in", "year", [], False),
        ("nin", "year", [2025], True),
        ("nin", "tags", ["a"], False),
        ("nin", "none", ["a"], True),
    ],
)
def test_a_comparison_holds_as_its_name_says(kind: str, key: str, value: Any, expected: bool) -> None:
    assert holds(kind, key, value) is expected


COMPARISONS = st.builds(
    lambda kind, key, value: Comparison(key, kind, (value,)),
    st.sampled_from(Comparing),
    st.sampled_from(["year", "price", "course", "tags", "none"]),
    st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
)


def depth(condition: Comparison | Joined) -> int:
    return 1 + max(map(depth, condition.conditions), default=0) if isinstance(condition, Joined) else 0


CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(Joined, st.sampled_from(Joining), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
).filter(lambda condition: depth(condition) <= 10)


def as_json(condition: Comparison | Joined) -> dict[str, Any]:
    if isinstance(condition, Joined):
        return {"type": condition.joining.value, "filters": [as_json(one) for one in condition.conditions]}
    several = condition.comparing in {Comparing.ONE_OF, Comparing.NONE_OF}
    value = list(condition.values) if several else condition.values[0]
    return {"type": condition.comparing.value, "key": condition.key, "value": value}


@given(condition=CONDITIONS)
def test_what_is_written_is_read_and_a_document_meets_it_or_its_opposite(condition: Comparison | Joined) -> None:
    assert read_condition(as_json(condition)) == condition

    def opposite(of: Comparison | Joined) -> Comparison | Joined | None:
        """The condition that holds exactly where `of` does not, made by De Morgan's laws; orders have none."""
        if isinstance(of, Comparison):
            pairs = [(Comparing.EQUAL, Comparing.NOT_EQUAL), (Comparing.ONE_OF, Comparing.NONE_OF)]
            other = {**dict(pairs), **{second: first for first, second in pairs}}.get(of.comparing)
            return Comparison(of.key, other, of.values) if other else None
        parts = [opposite(one) for one in of.conditions]
        other_joining = Joining.ANY if of.joining is Joining.ALL else Joining.ALL
        return None if None in parts else Joined(other_joining, tuple(part for part in parts if part is not None))

    against = opposite(condition)
    if against is not None:
        assert meets(condition, lambda key: KNOWN.get(key, set())) is not meets(
            against, lambda key: KNOWN.get(key, set())
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "like", "key": "a", "value": "b"},
        {"type": "eq", "key": "a"},
        {"type": "eq", "key": "a", "value": ["b"]},
        {"type": "eq", "key": "a", "value": None},
        {"type": "eq", "key": 5, "value": "b"},
        {"type": "gt", "key": "a", "value": True},
        {"type": "in", "key": "a", "value": [["b"]]},
        {"type": "in", "key": "a", "value": ["b"] * 10_001},
        {"type": "and", "filters": "a"},
        {"type": "and", "filters": ["a"]},
        {"type": "or", "filters": [], "key": "a"},
        {"type": ["and"], "filters": []},
        {"type": None},
    ],
)
def test_what_is_no_condition_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="filter"):
        read_condition(wrong)


def test_conditions_nested_without_end_are_refused() -> None:
    nested: dict[str, Any] = {"type": "eq", "key": "a", "value": "b"}
    for _ in range(500):
        nested = {"type": "and", "filters": [nested]}
    with pytest.raises(UsageError, match="nested"):
        read_condition(nested)


def test_conditions_choose_documents_by_what_is_known_of_them(tmp_path: Path) -> None:
    catalog, embedder = create_collection(tmp_path, "law"), HashEmbedder()
    for name, known in {
        "old.txt": {"year": 2019, "effective_from": "2019年1月1日"},
        "new.txt": {"year": 2024, "final": True, "effective_from": "2024-01-01"},
        "规定.txt": {"level": 3.5},
    }.items():
        catalog.describe(store_text(catalog, embedder, name, f"{name} 规定 text"), known)

    def found(given: dict[str, Any], **more: Any) -> list[str]:
        with catalog.snapshot() as snapshot:
            return [e.name for e in snapshot.matching_documents(Filters(where=read_condition(given), **more))]

    recent = {"type": "gte", "key": "year", "value": 2020}
    assert found(recent) == ["new.txt"]
    assert found({"type": "lt", "key": "effective_from", "value": "2020-01-01"}) == ["old.txt"]
    assert found({"type": "or", "filters": [recent, {"type": "gt", "key": "level", "value": 3}]}) == [
        "new.txt",
        "规定.txt",
    ]
    assert found({"type": "ne", "key": "final", "value": True}) == ["old.txt", "规定.txt"]
    assert found(recent, as_of=date(2020, 1, 1)) == []
    with catalog.snapshot() as snapshot:
        assert matching_passages(snapshot, Filters(where=read_condition(recent))) is not None
        given = {e.name: dict(e.given) for e in snapshot.documents()}
        texts = {e.name: dict(e.metadata) for e in snapshot.documents()}
    assert given["new.txt"] == {"year": 2024, "final": True, "effective_from": "2024-01-01"}
    assert texts["new.txt"] == {"year": "2024", "final": "true", "effective_from": "2024-01-01"}
