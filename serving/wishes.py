"""What whoever asks wants of an answer's form. Nothing of it changes what is checked, cited or refused."""

from __future__ import annotations

from dataclasses import dataclass

from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from serving.structured.form import JsonForm


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an answer is to be written.

    Attributes:
        max_tokens: of a model's reply; None for the settings' number. Answers of quotes are not cut.
        stop: sequences before the first of which the answer ends.
        instructions: for a model, in words; they reach it as data below its rules. Answers of quotes have no style.
        sampling: how a model's words are drawn; None as the settings have it.
        toolbox: what a model may want called in the place of an answer; None for nothing.
        form: of JSON that a model fills in the place of sentences; None for sentences.
    """

    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    instructions: str = ""
    sampling: Sampling | None = None
    toolbox: Toolbox | None = None
    form: JsonForm | None = None


NO_WISHES = Wishes()
