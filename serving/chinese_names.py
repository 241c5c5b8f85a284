"""Chinese names of firms, places and people, told by what stands after them: 海湾公司, 江苏省, 王小明先生.

Nothing marks a Chinese name as a capital does a Latin one, and where it begins cannot be told without a dictionary of
names. Its last two characters before the word that names its kind are enough to tell it from another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Read in folded text (simplified characters).
_FIRM = "(?:股份|有限|集团|责任)*公司|银行|医院|大学|学院|中学|小学|法院|检察院|出版社|研究院|研究所|基金会|事务所"
_PLACE = "省|市|县|镇|自治区|街道"
_PERSON = "先生|女士|小姐|教授|医生|大夫|老师|律师|法官|院士|博士"
_KIND = re.compile(rf"{_FIRM}|{_PLACE}|{_PERSON}")
_CORE = 2  # characters of a name, its last ones
_NAME = re.compile(rf"(?P<core>[\u3400-\u9fff]{{{_CORE}}})(?P<kind>{_FIRM}|{_PLACE}|{_PERSON})")
# Two characters that name nobody: "this firm", "a hospital", "the court of first instance", "prefecture-level".
_NAMELESS = re.compile(
    r"[该本此这那其各某每两几个家所名位的和与及或在到由向被为是有去从对于等了]|[一二三四五六七八九十]|"
    "母公|子公|分公|总公|上市|股份|有限|责任|集团|证券|保险|基金|信托|物业|房产|地产|建筑|商业|中央|人民|民事|中级|高级|基层|最高"
    "|附属|综合|专科|公立|私立|国立|当地|所在|上级|下级|原审|二审|全国|外国|国内|地方|地级|直辖|县级|省级|城市|都市|主治|主任|副教"
    "|患者|病人|代理|辩护|执业|我们|你们|他们|开发|担保|贸易|科技|投资|运输|航空|铁路|电力|大公|跨国|外资|国有|民营|控股|超级"
)

# Places that are mostly named without a word for their kind: provinces and their capitals,
# the larger countries.
_PLACES = frozenset(
    """北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南
    广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 广州 深圳
    南京 苏州 杭州 宁波 武汉 成都 西安 长沙 郑州 青岛 济南 厦门 福州 沈阳 大连 哈尔滨 长春 昆明
    贵阳 南宁 合肥 南昌 太原 兰州 台北 台中 台南 高雄 美国 英国 法国 德国 日本 韩国 俄罗斯 印度
    意大利 西班牙 加拿大 澳大利亚 巴西 墨西哥 荷兰 瑞士 瑞典 新加坡 泰国 越南""".split()  # noqa: SIM905 (a list of quoted words cannot be read)
)
_PLACE_NAME = re.compile("|".join(sorted(_PLACES)))


class ChineseName(NamedTuple):
    """A name in a folded text: its last characters, and these with the word that tells its kind."""

    core: str
    written: str


def chinese_names(folded: str) -> Iterator[ChineseName]:
    """The names in a folded text that something tells from other words."""
    end = 0
    for match in _NAME.finditer(folded):
        if _NAMELESS.search(match["core"]) is None:
            yield from _places(folded, end, match.start())
            yield ChineseName(match["core"], match[0])
            end = match.end()
    yield from _places(folded, end, len(folded))


def _places(folded: str, start: int, end: int) -> Iterator[ChineseName]:
    for match in _PLACE_NAME.finditer(folded, start, end):
        yield ChineseName(match[0], match[0])


def is_place(words: str) -> bool:
    """Whether folded characters are the name of a province, a large city or a country."""
    return words in _PLACES


def kind_named_after(words: str, following: str) -> str:
    """The word that tells the kind of the name `words`, at the beginning of `following`; "" where nothing does."""
    kind = _KIND.match(following)
    return kind[0] if kind is not None and _NAMELESS.search(words) is None else ""
