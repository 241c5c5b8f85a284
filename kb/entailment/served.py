"""A classifier on a server, in the two forms that there are: TEI's `/predict` and vLLM's `/classify`.

TEI takes pairs and names every label. vLLM takes single texts, so that `verifier.template` must say how a pair is
written for the model, and gives probabilities in the model's order, which `verifier.labels` must name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kb.entailment.labels import Role, listed, roles_of
from kb.entailment.opening import labels_and_template
from kb.entailment.records import Entailment, best_of
from kb.entailment.tokens import EVIDENCE, SENTENCE
from kb.errors import ModelError
from kb.model_server import ModelServer, RefusedError
from kb.prompting import as_data
from kb.settings import VerifierSettings
from kb.text.sentences import split_sentences

# Characters sent of a sentence and of a text: servers refuse what is longer than their model's window (512 tokens of
# most NLI models) instead of cutting it. Cited places are a few sentences.
_SENTENCE_CHARACTERS = 600
_TEXT_CHARACTERS = 1_200

_OTHER_FORM = {404, 405, 422}  # what a server answers at a path, or to a form, that it does not know

# A server splits the whole text into tokens, so that an end written in a document would become a real one.
_ENDS = re.compile(r"\[(?=(?:SEP|CLS|PAD|MASK|UNK)\])|<(?=/?s>|(?:pad|unk|mask|eos|bos|cls|sep)>)", re.IGNORECASE)


class ServedEntailment:
    """Implements `Entailing` with a server. Safe to use from several threads; connects at the first call."""

    def __init__(self, settings: VerifierSettings) -> None:
        base_url = settings.base_url.rstrip("/").removesuffix("/v1")  # both paths stand at the root
        self._server = ModelServer("verifier", base_url, settings.api_key, settings.timeout_seconds)
        self._model = settings.model
        self._labels, self._template = labels_and_template(settings)
        self._vllm = False  # the form that the server understood last

    def judge(self, sentence: str, texts: Sequence[str]) -> Entailment:
        """How far the texts, each alone or all together, bear the sentence out.

        Raises:
            ModelError: the server cannot be reached, refuses, or gives no probabilities.
            SettingsError: what its labels mean cannot be told.
        """
        whole = [*texts, "\n".join(texts)] if len(texts) > 1 else list(texts)
        pieces = [piece for text in whole for piece in _pieces(_harmless(text))]
        if not pieces:
            return Entailment(0.0)
        answer = self._ask(_harmless(sentence)[:_SENTENCE_CHARACTERS], pieces)
        try:
            found = [self._read(item) for item in (answer["data"] if isinstance(answer, dict) else answer)]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            why = str(error) or type(error).__name__
            raise ModelError("the verifier's server gave no usable probabilities", why) from error
        if len(found) != len(pieces):
            raise ModelError("the verifier's server gave no usable probabilities", f"{len(found)} for {len(pieces)}")
        return best_of(found)

    def _ask(self, sentence: str, pieces: list[str]) -> Any:
        try:
            return self._post(sentence, pieces, vllm=self._vllm)
        except RefusedError as error:
            if error.status not in _OTHER_FORM:
                raise
            answer = self._post(sentence, pieces, vllm=not self._vllm)
            self._vllm = not self._vllm
            return answer

    def _post(self, sentence: str, pieces: list[str], *, vllm: bool) -> Any:
        if not vllm:
            body = {"inputs": [[piece, sentence] for piece in pieces], "truncate": True}
            return self._server.post("/predict", body)
        if not self._template or self._labels is None:
            raise ModelError(
                "the verifier's server knows /classify only, which takes no pairs and names no labels",
                "verifier.template and verifier.labels are not both set",
                "For RoBERTa's family: verifier.template = \"{evidence}</s></s>{sentence}\", for BERT's and DeBERTa's "
                '"{evidence}[SEP]{sentence}"; verifier.labels as in id2label of the model\'s config.json',
            )
        texts = [_filled(self._template, piece, sentence) for piece in pieces]
        return self._server.post("/classify", {"model": self._model, "input": texts})

    def _read(self, item: Any) -> Entailment:
        if isinstance(item, dict):
            shares = [float(share) for share in item["probs"]]
            names = listed(self._labels or "")
        else:
            names = tuple(str(one["label"]) for one in item)
            shares = [float(one["score"]) for one in item]
            if self._labels is not None:  # unnamed ones, in the order of their numbers
                shares = [share for _, share in sorted(zip(names, shares, strict=True))]
                names = listed(self._labels)
        if len(names) != len(shares) or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"{len(shares)} probabilities for {len(names)} labels")
        by_role = dict(zip(roles_of(names), shares, strict=True))
        return Entailment(by_role[Role.SUPPORTED], by_role.get(Role.CONTRADICTED, 0.0))


def _filled(template: str, text: str, sentence: str) -> str:
    """The template filled in one go, so that what is filled in is not searched for its slots."""
    values = {EVIDENCE: text, SENTENCE: sentence}
    return re.sub(f"{re.escape(EVIDENCE)}|{re.escape(SENTENCE)}", lambda slot: values[slot[0]], template)


def _harmless(text: str) -> str:
    return _ENDS.sub(lambda found: f"{found[0]} ", as_data(text))


def _pieces(text: str) -> list[str]:
    """The text in pieces of whole sentences, as far as these fit."""
    pieces: list[str] = []
    for start, end in split_sentences(text):
        for first in range(start, end, _TEXT_CHARACTERS):
            piece = text[first : min(end, first + _TEXT_CHARACTERS)]
            if pieces and len(pieces[-1]) + len(piece) < _TEXT_CHARACTERS:
                pieces[-1] += " " + piece
            else:
                pieces.append(piece)
    return pieces
