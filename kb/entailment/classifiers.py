"""Classifiers of sentences and of tokens as preparing sees them: loaded by transformers, exported, compared with torch.

Sequence classifiers (NLI, MiniCheck, FactCG, cross-encoders) give logits for a text with a sentence; token classifiers
(LettuceDetect) for each token, of which the graph keeps what is needed: how sure the worst token is, and from where to
where tokens are found unsupported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.batches import Tokens
from kb.embedding.exporting import model_window, trace_graph
from kb.embedding.graph_embedder import Runtime
from kb.embedding.hub import place_to_load
from kb.embedding.kinds import ModelKind
from kb.embedding.manifest import ModelFacts
from kb.embedding.revision import weights_revision
from kb.embedding.sample import sample_passages, sample_questions
from kb.embedding.sources import ModelSource
from kb.embedding.torch_embedder import loading_error, quieten
from kb.entailment.labels import Role, listed, roles_of
from kb.entailment.reading import PAIR, TOKEN_SCALE, TOKENS, EntailmentReader, reader_over
from kb.entailment.tokens import OF_SENTENCE, SECOND, EvidenceTokenizer
from kb.errors import ModelError, SettingsError
from kb.ports import Vectors

# Tokens read of a text with its sentence, where the model's window is not shorter: cited places are a few sentences,
# passages some 200 tokens, and the cost grows with the square. Longer texts are read in several windows.
MOST_TOKENS = 1024

_SAMPLE_STEP = 3  # every third passage of the sample, as for rerankers, which cost as much
_ERROR_BOUND = 0.02  # of a probability: less than what separates any two verdicts

_SHAPES = {"ForSequenceClassification": PAIR, "ForTokenClassification": TOKENS}

# RoBERTa numbers positions from behind its padding: of 514 of them 512 are words.
_POSITIONS_FROM_PADDING = {"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"}

_MINICHECK = (
    "{evidence}</s>{sentence}"  # how MiniCheck-RoBERTa was trained: one separator where RoBERTa's pairs have two
)


def load_classifier(source: ModelSource, *, to_export: bool = False, device: str | None = None) -> Any:
    """The model as a chain of one module, from token numbers and marks to scores, with `tokenizer` and `labels`.

    Args:
        source: where it is.
        to_export: on the CPU, with attention written out in full.
        device: cpu or cuda; None means the CPU.

    Raises:
        ModelError: it cannot be loaded or fetched.
        SettingsError: it classifies neither sentences nor tokens.
    """
    place = str(source.folder) if source.folder else place_to_load(source)
    from transformers import AutoConfig, AutoTokenizer

    quieten()
    try:
        config = AutoConfig.from_pretrained(place, trust_remote_code=False)
        shape = _shape_of(config, source)
        model = _load_model(place, shape, to_export=to_export)
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
    except SettingsError:
        raise
    except Exception as error:  # the loaders raise OSError, ValueError, KeyError, ImportError and their own kinds
        raise loading_error(error, source) from error
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelError(f"cannot use the verifier's model {source.name}", "it has no fast tokenizer")
    labels = [str(config.id2label[number]) for number in range(config.num_labels)]
    return _chain(model, tokenizer, shape, labels).to("cpu" if to_export else device or "cpu").eval()


def _load_model(place: str, shape: str, *, to_export: bool) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    kind = AutoModelForSequenceClassification if shape == PAIR else AutoModelForTokenClassification
    attention = {"attn_implementation": "eager"} if to_export else {}  # runtimes recognise it and fuse it themselves
    return kind.from_pretrained(place, trust_remote_code=False, dtype="float32", **attention)


def _shape_of(config: Any, source: ModelSource) -> str:
    architecture = next(iter(config.architectures or ()), "none")
    for ending, shape in _SHAPES.items():
        if architecture.endswith(ending):
            return shape
    raise SettingsError(
        f"{source.name} is no verifier",
        f"its architecture is {architecture}, which classifies neither sentences nor tokens",
        "Set verifier.model to an NLI model or a grounding classifier; models that write their verdict are asked with "
        'verifier.kind = "llm"',
    )


def _chain(model: Any, tokenizer: Any, shape: str, labels: list[str]) -> Any:
    import torch

    with_types = (getattr(model.config, "type_vocab_size", 0) or 0) > 1
    roles = roles_of(labels, tokens=True) if shape == TOKENS else ()

    class Scoring(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, features: dict[str, Any]) -> dict[str, Any]:
            marks = features["attention_mask"]
            types = {"token_type_ids": ((marks == OF_SENTENCE) | (marks == SECOND)).long()} if with_types else {}
            logits = self.model(input_ids=features["input_ids"], attention_mask=(marks > 0).long(), **types).logits
            return {"scores": _unsupported(logits, marks, roles) if shape == TOKENS else logits}

    chain: Any = torch.nn.Sequential(Scoring())
    chain.tokenizer, chain.labels, chain.shape, chain.max_seq_length = tokenizer, labels, shape, None
    return chain


def _unsupported(logits: Any, marks: Any, roles: tuple[Role, ...]) -> Any:
    """The greatest margin of an unsupported token of the sentence, and the first and last such token: (batch, 3)."""
    import torch

    good = roles.index(Role.SUPPORTED)
    bad = [place for place in range(len(roles)) if place != good]
    margins = logits[..., bad].amax(-1) - logits[..., good]
    own = marks == OF_SENTENCE
    own = own | ((marks > 0) & ~own.any(1, keepdim=True))  # the probe of a prepared model marks no sentence
    margins = torch.where(own, margins, torch.full_like(margins, -1e4))
    places = torch.ones_like(marks).cumsum(1).to(margins.dtype) - 1
    flagged = margins > 0
    first = torch.where(flagged, places, torch.full_like(places, 1e6)).amin(1).clamp(max=TOKEN_SCALE * 8)
    last = torch.where(flagged, places, torch.full_like(places, -1.0)).amax(1)
    return torch.stack([margins.amax(1), first / TOKEN_SCALE, last / TOKEN_SCALE], dim=1)


class TorchRuntime:
    """Runs a loaded classifier through torch, on the device where it is."""

    lanes = 1  # torch uses the cores itself

    def __init__(self, chain: Any) -> None:
        self._chain = chain

    def run(self, numbers: Tokens, mask: Tokens) -> Vectors:
        """Scores of shape (batch, labels), float32; (batch, 3) for tokens."""
        import torch

        device = next(self._chain.parameters()).device
        features = {"input_ids": torch.from_numpy(numbers), "attention_mask": torch.from_numpy(mask)}
        with torch.inference_mode():
            scores = self._chain({name: values.to(device) for name, values in features.items()})["scores"]
        return np.asarray(scores.float().cpu().numpy(), dtype=np.float32)


def tokenizer_of(chain: Any) -> str:
    """The tokenizer of a loaded classifier, as JSON."""
    return str(chain.tokenizer.backend_tokenizer.to_str())


def _load(source: ModelSource) -> Any:
    return load_classifier(source, to_export=True)


def _facts(chain: Any, source: ModelSource) -> ModelFacts:
    config = chain[0].model.config
    behind = int(config.pad_token_id or 0) + 1 if config.model_type in _POSITIONS_FROM_PADDING else 0
    positions = (getattr(config, "max_position_embeddings", 0) or MOST_TOKENS) - behind
    return ModelFacts(
        name=source.name,
        revision=weights_revision(source),
        dimension=len(chain.labels),
        pooling=chain.shape,
        max_tokens=min(model_window(chain), positions, MOST_TOKENS),
        pad_id=int(chain.tokenizer.pad_token_id or 0),
        query_prefix="",
        passage_prefix="",
        labels=", ".join(chain.labels),
        template=_MINICHECK if "minicheck-roberta" in source.name.lower() else "",
    )


def _unfit(_chain: Any) -> str:
    return ""


def _export(chain: Any, file: Path) -> None:
    trace_graph(chain, file, "scores")


def _reference(chain: Any, facts: ModelFacts) -> Vectors:
    return _all_probabilities(_for_sample(facts, tokenizer_of(chain), TorchRuntime(chain)))


def _outputs(facts: ModelFacts, tokenizer: Path, runtime: Runtime) -> Vectors:
    return _all_probabilities(_for_sample(facts, tokenizer.read_text(encoding="utf-8"), runtime))


def _for_sample(facts: ModelFacts, written: str, runtime: Runtime) -> EntailmentReader:
    """A reader whose labels mean anything at all: how well a runtime agrees does not depend on it."""
    try:
        return reader_over(facts, written, runtime)
    except SettingsError:
        roles = [Role.SUPPORTED, Role.CONTRADICTED, *[Role.UNDECIDED] * len(listed(facts.labels))]
        tokenizer = EvidenceTokenizer(written, facts.max_tokens, facts.template)
        return EntailmentReader(facts, roles[: len(listed(facts.labels))], tokenizer, runtime)


def _all_probabilities(reader: EntailmentReader) -> Vectors:
    found = [
        reader.judge(question, [passage])
        for question in sample_questions()
        for passage in sample_passages()[::_SAMPLE_STEP]
    ]
    return np.array([[one.supported, one.contradicted] for one in found], dtype=np.float32)


def _agreement(outputs: Vectors, reference: Vectors) -> float:
    """1 less the greatest error of a probability."""
    return 1.0 - float(np.abs(outputs - reference).max())


VERIFIERS = ModelKind(
    section="verifier",
    load=_load,
    read_facts=_facts,
    unfit=_unfit,
    export=_export,
    reference=_reference,
    outputs=_outputs,
    agreement=_agreement,
    bound=1.0 - _ERROR_BOUND,
)
