"""What the page Check remembers of one visitor between two runs of the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ui.browser.api.check_requests import CheckRequests
from ui.browser.api.question_replies import Judged, Question, QuestionSet


@dataclass(frozen=True, slots=True)
class Draft:
    """Questions that were edited and not stored yet, and the ones that they are an edit of."""

    of: QuestionSet
    questions: tuple[Question, ...]


@dataclass
class CheckState:
    """Of one visitor."""

    questions: QuestionSet | None = None  # as they were read: what is edited is an edit of these
    collection: str = ""  # whose questions they are
    drafts: dict[str, Draft] = field(default_factory=dict)  # by collection; they outlive the page, not the visit
    shown: QuestionSet | None = None  # with what the table on the page began
    typing: bool = False  # whether something was just typed into it
    tables: int = 0  # counts the tables, so that one that was read anew forgets what was typed
    latest: tuple[str, str] = ("", "")  # the evaluation asked for last and how it stood when the page was drawn
    run: str = ""  # the one that is shown; "" for the newest
    compared_with: str = ""  # the run that it is compared with; "" for the one before it
    before: int = 0  # judged answers older than this one are shown; 0 for the newest
    before_of: tuple[str, str] = ("", "")  # of which collection and verdict
    adopting: Judged | None = None  # the judged answer that is being made a question

    @property
    def unsaved(self) -> bool:
        """Whether questions were edited and not stored yet."""
        return self.typing or bool(self.drafts)

    def questions_of(self, collection: str, requests: CheckRequests) -> QuestionSet:
        """The questions of the collection, read once, so that edits stay edits of what was read.

        Raises:
            ClientError: the server did not tell.
        """
        if self.collection != collection or self.questions is None:
            draft = self.drafts.get(collection)
            self.note_questions(collection, draft.of if draft else requests.questions())
            if draft is not None:
                self.drafts[collection] = draft
        assert self.questions is not None
        return self.questions

    def note_questions(self, collection: str, questions: QuestionSet) -> None:
        """Goes on from these; what was typed is no edit of them."""
        self.questions, self.collection = questions, collection
        self.tables += 1
        self.drafts.pop(collection, None)

    def note_added(self, collection: str, questions: QuestionSet) -> None:
        """Goes on from these, which hold some more than before; what was typed stays, and they are added to it."""
        draft = self.drafts.get(collection)
        self.note_questions(collection, questions)
        if draft is not None:
            known = {question.id for question in draft.of.questions}
            added = tuple(question for question in questions.questions if question.id not in known)
            self.drafts[collection] = Draft(questions, (*draft.questions, *added))

    def note_typing(self) -> None:
        """Something is being typed: nobody leaves without a word from now on."""
        self.typing = True

    def note_edits(self, collection: str, edited: Sequence[Question]) -> None:
        """Keeps what the table holds, as far as it is not what the server has."""
        self.typing = False
        if self.questions is not None and tuple(edited) != self.questions.questions:
            self.drafts[collection] = Draft(self.questions, tuple(edited))
        else:
            self.drafts.pop(collection, None)

    def forget_questions(self) -> None:
        """Has them read again; what was typed is gone."""
        self.questions = None
        self.drafts.pop(self.collection, None)
