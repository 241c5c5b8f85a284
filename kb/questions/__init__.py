"""A person's own questions about a collection, and what is expected of their answers: read, checked, written, kept."""

from kb.questions.collection_file import (
    QuestionFile,
    evaluation_folder,
    find_questions,
    read_question_file,
    replace_questions,
)
from kb.questions.reading import questions_in, read_questions
from kb.questions.records import OwnQuestion
from kb.questions.writing import questions_as_yaml, write_questions

__all__ = [
    "OwnQuestion",
    "QuestionFile",
    "evaluation_folder",
    "find_questions",
    "questions_as_yaml",
    "questions_in",
    "read_question_file",
    "read_questions",
    "replace_questions",
    "write_questions",
]
