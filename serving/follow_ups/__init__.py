"""Follow-ups made standalone: "And for children?" is searched for with what the conversation was about."""

from serving.follow_ups.leaning import is_follow_up
from serving.follow_ups.standalone import standalone_question

__all__ = ["is_follow_up", "standalone_question"]
