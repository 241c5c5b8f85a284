"""`ibid doctor`: what is installed, what is stored, what can be reached; with --repair, mends what can be mended."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from kb.catalog import Catalog
from kb.catalog.collections import collection_folder, collection_names, open_collection
from kb.catalog.schema import DATABASE as CATALOG
from kb.chat.openai_compatible import open_chat_model
from kb.errors import DamagedError, IbidError, SettingsError
from kb.home.home import DATABASE, Home
from kb.settings import Settings

_PARTS = (  # module, distribution, what it is for, what brings it
    ("faiss", "faiss-cpu", "dense search", "pip install 'ibid[cpu]' (or ibid[gpu])"),
    ("tantivy", "tantivy", "lexical search", "pip install ibid"),
    ("openvino", "openvino", "fast embedding", "pip install ibid"),
    ("onnxruntime", "onnxruntime", "embedding and OCR", "pip install ibid"),
    ("unstructured", "unstructured", "office files, HTML, e-mail", "pip install ibid"),
    ("rapidocr", "rapidocr", "scanned pages (optional)", "pip install 'ibid[ocr]'"),
    ("streamlit", "streamlit", "the browser app (optional)", "pip install 'ibid[ui]'"),
    ("mcp", "mcp", "tools for assistants (optional)", "pip install 'ibid[mcp]'"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `level` is "ok", "note" or "fault"."""

    level: str
    subject: str
    text: str


def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Looks at everything; exit 1 where something is at fault."""
    findings = [*_installed(), *_disk(settings), *_home(settings)]
    findings += _collections(settings, repair=options.repair)
    findings += [*_model(settings), *_vllm(settings), *_verifier(settings)]
    if options.json:
        print(json.dumps({"findings": [asdict(finding) for finding in findings]}, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"{finding.level:5}  {finding.subject:24}  {finding.text}")
    return 1 if any(finding.level == "fault" for finding in findings) else 0


def _installed() -> Iterator[Finding]:
    yield Finding("ok", "python", f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    for module, distribution, purpose, command in _PARTS:
        if importlib.util.find_spec(module) is None:
            level = "note" if "optional" in purpose else "fault"
            yield Finding(level, module, f"not installed: {purpose}; {command}")
        else:
            yield Finding("ok", module, f"{_version(distribution)}: {purpose}")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "installed"


def _disk(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free / 1e6
    level = "ok" if free > settings.limits.free_disk_mb else "fault"
    yield Finding(
        level,
        "disk",
        f"{free:,.0f} MB free for {settings.home}; below {settings.limits.free_disk_mb} nothing is stored",
    )


def _home(settings: Settings) -> Iterator[Finding]:
    """Whether the home's own database is whole: past answers, jobs, keys and the audit log are in it."""
    path = settings.home / DATABASE
    if not path.is_file():
        return
    try:
        damage = Home(settings.home).damage()
    except IbidError as error:
        if not isinstance(error, DamagedError):  # nobody is to throw away what a full disk hides
            yield Finding("fault", "home", str(error))
            return
        damage = [error.why or error.what]
    advice = f"move {path} away to begin anew (keys, past answers, jobs and the audit log are in it; documents are not)"
    for text in damage:
        yield Finding("fault", "home", f"{DATABASE} is damaged: {text}; {advice}")
    if not damage:
        yield Finding("ok", "home", f"{DATABASE}: past answers, jobs, keys and the audit log are whole")


def _collections(settings: Settings, *, repair: bool) -> Iterator[Finding]:
    for name in collection_names(settings.home):
        try:
            catalog = open_collection(settings.home, name)
            yield from _collection(catalog, repair=repair)
            catalog.close()
        except DamagedError as error:
            yield Finding("fault", name, _damaged(settings, name, error))
        except IbidError as error:
            yield Finding("fault", name, str(error))


def _damaged(settings: Settings, name: str, error: IbidError) -> str:
    """What is damaged and what can be done: there is nothing that `--repair` could make it from."""
    folder = collection_folder(settings.home, name)
    return (
        f"{folder / CATALOG} is damaged: {error.why}; `ibid import` a copy by another name, or take in the documents "
        f"again: the originals are in {folder / 'blobs'}, which `ibid collections --delete {name}` removes"
    )


def _collection(catalog: Catalog, *, repair: bool) -> Iterator[Finding]:
    damage = catalog.damage()
    for text in damage:
        yield Finding("fault", catalog.name, text)
    with catalog.snapshot() as snapshot:
        entries = snapshot.documents()
        collection = snapshot.collection()
    missing = [entry.name for entry in entries if not catalog.blobs.path(entry.id).is_file()]
    for name in missing:
        yield Finding("note", catalog.name, f"the original file of {name} is gone; its text is still searched")
    if repair:
        shutil.rmtree(catalog.cache_folder, ignore_errors=True)
        swept = catalog.blobs.sweep({entry.id for entry in entries})
        yield Finding("ok", catalog.name, f"caches are rebuilt at the next search; {len(swept)} files swept")
    if not damage:
        counts = f"{collection.documents} documents, {collection.passages} passages, version {collection.version}"
        yield Finding("ok", catalog.name, counts)
        yield from _index(catalog)


def _index(catalog: Catalog) -> Iterator[Finding]:
    """How the vectors are searched, and how much of what is nearest that finds."""
    if importlib.util.find_spec("faiss") is None:
        return
    from retriever.dense import report_on

    found = report_on(catalog)
    if found is not None:
        effort = f" ({found.effort})" if found.effort else ""
        text = f"{found.kind} index{effort} of {found.vectors} vectors, recall@10 {found.recall:.3f}"
        yield Finding("ok", catalog.name, text)


def _model(settings: Settings) -> Iterator[Finding]:
    if not settings.model.base_url:
        yield Finding("note", "chat model", "none is set: answers are quotes (IBID_MODEL_BASE_URL sets one)")
        return
    import httpx

    url = settings.model.base_url.rstrip("/") + "/models"
    headers = {"Authorization": f"Bearer {settings.model.api_key}"} if settings.model.api_key else {}
    try:
        answer = httpx.get(url, headers=headers, timeout=5)
        level, text = ("ok", "answers") if answer.is_success else ("fault", f"answers with status {answer.status_code}")
    except httpx.HTTPError as error:
        level, text = "fault", f"does not answer: {error}"
    yield Finding(level, "chat model", f"{settings.model.base_url} {text}")


def _vllm(settings: Settings) -> Iterator[Finding]:
    """Whether vLLM can be started, and how the one is doing that a running `ibid serve` has started."""
    import httpx

    from serving.vllm.environment import find_environment

    wanted = bool(settings.vllm.model or settings.vllm.python)
    try:
        found = find_environment(settings.vllm.python)
        kind = "for processors" if found.on_cpu else "for GPUs"
        yield Finding("ok", "vllm", f"{found.version} {kind} ({found.python}): `ibid serve --vllm MODEL` starts it")
    except IbidError as error:
        short = f"{error.what}: {error.why} (optional: `ibid serve --vllm MODEL` says how to install it)"
        yield Finding("fault", "vllm", str(error)) if wanted else Finding("note", "vllm", short)
    try:
        address = f"http://{settings.serve.host}:{settings.serve.port}/health"
        running = httpx.get(address, timeout=2, trust_env=False).json()["vllm"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return  # no server of ours is running there
    if running:
        level = {"ready": "ok", "failed": "fault"}.get(running["state"], "note")
        why = f": {running['why']}" if running["why"] and running["state"] != "ready" else ""
        again = f", started again {running['restarts']} times" if running["restarts"] else ""
        yield Finding(level, "vllm", f"{running['model']} is {running['state']}{again}{why}; log: {running['log']}")


def _verifier(settings: Settings) -> Iterator[Finding]:
    """Whether the verifier's model can be asked: it is asked about one sentence that words leave open."""
    from serving.verifiers import health_of, verifier_of

    try:
        verifier = verifier_of(settings, open_chat_model(settings.model))
    except SettingsError as error:
        yield Finding("fault", "verifier", str(error))
        return
    if settings.verifier.kind == "packaged":  # asks the embedder that searches: to prepare it is not the doctor's work
        yield Finding("ok", "verifier", "packaged")
        return
    verifier.verify("Reports are handed in late in spring.", ["Students submit reports when spring is nearly over."])
    health = health_of(verifier)
    if health.failure:
        yield Finding("fault", "verifier", f"{health.kind}: {health.failure}; until then words decide")
    else:
        yield Finding("ok", "verifier", f"{health.kind} {health.model}".strip())
