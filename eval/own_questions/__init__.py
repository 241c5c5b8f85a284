"""A person's own questions about a collection: read, asked through the one answer path, and held to a gate."""

from eval.own_questions.gate import Gate, GateReport, check_comparable, check_gate, read_gate
from eval.own_questions.measuring import evaluate_collection
from eval.own_questions.places import evaluation_folder, find_questions, read_recorded, record_run, recorded_path
from eval.own_questions.reading import read_questions
from eval.own_questions.records import OwnQuestion
from eval.own_questions.writing import write_questions

__all__ = [
    "Gate",
    "GateReport",
    "OwnQuestion",
    "check_comparable",
    "check_gate",
    "evaluate_collection",
    "evaluation_folder",
    "find_questions",
    "read_gate",
    "read_questions",
    "read_recorded",
    "record_run",
    "recorded_path",
    "write_questions",
]
