"""Example questions for an empty conversation: those that were written for the documents in `examples/`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError
from ui.browser.wording import Words

_FILE = Path(__file__).parents[1] / "strings" / "examples.toml"


def example_questions(client: Client, collection: str, words: Words) -> tuple[str, ...]:
    """Questions in the interface's language about those example documents that the collection holds.

    Never raises: without examples the page is as usable.
    """
    questions = all_questions(words.language)
    try:
        held = client.held(collection, names=list(questions))
    except ClientError:
        return ()
    return tuple(question for name, question in questions.items() if name in held)


def all_questions(language: str) -> dict[str, str]:
    """Every example question of a language by the file name of its document."""
    questions: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))[language]
    return questions
