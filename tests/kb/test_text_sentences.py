"""Sentences: a table of cases in English and Chinese, and what holds for any text."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.sentences import split_sentences

# "¦" marks where a sentence must end, and nowhere else may one.
ENGLISH = [
    "One sentence.",
    "No stop at the end",
    "It rains. ¦It pours.",
    "Is it? ¦Yes! ¦Good.",
    "Dr. Smith met Mrs. Jones and Prof. Lee. ¦They talked.",
    "He saw Dr. Adams. ¦The doctor was late.",
    "Use a buffer, e.g. Tris or PBS. ¦Then wait.",
    "Some values, i.e. The Great Ones, vary.",
    "She moved to the U.S. in 1990. ¦He stayed.",
    "She lives in the U.S. ¦The flight was long.",
    "The U.S. Supreme Court agreed. ¦So did we.",
    "The U.K.-based firm paid.",
    "See No. 5 in the list. ¦It is short.",
    "Is it true? ¦No. ¦The answer differs.",
    "See Fig. 2 and Figs. 3-5. ¦They agree.",
    "As shown in Fig. S1, it grows.",
    "Smith et al. (2019) found it. ¦Others did not.",
    "It was reported by Smith et al. ¦The effect was small.",
    "Roe v. Wade was decided in 1973. ¦Later cases differ.",
    "Compare A vs. B in the trial. ¦A won.",
    "Under Art. 12 the tenant pays. ¦The landlord repairs.",
    "Under Sec. 3(b) and § 4, notice is due. ¦It must be in writing.",
    "17 U.S.C. § 107 permits it. ¦Copying is limited.",
    "Pursuant to Reg. IV the duty applies.",
    "Pi is 3.14 and e is 2.718. ¦Both are irrational.",
    "It costs $3.50. ¦That is cheap.",
    "A dose of 0.5 mg. is low. ¦Increase it slowly.",
    "Take 5 mg. ¦Then rest.",
    "Take 5 mg. 3 times a day.",
    "Version 2.0.1 is out. ¦Install it.",
    "The sum is 1,234,567.89. ¦Pay it.",
    "In 1990. ¦In 1991 it fell.",
    "It happened in 2019. ¦12 patients were enrolled.",
    "The date is 2024. 5. 3. in that notation.",
    "Well... perhaps not. ¦We shall see.",
    "He paused... ¦Then he spoke.",
    "He paused . . . and spoke.",
    "Wait… what? ¦Nothing.",
    '"Stop!" he said. ¦Nobody moved.',
    'He said "Stop." ¦Then he left.',
    "“Why?” she asked. ¦“Because.” ¦He smiled.",
    "He left (it was late). ¦She stayed.",
    "He left. (It was late.) ¦She stayed.".replace("left. ", "left. ¦"),
    "The rate fell (p < .05). ¦It rose again.",
    "1. Do this. ¦2. Do that.",
    "1. Wash your hands.\n¦2. Dry them.",
    "a) First item\n¦b) Second item",
    "A. Definitions apply here.",
    "IV. The fourth part begins.",
    "3.2. Methods were simple. ¦Results follow.",
    "Section 3.1. Term of this Agreement. ¦It ends in May.",
    "Table 2. Doses by age.",
    "As Section 3 says. ¦The rest is void.",
    "Visit https://example.org/a.b?c=d. ¦It is free.",
    "Mail a.b@example.org. ¦We answer.",
    "Node.js and ASP.NET run here. ¦Both are fast.",
    "Open main.py. ¦Run it.",
    "J. R. R. Tolkien wrote it. ¦It is long.",
    "George W. Bush spoke. ¦The press listened.",
    "Take vitamin C. ¦Patients should rest.",
    "Hepatitis B. ¦Vaccines help.",
    "Acme Inc. was sold. ¦Acme Ltd. remains.",
    "We sued Acme Inc. ¦The case was closed.",
    "Acme Corp. Holdings is new.",
    "At 5 p.m. we left. ¦At 6 a.m. we rose.",
    "It closes at 5 p.m. ¦The gate is locked.",
    "On Jan. 5 it snowed. ¦On Feb. 3 too.",
    "He holds a Ph.D. ¦She does not.",
    "She has a Ph.D. in law.",
    "Bring pens, paper, etc. ¦Leave early.",
    "Bring pens, etc. and paper.",
    "Genes matter. ¦mRNA is made. ¦p53 too.",
    "He runs Yahoo! and eBay.",
    "It worked.[3] ¦It failed.[4,5] ¦So what?[6-8]",
    "It worked [1]. ¦It failed [2].",
    "Really?! ¦Yes.",
    "This is a long wrapped line of English prose that goes on\nand ends here. ¦Next one.",
    "The parties to this agreement have read the text of the\nAgreement and sign it.",
    "Short heading\n¦and a line below",
    "Paragraph one ends here without any stop at its very end\n\n¦and another begins",
    "Name | Dose\n¦Aspirin | 100 mg",
    "Drug | Take with food. Avoid alcohol. | 5 mg.\n¦Other | None.",
    "Bayes gives P(A | B) = 0.3. ¦Then P(B | A) follows. ¦Done.",
    "Part | Weight\n¦The rest is prose. ¦It goes on.",
    "• First bullet\n¦• Second bullet. ¦With more.",
    "It was significant (P < 0. 001). ¦The end.",
    "Drs. Lee and Wu agree.",
    "He came at 10:30. ¦She came at 11.",
    "Terms: (a) rent; (b) deposit; and (c) fees.",
    "The temp. was high. ¦The end.".replace("temp.", "temperature"),
]

CHINESE = [
    "今天下雨。",
    "没有句号的一行",
    "今天下雨。¦明天天晴。",
    "你来吗？¦来！¦好。",
    "他说：“你好。”¦然后走了。",
    "“你好！”他说。¦她笑了。",
    "“为什么？”小王问。".replace("小王问", "她问"),
    "“为人民服务！”的口号很响。¦大家鼓掌。",
    "“够了吗？”等问题没有答案。",
    "「你好。」¦然後走了。",
    "『真的嗎？』他問。¦沒有人答話。",
    "《你好，李焕英！》很好看。¦我看了两遍。",
    "《怎么办？》是一本书。",
    "《你好！北京》播出了。¦收视率很高。",
    "他读了《论语》。¦然后睡了。",
    "他……走了。",
    "我想……算了吧。¦再说。",
    "“完了……”¦小王坐下。",
    "等等……\n¦他来了。",
    "价格为3.14元。¦便宜。",
    "圆周率是３．１４１５９。¦记住它。",
    "版本2.0发布了！¦快升级。",
    "面积1,234.5平方米。¦很大。",
    "时间是10：30。¦别迟到。",
    "2024年5月3日。¦星期五。",
    "有三种：甲、乙、丙。¦选一种。",
    "目录：\n¦1. 总则\n¦2. 分则",
    "1.总则",
    "1．总则的内容如下。¦请阅读。",
    "一、总则。¦二、分则。",
    "（一）甲方付款；¦（二）乙方发货。",
    "包括：(1)本金；¦(2)利息；¦以及(3)费用。",
    "①先洗手；¦②再消毒。",
    "天对地；雨对风。¦大陆对长空。",
    "违反本法规定，未取得许可证从事经营活动的单位和个人，由市场监督管理部门责令停止违法行为；¦情节严重的，处罚款。",
    "第一条 为了保护当事人，制定本法。¦第二条 本法适用于境内。",
    "依照本法第五百七十七条、第5.2条办理。¦不得拖延。",
    "我用Python.¦然后运行它。",
    "Dr.王来了。¦他很忙。",
    "见Fig.三的说明。",
    "前总统乔治.布什来访。",
    "今天的天气真的是非常非常好.¦明天也好.",
    "请访问https://a.cn/b?c=1。¦谢谢。",
    "真的吗?¦当然!¦好吧。",
    "真的吗？！¦当然。",
    "太好了！！！¦走吧。",
    "（见附件。）¦下一句。",
    "他走了（很晚了）。¦她没走。",
    '他说:"你好。"¦然后走了。',
    '他走了。¦"你好"是她说的。',
    "本品每次0.5 g，每日3次。¦饭后服用。",
    "体温38.5℃。¦心率90次/分。",
    "Transformer 是一种模型。¦It works well. ¦效果很好。",
    "使用 Adam 优化器（lr=0.001）。¦训练10轮。",
    "据Smith等人（2019）报道。¦结果一致。",
    "结果显著[1]。¦后来证实。[2,3]¦仍有争议。",
    "甲 | 乙\n¦丙 | 丁",
    "布洛芬 | 饭后服用。勿饮酒。 | 每日三次",
    "第一章 总则\n¦第一条 为了规范，制定本条例。",
    "• 第一点\n¦• 第二点。¦还有。",
    "你好｡¦再见｡",
    "中華民國憲法保障人民權利。¦任何人不得侵犯！",
    "臺灣的夏天很熱；冬天不冷。¦春天多雨。",
    "他問：「你要去哪裡？」¦「回家。」¦她說。".replace("「回家。」¦她說", "「回家。」她說"),
    "下列文件應備齊：（一）申請書；¦（二）身分證明；¦（三）其他。",
    "依民法第一百八十四條第一項前段規定，因故意或過失，不法侵害他人之權利者，負損害賠償責任；¦故意以背於善良風俗之方法者亦同。",
    "血壓為120/80 mmHg。¦體重60.5公斤。",
    "他說：“好的。”¦於是出發。",
    "這是第3.2節。¦請翻到第5頁。",
    "〈春天〉是一首歌。¦很好聽。",
    "《走吧！》與《來吧！》都是歌。",
    "什麼？¦不會吧！",
    "收件人：王小明\n¦地址：臺北市",
    "注意：本產品含咖啡因。¦孕婦慎用。",
    "開放時間：9:00-17:30。¦週一休館。",
    "“A计划。”和“B计划。”都失败了。",
    "正如前文所述，\n每个词元都要检查。¦完毕。",
    "奠基人有A．Ｌ．纳戴等。",
    "《桃之阵!》由他主持。",
    "他毕业于U.C.伯克利。¦后来回国。",
]


@pytest.mark.parametrize("marked", ENGLISH + CHINESE)
def test_a_text_is_cut_where_a_reader_would(marked: str) -> None:
    text = marked.replace("¦", "")
    expected = [piece.strip() for piece in marked.split("¦")]
    assert [text[start:end] for start, end in split_sentences(text)] == expected


def test_the_tables_are_long_enough() -> None:
    assert len(ENGLISH) >= 60
    assert len(CHINESE) >= 60


_PIECES = st.sampled_from(
    [
        *".。！？!?…；;，,:：\"'“”‘’「」『』《》〈〉()（）[]【】|\n\r\t 　12０３一二十第条項AaZzéß漢字汉字のﾟ",
        "Dr.",
        "e.g.",
        "U.S.",
        "[1]",
        "3.14",
    ]
)
_TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=80).map("".join))


@given(_TEXTS)
def test_spans_are_trimmed_ordered_disjoint_and_cover_all_but_white_space(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


@given(_TEXTS)
def test_no_number_is_cut(text: str) -> None:
    for start, end in split_sentences(text):
        for border in (start, end):
            around = text[max(0, border - 2) : border + 1]
            assert not (len(around) == 3 and around[0].isdigit() and around[1] in ".,．，" and around[2].isdigit())


@given(
    st.lists(
        st.sampled_from(["It rains.", "Is it so?", "He left at 5 p.m. yesterday.", "See Fig. 3 below."]), min_size=1
    )
)
def test_plain_sentences_are_found_again(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


@given(st.lists(st.sampled_from(["今天下雨。", "你来吗？", "價格為3.5元。", "“好的！”", "《书》在此。"]), min_size=1))
def test_plain_chinese_sentences_are_found_again(sentences: list[str]) -> None:
    text = "".join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    "piece", ['a."', "。", ".", '"。', "《。", "1. ", "A. ", "；（", "…”", "\n", "a\r\n", "e.g. ", "[1]", "。[1", " "]
)
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    text = piece * 40_000
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 5.0


def test_a_random_mixture_takes_no_longer() -> None:
    text = "".join(random.Random(1).choices('ab .。\n"“”《》（）[1];；…A', k=200_000))
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 5.0
