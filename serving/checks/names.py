"""Names, titles and words in quotation marks must be those of the cited words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.alignment import Kind, read_tokens
from serving.chinese_names import chinese_names
from serving.reasons import Reason, because

_QUOTED = re.compile(
    r"《[^《》\n]{1,60}》|〈[^〈〉\n]{1,60}〉|“[^“”\n]{2,60}”|「[^「」\n]{2,60}」|『[^『』\n]{2,60}』|\"[^\"\n]{2,60}\""
)
_NAME_LETTERS = 5  # Amsterdam and Amsterdammers, America and American name the same


def misquoted(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A title or words in quotation marks that the cited words do not hold to the letter."""
    cited = _letters("\n".join(quotes))
    for match in _QUOTED.finditer(sentence):
        if _letters(match[0]) not in cited:
            verdict = Verdict.UNSUPPORTED if match[0][0] in "《〈" else Verdict.PARTLY
            return Judgement(verdict, because(Reason.MISQUOTED, sentence, what=match[0]), 0.8)
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, fold(text)))


def unnamed(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A name that the cited words do not hold at all: only partly borne out, since they may speak of it otherwise."""
    cited = {token.key[:_NAME_LETTERS] for quote in quotes for token in read_tokens(quote)}
    for token in read_tokens(sentence):
        if token.kind is Kind.NAME and len(token.written) > 1 and token.key[:_NAME_LETTERS] not in cited:
            return Judgement(Verdict.PARTLY, because(Reason.NOT_NAMED, sentence, what=token.written), 0.6)
    words = fold("\n".join(quotes))
    for name in chinese_names(fold(sentence)):
        if name.core not in words:
            return Judgement(Verdict.PARTLY, because(Reason.NOT_NAMED, sentence, what=name.written), 0.6)
    return None
