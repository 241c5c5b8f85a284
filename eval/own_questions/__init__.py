"""A person's own questions about a collection: read, asked through the one answer path, and held to a gate."""

from eval.own_questions.gate import Gate, GateReport, check_comparable, check_gate, read_gate
from eval.own_questions.measuring import evaluate_collection
from eval.own_questions.places import read_recorded, record_run, recorded_path
from kb.questions import OwnQuestion, evaluation_folder, find_questions, read_questions, write_questions

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
