"""Short names that a text gives to what it speaks of: (hereinafter "the Supplier"), 以下简称"甲方", and 又称, 俗称."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retriever.questions.acronyms import long_form
from retriever.questions.records import Pair, PairKind

_DEFINED = re.compile(
    r"\(\s*(?:(?:hereinafter|hereafter|herein|collectively|together|individually|each|the|as|be|referred to as|known"
    r"|called|and|or|an|a)\b[\s,]*)*[\"“']{1,2}\s*(?:the\s+)?"
    r"(?P<short>[A-Z][\w &.'’-]{1,40}?)\s*[\"”']{1,2}[^()]{0,40}\)"
)
# A party's name: capitalised words, the last one telling that it is a body that can sign.
_PARTY = re.compile(
    r"(?:[A-Z][\w&.'’-]*,?\s+(?:of\s+|and\s+|the\s+|&\s+)?){1,6}"
    r"(?:Inc|Incorporated|Ltd|Limited|LLC|L\.L\.C|LLP|LP|L\.P|Corp|Corporation|Company|Co|GmbH|AG|PLC|plc|B\.V|S\.A|N\.V"
    r"|Pty|University|Institute|Foundation|Hospital|Library|Council|Bank|Association|Trust|College|Centre|Center)\b\.?"
)
# What parties are called. Anything else after a party's name is mostly the short name of something said before it.
_ROLE = re.compile(
    r"Party [A-D]|Company|Corporation|Bank|University|Institute|Hospital|Library|Council|Board|Trust|Foundation|Sponsor"
    r"|Parent|Client|Agent|Tenant|Landlord|Guarantor|Affiliate|Merchant|Consultant|Recipient"
    r"|(?:\w+ )?(?:Suppli|Custom|Licens|Resell|Own|Buy|Sell|Purchas|Manufactur|Employ|Provid|Publish|Lend|Borrow|Issu"
    r"|Insur|Develop|Advis|Manag|Hold|Disclos|Transf[eo]r|Retail|Carri|Organis|Organiz)(?:er|or|ee)"
    r"|(?:\w+ )?(?:Distributor|Contractor|Lessor|Lessee|Vendor|Franchisor|Franchisee|Investor|Creditor|Debtor|Operator"
    r"|Investigator|Donor|Licensor|Licensee|Mortgagor|Mortgagee)"
)
_PARTY_REACH = 260  # characters before the bracket: an address and "a company incorporated in …" may stand between
_ACRONYM_REACH = 120

_HAN = "\u3400-\u9fff"
_SHORTHAND_ZH = re.compile(
    rf"(?P<run>[{_HAN}·、]{{3,40}})[》」”\"]?\s*(?:[(（]|，|,)\s*(?:以下|下)?(?:简称|簡稱|合称|合稱|统称|統稱|下称|下稱|以下称|以下稱)(?:为|為)?"
    rf"\s*[:：]?\s*[\"“'‘「『《]?(?P<short>[{_HAN}]{{2,12}})[\"”'’」』》)），,。；;]"
)
_DESCRIBES = re.compile("[的、和与與及或]")  # 行使行政职权的机关和组织（以下简称行政机关） holds in one law only
_NAMED = re.compile(rf"[:：]\s*([{_HAN}·]{{2,30}})$")
# 白䲟，又称白短印鱼: only where a clause begins with the name, since nothing else shows where it begins.
_SYNONYM_ZH = re.compile(
    rf"(?:^|(?<=[\s。，；、“「《]))(?P<name>[{_HAN}]{{2,8}})[”」》]?\s*(?:[(（]|，|,)?\s*"
    rf"(?:又称|又稱|又名|俗称|俗稱|俗名|亦称|亦稱|也称|也稱|别称|別稱|又叫|也叫)(?:为|為|做|作)?\s*[\"“'‘「『]?"
    rf"(?P<other>[{_HAN}]{{2,10}})(?=[\"”'’」』)），,。；;、])"
)
_NO_NAME = re.compile("[的是和与與及或为為了这那此其前后後也被]")


def find_shorthands(text: str) -> Iterator[Pair]:
    """Names and the short names under which the rest of the document speaks of them.

    A short name is believed where it abbreviates the words before it, or where these are a party's name.
    """
    if '"' in text or "“" in text or "''" in text:
        for defined in _DEFINED.finditer(text):
            short = defined["short"]
            if long := long_form(short, text[max(0, defined.start() - _ACRONYM_REACH) : defined.start()].rstrip()):
                yield Pair(short, long, PairKind.INITIALS)
            elif _ROLE.fullmatch(short) and (long := _party_before(text, defined.start())):
                yield from _shorthand(short, long)
    if "称" in text or "稱" in text:
        for defined in _SHORTHAND_ZH.finditer(text):
            if long := _abbreviated(defined["short"], defined["run"]):
                yield Pair(defined["short"], long, PairKind.INITIALS)
            elif named := _NAMED.search(text[: defined.end("run")]):
                yield from _shorthand(defined["short"], named[1])


def find_synonyms(text: str) -> Iterator[Pair]:
    """Two names of one thing: 马铃薯，俗称土豆."""
    if not re.search("[又俗亦也别別][称稱名叫]", text):
        return
    for named in _SYNONYM_ZH.finditer(text):
        name, other = named["name"], named["other"]
        if name != other and not _NO_NAME.search(name) and not _NO_NAME.search(other):
            yield Pair(other, name, PairKind.SYNONYM)


def _shorthand(short: str, long: str) -> Iterator[Pair]:
    """Nothing where one contains the other: words that are there already need not be added."""
    if short.lower() not in long.lower() and long.lower() not in short.lower():
        yield Pair(short, long, PairKind.SHORTHAND)


def _party_before(text: str, end: int) -> str:
    parties = [match[0] for match in _PARTY.finditer(text[max(0, end - _PARTY_REACH) : end])]
    return " ".join(parties[-1].split()) if parties else ""


def _abbreviated(short: str, run: str) -> str:
    """The shortest ending of `run` that holds the characters of `short` in order, from its first one on."""
    at = len(run)
    for character in reversed(short):
        at = run.rfind(character, 0, at)
        if at < 0:
            return ""
    long = run[at:]
    return "" if short in long or _DESCRIBES.search(long) else long
