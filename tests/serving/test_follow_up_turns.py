"""What a reader of a conversation expects of the rules, turn by turn. `MISSED` are turns that they do not get right."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kb.records import Turn
from serving.follow_ups import standalone_question


class Case(NamedTuple):
    """A follow-up after a question: what its standalone form must hold, and what it must not (parted by "/")."""

    before: str
    question: str
    holds: str  # "=": the question is left as it is
    lacks: str = ""
    answer: str = "Yes [1]."


DOSE = "What is the maximum daily dose of metformin for adults?"
EFFECTS = "What are the side effects of metformin?"
ARTICLE = "What does article 12 of the ordinance say about notice?"
DOSE_ZH = "成人使用二甲双胍的最大日剂量是多少？"
EFFECTS_ZH = "二甲双胍有什么副作用？"

CASES = [
    # Something else of the same kind
    Case(DOSE, "And for children?", "maximum daily dose of metformin for children", "adults"),
    Case(DOSE, "And for children with asthma?", "dose of metformin for children/asthma", "adults"),
    Case(ARTICLE, "what about article 13?", "article 13 of the ordinance say about notice", "12"),
    Case("What does clause 24.1 of the agreement say?", "and 24.4?", "clause 24.4 of the agreement", "24.1"),
    Case("What is the penalty under Section 12(2)?", "And under Section 9?", "penalty under section 9?", "12"),
    Case("When is assignment 2 due?", "And assignment 3?", "When is assignment 3 due", "2"),
    Case("When is the lecture in week 3?", "week 5?", "lecture in week 5", "3"),
    Case("What did revenue look like in 2024?", "And in 2025?", "revenue look like in 2025", "2024"),
    Case("Is the library open on Saturdays?", "And on Sundays?", "library open on Sundays", "Saturdays"),
    Case("What are the opening hours on weekdays?", "What about weekends?", "opening hours on weekends", "weekdays"),
    Case("How much notice must the Client give?", "And the Supplier?", "notice must the Supplier give", "Client"),
    Case("What does a blood test cost for members?", "And for non-members?", "blood test cost for non-members"),
    Case(DOSE_ZH, "那儿童呢？", "儿童使用二甲双胍的最大日剂量", "成人"),
    Case(DOSE_ZH, "孕妇呢", "孕妇使用二甲双胍的最大日剂量", "成人"),
    Case("第十二条规定了什么？", "第二款呢", "第十二条第二款规定了什么"),
    Case("第八条第一款是什么意思？", "第三款呢？", "第八条第三款是什么意思", "第一款"),
    Case("第十二条第二款规定了什么？", "第十三条呢？", "第十三条规定了什么", "第十二条/第二款"),
    Case("第三章规定了哪些内容？", "那第五章呢", "第五章规定了哪些内容", "第三章"),
    Case("作业一什么时候截止？", "作业五呢？", "作业五什么时候截止", "作业一"),
    Case("图书馆周六几点开门？", "周日呢？", "图书馆周日几点开门", "周六"),
    Case("圖書館週六幾點開門？", "那週日呢？", "圖書館週日幾點開門", "週六"),
    Case("甲方逾期付款怎么办？", "乙方呢？", "乙方逾期付款怎么办", "甲方"),
    Case("本科生可以借幾本書？", "那教師呢？", "教師可以借幾本書", "本科生"),
    # Something new beside what was asked
    Case(DOSE, "What about insulin?", "insulin/maximum daily dose"),
    Case("What vaccines do I need for Kenya?", "And for Thailand?", "Thailand/vaccines"),
    Case("How much is the penalty for cycling at night?", "And during the day?", "during the day/penalty for cycling"),
    Case("高血压的诊断标准是什么？", "糖尿病呢？", "糖尿病/诊断标准"),
    Case("租赁期间设备损坏由谁承担？", "租期届满后呢？", "租期届满后/设备损坏"),
    Case("館藏書籍可以外借嗎？", "那期刊呢？", "期刊/外借"),
    Case("借书期限是多久？", "如果逾期不还呢？", "逾期不还/借书"),
    # Pronouns
    Case(DOSE, "Is it safe?", "Is metformin safe?"),
    Case(DOSE, "What are its side effects?", "metformin's side effects"),
    Case(EFFECTS, "And how often do they occur?", "side effects of metformin occur"),
    Case("How does reciprocal rank fusion work?", "Where does it come from?", "reciprocal rank fusion come from"),
    Case("What is hypertension?", "How is it treated?", "How is hypertension treated"),
    Case(ARTICLE, "Does it apply to students?", "article 12 apply to students"),
    Case("How long may I borrow a book?", "Can I renew it?", "renew/book"),
    Case("What is the late policy for reports?", "Does that apply to lab sheets?", "lab sheets/late policy"),
    Case("Who teaches INF 342?", "Where is her office?", "office/Okafor/INF 342", "[1]", "Dr Okafor teaches it [1]."),
    Case(EFFECTS_ZH, "它的剂量是多少", "二甲双胍的剂量是多少"),
    Case("什么是倒排索引？", "它有什么缺点？", "倒排索引有什么缺点"),
    Case("第十二条规定了什么？", "它适用于学生吗？", "第十二条适用于学生吗"),
    Case("2型糖尿病患者的血压目标是多少？", "其治疗原则是什么？", "2型糖尿病患者的治疗原则"),
    Case("圖書館有幾層樓？", "這些樓層都開放嗎？", "圖書館/開放"),
    Case("谁负责INF 342？", "他的办公室在哪里？", "办公室/INF 342/张老师", "", "张老师负责[1]。"),
    # Words left out
    Case(DOSE, "Why?", "metformin"),
    Case(EFFECTS, "Any others?", "side effects of metformin"),
    Case(EFFECTS, "Which one is the most common?", "most common/metformin"),
    Case("Explain reciprocal rank fusion.", "Why k = 60?", "60/reciprocal rank fusion"),
    Case("How do I appeal a penalty?", "How long do I have?", "appeal/penalty"),
    Case(EFFECTS_ZH, "为什么？", "二甲双胍/副作用"),
    Case(EFFECTS_ZH, "还有别的禁忌吗？", "禁忌/二甲双胍"),
    Case("租赁合同的押金是多少？", "什么时候退？", "押金/退"),
    Case("借书期限是多久？", "能续借吗？", "续借/借书"),
    Case("期末考试什么时候举行？", "在哪里？", "期末考试/哪里"),
    # Another topic
    Case(EFFECTS, "When did Einstein publish his theory?", "="),
    Case(EFFECTS, "Which vaccines are free of charge at the clinic?", "="),
    Case(EFFECTS, "And what is the refund policy of the library?", "="),
    Case("What does the lease say about subletting?", "What does the handbook say about plagiarism?", "="),
    Case(EFFECTS_ZH, "图书馆几点开门？", "="),
    Case(EFFECTS_ZH, "那图书馆周末几点开门？", "="),
    Case("租赁合同的押金是多少？", "逾期付款的违约金怎么计算？", "="),
    Case("承租人有哪些义务？", "那么出租人有哪些义务？", "="),
]
MISSED = [
    Case("什么是BM25？", "k1是什么意思？", "BM25/k1"),
    Case("作业三的截止日期是哪天？", "迟交扣多少分？", "作业三/迟交"),
    Case("What does the agreement say about liability?", "Is there a cap?", "agreement/liability/cap"),
]


def standalone(case: Case) -> str:
    return standalone_question(case.question, (Turn("user", case.before), Turn("assistant", case.answer)))


def is_right(case: Case) -> bool:
    if case.holds == "=":
        return standalone(case) == case.question
    found = standalone(case).lower()
    holds = all(part in found for part in case.holds.lower().split("/"))
    return holds and not any(part and part in found for part in case.lacks.lower().split("/"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.before[:20]} {case.question[:20]}")
def test_a_turn_becomes_what_its_reader_expects(case: Case) -> None:
    assert is_right(case), standalone(case)


def test_the_turns_that_are_missed_are_known() -> None:
    assert [case.question for case in MISSED if is_right(case)] == []
