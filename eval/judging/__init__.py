"""Language models as judges of answers, each measured against people before it is believed."""

from eval.judging.asking import Judge, NotJudgedError
from eval.judging.correctness import judge_correctness
from eval.judging.faithfulness import judge_faithfulness
from eval.judging.measuring import measure_judge, measure_verifier
from eval.judging.nuggets import judge_nuggets
from eval.judging.opening import open_judge
from eval.judging.records import Agreement
from eval.judging.remembering import keep_agreements, read_agreements
from eval.judging.runs import judge_run

__all__ = [
    "Agreement",
    "Judge",
    "NotJudgedError",
    "judge_correctness",
    "judge_faithfulness",
    "judge_nuggets",
    "judge_run",
    "keep_agreements",
    "measure_judge",
    "measure_verifier",
    "open_judge",
    "read_agreements",
]
