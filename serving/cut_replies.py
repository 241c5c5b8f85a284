"""What ibid says, in the question's language, of a model's reply that it ended because it went on without end."""

from __future__ import annotations

from kb.errors import RepeatingReplyError, ReplyCutError
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL

_REPEATED = {
    ENGLISH: "(The model began to repeat itself, and its answer was ended here.)",
    SIMPLIFIED: "（模型开始重复自己的话，回答到此为止。）",
    TRADITIONAL: "（模型開始重複自己的話，回答到此為止。）",
}
_OVERLONG = {
    ENGLISH: "(The model came to no end within the length it may write, and its answer was ended here.)",
    SIMPLIFIED: "（模型在允许的长度内没有写完，回答到此为止。）",
    TRADITIONAL: "（模型在允許的長度內沒有寫完，回答到此為止。）",
}


def cut_text(error: ReplyCutError, language: str) -> str:
    """Why the answer ends where it does.

    Args:
        error: as the chat model raised it.
        language: "en", "zh-Hans" or "zh-Hant".
    """
    return (_REPEATED if isinstance(error, RepeatingReplyError) else _OVERLONG)[language]
