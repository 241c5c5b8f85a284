from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest

from tests.serving.http_server import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_vectors_come_back_exact_in_both_encodings(server: RunningServer, encoding: str | None) -> None:
    texts = ["Students must hand in the report.", "押金应当退还。"]
    more: dict[str, Any] = {"encoding_format": encoding} if encoding else {}
    response = server.client().embeddings.create(model="ibid", input=texts, **more)
    assert [item.index for item in response.data] == [0, 1]
    wanted = server.embedder.embed_passages(texts)
    for item, vector in zip(response.data, wanted, strict=True):
        embedding: object = item.embedding
        if isinstance(embedding, str):  # the client decodes base64 only where it asked for it itself
            embedding = np.frombuffer(base64.b64decode(embedding), dtype="<f4").tolist()
        assert np.array_equal(np.asarray(embedding, dtype=np.float32), vector)
    assert response.model == "hash"
    assert response.usage.prompt_tokens > 0


def test_one_text_is_a_batch_of_one(server: RunningServer) -> None:
    assert len(server.client().embeddings.create(model="hash", input="one").data) == 1


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": ["a", " "]}, "input"),
        ({"input": [1, 2, 3]}, "input"),
        ({"input": [[1, 2]]}, "input"),
        ({"input": ["a"] * 2049}, "input"),
        ({"input": "a", "dimensions": 8}, "dimensions"),
    ],
)
def test_what_cannot_be_embedded_is_a_bad_request(server: RunningServer, given: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        server.client().embeddings.create(model="ibid", **given)
    assert caught.value.param == param


def test_the_models_own_dimension_may_be_asked_for(server: RunningServer) -> None:
    assert server.client().embeddings.create(model="ibid", input="a", dimensions=64).data


def test_an_unknown_embedding_model_is_not_found(server: RunningServer) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        server.client().embeddings.create(model="text-embedding-3-small", input="a")
    assert caught.value.code == "model_not_found"
