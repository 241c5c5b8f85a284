from __future__ import annotations

import pytest

from kb.document_warnings import OTHER, SENTENCES, kind_of, warning

VALUES = {"page": "3", "name": "a {b}\n.pdf", "advice": "Install it", "value": "further notice"}


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_warning_is_read_from_its_sentence(kind: str) -> None:
    read, values = kind_of(warning(kind, **VALUES))
    assert read == kind
    assert values == {name: text for name, text in VALUES.items() if f"{{{name}}}" in SENTENCES[kind]}


def test_a_sentence_of_another_kind_is_kept_as_it_is() -> None:
    assert kind_of("page 3 was eaten by the dog") == (OTHER, {})
