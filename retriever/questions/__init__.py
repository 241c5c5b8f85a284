"""Questions before they are searched for: acronyms and other names, terms in two languages, comparisons."""

from retriever.questions.glossary import Glossary
from retriever.questions.reader import QuestionReader
from retriever.questions.reading import interleave, read_question
from retriever.questions.records import Expansion, Pair, PairKind, QuestionVariant
from retriever.questions.synonyms import Alternatives, alternatives

__all__ = [
    "Alternatives",
    "Expansion",
    "Glossary",
    "Pair",
    "PairKind",
    "QuestionReader",
    "QuestionVariant",
    "alternatives",
    "interleave",
    "read_question",
]
