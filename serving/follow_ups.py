"""Follow-ups made standalone: "And for children?" is searched for with what the conversation was about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.errors import ModelError
from kb.ports import ChatModel
from kb.records import Turn
from kb.text.folding import fold
from serving.cancellation import Cancellation
from serving.extractive.terms import is_weak, read_terms
from serving.prompts import fill

_TURNS_SHOWN = 6  # three questions with their answers: follow-ups seldom reach further back
_QUESTIONS_BACK = 8  # a chain of follow-ups longer than that has forgotten its beginning
_TURN_CHARACTERS = 1000
_REWRITTEN_CHARACTERS = 500  # a longer rewriting is an answer, or a model gone astray
_REWRITTEN_TOKENS = 200
_SAID = 0.5  # share of a rewritten question's terms that the conversation must hold
_CONTEXT_CHARACTERS = 300  # of the question before: more would drown the new one

# All patterns read folded text: lower case, simplified Chinese.
_OPENS_AS_FOLLOW_UP = re.compile(
    r"\W*(?:(?:and|but|or|so|then|also)\b|(?:what|how) about\b|what if\b|what else\b|why not\b|how so\b|same\b"
    r"|那么?|还有|然后|另外|如果|要是|换成|除此|除了这)"
)
_CLOSES_AS_FOLLOW_UP = re.compile(r"呢\W*$")
_SHORT = 14  # characters: a longer question with 呢 at its end says what it is about
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|these|those|the (?:former|latter|same)|this one|that one"
    r"|(?:this|that)(?=\s*(?:\W*$|(?:is|was|mean|means|apply|applies|cost|take|happen|work|include|say)\b))"
    r"|(?:of|for|about|with|without|after|before|under|than|to|like|in|on|by) (?:this|that))\b"
    r"|它们?|(?<!其)[他她]们?|(?<!尤)(?<!极)其(?![他它中余次实])|此(?![外时])|(?:这|那)(?![么样里])|上述|前者|后者|同样"
    r"|(?:^|[\W，。])该(?!怎|如何|不该)"
)
_TERMS_OF_A_SUBJECT = 2  # so many terms before a pronoun, and it stands for something in the question itself
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b"
    r"|什么|谁|哪|何|怎|多少|多久|多长|多大|几|吗|是否|能否|可否|为啥|有没有|是不是|能不能"
)
_ABOUT_WORD = re.compile(r"\b(?:what|how) about\b")
_ASKING_WORDS = re.compile(
    r"请问|什么时候|什麼時候|什么|什麼|为什么|為什麼|为何|為何|怎么样|怎麼樣|怎么|怎麼|如何|多少|多久|多长|多長|是否|能否|可否|有没有|有沒有"
    r"|哪些|哪里|哪裡|哪个|哪個|谁|誰|吗|嗎|呢|是不是|能不能|是(?=\W*$)"
)
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff][^\s\u3400-\u9fff?？,，;；!！()（）\"“”]*")


def standalone_question(
    question: str,
    history: Sequence[Turn],
    model: ChatModel | None = None,
    cancellation: Cancellation | None = None,
) -> str:
    """The question as it would be asked without the conversation before it.

    Args:
        question: the last question.
        history: the conversation before it, the oldest turn first.
        model: rewrites the question; without one, or where it fails, a rule adds what the question before was about.
        cancellation: stops the model.
    """
    if not any(turn.role == "user" and turn.text.strip() for turn in history):
        return question
    if model is not None:
        try:
            return _rewritten(question, history, model, cancellation or Cancellation())
        except ModelError:
            pass  # the rule is good enough to search with; if the model stays down, the answer says so
    return _with_context(question, [turn.text for turn in history if turn.role == "user"][-_QUESTIONS_BACK:])


def is_follow_up(question: str) -> bool:
    """Whether a question leans on what was said before: pronouns, "and for …?", 那…呢, or nothing of its own."""
    folded = fold(question).strip()
    if _OPENS_AS_FOLLOW_UP.match(folded) or (_CLOSES_AS_FOLLOW_UP.search(folded) and len(folded) <= _SHORT):
        return True
    if pronoun := _PRONOUN.search(folded):
        before = read_terms(folded[: pronoun.start()]).exact
        return sum(not is_weak(term) for term in before) < _TERMS_OF_A_SUBJECT
    terms = read_terms(folded).exact
    return not terms or (len(terms) <= _TERMS_OF_A_SUBJECT and not _ASKS.search(folded))


def _with_context(question: str, earlier: Sequence[str]) -> str:
    """The rule: a follow-up takes the content of the question before, which may itself be a follow-up."""
    if not earlier or not is_follow_up(question):
        return question
    before = _with_context(earlier[-1], earlier[:-1])[:_CONTEXT_CHARACTERS].strip()
    # "And for children?" asks nothing itself: it takes the whole question. "Why is that?" asks: it takes the subject.
    asks = _ASKS.search(_ABOUT_WORD.sub("", fold(question)))
    context = _content_words(before, question) if asks else before
    return f"{question.strip()} {context}".strip()


def _content_words(text: str, without: str) -> str:
    known = read_terms(without).exact
    words = [match[0] for match in _WORD.finditer(_ASKING_WORDS.sub(" ", text.rstrip("?？。. ")))]
    return " ".join(word for word in words if (terms := read_terms(word).exact) and not terms <= known)


def _rewritten(question: str, history: Sequence[Turn], model: ChatModel, cancellation: Cancellation) -> str:
    shown = "\n".join(
        f"{'User' if turn.role == 'user' else 'Assistant'}: {_on_one_line(turn.text)[:_TURN_CHARACTERS]}"
        for turn in history[-_TURNS_SHOWN:]
    )
    prompt = fill("follow_up_question", conversation=shown, question=question)
    stream = model.stream(fill("follow_up_system"), (Turn("user", prompt),), max_tokens=_REWRITTEN_TOKENS)
    with cancellation.watching(stream) as pieces:
        reply = "".join(pieces).rpartition("</think>")[2]
    rewritten = _on_one_line(reply).strip('"“”「」 ')
    if len(rewritten) > _REWRITTEN_CHARACTERS or not _says_what_was_said(rewritten, question, history):
        raise ModelError(f"model {model.name} did not rewrite the question")
    return rewritten


def _says_what_was_said(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether most of a rewritten question stands in the conversation: small models answer, or repeat the prompt."""
    terms = read_terms(rewritten).exact
    said = read_terms("\n".join((question, *(turn.text for turn in history)))).exact
    return bool(terms) and len(terms & said) >= _SAID * len(terms)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
