"""Bilingual passages of mixed length on which runtimes are compared while a model is prepared."""

from __future__ import annotations

_EN = (
    "Ibuprofen 400 mg may be taken every six hours with food. Adults should not take more than 1,200 mg in 24 hours "
    "unless a doctor has said so. Stop and ask for help if there is black stool, a rash or trouble breathing.",
    "The tenant shall give written notice no later than thirty (30) days before the end of the term; failing that, "
    "the lease renews for one further year on the same conditions, save for the rent, which is adjusted each May.",
    "A matrix is invertible if and only if its determinant differs from zero. The product of two invertible matrices "
    "is invertible, and its inverse is the product of the inverses in reverse order.",
    "What is the deadline for handing in the second assignment?",
)
_ZH = (
    "第十二条 试用期内提前三日通知用人单位，可以解除劳动合同。用人单位应当在十五日内办理档案转移手续。",
    "成人每次口服一片，每日不超过三次，饭后服用。孕妇及对本品过敏者禁用；如出现皮疹、呼吸困难，应立即停药并就医。",
    "本課程的期末考試佔總成績百分之四十，作業佔百分之三十，缺交兩次以上者不得參加期末考試。",
    "梯度下降法沿着目标函数梯度的反方向更新参数，学习率过大时可能发散，过小时收敛缓慢。",
    "退款需要多少天？",
)


def sample_passages() -> list[str]:
    """Thirty-four texts: single ones, pairs in both languages, and long ones past most models' windows."""
    pairs = [f"{first}\n{second}" for first in _EN for second in _ZH]
    long = [" ".join(_EN), "".join(_ZH), " ".join(_EN) + "".join(_ZH), " ".join([*_EN] * 4)]
    return ["a", *_EN, *_ZH, *pairs, *long]


def sample_questions() -> list[str]:
    """One short question in each language, for the models that take questions another way than passages."""
    return [_EN[-1], _ZH[-1]]
