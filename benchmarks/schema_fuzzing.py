"""Sends every operation of the server's own OpenAPI document a thousand valid requests and a thousand invalid ones.

    python -m benchmarks.schema_fuzzing [--cases 1000] [--sequences 300] [--json FILE]

Half of the requests name things that exist. Beside single requests, sequences of them make things, use and delete them.
Every answer is held against the document: its status, its content type, its shape; nothing may answer 5xx. The first
answer that is not as it must be ends the run, with the request that brought it about.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

from schemathesis import GenerationMode

from tests.serving.fuzzing import follow_links, fuzz, key_of, operations_of, own_schema_with_known_ids
from tests.serving.http_server import running_server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--sequences", type=int, default=300)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    began = time.monotonic()
    counted: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        with running_server(Path(folder) / "singly") as server:
            key = key_of(server)
            for operation in operations_of(own_schema_with_known_ids(server)):
                answers: Counter[int] = Counter()
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    answers += fuzz(operation, mode, options.cases, key)
                counted[operation.label] = {str(status): number for status, number in sorted(answers.items())}
                print(f"{operation.label}: {counted[operation.label]}", flush=True)
        with running_server(Path(folder) / "in sequence") as server:
            answers = follow_links(server, options.sequences, key_of(server))
    sequences = {str(status): number for status, number in sorted(answers.items())}
    every = [*counted.values(), sequences]
    report = {
        "cases": options.cases,
        "operations": len(counted),
        "requests": sum(sum(answers.values()) for answers in every),
        "answers_5xx": sum(number for answers in every for status, number in answers.items() if status >= "500"),
        "seconds": round(time.monotonic() - began),
        "by_operation": counted,
        "in_sequence": sequences,
    }
    print({name: value for name, value in report.items() if name != "by_operation"})
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
