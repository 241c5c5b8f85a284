"""What the page Check remembers of one visitor between two runs of the script."""

from __future__ import annotations

from dataclasses import dataclass

from ui.browser.api.check_requests import CheckRequests
from ui.browser.api.question_replies import Judged, QuestionSet


@dataclass
class CheckState:
    """Of one visitor."""

    questions: QuestionSet | None = None  # as they were read: what is edited is an edit of these
    collection: str = ""  # whose questions they are
    tables: int = 0  # counts the tables, so that one that was read anew forgets what was typed
    latest: tuple[str, str] = ("", "")  # the evaluation asked for last and how it stood when the page was drawn
    run: str = ""  # the one that is shown; "" for the newest
    compared_with: str = ""  # the run that it is compared with; "" for the one before it
    before: int = 0  # judged answers older than this one are shown; 0 for the newest
    before_of: tuple[str, str] = ("", "")  # of which collection and verdict
    adopting: Judged | None = None  # the judged answer that is being made a question

    def questions_of(self, collection: str, requests: CheckRequests) -> QuestionSet:
        """The questions of the collection, read once, so that edits stay edits of what was read.

        Raises:
            ClientError: the server did not tell.
        """
        if self.questions is None or self.collection != collection:
            self.note_questions(collection, requests.questions())
        assert self.questions is not None
        return self.questions

    def note_questions(self, collection: str, questions: QuestionSet) -> None:
        """Goes on from these."""
        self.questions, self.collection = questions, collection
        self.tables += 1

    def forget_questions(self) -> None:
        """Has them read again."""
        self.questions = None
