"""Questions that compare: "the difference between A and B", "A versus B", A和B有什么区别, 比较A与B."""

from __future__ import annotations

import re

# Nearly all questions hold none of these, and are told from comparisons by that alone.
_HINT = re.compile(
    r"differ|distin|compar|contrast|similarit|versus|\bvs\b|\bwhich\b|[区區差异異]|不同|不一[样樣]|比|哪|[谁誰]|分别",
    re.IGNORECASE,
)
_LONGEST_QUESTION = 300  # characters: the patterns below take time that grows with its square
_LONGEST_SIDE = 80  # characters: what is longer is a clause that happens to hold an "and"
_MOST_SIDES = 4

# Where the second side ends in English: what follows holds for all sides.
_REST = (
    r"(?P<rest>(?:[,;]|\s+(?:in|for|under|when|with|within|on|at|during|according|regarding|concerning|as|if|after|before"
    r"|per|by)\b|\s+(?:differ|compare)\w*\b).*)?"
)
_SIDES = rf"(?P<first>.+?)\s+(?:and|&)\s+(?P<second>.+?){_REST}"
_LEAD = r"(?P<lead>.*?)"
_END = r"\s*[?.!？。！]*\s*$"
_ENGLISH = tuple(
    re.compile(pattern + _END, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"{_LEAD}\b(?:differences?|distinctions?|distinguish|distinguishes|comparisons?|compared?|comparing|similarit(?:y|ies))"
        rf"\b(?P<about>(?:\s+(?:in|of)\s+[\w\s-]{{1,40}}?)?)\s+(?:is there\s+)?(?:between|of)\s+{_SIDES}",
        rf"(?P<lead>)(?:please\s+|can you\s+|could you\s+)?(?:compare|contrast|distinguish)\s+(?P<first>.+?)"
        rf"\s+(?:and|with|to|against|from|&)\s+(?P<second>.+?){_REST}",
        rf"(?P<lead>)how\s+(?:do|does|is|are|did)\s+(?P<first>.+?)\s+(?:differ(?:ent)?\s+from|compare\s+(?:to|with|against))"
        rf"\s+(?P<second>.+?){_REST}",
        r"(?P<lead>)how\s+(?:do|does|are|did)\s+(?P<first>.+?)\s+and\s+(?P<second>.+?)\s+(?:differ|compare)(?P<rest>\b.*)?",
        r"(?P<lead>.*?)(?P<first>(?:[\w.()'’/-]+\s+){0,5}?[\w.()'’/-]+)\s+(?:versus|vs\.?)\s+(?P<second>.+?)" + _REST,
        r"(?P<lead>which\b[^,:?]*)[,:?]\s*(?P<first>[^,?]+?),?\s+or\s+(?P<second>[^,?]+?)(?P<rest>)",
    )
)
_COMMA = re.compile(r",\s+")
_HEAD = re.compile(r"\S[^,]*?\s(?:for|of|in|under|on|at)\s+")
_EDGES = " ,，;；:：?？.。!\"“”'的"
_OPENING = re.compile(
    r"^(?:what(?:'s| is| are)?|which|who|how|is|are|please|explain|describe|tell me|the|me|about|there|an?|do|does|any"
    r"|main|key|in|can|you|could)\b\s*",
    re.IGNORECASE,
)
_ALSO_PARTS = re.compile(r"\s*(?:,\s*(?:and\s+)?|\s+and\s+)\s*", re.IGNORECASE)

_AND_ZH = "和|与|與|跟|同|及|以及|、|vs\\.?|VS\\.?|对比|對比"
_ASKS_ZH = (
    r"(?:之间|之間|两者|兩者|二者)?(?:的|有|存在)*(?:什么|什麼|何|哪些|啥|怎样的|怎樣的|没有|沒有|多大|明显|明顯|主要|最大|本质|本質|具体|具體|的)*"
    r"(?:区别|區別|不同|差别|差別|差异|差異|异同|異同|分别(?!是多)|不一样|不一樣)"
)
_CHINESE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?P<lead>(?:[^，,：:]*[，,：:])?)(?P<first>[^，,？?]{{1,40}}?)(?:{_AND_ZH})(?P<second>[^，,？?]{{1,40}}?)"
        rf"(?P<rest>(?:在[^，,？?]{{1,20}}?(?:方面|上|时|時|中)|的(?!区|區|不|差|异|異|主|最|本)[^，,？?的]{{1,20}}?)?)[，,]?{_ASKS_ZH}(?:在哪里|在哪裡|在哪|是什么|是什麼|吗|嗎|呢)?[？?。]*$",
        rf"^(?P<lead>(?:[^，,：:]*[，,：:])?)(?:请|請)?(?:比较|比較|对比|對比)(?:一下)?(?P<first>[^，,？?]{{1,40}}?)(?:{_AND_ZH})(?P<second>[^，,？?。]{{1,40}}?)"
        r"(?P<rest>(?:在[^，,？?]{1,20}?(?:方面|上|时|時|中)|的[^，,？?的。]{1,20})?)[？?。]*$",
        rf"^(?P<lead>(?:[^，,：:]*[，,：:])?)(?P<first>[^，,？?]{{1,40}}?)(?:{_AND_ZH}|相比于?|相較於?|比起)(?P<second>[^，,？?]{{1,40}}?)"
        r"(?:相比|相较|相較|比起来|比起來|比较|比較)?[，,]?(?P<rest>(?:哪个|哪個|哪一个|哪一個|哪种|哪種|谁|誰|孰)[^？?。]{1,30})[？?。]*$",
        r"^(?P<lead>)(?P<first>[^，,？?]{1,40}?)\s*(?:vs\.?|VS\.?|Vs\.?)\s*(?P<second>[^，,？?]{1,40}?)(?P<rest>)[？?。]*$",
    )
)
_OPENING_ZH = re.compile(
    "^(?:请问|請問|请|請|我想知道|我想问一下|想问一下|想问|麻烦|麻煩|解释一下|解釋一下|解释|说明|說明|一下)+[，,：:]?"
)
_ASKING_ZH = re.compile("哪一?[个個种種]|更|谁|誰|孰|比较|比較|好$|吗$|嗎$|呢$|什么|什麼")
_HAN = re.compile("[\u3400-\u9fff]")


def sides_of(question: str) -> tuple[str, ...]:
    """The sub-questions of a comparison, one for each side: the side's own words with what holds for all of them.

    Empty for a question that does not compare.
    """
    if len(question) > _LONGEST_QUESTION or not _HINT.search(question):
        return ()
    asked = " ".join(question.split())
    if _HAN.search(asked):
        return _chinese_sides(asked)
    for pattern in _ENGLISH:
        found = pattern.match(asked)
        if found is None:
            continue
        groups = found.groupdict()
        first, *between = _COMMA.split(groups["first"])
        sides = [first, *between, *_ALSO_PARTS.split(groups["second"])]
        shared = " ".join(filter(None, (_opened(groups["lead"]), groups.get("about"))))
        return _joined(_with_head([_opened(side) for side in sides]), shared, groups["rest"] or "")
    return ()


def _chinese_sides(asked: str) -> tuple[str, ...]:
    opening = _OPENING_ZH.match(asked)
    asked = asked[opening.end() :] if opening else asked
    for pattern in _CHINESE:
        if found := pattern.match(asked):
            sides = [side for words in (found["first"], found["second"]) for side in words.split("、") if side]
            return _joined(sides, found["lead"], _ASKING_ZH.sub("", found["rest"]).removeprefix("的"))
    return ()


def _with_head(sides: list[str]) -> list[str]:
    """Short sides take the first one's head: "cost for GRUs, LSTMs" is "cost for GRUs", "cost for LSTMs"."""
    head = _HEAD.match(sides[0])
    if head is None:
        return sides
    said = set(head[0].lower().split())
    return [sides[0], *(side if said & set(side.lower().split()) else head[0] + side for side in sides[1:])]


def _opened(words: str) -> str:
    """`words` without what only leads in: "What is the …"."""
    words = words.strip(" ,:;\"“”'")
    while (opening := _OPENING.match(words)) and opening.end() < len(words):
        words = words[opening.end() :]
    return "" if _OPENING.fullmatch(words) else words


def _joined(sides: list[str], shared: str, rest: str) -> tuple[str, ...]:
    """Each side with the words that hold for all; `rest` goes to the last one alone where the first has its own."""
    sides = [side.strip(_EDGES) for side in sides]
    if not 2 <= len(sides) <= _MOST_SIDES or any(not 0 < len(side) <= _LONGEST_SIDE for side in sides):
        return ()
    shared, rest = shared.strip(_EDGES), rest.strip(_EDGES)
    if f" {rest.partition(' ')[0].lower()} " in f" {sides[0].lower()} ":  # "in the lease with … in the contract"
        sides[-1], rest = f"{sides[-1]} {rest}", ""
    sides = [side if rest and side.endswith(rest) else " ".join(filter(None, (side, shared, rest))) for side in sides]
    parts = tuple(dict.fromkeys(sides))
    return parts if len(parts) > 1 else ()
