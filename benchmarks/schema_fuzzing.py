"""Sends every operation of the server's own OpenAPI document a thousand valid requests and a thousand invalid ones.

    python -m benchmarks.schema_fuzzing [--cases 1000] [--sequences 300] [--json FILE]

Half of the requests name things that exist. Beside single requests, sequences of them make things, use and delete them.
Every answer is held against the document: its status, its content type, its shape; nothing may answer 5xx. The first
answer that is not as it must be ends the run, with the request that brought it about. A run that was broken off goes on
where its FILE ends.
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
    done = json.loads(options.json.read_text("utf-8")) if options.json and options.json.is_file() else {"seconds": 0}
    began = time.monotonic() - done["seconds"]
    counted: dict[str, dict[str, int]] = done.get("answers", {})
    with tempfile.TemporaryDirectory() as folder:
        with running_server(Path(folder) / "singly") as server:
            key = key_of(server)
            for operation in operations_of(own_schema_with_known_ids(server, key)):
                if operation.label in counted:
                    continue
                answers: Counter[int] = Counter()
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    answers += fuzz(operation, mode, options.cases, key)
                counted[operation.label] = _by_status(answers)
                print(f"{operation.label}: {counted[operation.label]}", flush=True)
                _write(options, counted, began)  # what is done stands there, should the run be broken off
        with running_server(Path(folder) / "in sequence") as server:
            counted["in sequence"] = _by_status(follow_links(server, options.sequences, key_of(server)))
    _write(options, counted, began)


def _by_status(answers: Counter[int]) -> dict[str, int]:
    return {str(status): number for status, number in sorted(answers.items())}


def _write(options: argparse.Namespace, counted: dict[str, dict[str, int]], began: float) -> None:
    report = {
        "cases": options.cases,
        "operations": len(counted) - ("in sequence" in counted),
        "requests": sum(sum(answers.values()) for answers in counted.values()),
        "answers_5xx": sum(
            number for answers in counted.values() for status, number in answers.items() if status >= "500"
        ),
        "seconds": round(time.monotonic() - began),
        "answers": counted,
    }
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if "in sequence" in counted:
        print({name: value for name, value in report.items() if name != "answers"})


if __name__ == "__main__":
    main()
