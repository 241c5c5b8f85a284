"""Bytes to text, in the encodings that Chinese and English documents come in."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE
)
# What pages declare and what they mean: browsers read the wider set (WHATWG Encoding Standard).
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
}
_SAMPLE = 100_000  # bytes looked at when guessing
_CHINESE_SETS = ("gb18030", "big5hkscs")  # the first wins a tie
_PAIRED = 0.6
_COMMON_ENOUGH = 0.2  # running Chinese has .3 to .5 in its own set, below .15 in the other or in Korean and Russian
_TOO_SHORT_TO_TELL = 200  # bytes: a list of names may hold no common character at all
# The commonest characters and signs of modern Chinese in either script: wrongly decoded text yields rare ones.
_COMMON = frozenset(
    "的一是不了在人有我他这個们中来上大為和国地到以说時要就出会可也你对生能而子那得于着下自之年过發后作里用道行所然家种事成方多經么去法学如都同现當没动面起看定天分还進好小部其些主样理心本前开但因只从想實日这个為國說時會對於過發後裡種經麼學現當沒動還進樣開從實，。、；：（）《》“”條条第章"
)


def decode(content: bytes, *, html: bool = False) -> str:
    """The text of `content`. Tried: byte order mark, declaration (HTML), UTF-8, UTF-16, Chinese sets, others."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    declared = _declared(content) if html else ""
    for name in [declared, "utf-8", _utf_16(content)]:
        text = _try(content, name)
        if text is not None:
            return text
    return _guess(content)


def chinese_in_utf_16(content: bytes) -> str:
    """Which UTF-16 the bytes are running Chinese in: "utf-16-le", "utf-16-be", or "" where in neither."""
    sample = content[:_SAMPLE]
    texts = {name: sample[: len(sample) // 2 * 2].decode(name, "replace") for name in ("utf-16-le", "utf-16-be")}
    scores = {name: _chinese_score(text) for name, text in texts.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _COMMON_ENOUGH else ""


def _declared(content: bytes) -> str:
    found = _DECLARED.search(content[:4096])
    if found is None:
        return ""
    name = found.group(1).decode("ascii").lower()
    try:
        return codecs.lookup(_WIDER.get(name, name)).name
    except LookupError:
        return ""


def _try(content: bytes, name: str) -> str | None:
    if not name or (name.startswith("utf-16") and b"\x00" not in content[:_SAMPLE]):
        return None
    try:
        return content.decode(name)
    except (UnicodeDecodeError, LookupError):
        return _without_torn_end(content, name)


def _without_torn_end(content: bytes, name: str) -> str | None:
    """A file cut off in the middle of a character is still in its encoding."""
    try:
        decoder = codecs.getincrementaldecoder(name)()
        text = decoder.decode(content, final=False)
    except (UnicodeDecodeError, LookupError):
        return None
    return text or None


def _utf_16(content: bytes) -> str:
    """UTF-16 without a mark: Latin text has every other byte 0; of Chinese text, some characters end in 00, too."""
    sample = content[:_SAMPLE]
    if b"\x00" not in sample or len(sample) < 4:
        return ""
    if chinese := chinese_in_utf_16(sample):
        return chinese
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > even else "utf-16-be" if even > odd else ""


def _guess(content: bytes) -> str:
    """Chinese where bytes beyond ASCII stand in pairs, else what charset-normalizer says, else Windows' Western set."""
    sample = content[:_SAMPLE]
    if _paired(sample) >= _PAIRED:
        scores = {name: _chinese_score(text) for name in _CHINESE_SETS if (text := _try(sample, name)) is not None}
        best = max(scores, key=lambda name: scores[name], default="")
        if best and (scores[best] >= _COMMON_ENOUGH or len(sample) < _TOO_SHORT_TO_TELL):
            return content.decode(best, "replace")
        from charset_normalizer import from_bytes

        found = from_bytes(sample).best()
        if found is not None:
            return content.decode(found.encoding, "replace")
    return content.decode("cp1252", "replace")


def _paired(sample: bytes) -> float:
    """The part of the bytes beyond ASCII that stand beside another: near 1 in Chinese, near 0 in French or German."""
    high = sum(byte > 0x7F for byte in sample)
    return sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", sample)) / high if high else 0.0


def _chinese_score(text: str) -> float:
    """The part of the characters beyond ASCII that are common, those of GB 2312's first level counting a little."""
    beyond = [character for character in text if character > "\x7f"]
    if not beyond:
        return 0.0
    common = sum(character in _COMMON for character in beyond)
    return (common + 0.1 * sum(map(_is_first_level, beyond))) / len(beyond)


def _is_first_level(character: str) -> bool:
    for name, low, high in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            if low <= character.encode(name)[0] <= high:
                return True
        except UnicodeEncodeError:
            continue
    return False
