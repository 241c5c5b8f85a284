from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.errors import ModelError
from kb.ports import ChatModel
from kb.settings import ModelSettings
from tests.fakes import ScriptedChatModel
from tests.ports.chat_model_suite import MakeModel, check_chat_model
from tests.serving.model_server import Reply, model_server


@pytest.fixture
def make_server_model() -> Iterator[MakeModel]:
    with ExitStack() as stack:

        def make(reply: Sequence[str] | ModelError) -> ChatModel:
            script = Reply(status=400, error=str(reply)) if isinstance(reply, ModelError) else Reply(tuple(reply))
            server = stack.enter_context(model_server(script))
            model = OpenAICompatibleModel(ModelSettings(base_url=server.base_url, name="scripted"))
            stack.callback(model.close)
            return model

        yield make


def test_the_scripted_model_keeps_the_promises_of_a_chat_model() -> None:
    check_chat_model(ScriptedChatModel)


def test_a_model_on_a_server_keeps_the_promises_of_a_chat_model(make_server_model: MakeModel) -> None:
    check_chat_model(make_server_model)
