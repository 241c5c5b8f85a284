"""A sentence as a statement: the values that it gives, and the words that say of what it gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.records import Hit
from kb.text.folding import fold
from serving.alignment import Kind, Token, read_tokens
from serving.bounds import Bound
from serving.citations import Span
from serving.dates import Date
from serving.extractive.terms import stem_of
from serving.quantities import Quantity
from serving.units import unit_named

MOST, LEAST = "most", "least"  # a maximum is another thing than a usual amount, however it is called
PER_DAY = "per day"  # and a daily amount another than a single one

# Words that belong to stating a value, not to what it is a value of: "the time limit for a claim is 30 days" and
# "claims must be filed within 14 days" are both of claims. Stems; what ibid calls an empty word is left out anyway.
_FRAMING = frozenset(
    """must be made deadlin due limit time period date latest later within prior day file submit hand lodg send turn
    receiv deliv amount total sum cost fee charg price pay paid equal set fix valu rate current recommend
    accord plea note requir need allow permit may per""".split()  # noqa: SIM905
)
_SAME = {
    **dict.fromkeys(("maximum", "max", "highest", "exceed"), MOST),
    **dict.fromkeys(("minimum", "min", "lowest"), LEAST),
    "daili": PER_DAY,
    **dict.fromkeys(("examin",), "exam"),
}
_CHINESE_FRAMING = frozenset(
    "的了是在有和与及或也都而被把为以于之其这那此该个从到将则须应当必内前后起至止限期间时共计约为达得可由向经并即每按照依"
)
_EXTREMES = {**dict.fromkeys("大高多长", MOST), **dict.fromkeys("小低少短", LEAST)}
_NUMBERED = frozenset("第 no number room tabl figur chapter page version hall build".split())  # noqa: SIM905
_TIMES = frozenset({"duration", "months", "working day"})
# A document's kind and edition: what titles differ in without being of another subject.
_KINDS = frozenset(
    """syllabus announc schedul memo memorandum faq handout inform overview note brief summari circular instruct term
    condit report letter sheet booklet brochur programm program plan page file question answer
    handbook guid guidelin regul rule polici leaflet document manual notic statut act code contract agreement
    edition revis version amend new old draft final current updat copi txt md pdf docx html year academ valid from until
    januari februari march april may june juli august septemb octob novemb decemb spring summer autumn winter""".split()  # noqa: SIM905
)
_CHINESE_KINDS = re.compile(  # the longer ones first
    "常见问题|备忘录|说明书|大纲|公告|公示|通告|说明|须知|问答|介绍|简介|概要|讲义|"
    "课件|安排|日程|计划|方案|意见|决定|解释|更新|手册|指南|规定|规则|办法|条例|"
    "细则|章程|制度|通知|合同|协议|文件|守则|准则|标准|规范|修订|修正|修改|试行|"
    "暂行|版本|最新|现行|年度|学年|学期|版|旧|新|年|上|下|第"
)
_CONDITION = frozenset(
    "for if when unless except only under over age case where while not 若 如 除 仅 只 对 非 但 另".split()  # noqa: SIM905
)
_EDITION = re.compile(
    r"(?<!\d)(?:1[5-9]|20)\d\d(?:\s?[-–/]\s?(?:20)?\d\d)?(?!\d)|\b(?:v|ver|version|rev)[. ]?\d+(?:\.\d+)*\b",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"^[(（\[]?\s?(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s?[.)、．）\]]\s?(?=\D)")
_TITLE = re.compile(r"[《〈「『]([^《》〈〉「」『』]{1,30})[》〉」』]")  # a name as one word: 「中山十景」
_LETTER = re.compile(r"\b[A-Z]\b(?! [a-z])")  # Lease B, but not "A guide to …"
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_EACH = frozenset("a per each every 每".split())  # noqa: SIM905

Value = Quantity | Date


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a document that gives values."""

    span: Span
    words: frozenset[str]  # of what it gives them
    names: frozenset[str]  # those of the words that are names
    conditions: frozenset[str]  # words that say when only
    denials: int
    values: tuple[Value, ...]
    counted: tuple[str, ...]  # for each value without a unit what it counts, "" for the others
    heading: frozenset[str]  # of the section that it stands in
    title: frozenset[str]  # of its document, without what kind and which edition it is

    @property
    def known(self) -> frozenset[str]:
        """Every word that tells of what it speaks."""
        return self.words | self.heading | self.title


def read_statement(span: Span) -> Statement:
    """The sentence at `span` with the section and document that it stands in."""
    plain = _LIST_NUMBER.sub("", " ".join(span.quote.split()))
    return Statement(span, *_read(plain), *context_of(span.hit))


def context_of(hit: Hit) -> tuple[frozenset[str], frozenset[str]]:
    """The words of the nearest heading and of the document's title."""
    headings = [heading for heading in hit.passage.headings if heading != hit.document.title]
    return words_of(headings[-1] if headings else ""), title_words(hit.document.title)


@lru_cache(maxsize=1_000)
def words_of(text: str) -> frozenset[str]:
    """The words of a text that tell of what it speaks."""
    return _read(text)[0] if text else frozenset()


@lru_cache(maxsize=1_000)
def title_words(title: str) -> frozenset[str]:
    """The words of a title, without its numbers and what kind and which edition of a document it is."""
    plain = _CHINESE_KINDS.sub(" ", _EDITION.sub(" ", title))
    letters = {f"id {letter}" for letter in _LETTER.findall(plain)}
    return frozenset(word for word in words_of(plain) if word not in _KINDS) | letters


@lru_cache(maxsize=2_000)
def _read(
    text: str,
) -> tuple[frozenset[str], frozenset[str], frozenset[str], int, tuple[Value, ...], tuple[str, ...]]:
    """What a `Statement` holds of its own sentence, in its order."""
    tokens = read_tokens(text)
    words: set[str] = set()
    values: list[Value] = []
    counted: list[str] = []
    for place, token in enumerate(tokens):
        if token.kind is Kind.DATE and token.date:
            values.append(token.date)
            counted.append("")
        elif token.kind is Kind.NUMBER and token.quantity and _is_year(token.quantity):
            values.append(_as_year(token.quantity))
            counted.append("")
        elif token.kind is Kind.NUMBER and token.quantity:
            thing = _counted(tokens, place)
            if thing is None:
                words.add(f"id {token.key}")
            else:
                values.append(token.quantity)
                counted.append(thing)
        elif token.kind is Kind.BOUND and token.quantity:
            words.update(_extreme(token.quantity))
    words.update(_words(tokens))
    titles = {f"«{fold(title)}»" for title in _TITLE.findall(text)}
    words |= titles
    conditions = {token.key for token in tokens if token.key in _CONDITION}
    denials = sum(token.kind is Kind.DENIAL for token in tokens)
    names = words & {*titles, *(token.key for token in tokens if token.kind is Kind.NAME)}
    return frozenset(words), frozenset(names), frozenset(conditions), denials, tuple(values), tuple(counted)


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    before = ""
    for token in tokens:
        if token.kind is Kind.ARTICLE:
            yield token.key
        if token.kind not in {Kind.WORD, Kind.NAME}:
            before = ""
            continue
        if before == "最" and token.key in _EXTREMES:
            yield _EXTREMES[token.key]
        elif before in _EACH and token.key in {"day", "日", "天"}:
            yield PER_DAY
        elif not _is_framing(token.key):
            yield _SAME.get(token.key, token.key)
        before = token.key


def _is_framing(key: str) -> bool:
    if "\u3400" <= key[0] <= "\u9fff":
        return key in _CHINESE_FRAMING or key == "最"
    return key in _FRAMING or not stem_of(key) or len(key) == 1


def _as_year(quantity: Quantity) -> Date:
    return Date(int(quantity.value), 0, 0, quantity.written, quantity.start, quantity.end)


def _is_year(quantity: Quantity) -> bool:
    return quantity.unit in {"", "year"} and _YEAR.fullmatch(quantity.value) is not None


def _counted(tokens: Sequence[Token], place: int) -> str | None:
    """What the number at `place` counts, "" where it has a unit, None where it only numbers something (INF 342)."""
    quantity = tokens[place].quantity
    if quantity is None or quantity.unit:
        return ""
    before = tokens[place - 1] if place else None
    if before is not None and (before.kind is Kind.NAME or before.key in _NUMBERED):
        return None
    after = next(_nouns(tokens[place + 1 : place + 3]), "")
    return after or None


def _nouns(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.kind not in {Kind.WORD, Kind.NAME}:
            return
        if token.key != "个" and not _is_framing(token.key):
            yield token.key


def _extreme(quantity: Quantity) -> Iterator[str]:
    """A bound on an amount is a maximum or minimum; a bound on a time is only how deadlines are said."""
    unit = unit_named(quantity.unit)
    if unit is None or unit.kind not in _TIMES:
        if quantity.bound in {Bound.MOST, Bound.BELOW}:
            yield MOST
        elif quantity.bound in {Bound.LEAST, Bound.ABOVE}:
            yield LEAST
