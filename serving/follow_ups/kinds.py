"""Expressions of one kind: in "And for children?" children stand where adults stood in the question before."""

from __future__ import annotations

import re

_NUMERAL_ZH = r"[零〇一二两兩三四五六七八九十百\d]+"
_UNITS_ZH = ("编編", "章", "节節", "条條", "款", "项項")  # of a Chinese rule, each within the one before it
_NAMED = (
    "article|section|clause|chapter|part|paragraph|rule|schedule|appendix|annex|exhibit|week|lecture|assignment|lab|unit"
    "|module|step|figure|table|example|question|exercise|stage|grade|phase|type|class"
)
_NAMED_ZH = "作业|作業|附录|附錄|附件|附表|表|图|圖|例|练习|練習|实验|實驗"
_COUNTED_ZH = "讲講|周週|页頁|步|学期學期|学年學年|次|期"

# Names of the same kind, in folded order of use: parties, people, ages, times. One line is one kind.
_KINDS = (
    "adults? children child infants? babies baby teenagers? adolescents? elderly seniors? toddlers? newborns?",
    "men women man woman males? females? boys? girls?",
    "pregnant breastfeeding",
    "students? teachers? lecturers? staff undergraduates? postgraduates? visitors? guests? members?"
    " non-members? alumni",
    "residents? non-residents?",
    "tenants? landlords? lessees? lessors?",
    "suppliers? clients? customers? buyers? sellers? purchasers? vendors? licensors? licensees?",
    "employers? employees? contractors? workers?",
    "plaintiffs? defendants? claimants? respondents?",
    "mondays? tuesdays? wednesdays? thursdays? fridays? saturdays? sundays? weekends? weekdays? holidays?",
    "mornings? afternoons? evenings? nights?",
    "january february march april may june july august september october november december",
    "spring summer autumn winter",
    "today tomorrow yesterday",
)
_KINDS_ZH = (
    "成人 成年人 儿童 兒童 小孩 孩子 婴儿 嬰兒 幼儿 幼兒 青少年 未成年人 老人 老年人 老年患者"
    " 孕妇 孕婦 哺乳期妇女 哺乳期婦女",
    "男性 女性 男生 女生 男士 女士",
    "本科生 研究生 学生 學生 教师 教師 教职工 教職員 校友 校外人士 访客 訪客 读者 讀者",
    "甲方 乙方 丙方 双方 雙方 出租人 承租人 出租方 承租方 房东 房東 租客 房客",
    "买方 買方 卖方 賣方 买家 買家 卖家 賣家 供应商 供應商 客户 客戶",
    "用人单位 用人單位 劳动者 勞動者 雇主 雇员 僱員 员工 員工",
    "原告 被告 第三人 上诉人 上訴人",
    "周一 周二 周三 周四 周五 周六 周日 周末 星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天"
    " 工作日 节假日 節假日 假日 寒假 暑假",
    "上午 下午 早上 晚上 中午 夜间 夜間",
    "今天 明天 昨天",
    "今年 明年 去年",
)


def _patterns() -> tuple[re.Pattern[str], ...]:
    numbered = [rf"第{_NUMERAL_ZH}[{unit}]" for unit in _UNITS_ZH]
    counted = [rf"第?{_NUMERAL_ZH}(?:{'|'.join(unit) if len(unit) == 2 else unit})" for unit in _COUNTED_ZH.split("|")]
    named = [
        rf"\b{name}s?\s+(?:no\.?\s*)?(?:\d+(?:\.\d+)*(?:\(\w+\))*|(?:[ivx]+|[a-h])\b)" for name in _NAMED.split("|")
    ]
    named_zh = [rf"{name}{_NUMERAL_ZH}" for name in _NAMED_ZH.split("|")]
    words = [rf"(?<![\w-])(?:{'|'.join(kind.split())})\b" for kind in _KINDS]
    words_zh = ["|".join(sorted(kind.split(), key=len, reverse=True)).replace("周", "[周週]") for kind in _KINDS_ZH]
    years = [r"\b(?:19|20)\d\d\b年?", r"\b\d{1,2}月"]
    return tuple(
        re.compile(p, re.IGNORECASE) for p in (*numbered, *counted, *named, *named_zh, *words, *words_zh, *years)
    )


PATTERNS = _patterns()
_NUMBER = re.compile(r"\d+(?:\.\d+)*(?:\(\w+\))*")
_NAMED_NUMBER = re.compile(rf"\b(?:{_NAMED})\s+({_NUMBER.pattern})", re.IGNORECASE)
_RULE_UNITS = len(_UNITS_ZH)


def put_in_place(said: str, question: str) -> str:
    """`question` with what is of the same kind in `said` in its place; "" where nothing is of one kind.

    A part of a rule is put after the rule: 第二款 into "第十二条说了什么？" gives 第十二条第二款.
    """
    if _NUMBER.fullmatch(said) and (named := list(_NAMED_NUMBER.finditer(question))):  # "And 24.4?"
        start, end = named[-1].span(1)
        return question[:start] + said + question[end:]
    result = question
    for place, pattern in enumerate(PATTERNS):
        new = pattern.search(said)
        if new is None:
            continue
        if pattern.search(result):
            result = pattern.sub(lambda _, new=new: new[0], result, count=1)  # type: ignore[misc]
            result = _without_parts(result, new[0], place)
        elif place < _RULE_UNITS and (whole := _whole_of(result, place)):
            result = result[: whole.end()] + new[0] + result[whole.end() :]
    return "" if result == question else result


def _whole_of(question: str, place: int) -> re.Match[str] | None:
    """The nearest larger unit of a Chinese rule that the question names."""
    for larger in range(place - 1, -1, -1):
        if found := PATTERNS[larger].search(question):
            return found
    return None


def _without_parts(question: str, rule: str, place: int) -> str:
    """Another article has other paragraphs: 第十二条第二款 becomes 第十三条."""
    if place >= _RULE_UNITS - 1:
        return question
    parts = "".join(_UNITS_ZH[place + 1 : _RULE_UNITS])
    return re.sub(rf"({re.escape(rule)})(?:第{_NUMERAL_ZH}[{parts}])+", r"\1", question)
