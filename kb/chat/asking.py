"""Asks a chat model as one request wants it, where the model can be asked so."""

from __future__ import annotations

from typing import Protocol, TypeGuard, runtime_checkable

from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from kb.ports import ChatModel


@runtime_checkable
class TakesOptions(Protocol):
    """A chat model that can be told how to draw its words and what it may call."""

    def asked_with(self, sampling: Sampling | None, toolbox: Toolbox | None) -> ChatModel:
        """The same model, asked so. Its replies tell their tokens, where the server does, and their calls."""
        ...


def takes_options(model: ChatModel | None) -> TypeGuard[TakesOptions]:
    """Whether a model can be told."""
    return isinstance(model, TakesOptions)


def asked_with(model: ChatModel, sampling: Sampling | None, toolbox: Toolbox | None) -> ChatModel:
    """The model as a request wants it; as it is, where the request wants nothing, or it cannot be told."""
    if (sampling is None and toolbox is None) or not takes_options(model):
        return model
    return model.asked_with(sampling, toolbox)
