"""A small question set in English, simplified and traditional Chinese, written to disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kb.settings import Settings

CORPUS = (
    ("library", "Library", "The library opens at eight. Books may be borrowed for thirty days."),
    ("fee", "Examinations", "A student who fails may resit the examination once. The fee for a resit is 40 euros."),
    ("租赁", "租赁管理条例", "租赁期满后，出租人应当在三十日内退还押金。未经同意，承租人不得转租房屋。"),
    ("圖書館", "圖書館規則", "圖書館每日上午九時開放。讀者每次可借閱圖書十冊。"),
)
QUESTIONS = (
    {"_id": "en", "text": "How much is the fee for a resit?", "answers": ["40 euros", "forty euros"], "about": "fee"},
    {"_id": "hans", "text": "出租人应当在多少日内退还押金？", "answers": ["三十日"], "about": "租赁", "domain": "law"},
    {"_id": "hant", "text": "圖書館每日幾時開放？", "answers": ["上午九時"], "about": "圖書館"},
    {"_id": "none", "text": "Who painted the ceiling of the chapel?", "answers": [], "answerable": False},
)


def write_set(folder: Path, questions: Iterable[Mapping[str, Any]] = QUESTIONS) -> Path:
    """The set at `folder`, each answerable question judged by its `about`."""
    folder.mkdir(parents=True)
    lines = [dict(question) for question in questions]
    write_lines(folder / "corpus.jsonl", ({"_id": name, "title": title, "text": text} for name, title, text in CORPUS))
    write_lines(folder / "queries.jsonl", lines)
    judged = [f"{line['_id']}\t{line['about']}\t1" for line in lines if "about" in line]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]) + "\n", encoding="utf-8")
    return folder


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def settings_at(home: Path) -> Settings:
    return Settings(home=home)
