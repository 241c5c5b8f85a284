"""docs/conformance.md is held to the server's routes, and measured anew where OpenAI's description is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.conformance.own_description import OwnDescription
from tests.serving.http_server import running_server

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
DESCRIPTION = ROOT.parent / "shared" / "openai" / "openapi.yaml"
AGAIN = "make conformance DESCRIPTION=path/to/openapi.yaml"
FEWEST = 40  # operations: a page that lost its tables would agree with anything


class Row(NamedTuple):
    offered: bool
    parameters: dict[str, str]  # to what the page says of them


def plain(operation: str) -> str:
    """An operation whatever the places in its path are called."""
    return re.sub(r"\{[^}]*\}", "{}", operation)


@pytest.fixture(scope="module")
def page() -> dict[str, Row]:
    """What the page says of each operation."""
    rows: dict[str, Row] = {}
    current = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if match := re.match(r"\| `([A-Z]+ /[^`]*)` \| (yes|no)", line):
            rows[match[1]] = Row(match[2] == "yes", {})
        elif match := re.fullmatch(r"`([A-Z]+ /[^`]*)`", line):
            current = match[1]
        elif match := re.match(r"\| `([^`]+)` \| (taken|in part|ignored|refused) \|", line):
            rows[current].parameters[match[1]] = match[2]
    assert len(rows) >= FEWEST
    return rows


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDescription]:
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield OwnDescription(server.http().get("/openapi.json").json())


def test_every_operation_that_is_offered_stands_in_the_page_and_no_other(
    page: dict[str, Row], own: OwnDescription
) -> None:
    offered = {plain(name) for name, row in page.items() if row.offered and "?" not in name}
    assert offered == {plain(name) for name in own.operations}, f"the page is old: {AGAIN}"


def test_what_the_page_calls_taken_is_what_the_server_names(page: dict[str, Row], own: OwnDescription) -> None:
    for name, row in page.items():
        method, _, path = name.partition(" ")
        if not row.offered or "?" in path:
            continue
        declared = own.declared(method, path)
        taken = {parameter for parameter, verdict in row.parameters.items() if verdict == "taken"}
        ignored = {parameter for parameter, verdict in row.parameters.items() if verdict == "ignored"}
        assert taken <= declared, f"{name}: the page is old: {AGAIN}"
        assert not ignored & declared, f"{name}: the page is old: {AGAIN}"


@pytest.mark.skipif(not DESCRIPTION.is_file(), reason=f"OpenAI's description of its API is not at {DESCRIPTION}")
def test_the_page_is_what_is_measured_now() -> None:
    from benchmarks.conformance.__main__ import conformance
    from benchmarks.conformance.description import Description

    measured_page, measured = conformance(Description(DESCRIPTION))
    assert [(item.name, item.faults) for item in measured if item.offered and item.faults] == []
    assert measured_page == PAGE.read_text("utf-8"), f"the page is old: {AGAIN}"
