"""Trains a cross-encoder from the packaged MiniLM on a CPU, and lets it read.

It learns from what search and reading hand it: for an answerable question the six sentences that stand best without it,
those that hold an answer, and one more of the right passage; for an unanswerable one the four that stand best.

The first epoch has a wide head over the first state and the mean of the sentence's, with a score to choose by and
another one for whether the sentence answers: they move the embedder's weights to where a pair can be read. The head is
thrown away; two more epochs train the one score, as cross-encoders have it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from benchmarks.sentence_reader.questions import Known
from kb.embedding.sources import find_source
from serving.extractive.alike import in_question
from serving.extractive.features import Matrix

LIKELIEST = 6  # sentences of an answerable question: what would be quoted and what nearly would
LIKELIEST_UNANSWERABLE = 4
BY_FEATURES = 0.5  # how much the score without a reader counts beside its own, so that it learns what that one lacks
QUESTION_TOKENS, SENTENCE_TOKENS = 48, 96  # longer ones are cut: one in a hundred
BATCH = 8  # questions
EPOCHS_WIDE, EPOCHS = 1, 2
PLANNED_WIDE = 3  # epochs over which the first one's rate falls: it ends at two thirds
RATE_BODY, RATE_HEAD = 6e-5, 5e-4  # of AdamW; embeddings stay as they are
WARM_UP_WIDE, WARM_UP = 0.1, 0.03  # share of the planned steps; then down to 0 in a line

Pair = tuple[list[int], list[int]]  # token numbers and token types
Run = Callable[[Sequence[Pair]], tuple[torch.Tensor, torch.Tensor]]  # scores to choose by, logits of an answer


@dataclass(frozen=True)
class Group:
    """One question with the sentences that are learnt from."""

    pairs: list[Pair]
    scores: Matrix  # without a reader
    right: Matrix
    answerable: bool


class Wide(torch.nn.Module):
    """The head of the first epoch: two scores from the first state and the mean of the sentence's states."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Dropout(0.1), torch.nn.Linear(2 * hidden, 128), torch.nn.GELU(), torch.nn.Linear(128, 2)
        )

    def forward(self, states: torch.Tensor, types: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Scores of shape (pairs, 2)."""
        of_sentence = types.float()
        of_sentence[torch.arange(len(lengths)), lengths - 1] = 0.0  # its last token is the separator
        mean = (states * of_sentence[:, :, None]).sum(1) / of_sentence.sum(1, keepdim=True).clamp(min=1.0)
        scores: torch.Tensor = self.layers(torch.cat([states[:, 0], mean], dim=1))
        return scores


class Reader:
    """Learns from questions, then reads others.

    Args:
        seed: of weights and order.
    """

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self._draw = random.Random(seed)
        folder = find_source("packaged").folder
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32, num_labels=1)

    def learn(self, questions: Sequence[Known]) -> None:
        """Trains on all of these."""
        groups = [group for known in questions if (group := self._group(known)) is not None]
        print(len(groups), "questions,", sum(len(group.pairs) for group in groups), "pairs", flush=True)
        wide = Wide(self._model.config.hidden_size)

        def run_wide(pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
            numbers, types, mask, lengths = padded(pairs)
            states = self._model.bert(input_ids=numbers, token_type_ids=types, attention_mask=mask).last_hidden_state
            scores = wide(states, types, lengths)
            return scores[:, 0], scores[:, 1]

        def run(pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
            logits = self._logits(pairs)
            return logits, logits

        self._train(wide, run_wide, groups, EPOCHS_WIDE, WARM_UP_WIDE, PLANNED_WIDE)
        self._train(self._model.classifier, run, groups, EPOCHS, WARM_UP, EPOCHS)

    def read(self, known: Known) -> tuple[list[int], list[float]]:
        """The places of the sentences that are in question without it, and its logits that they answer."""
        places = in_question(known.scores) or known.order[:1]
        self._model.eval()
        with torch.no_grad():
            logits = self._logits([self._pair(known.text, known.sentences[place]) for place in places])
        return places, logits.tolist()

    def _logits(self, pairs: Sequence[Pair]) -> torch.Tensor:
        numbers, types, mask, _ = padded(pairs)
        logits: torch.Tensor = self._model(input_ids=numbers, token_type_ids=types, attention_mask=mask).logits[:, 0]
        return logits

    def _pair(self, question: str, sentence: str) -> Pair:
        asked = self._tokenizer.encode(question, add_special_tokens=False)[:QUESTION_TOKENS]
        said = self._tokenizer.encode(sentence, add_special_tokens=False)[:SENTENCE_TOKENS]
        first = [self._tokenizer.cls_token_id, *asked, self._tokenizer.sep_token_id]
        return [*first, *said, self._tokenizer.sep_token_id], [0] * len(first) + [1] * (len(said) + 1)

    def _group(self, known: Known) -> Group | None:
        """What is learnt from a question; None where it is answerable and none of its sentences holds an answer."""
        order = known.order
        if known.answerable:
            right = [place for place in order if known.right[place] and known.annotated[place]][:2]
            beside = [place for place in np.flatnonzero(known.annotated).tolist() if place not in order[:LIKELIEST]]
            self._draw.shuffle(beside)
            chosen = list(dict.fromkeys([*order[:LIKELIEST], *right, *beside[:1]]))
            if not known.right[chosen].any():
                return None
        else:
            chosen = order[:LIKELIEST_UNANSWERABLE]
        pairs = [self._pair(known.text, known.sentences[place]) for place in chosen]
        return Group(pairs, known.scores[chosen], known.right[chosen], known.answerable)

    def _batches(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        """All groups once, in batches of like length, in an order of chance."""
        order = list(range(len(groups)))
        self._draw.shuffle(order)
        longest = [max(len(numbers) for numbers, _ in group.pairs) for group in groups]
        parts = []
        for start in range(0, len(order), 20 * BATCH):
            alike = sorted(order[start : start + 20 * BATCH], key=longest.__getitem__)
            parts += [alike[first : first + BATCH] for first in range(0, len(alike), BATCH)]
        self._draw.shuffle(parts)
        for part in parts:
            yield [groups[place] for place in part]

    def _train(
        self, head: torch.nn.Module, run: Run, groups: Sequence[Group], epochs: int, warm_up: float, planned: int
    ) -> None:
        """Trains encoder, pooler and `head` for some epochs; the rate falls as over the planned ones."""
        own = list(self._model.named_parameters())
        for name, weights in own:
            weights.requires_grad = ".embeddings." not in name
        body = [weights for name, weights in own if ".encoder." in name or ".pooler." in name]
        parts = [{"params": body, "lr": RATE_BODY}, {"params": list(head.parameters()), "lr": RATE_HEAD}]
        optimizer = torch.optim.AdamW(parts, weight_decay=0.01)
        steps = planned * math.ceil(len(groups) / BATCH)

        def share_of_rate(step: int) -> float:
            return min((step + 1) / (warm_up * steps), max(0.0, (steps - step) / ((1 - warm_up) * steps)))

        falling = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_rate)
        self._model.train()
        head.train()
        started, losses = time.monotonic(), list[float]()
        for batch in [batch for _ in range(epochs) for batch in self._batches(groups)]:
            to_choose, answers = run([pair for group in batch for pair in group.pairs])
            place, of_groups = 0, []
            for group in batch:
                own_rows = slice(place, place + len(group.pairs))
                of_groups.append(loss_of(group, to_choose[own_rows], answers[own_rows]))
                place = own_rows.stop
            loss = torch.stack(of_groups).mean()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            torch.nn.utils.clip_grad_norm_([*body, *head.parameters()], 1.0)
            optimizer.step()
            optimizer.zero_grad()
            falling.step()
            losses.append(loss.item())
            if len(losses) % 50 == 0:
                seconds = time.monotonic() - started
                print(f"{len(losses)} of {steps}: {np.mean(losses[-50:]):.4f}, {seconds:.0f} s", flush=True)


def padded(pairs: Sequence[Pair]) -> tuple[torch.Tensor, ...]:
    """Token numbers, types and mask of shape (pairs, longest), and lengths of shape (pairs,)."""
    lengths = torch.tensor([len(numbers) for numbers, _ in pairs])
    shape = (len(pairs), int(lengths.max()))
    numbers, types, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for row, (own, kinds) in enumerate(pairs):
        numbers[row, : len(own)], types[row, : len(own)] = torch.tensor(own), torch.tensor(kinds)
        mask[row, : len(own)] = 1
    return numbers, types, mask, lengths


def loss_of(group: Group, to_choose: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """How little the right sentences are chosen, and how wrongly each is held for an answer or none.

    Args:
        group: the question.
        to_choose: scores of its sentences, that are compared with each other.
        answers: logits that each of them answers.
    """
    known, right = torch.tensor(group.scores, dtype=torch.float32), torch.tensor(group.right, dtype=torch.float32)
    # Of sentences that would not be quoted anyway it matters little whether they are told from answers.
    matters = torch.softmax(BY_FEATURES * known, 0)
    told = torch.nn.functional.binary_cross_entropy_with_logits(answers, (right > 0).float(), reduction="none")
    loss = (told * matters).sum()
    if group.answerable:
        loss = loss - torch.log((torch.softmax(BY_FEATURES * known + to_choose, 0) * right).sum() + 1e-6)
    return loss
