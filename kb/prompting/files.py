"""Prompts in files: one for each job and language, with a version at its head. `{{words}}` in them are filled in.

    ---
    version: 3
    job: what the model is told before it reads
    ---
    You answer questions …

Each job has `name_en.md` and `name_zh.md`; where traditional Chinese needs words of its own, it has `name_zh-Hant.md`,
too.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from kb.errors import SettingsError
from kb.prompting.data import PromptText, as_data, frame_key

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_HEAD = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<text>.*)", re.DOTALL)
_KNOWN = {"version", "job"}


class _Prompt(NamedTuple):
    version: int
    text: str
    slots: frozenset[str]


def fill_prompt(folder: str, name: str, language: str, /, **values: str) -> PromptText:
    """The prompt `name` in the language of a question, with its slots filled.

    A value is data, and is made harmless (`as_data`), unless it is a `PromptText` already. What is filled in is not
    searched for slots again. A slot `key` that `values` leave out gets the `frame_key` of all of them.

    Args:
        folder: the package with the prompts: "serving.prompts".
        name: of the job.
        language: "en", "zh", "zh-Hans" or "zh-Hant".
        values: one for each slot.

    Raises:
        SettingsError: there is no such prompt, its head is broken, or its slots are not those of `values`.
    """
    prompt = _read(folder, name, language)
    if "key" in prompt.slots and "key" not in values:
        values["key"] = frame_key(values.values())
    if prompt.slots != values.keys():
        missing = ", ".join(sorted(prompt.slots - values.keys())) or "none"
        unused = ", ".join(sorted(values.keys() - prompt.slots)) or "none"
        why = f"slots that nothing fills: {missing}; values without a slot: {unused}"
        raise _broken(folder, f"{name} ({language})", why)
    filled = {slot: as_data(text) for slot, text in values.items()}
    return PromptText(_SLOT.sub(lambda slot: filled[slot[1]], prompt.text))


def prompt_version(folder: str, name: str, language: str) -> int:
    """The version of a prompt; raised whenever its text changes.

    Raises:
        SettingsError: there is no such prompt, or its head is broken.
    """
    return _read(folder, name, language).version


@cache
def _read(folder: str, name: str, language: str) -> _Prompt:
    file_names = [f"{name}_{language}.md", f"{name}_{'zh' if language.startswith('zh') else 'en'}.md"]
    file_name = next((each for each in file_names if files(folder).joinpath(each).is_file()), file_names[-1])
    try:
        content = files(folder).joinpath(file_name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(folder, file_name, str(error)) from error
    match = _HEAD.fullmatch(content)
    if match is None:
        raise _broken(folder, file_name, "it does not begin with a head between two lines of ---")
    head = dict(_entry(line) for line in match["head"].splitlines())
    if not head.get("version", "").isdecimal() or head.keys() - _KNOWN:
        raise _broken(folder, file_name, "its head must hold a version, a whole number, and may hold a job")
    text = match["text"].strip()
    return _Prompt(int(head["version"]), text, frozenset(_SLOT.findall(text)))


def _entry(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()


def _broken(folder: str, file_name: str, why: str) -> SettingsError:
    return SettingsError(f"cannot use the prompt {folder.replace('.', '/')}/{file_name}", why, "Mend or reinstall it")
