"""Judging sentences with a model of this machine: rows of tokens in, probabilities out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from kb.embedding.batches import pad, plan_batches
from kb.embedding.graph_embedder import Runtime, wait_for_all
from kb.embedding.manifest import ModelFacts
from kb.entailment.labels import Role, listed, roles_of
from kb.entailment.records import Entailment, best_of
from kb.entailment.tokens import EvidenceTokenizer, Row
from kb.errors import SettingsError

PAIR, TOKENS = "pair", "tokens"  # what a model classifies: a text with a sentence, or each token of the sentence

# What a graph gives for tokens, beside the greatest margin of "unsupported": the first and the last such token, divided
# by this, so that all columns are of like size.
TOKEN_SCALE = 1024.0

_BATCH_TOKENS = 1024  # padded tokens in a batch, as for embedding: docs/decisions/0002-embedding-runtime.md

Logits = NDArray[np.float32]


class EntailmentReader:
    """Implements `Entailing` over a runtime. Safe to use from several threads.

    Args:
        facts: of the model; `pooling` is `PAIR` or `TOKENS`.
        roles: what each label means, in the model's order.
        tokenizer: the model's own.
        runtime: gives a row of logits for each row of tokens; for tokens as `TOKEN_SCALE` says.
    """

    def __init__(
        self, facts: ModelFacts, roles: Sequence[Role], tokenizer: EvidenceTokenizer, runtime: Runtime
    ) -> None:
        self._facts = facts
        self._roles = list(roles)
        self._tokenizer = tokenizer
        self._runtime = runtime

    def judge(self, sentence: str, texts: Sequence[str]) -> Entailment:
        """How far the texts, each alone or all together, bear the sentence out; the best window decides."""
        whole = [*texts, "\n".join(texts)] if len(texts) > 1 else list(texts)
        rows = [row for text in whole for row in self._tokenizer.rows(sentence, text)]
        return best_of(list(self._read(rows))) if rows else Entailment(0.0)

    def _read(self, rows: Sequence[Row]) -> Iterator[Entailment]:
        logits = self._logits(rows)
        if self._facts.pooling == TOKENS:
            for row, (margin, first, last) in zip(rows, logits, strict=True):
                yield Entailment(1 - _logistic(margin), 0.0, _characters(row, first, last) if margin > 0 else None)
            return
        for values in logits:
            yield self._of_pair(values)

    def _of_pair(self, logits: Logits) -> Entailment:
        if len(self._roles) == 1:
            return Entailment(_logistic(logits[0]))
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        supported, contradicted = (_share(shares, self._roles, role) for role in (Role.SUPPORTED, Role.CONTRADICTED))
        return Entailment(supported, contradicted)

    def _logits(self, rows: Sequence[Row]) -> list[Logits]:
        found: list[Logits] = [np.zeros(0, np.float32)] * len(rows)

        def fill(places: list[int]) -> None:
            most, pad_id = self._facts.max_tokens, self._facts.pad_id
            numbers, _ = pad([rows[place].numbers for place in places], pad_id, most)
            marks, _ = pad([rows[place].marks for place in places], 0, most)
            for place, values in zip(places, self._runtime.run(numbers, marks), strict=True):
                found[place] = values

        batches = plan_batches([len(row.numbers) for row in rows], _BATCH_TOKENS)
        with ThreadPoolExecutor(self._runtime.lanes, "verify") as workers:
            wait_for_all([workers.submit(fill, places) for places in batches])
        return found


def reader_over(
    facts: ModelFacts, written: str, runtime: Runtime, labels: str | None = None, template: str | None = None
) -> EntailmentReader:
    """A reader for a model, its labels and its template as its files say, unless given.

    Args:
        facts: of the model.
        written: its tokenizer as JSON.
        runtime: runs it.
        labels: instead of its own, parted by commas.
        template: instead of its own; "" for a pair.

    Raises:
        SettingsError: what the labels mean cannot be told, or there are more or fewer.
    """
    own = listed(facts.labels)
    named = own if labels is None else listed(labels)
    if len(named) != len(own):
        raise SettingsError(
            f"setting verifier.labels names {len(named)} labels", f"{facts.name} has {len(own)}: {facts.labels}"
        )
    roles = roles_of(named, tokens=facts.pooling == TOKENS)
    framed = facts.template if template is None else template
    return EntailmentReader(facts, roles, EvidenceTokenizer(written, facts.max_tokens, framed), runtime)


def _share(shares: Logits, roles: Sequence[Role], role: Role) -> float:
    return float(shares[roles.index(role)]) if role in roles else 0.0


def _characters(row: Row, first: float, last: float) -> tuple[int, int] | None:
    """The sentence's characters from the first token to the last one."""
    start, end = (round(float(place) * TOKEN_SCALE) for place in (first, last))
    if not 0 <= start <= end < len(row.characters):
        return None
    return row.characters[start][0], row.characters[end][1]


def _logistic(logit: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(logit, -80, 80))))
