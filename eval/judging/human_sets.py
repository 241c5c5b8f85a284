"""Sets of human judgements on disk: which of two answers people prefer, and whether a claim is borne out."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from kb.errors import NotFoundError, UsageError
from serving.markers import without_markers

PREFERENCES, SUPPORT = "ragchecker-meta-en", "expertqa-attribution-en"

_SEED = 20_261_122  # any fixed number: the same sample every time
_SOURCE_LINE = re.compile(r"\A\s*\[\d+\]\s*\S*\s*")  # "[3] https://…" before the words of the source
_Item = TypeVar("_Item")


class Preference(NamedTuple):
    """Two answers to a question and which one people prefer: below 0 the first, above 0 the second, at most 2."""

    question: str
    gold: str
    first: str
    second: str
    overall: float
    complete: float  # the same for completeness alone


class JudgedClaim(NamedTuple):
    """A claim, what it cites, and whether an expert says that this bears it out completely."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool


def read_preferences(sets_folder: Path, sample: int = 0) -> list[Preference]:
    """Pairs of answers with the mean of their annotators' labels.

    Args:
        sets_folder: holds `ragchecker-meta-en`.
        sample: how many pairs to keep, drawn at random but always the same ones; 0 keeps all.

    Raises:
        NotFoundError: the set is not there.
        UsageError: it cannot be read.
    """
    pairs: dict[str, list[dict[str, Any]]] = {}
    for line in read_lines(sets_folder / PREFERENCES / "data.jsonl"):
        pairs.setdefault(str(line["instance_id"]), []).append(line)
    found = [
        Preference(
            lines[0]["query"],
            lines[0]["gt_answer"],
            lines[0]["model1"]["response"],
            lines[0]["model2"]["response"],
            _mean(lines, "overall_label"),
            _mean(lines, "completeness_label"),
        )
        for lines in pairs.values()
    ]
    return _sampled(found, sample)


def read_judged_claims(sets_folder: Path, sample: int = 0) -> list[JudgedClaim]:
    """Claims with the expert's word on what they cite: "Complete" is yes, "Partial" and "Incomplete" are no.

    Left out are claims that cite nothing ("Missing"), whose source the expert could not open ("N/A"), or of whose
    source the set holds an address but no words: there is nothing to judge by.

    Args:
        sets_folder: holds `expertqa-attribution-en`.
        sample: how many claims to keep, drawn at random but always the same ones; 0 keeps all.

    Raises:
        NotFoundError: the set is not there.
        UsageError: it cannot be read.
    """
    found = [
        JudgedClaim(
            without_markers(line["claim"]).strip(),
            tuple(map(words_of_source, line["evidence"])),
            line["support"] == "Complete",
        )
        for line in read_lines(sets_folder / SUPPORT / "data.jsonl")
        if line["support"] in ("Complete", "Partial", "Incomplete")
    ]
    return _sampled([claim for claim in found if any(claim.evidence)], sample)


def words_of_source(evidence: str) -> str:
    """ExpertQA's evidence without the address of its source."""
    return _SOURCE_LINE.sub("", evidence).strip()


def _sampled(items: Sequence[_Item], sample: int) -> list[_Item]:
    if not 0 < sample < len(items):
        return list(items)
    chosen = random.Random(_SEED).sample(range(len(items)), sample)  # noqa: S311  (no secret depends on it)
    return [items[index] for index in sorted(chosen)]


def _mean(lines: Sequence[dict[str, Any]], label: str) -> float:
    return sum(float(line[label]) for line in lines) / len(lines)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines.

    Raises:
        NotFoundError: it is not there.
        UsageError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}", advice="A judge is measured on sets of human judgements") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}", str(error)) from error
