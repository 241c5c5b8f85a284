"""What has come of a reply, and whether it goes on as a reply should."""

from __future__ import annotations

from kb.chat.repetition import RepetitionWatch
from kb.chat.retrying import UnfinishedStreamError
from kb.errors import OverlongReplyError, RepeatingReplyError

# Characters that a reply may have for each token it may have. A token is four letters or a Chinese character or two,
# the longest of vocabularies (spaces and rules apart) some twenty: past that, the server has forgotten its limit.
_CHARACTERS_TO_A_TOKEN = 20
_SHOWN_CHARACTERS = 60  # of what is repeated: enough to find it in the answer

# Control characters (but tab and line feed) would reach terminals and databases; halves of surrogate pairs cannot be
# encoded.
_UNREADABLE = dict.fromkeys([*range(9), 11, 12, 13, *range(14, 32), *range(127, 160)], "") | dict.fromkeys(
    range(0xD800, 0xE000), "\ufffd"
)


def readable(text: str) -> str:
    """A piece of a reply without the characters that no text has."""
    return text.translate(_UNREADABLE)


class Received:
    """Counts and watches one reply. `anything` says whether a part of it was handed on: then nothing is asked again.

    Args:
        max_tokens: that the reply may have.
    """

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._characters = 0
        self._repetition = RepetitionWatch()

    @property
    def anything(self) -> bool:
        """Whether a part of the reply has come."""
        return self._characters > 0

    @property
    def room(self) -> int:
        """How many characters may still come; below 0 where too many have."""
        return _CHARACTERS_TO_A_TOKEN * self._max_tokens - self._characters

    def read(self, text: str) -> None:
        """Takes the next piece.

        Raises:
            RepeatingReplyError: the reply repeats itself without end.
            OverlongReplyError: it does not keep to its length.
        """
        self._characters += len(text)
        if self.room < 0:
            raise self._too_long()
        if repeated := " ".join(self._repetition.read(text).split()):
            raise RepeatingReplyError(
                "the model repeats itself",
                f"its reply ends in “{repeated[:_SHOWN_CHARACTERS]}” over and over",
                "A larger model seldom does",
            )

    def read_call(self, characters: int) -> None:
        """Takes a piece of a call of a tool: it is as long as it is, and may say one thing over and over.

        Raises:
            OverlongReplyError: it does not keep to its length.
        """
        self._characters += characters
        if self.room < 0:
            raise self._too_long()

    def check_end(self, finish: str) -> None:
        """The stream is at its end.

        Args:
            finish: why the model stopped, in the words of OpenAI's API; "" where the server did not say.

        Raises:
            OverlongReplyError: the reply was ended at its longest length.
            UnfinishedStreamError: the model had not finished.
        """
        if finish == "length" and self.anything:
            raise self._too_long()
        if not finish:
            raise UnfinishedStreamError("the stream ended without saying that the reply was finished")

    def _too_long(self) -> OverlongReplyError:
        return OverlongReplyError(
            "the model did not come to an end",
            f"its reply is longer than {self._max_tokens} tokens",
            "IBID_MODEL_MAX_TOKENS sets how many it may have",
        )
