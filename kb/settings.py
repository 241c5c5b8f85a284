"""Settings: read once at the top of a program, then handed down.

They come from `ibid.toml` in the home folder, then from the environment (`IBID_HOME`, `IBID_COLLECTION`,
`IBID_<SECTION>_<KEY>`), then from flags, each overriding the one before.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from kb.errors import SettingsError


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """Which sentence-transformers model makes the vectors, and through which runtime."""

    model: str = "packaged"  # "packaged" (all-MiniLM-L6-v2 from its PyPI package), a hub name, or a folder
    runtime: str = "auto"  # auto, openvino, onnx, torch
    threads: int = 0  # 0: as many as the machine has cores
    device: str = "auto"  # auto (passages on a GPU where torch sees one), cpu, cuda
    dimension: int = 0  # 0: the model's own; fewer only for models trained for it (Matryoshka)
    query_prefix: str = "auto"  # auto: as the model's own files or its family say; "" for none
    passage_prefix: str = "auto"
    base_url: str = ""  # a server with OpenAI's embeddings API (vLLM, TEI) that runs the model instead
    api_key: str = ""
    timeout_seconds: float = 60.0  # one batch takes a GPU under a second, a busy CPU server many; a hung one must end


@dataclass(frozen=True, slots=True)
class RerankerSettings:
    """Which cross-encoder orders the best passages anew. Without a model and a base URL, none does."""

    model: str = ""  # a hub name or a folder; with a base URL, the name that the server knows
    base_url: str = ""  # a server with /rerank (vLLM, TEI, llama.cpp, Jina, Cohere) that runs the model instead
    api_key: str = ""
    candidates: int = 50  # passages it reads for a question; what answers is hardly ever further down
    timeout_seconds: float = 10.0  # after which the order before it is the better answer
    runtime: str = "auto"  # auto, openvino, onnx, torch
    threads: int = 0  # 0: as many as the machine has cores
    device: str = "auto"  # auto (a GPU where torch sees one), cpu, cuda


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The chat model: any OpenAI-compatible server. Without a base URL, answers are extractive."""

    base_url: str = ""
    name: str = ""
    api_key: str = ""
    timeout_seconds: float = 120.0  # of silence, at any moment: a server that hangs must end
    first_token_seconds: float = (
        120.0  # with all tries and the server's queue; a CPU server reads a prompt for half of it
    )
    reply_seconds: float = 300.0  # for a whole reply: 800 tokens at the 3 a second of a slow CPU server
    max_tokens: int = 800  # an answer of some ten sentences with markers; longer ones stop citing well
    seed: int = 0  # the same prompt gives the same reply, where the server keeps to it; -1 sends none


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """Who judges whether the cited words bear a sentence out. Numbers, dates and denials are checked first in any case.

    Attributes:
        kind: "packaged" (words, and the packaged embedder's vectors for English); "words" (words alone); "model" (an
            NLI or grounding classifier on this machine); "server" (such a classifier on vLLM or TEI); "llm" (a chat
            model as judge: the configured one, or the one named here).
    """

    kind: str = "packaged"
    model: str = ""  # a hub name or a folder; with a base URL, the name that the server knows
    base_url: str = ""  # of the classifier's server, or of the judge's chat server
    api_key: str = ""
    timeout_seconds: float = 10.0  # for one sentence; then words decide
    threshold: float = 0.5  # probability from which a sentence counts as supported; below it, partly
    labels: str = "auto"  # a classifier's labels in their order, where its files do not name them
    template: str = "auto"  # text with {evidence} and {sentence}, for classifiers that take no pairs
    runtime: str = "auto"  # auto, openvino, onnx, torch
    threads: int = 0  # 0: as many as the machine has cores
    device: str = "auto"  # auto (a GPU where torch sees one), cpu, cuda


@dataclass(frozen=True, slots=True)
class VllmSettings:
    """A vLLM server that `ibid serve` starts and watches. Without a model, it starts none."""

    model: str = ""  # a hub name or a folder
    python: str = ""  # of the environment with vLLM in it, or its folder; "": that of the command vllm on the PATH
    port: int = 0  # on 127.0.0.1; 0: a free one
    max_model_len: int = 0  # tokens of prompt and reply; 0: as many as model and memory allow
    max_num_seqs: int = 32  # replies made at once
    queue: int = 64  # further ones that wait; the rest is told to come back
    gpu_memory_utilization: float = (
        0.85  # of the GPU's memory; a small embedder and reranker need 2 to 3 GB of the rest
    )
    seed: int = 0
    start_seconds: float = 1800.0  # the first start fetches the weights: 40 GB at 25 MB/s
    arguments: str = ""  # of vLLM's own, as on its command line; they win over ours


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """When there is an answer, and when it is refused."""

    # Share of answers that may be wrong, such as 0.05; what is less sure is refused. 0: as the packaged weights have
    # it. Otherwise nothing is shown before an answer is whole, since its verdicts take part in how sure it is.
    risk: float = 0.0
    calibration: str = ""  # a file of `ibid eval --calibrate`, for collections that have no calibration of their own


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where the HTTP server and the browser app listen."""

    host: str = "127.0.0.1"  # another needs keys, since without them everybody who reaches the port may ask
    port: int = 8000
    app_port: int = 8501
    keep_alive_seconds: float = 10.0  # of a stream's silence, before a comment: proxies cut off what is silent for 30
    workers: int = 1  # server processes that share the port; each takes some 160 MB of its own with the packaged models
    log: str = "off"  # a line for each request on stderr: "json", "text", "off"; failures are told in any case
    traces: str = ""  # an OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318, to send traces to


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The browser app. Whoever reaches it asks with its key."""

    key: str = ""  # that it sends to the server, where there are keys; the variable IBID_API_KEY overrides it
    server: str = ""  # where the server is, such as http://api:8000; "": where these settings let one listen


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Whether answers are kept, so that those which cite a withdrawn document can be found: "yes" or "no"."""

    keep: str = "yes"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one file or one question may cost, and how many questions may come."""

    max_file_mb: int = 100  # larger files are nearly always scans of whole shelves: split them
    max_import_mb: int = 1000  # for a collection as one file, with all that it holds; it comes through the app's memory
    max_pages: int = 5000
    parse_seconds: int = 120  # CPU seconds for one file; an OCR page costs about 4
    parse_memory_mb: int = 1024
    question_characters: int = 20_000
    answer_seconds: float = 330.0  # for all of an answer: its longest reply, the rewriting of a follow-up, the checking
    body_seconds: float = 30.0  # for a request's body; a longer one must come at 10 kB/s
    # Of one key, or of all programs on this machine where there are no keys; a key may have limits of its own.
    requests_per_minute: int = 0  # 0: any number
    concurrent_requests: int = 256  # more than answers are made at once, so that lists and searches have room
    free_disk_mb: int = 200  # below this nothing is stored, so that SQLite can still close its journal


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process."""

    home: Path
    collection: str = "default"
    embedder: EmbedderSettings = field(default_factory=EmbedderSettings)
    reranker: RerankerSettings = field(default_factory=RerankerSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    verifier: VerifierSettings = field(default_factory=VerifierSettings)
    vllm: VllmSettings = field(default_factory=VllmSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    app: AppSettings = field(default_factory=AppSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    history: HistorySettings = field(default_factory=HistorySettings)

    @property
    def keeps_answers(self) -> bool:
        """Whether answers are kept.

        Raises:
            SettingsError: the setting says neither yes nor no.
        """
        if self.history.keep not in ("yes", "no"):
            raise SettingsError(f"setting history.keep is {self.history.keep!r}", 'it must be "yes" or "no"')
        return self.history.keep == "yes"

    @property
    def models_folder(self) -> Path:
        """Where embedding and reranking models stand as prepared for this machine; may be deleted at any time."""
        return self.home / "models"


_Section = TypeVar(
    "_Section",
    EmbedderSettings,
    RerankerSettings,
    ModelSettings,
    VerifierSettings,
    VllmSettings,
    AnswerSettings,
    ServeSettings,
    AppSettings,
    LimitSettings,
    HistorySettings,
)
_SECTIONS = ("embedder", "reranker", "model", "verifier", "vllm", "answers", "serve", "app", "limits", "history")


def read_settings(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Settings:
    """Reads the settings of this process.

    Args:
        environment: variables to read; the process's own when not given.
        home: overrides `IBID_HOME`.

    Raises:
        SettingsError: a key is unknown or a value has the wrong type; the message names it and where it stands.
    """
    variables = os.environ if environment is None else environment
    folder = home or Path(variables.get("IBID_HOME") or "~/.ibid")
    settings = Settings(home=folder.expanduser().absolute())
    settings = _with_values(settings, _read_file(settings.home / "ibid.toml"), str(settings.home / "ibid.toml"))
    return _with_values(settings, _from_environment(variables), "the environment")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(f"{path.parent} cannot be a home", "it is a file", "Name a folder") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read {path}", str(error), "Mend the file or move it away") from error


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if variables.get("IBID_COLLECTION"):
        values["collection"] = variables["IBID_COLLECTION"]
    for section in _SECTIONS:
        prefix = f"IBID_{section.upper()}_"
        found = {name.removeprefix(prefix).lower(): text for name, text in variables.items() if name.startswith(prefix)}
        if found:
            values[section] = found
    return values


def _with_values(settings: Settings, values: Mapping[str, Any], place: str) -> Settings:
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key == "collection":
            changes[key] = _convert(value, str, key, place)
        elif key in _SECTIONS and isinstance(value, Mapping):
            changes[key] = _section_with(getattr(settings, key), key, value, place)
        elif key in _SECTIONS:
            raise SettingsError(f"setting {key} in {place} is {value!r}", f"settings of {key} stand below [{key}]")
        else:
            raise SettingsError(
                f"unknown setting {key!r} in {place}", advice=f"Known: collection, {', '.join(_SECTIONS)}"
            )
    return replace(settings, **changes)


def _section_with(section: _Section, name: str, values: Mapping[str, Any], place: str) -> _Section:
    known = {item.name: getattr(section, item.name) for item in fields(section)}
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"unknown setting {name}.{key} in {place}", advice=f"Known: {', '.join(known)}")
        changes[key] = _convert(value, type(known[key]), f"{name}.{key}", place)
    return replace(section, **changes)


def _convert(value: Any, kind: type, name: str, place: str) -> Any:
    try:
        if isinstance(value, bool) or (kind is str and not isinstance(value, str)):
            raise ValueError
        return kind(value)
    except (TypeError, ValueError):
        raise SettingsError(
            f"setting {name} in {place} is {value!r}", f"it must be {'a number' if kind is not str else 'text'}"
        ) from None
