"""What the profiles' models would cost on this machine: models of the same shape with random weights, run as ours are.

How long a model takes depends on its layers, not on what they have learnt, so that a shape can be timed where its
weights cannot be had. The vocabulary is small: looking a token up costs nothing, however many there are. Quality is
not measured.

    python benchmarks/model_shapes.py granite-97m granite-311m --rounds 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb.embedding.exporting import save_tokenizer
from kb.embedding.graph_embedder import GraphEmbedder
from kb.embedding.kinds import EMBEDDERS
from kb.embedding.opening import TOKENIZER, graph_file, open_runtime
from kb.embedding.openvino_runtime import convert_graph, has_bfloat16
from kb.embedding.sources import ModelSource
from kb.embedding.tokens import TextTokenizer
from kb.entailment.classifiers import VERIFIERS
from kb.entailment.labels import Role
from kb.entailment.reading import EntailmentReader
from kb.entailment.tokens import EvidenceTokenizer
from kb.reranking.cross_encoders import RERANKERS
from kb.reranking.graph_reranker import GraphReranker
from kb.reranking.pairs import PairTokenizer

WORDS = 8000
QUESTION_TOKENS, PASSAGE_TOKENS = 20, 200  # special tokens not counted
PASSAGES, CANDIDATES = 64, 20
SENTENCE_TOKENS, QUOTE_TOKENS = 30, 120  # a sentence of an answer, and the three sentences that it cites

# Family, layers, width, inner width, attention heads, keys and values' heads. Counted from the published configurations
# where there are any, else from the number of parameters and layers in the model cards (both granite models).
SHAPES: dict[str, tuple[str, int, int, int, int, int]] = {
    "minilm-l6": ("bert", 6, 384, 1536, 12, 12),  # the packaged model, to compare with
    "granite-97m": ("modernbert", 12, 384, 1536, 12, 12),
    "granite-311m": ("modernbert", 22, 768, 1152, 12, 12),
    "bge-m3": ("xlm-roberta", 24, 1024, 4096, 16, 16),
    "qwen3-0.6b": ("qwen3", 28, 1024, 3072, 16, 8),  # Qwen3-Embedding-0.6B and harrier-oss-v1-0.6b
    "rerank mmarco-minilm-l12": ("xlm-roberta", 12, 384, 1536, 12, 12),
    "rerank bge-v2-m3": ("xlm-roberta", 24, 1024, 4096, 16, 16),
    "verify mdeberta-base": ("deberta-v2", 12, 768, 3072, 12, 12),  # mDeBERTa-v3-base-xnli-multilingual-nli-2mil7
    "verify mmbert-base": ("modernbert", 22, 768, 1152, 12, 12),  # lettucedect-v2-mmbert-base
}


def make_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    numbers = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3} | {f"w{number}": number + 4 for number in range(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        sep_token="</s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)


def configuration(family: str, layers: int, width: int, inner: int, heads: int, shared: int) -> Any:
    import transformers

    common: dict[str, Any] = {
        "vocab_size": WORDS + 4,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "pad_token_id": 1,
        "initializer_range": 0.1,  # a fresh model has 0.02: all texts would be alike, and rounding show as much
    }
    if family == "bert":
        return transformers.BertConfig(**common)
    if family == "xlm-roberta":
        common["num_labels"] = 1
        return transformers.XLMRobertaConfig(max_position_embeddings=514, type_vocab_size=1, **common)
    if family == "deberta-v2":
        relative = {"relative_attention": True, "position_buckets": 256, "pos_att_type": ["p2c", "c2p"]}
        own = {
            "position_biased_input": False,
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "type_vocab_size": 0,
        }
        return transformers.DebertaV2Config(max_position_embeddings=512, num_labels=3, **relative, **own, **common)
    if family == "modernbert":
        return transformers.ModernBertConfig(bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2, **common)
    return transformers.Qwen3Config(num_key_value_heads=shared, head_dim=128, bos_token_id=0, eos_token_id=2, **common)


def make_model(name: str, folder: Path) -> Path:
    """Writes the model of a shape with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    family, layers, width, inner, heads, shared = SHAPES[name]
    settings = configuration(family, layers, width, inner, heads, shared)
    base = folder / "base"
    make_tokenizer(base)
    if name.startswith(("rerank", "verify")):
        tokens = name.startswith("verify") and family == "modernbert"
        classifiers: tuple[Any, Any] = (
            transformers.AutoModelForSequenceClassification,
            transformers.AutoModelForTokenClassification,
        )
        classifiers[tokens].from_config(settings).save_pretrained(base)
        return base
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    any_model: Any = transformers.AutoModel
    any_model.from_config(settings).save_pretrained(base)
    pooling = Pooling(width, pooling_mode="lasttoken" if family == "qwen3" else "cls")
    modules = [Transformer(str(base), max_seq_length=512), pooling, Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"))
    return folder / "model"


def words(count: int, seed: int) -> str:
    return " ".join(f"w{(seed * 7919 + place * 104729) % WORDS}" for place in range(count))


def timed(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median CPU and wall seconds of a call."""
    run()
    cpu, wall = [], []
    for _ in range(rounds):
        started, wall_started = time.process_time(), time.perf_counter()
        run()
        cpu.append(time.process_time() - started)
        wall.append(time.perf_counter() - wall_started)
    return statistics.median(cpu), statistics.median(wall)


def measure(name: str, folder: Path, rounds: int, precision: str) -> str:
    """One line: the shape's cost through OpenVINO. Agreement is not measured: it says nothing of random weights."""
    kind = {"rerank": RERANKERS, "verify": VERIFIERS}.get(name.split(maxsplit=1)[0], EMBEDDERS)
    source = ModelSource("random", make_model(name, folder), kind.section)
    started = time.process_time()
    model = kind.load(source)
    facts = kind.read_facts(model, source)
    save_tokenizer(model, folder / TOKENIZER)
    onnx_file = graph_file(folder, "onnx", "f32")
    onnx_file.parent.mkdir()
    kind.export(model, onnx_file)
    del model
    convert_graph(onnx_file, graph_file(folder, "openvino", precision), half=precision == "bf16")
    runtime = open_runtime(folder, "openvino", precision, threads=1)
    prepared = time.process_time() - started
    passages = [words(PASSAGE_TOKENS, seed) for seed in range(PASSAGES)]
    question = words(QUESTION_TOKENS, 99)
    if kind is RERANKERS:
        reranker = GraphReranker(facts, PairTokenizer(folder / TOKENIZER, facts.max_tokens), runtime)
        cpu, wall = timed(lambda: reranker.rerank(question, passages[:CANDIDATES]), rounds)
        cost = f"{CANDIDATES} passages: {cpu * 1000:,.0f} ms CPU, {wall * 1000:,.0f} ms wall"
    elif kind is VERIFIERS:
        tokenizer = EvidenceTokenizer((folder / TOKENIZER).read_text("utf-8"), facts.max_tokens)
        roles = [Role.SUPPORTED, Role.UNDECIDED, Role.CONTRADICTED][: facts.dimension]
        reader = EntailmentReader(facts, roles, tokenizer, runtime)
        sentence, quote = words(SENTENCE_TOKENS, 99), words(QUOTE_TOKENS, 7)
        cpu, wall = timed(lambda: reader.judge(sentence, [quote]), 3 * rounds)
        cost = f"a sentence: {cpu * 1000:.1f} ms CPU, {wall * 1000:.1f} ms wall"
    else:
        embedder = GraphEmbedder(facts, TextTokenizer(folder / TOKENIZER, facts.max_tokens), runtime)
        cpu, wall = timed(lambda: embedder.embed_question(question), 3 * rounds)
        bulk, _ = timed(lambda: embedder.embed_passages(passages), max(1, rounds // 2))
        cost = (
            f"a question: {cpu * 1000:.1f} ms CPU, {wall * 1000:.1f} ms wall; "
            f"{PASSAGES / bulk:.1f} passages a CPU second"
        )
    return f"{name}: {cost} (openvino {precision}, exported in {prepared:.0f} s of CPU)"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("shapes", nargs="+", choices=list(SHAPES), metavar="SHAPE", help=", ".join(SHAPES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    precision = "bf16" if has_bfloat16() else "f32"
    warnings.simplefilter("ignore")
    for name in options.shapes:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(name, Path(folder), options.rounds, precision), flush=True)


if __name__ == "__main__":
    main()
