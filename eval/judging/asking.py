"""One question to a judge: asked once for the same content, parsed with suspicion, and never answered with a guess."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from eval.judging.prompts import fill
from kb.chat.replies import json_objects
from kb.errors import ModelError
from kb.ports import ChatModel
from kb.records import Turn

_Answer = TypeVar("_Answer")
Check = Callable[[dict[str, Any]], "_Answer | str"]  # what was asked for, or what is wrong with the reply

_MAX_TOKENS = 2_000  # forty claims of thirty words: longer answers are split into fewer
_TRIES = 2  # a second try mends a stray word; a model that fails twice fails the third time too
_FAILURES_IN_A_ROW = 3  # then the server is down: each further call would only wait for its time limit


class NotJudgedError(Exception):
    """The judge gave no usable verdict; the message says why. No score is made of it."""


class Judge:
    """A chat model that judges. May be used by several threads at once.

    Args:
        model: any chat model.
        folder: where its replies are kept, one file for each content that was judged.
    """

    def __init__(self, model: ChatModel, folder: Path) -> None:
        self._model = model
        self._folder = folder
        self._lock = threading.Lock()
        self._failed = 0  # calls in a row

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def ask(
        self, prompt: str, language: str, check: Callable[[dict[str, Any]], _Answer | str], **slots: str
    ) -> _Answer:
        """What `check` makes of the judge's reply to the prompt.

        Args:
            prompt: the prompt's name under prompts/.
            language: "en" or "zh".
            check: reads the JSON object; returns a text that says what is wrong where it is not what was asked for.
            slots: what is filled into the prompt.

        Raises:
            NotJudgedError: the model failed, or gave nothing usable twice.
        """
        system, request = fill("system", language), fill(prompt, language, **slots)
        path = self._path(system, request)
        kept = _kept(path)
        if kept is not None and not isinstance(answer := _read(kept, check), _Wrong):
            return answer
        turns = [Turn("user", request)]
        wrong = _Wrong("")
        for _ in range(_TRIES):
            reply = self._reply(system, turns)
            found = _read(reply, check)
            if not isinstance(found, _Wrong):
                _keep(path, reply)
                return found
            wrong = found
            turns += [Turn("assistant", reply), Turn("user", fill("again", language, why=wrong.why))]
        raise NotJudgedError(f"{self.name} gave no usable reply: {wrong.why}")

    def _reply(self, system: str, turns: list[Turn]) -> str:
        with self._lock:
            if self._failed >= _FAILURES_IN_A_ROW:
                raise NotJudgedError(f"{self.name} failed {self._failed} times in a row and was not asked again")
        try:
            reply = "".join(self._model.stream(system, turns, max_tokens=_MAX_TOKENS))
        except ModelError as error:
            with self._lock:
                self._failed += 1
            raise NotJudgedError(str(error)) from error
        with self._lock:
            self._failed = 0
        return reply

    def _path(self, system: str, request: str) -> Path:
        key = hashlib.sha256("\x1f".join((self.name, system, request)).encode("utf-8", "replace")).hexdigest()
        return self._folder / key[:2] / f"{key}.json"


class _Wrong:
    """What is wrong with a reply."""

    def __init__(self, why: str) -> None:
        self.why = why


def _read(reply: str, check: Callable[[dict[str, Any]], _Answer | str]) -> _Answer | _Wrong:
    wrong = _Wrong("it holds no whole JSON object")
    for value in json_objects(reply):
        answer = check(value)
        if not isinstance(answer, str):
            return answer
        wrong = _Wrong(answer)
    return wrong


def _kept(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["reply"])
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: asked anew
        return None


def _keep(path: Path, reply: str) -> None:
    part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"reply": reply}, ensure_ascii=True), encoding="utf-8")
        part.replace(path)
    except OSError:  # a full disk costs the next run a call, not this run its verdict
        part.unlink(missing_ok=True)
