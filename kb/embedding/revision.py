"""Which weights a model has: the revision in its embedding space."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from kb.embedding.hub import hub_folder
from kb.embedding.sources import ModelSource

_VOCABULARIES = {
    *("tokenizer.json", "vocab.txt", "vocab.json"),
    *("spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
}
_EXPORTS = {"onnx", "openvino"}  # folders in which hub models carry further copies of the same weights


def weights_revision(source: ModelSource) -> str:
    """The first 16 hexadecimal digits of a hash of the weights, the vocabulary and the modules' settings.

    It reads files, not loaded objects, so that it stays the same through every release of the libraries.

    Raises:
        ModelError: a hub model's files are not where the hub's own library keeps them.
    """
    folder = source.folder or hub_folder(source)
    digest = hashlib.sha256()
    for path in _defining_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n".encode())
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def _defining_files(folder: Path) -> Iterator[Path]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if path.relative_to(folder).parts[0] not in _EXPORTS]
    kinds = {path.suffix for path in files}
    weights = ".safetensors" if ".safetensors" in kinds else ".bin"
    for path in files:
        of_a_module = path.suffix == ".json" and path.parent != folder
        if path.suffix == weights or path.name in _VOCABULARIES or path.name == "modules.json" or of_a_module:
            yield path
