"""Which text each version of a prompt has: `python -m tests.prompt_versions` writes it down after a change."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WRITTEN_DOWN = Path(__file__).with_suffix(".json")
FOLDERS = ("serving/prompts", "eval/judging/prompts", "eval/synthetic/prompts")


def found() -> dict[str, tuple[int, str]]:
    """The version and a hash of the text of every prompt file."""
    prompts = {}
    for path in sorted(file for folder in FOLDERS for file in (ROOT / folder).glob("*.md")):
        head, text = path.read_text("utf-8").split("\n---\n", 1)
        version = re.search(r"^version: (\d+)$", head, re.MULTILINE)
        assert version is not None, f"{path} has no version"
        digest = hashlib.sha256(text.strip().encode()).hexdigest()[:12]
        prompts[path.relative_to(ROOT).as_posix()] = int(version[1]), digest
    return prompts


def written_down() -> dict[str, tuple[int, str]]:
    """What was found when this was last written down."""
    return {name: (version, digest) for name, (version, digest) in json.loads(WRITTEN_DOWN.read_text("utf-8")).items()}


def main() -> None:
    before = written_down() if WRITTEN_DOWN.exists() else {}
    for name, (version, digest) in found().items():
        old_version, old_digest = before.get(name, (0, ""))
        if digest != old_digest and version <= old_version:
            sys.exit(f"{name}: its text changed, so raise its version above {old_version}")
    WRITTEN_DOWN.write_text(json.dumps(found(), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
