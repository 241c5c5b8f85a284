"""How fast a served model answers ibid's own prompts, and what the server's prefix cache saves.

    python benchmarks/gpu/vllm_serving.py --vllm Qwen/Qwen3-8B                      # starts vLLM as ibid serve does
    python benchmarks/gpu/vllm_serving.py --base-url http://127.0.0.1:8001/v1 --model Qwen/Qwen3-8B

Every request is a real prompt: the rules, ten passages of the examples, a question. Measured, by how many are made at
once: seconds to the first piece and to the end, pieces (about tokens) a second over all. Then, one at a time, seconds
to the first piece of prompts that share their rules with those before, and of prompts that share nothing, because their
rules begin with a number of their own. `--out` writes it all as JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.errors import ReplyCutError
from kb.prompting import PromptText
from kb.records import Turn
from kb.settings import ModelSettings, Settings, read_settings
from serving.prompts import fill
from serving.vllm import VllmServer

PASSAGES = 10  # as many as an answer reads
PASSAGE_CHARACTERS = 900
TOKENS = 200  # of a reply: five sentences with their markers
AT_ONCE = (1, 4, 16, 32)


class Call(NamedTuple):
    """One reply."""

    first: float  # seconds to the first piece
    total: float
    pieces: int


class Prompts:
    """Prompts like ibid's, no two alike behind the rules.

    Args:
        text: what passages are cut from.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._number = 0

    def next(self, *, shared: bool = True) -> tuple[str, str]:
        """The rules and what follows; where they are not `shared`, the rules begin with a number of their own."""
        self._number += 1
        rules = str(fill("answer_system", "en", no_answer=PromptText("NO_ANSWER_IN_PASSAGES")))
        key = f"{self._number:08d}"
        passages = []
        for place in range(PASSAGES):
            start = (self._number * 7919 + place * 104_729) % max(1, len(self._text) - PASSAGE_CHARACTERS)
            text = self._text[start : start + PASSAGE_CHARACTERS]
            passages.append(fill("passage", "en", key=key, number=str(place + 1), source="a document", text=text))
        question = fill(
            "answer_question",
            "en",
            key=key,
            passages=PromptText("\n".join(passages)),
            question=f"What do the passages say, at length? ({self._number})",
        )
        return (rules if shared else f"{key} {rules}"), str(question)


def call(model: OpenAICompatibleModel, prompt: tuple[str, str]) -> Call:
    """Asks once; a reply that is cut at its longest is as good as any here."""
    system, question = prompt
    started = time.perf_counter()
    first, pieces = 0.0, 0
    try:
        for _ in model.stream(system, (Turn("user", question),), max_tokens=TOKENS):
            first = first or time.perf_counter() - started
            pieces += 1
    except ReplyCutError:
        pass
    return Call(first, time.perf_counter() - started, pieces)


def measure(model: OpenAICompatibleModel, prompts: Prompts, requests: int) -> dict[str, Any]:
    """All figures."""
    call(model, prompts.next())  # warms up both sides
    by_load = []
    for at_once in AT_ONCE:
        asked = [prompts.next() for _ in range(max(requests, 2 * at_once))]
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            calls = list(pool.map(lambda prompt: call(model, prompt), asked))
        seconds = time.perf_counter() - started
        by_load.append(
            {
                "at once": at_once,
                "requests": len(calls),
                "first piece s": round(statistics.median(one.first for one in calls), 3),
                "whole reply s": round(statistics.median(one.total for one in calls), 3),
                "pieces a second": round(sum(one.pieces for one in calls) / seconds, 1),
            }
        )
        print(by_load[-1], file=sys.stderr)
    first: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(requests):
        for shared in (True, False):  # in turn, so that a machine that is busy for a while is so for both
            first[shared].append(call(model, prompts.next(shared=shared)).first)
    rules = {
        "shared, first piece s": round(statistics.median(first[True]), 3),
        "not shared, first piece s": round(statistics.median(first[False]), 3),
    }
    print(rules, file=sys.stderr)
    return {"by load": by_load, "rules": rules}


def main() -> int:
    """Measures one server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vllm", default="", metavar="MODEL", help="start vLLM with this model")
    parser.add_argument("--base-url", default="", metavar="URL")
    parser.add_argument("--model", default="", metavar="NAME")
    parser.add_argument("--requests", type=int, default=16, metavar="N", help="for each figure, at least (default: 16)")
    parser.add_argument("--out", type=Path, metavar="FILE")
    options = parser.parse_args()
    sources = sorted((Path(__file__).parents[2] / "examples" / "sources").rglob("*.md"))
    text = "\n".join(path.read_text("utf-8") for path in sources if "zh" not in path.stem and "hant" not in path.stem)
    with ExitStack() as stack:
        model = _open(options, stack)
        stack.callback(model.close)
        measured = json.dumps({"model": model.name, **measure(model, Prompts(text), options.requests)}, indent=2)
    print(measured)
    if options.out:
        options.out.write_text(measured + "\n")
    return 0


def _open(options: argparse.Namespace, stack: ExitStack) -> OpenAICompatibleModel:
    settings = ModelSettings(options.base_url, options.model, read_settings().model.api_key)
    if not options.vllm:
        return OpenAICompatibleModel(settings)
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    chosen = replace(read_settings().vllm, model=options.vllm)
    server = VllmServer(Settings(home, vllm=chosen), lambda line: print(line, file=sys.stderr))
    stack.callback(server.stop)
    server.start()
    while server.report()["state"] in {"starting", "restarting"}:
        time.sleep(0.5)
    server.check()
    return OpenAICompatibleModel(server.model_settings(settings))


if __name__ == "__main__":
    sys.exit(main())
