"""Measures the server against OpenAI's description of its API and writes what it found.

    python -m benchmarks.conformance path/to/openapi.yaml [--page docs/conformance.md]

Exit 1: an answer is not as described; the page says which.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import httpx

from benchmarks.conformance.description import Description
from benchmarks.conformance.findings import Measured, with_differences
from benchmarks.conformance.measuring import Bench
from benchmarks.conformance.table import table
from kb.chat.openai_compatible import open_chat_model
from kb.home.keys import Right, create_key
from kb.settings import ModelSettings
from tests.serving.http_server import RunningServer, running_server
from tests.serving.model_server import Reply, model_server

FILLED = '{"answered": true, "passages": [1], "answer": {"fee": "40 euros"}}'  # what a form asks the model for
PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("description", type=Path)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    page, measured = conformance(Description(options.description))
    options.page.write_text(page, encoding="utf-8")
    offered = [item for item in measured if item.offered]
    faulty = [item for item in offered if item.faults]
    print(f"{len(offered)} operations offered, {len(offered) - len(faulty)} as described, in {options.page}")
    for item in faulty:
        print(f"{item.name}: {'; '.join(item.faults)}")
    return 1 if faulty else 0


def conformance(description: Description) -> tuple[str, list[Measured]]:
    """The page, and what stands in it."""
    listed = [operation for operation in description.operations if operation.family]
    others = [operation for operation in description.operations if not operation.family]
    reply = Reply(("Late reports lose 5% a day [1].",), filled=FILLED)
    with tempfile.TemporaryDirectory() as folder, model_server(reply) as scripted:
        model = open_chat_model(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(Path(folder) / "model", model=model) as server:
            bench = Bench(_client(server), description)
            with_model = [bench.measure(operation) for operation in listed]
            clear = sum(bench.refuses_clearly(operation) for operation in others)
        with running_server(Path(folder) / "extractive") as server:
            bench = Bench(_client(server), description)
            measured = [
                with_differences(first, bench.measure(operation))
                for first, operation in zip(with_model, listed, strict=True)
            ]
    return table(description, measured, len(others), clear), measured


def _client(server: RunningServer) -> httpx.Client:
    """One with a key that may do everything: some of the operations make keys, and once there is one, all need one."""
    _, secret = create_key(server.services.home, "conformance", tuple(Right))
    return server.http(Authorization=f"Bearer {secret}")


if __name__ == "__main__":
    sys.exit(main())
