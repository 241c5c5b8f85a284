"""Parsing on a Ray cluster: the bytes go to a task on any node, which parses them in that node's own sandbox.

Only bytes that `ingest.parsing.codec` has packed come back, and they are checked here as if a parser had written them.
"""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ingest.parsing.codec import decode, encode_document, encode_error, pack, unpack
from ingest.parsing.version import PARSER_VERSION
from ingest.reading import Parse
from ingest.sandbox import ParserPool
from ingest.sharing import NamedFile
from kb.errors import InputError, UnreadableFileError
from kb.records import Document
from kb.settings import LimitSettings

Answer = Callable[[Sequence[str], Sequence[bytes]], bytes]  # names and contents of files → packed documents or errors

_PARSER = "ingest.parsing:parse_file"
_RETRIES = 3  # times that Ray runs a task again whose node or process was lost; what is lost four times is at fault
# The sandbox sweeps folders of this name once they are a day old: here, those of nodes that were killed.
_PREFIX = "ibid-parse-"


def parse_on_cluster(ray: Any, limits: LimitSettings, *, parser: str = _PARSER) -> Parse:
    """A function that parses files on the nodes of the cluster that `ray` is connected to.

    Args:
        ray: the module, from `ingest.cluster.joining`.
        limits: what one file may cost, on any node.
        parser: another function of the signature of `parse_file`, as "module:function".
    """
    task = ray.remote(num_cpus=1, max_retries=_RETRIES, scheduling_strategy="SPREAD")(parse_contents)

    def answer(names: Sequence[str], contents: Sequence[bytes]) -> bytes:
        # Contents are arguments of their own: Ray puts large ones into its object store, from where any node has them.
        packed: bytes = ray.get(task.remote(limits, parser, PARSER_VERSION, names, *contents))
        return packed

    return lambda files: parse_elsewhere(files, answer, (ray.exceptions.RayError, OSError))


def parse_elsewhere(
    files: Sequence[NamedFile], answer: Answer, losses: tuple[type[Exception], ...]
) -> Iterable[Document | InputError]:
    """Documents or errors of `files`, in order.

    Args:
        files: where they stand on this machine, and their names.
        answer: has them parsed.
        losses: what it raises where no answer comes. Files that were sent together are then sent one by one, so that
            only what is itself at fault fails.
    """
    try:
        packed = answer([name for _, name in files], [path.read_bytes() for path, _ in files])
    except losses as error:
        if len(files) > 1:
            return [result for file in files for result in parse_elsewhere([file], answer, losses)]
        reason = f"no node of the cluster could read it ({_last_line(error)})"
        return [UnreadableFileError(f"cannot read {files[0][1]}", reason, "Try again")]
    contents = unpack(packed)[: len(files)]
    return [_decoded(content or b"") for _, content in zip_longest(files, contents)]


def _last_line(error: Exception) -> str:
    """Ray's messages hold whole traces, the reason last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _decoded(content: bytes) -> Document | InputError:
    try:
        return decode(content)
    except InputError as error:
        return error


def parse_contents(limits: LimitSettings, parser: str, version: str, names: Sequence[str], *contents: bytes) -> bytes:
    """Runs on a node: what became of each file, packed.

    `version` is that of the parsers where the catalog is: a collection never mixes what two releases have read.
    """
    if version != PARSER_VERSION:
        return b"".join(pack(encode_error(_other_version(name, version))) for name in names)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        files = []
        for number, (name, content) in enumerate(zip(names, contents, strict=True)):
            path = Path(folder, str(number))
            path.write_bytes(content)
            files.append((path, name))
        return b"".join(pack(_encoded(result)) for result in _pool(limits, parser).parse_all(files))


def _encoded(result: Document | InputError) -> bytes:
    return encode_document(result) if isinstance(result, Document) else encode_error(result)


def _other_version(name: str, version: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"cannot read {name}",
        f"a node of the cluster has other parsers ({PARSER_VERSION}) than this machine ({version})",
        "Install the same release of ibid on every node",
    )


@cache
def _pool(limits: LimitSettings, parser: str) -> ParserPool:
    """The sandbox of this process of Ray's; it ends with the process."""
    pool = ParserPool(limits, parser=parser)
    atexit.register(pool.close)
    return pool
