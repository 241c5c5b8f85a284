"""Documents that disagree: another deadline, dose or amount for the same thing is shown beside the answer's own."""

from serving.conflicts.drafts import Disagreement
from serving.conflicts.finding import Rival, rivals_of
from serving.conflicts.sides import Side, conflict_of, in_order, labels_of, sides_of
from serving.conflicts.wording import disagreement_text, standing_of

__all__ = [
    "Disagreement",
    "Rival",
    "Side",
    "conflict_of",
    "disagreement_text",
    "in_order",
    "labels_of",
    "rivals_of",
    "sides_of",
    "standing_of",
]
