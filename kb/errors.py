"""Everything that ibid raises on purpose. Each message says what failed, why, and what to do about it.

IbidError
├── UsageError               the caller asked for something that cannot be: exit 2, HTTP 400
│   ├── SettingsError        a setting is wrong
│   ├── QuestionError        a question is empty or too long
│   ├── ChangedMeanwhileError somebody else changed what is to be replaced: HTTP 409
│   └── MissingPartError     an optional part is not installed; says which extra brings it
├── NotFoundError            no such collection, document, job or model: HTTP 404
├── InputError               one file cannot be taken in: exit 1; the others go on
│   ├── UnreadableFileError  broken, truncated, encrypted, not what its name says, no permission
│   ├── UnsupportedFileError a format that no parser knows
│   ├── EmptyDocumentError   a file with no text in it
│   └── FileLimitError       too large, too many pages, too slow, too much memory
├── BusyError                another writer holds the collection, or all places are taken: HTTP 429 or 503
├── StorageError             disk full, damaged catalog, newer schema: HTTP 507 or 500
├── EmbeddingSpaceError      vectors of another model than the collection's
└── ModelError               the chat model or embedder failed or did not answer: HTTP 502
    ├── ModelNotReadyError   the chat model's server is being started, by us: HTTP 503
    └── ReplyCutError        the chat model went on without end; what came before is good
        ├── RepeatingReplyError
        └── OverlongReplyError
"""

from __future__ import annotations


class IbidError(Exception):
    """Base of all errors meant for people.

    Args:
        what: what failed, one sentence without a full stop.
        why: the reason, if known.
        advice: what to do about it, if anything.
    """

    def __init__(self, what: str, why: str = "", advice: str = "") -> None:
        super().__init__(what, why, advice)  # all three, so that the error survives pickling between processes
        self.what = what
        self.why = why
        self.advice = advice

    def __str__(self) -> str:
        text = (f"{self.what}: {self.why}" if self.why else self.what).rstrip(".")  # libraries end theirs with a stop
        return f"{text}. {self.advice}" if self.advice else text


class UsageError(IbidError):
    """The caller asked for something that cannot be."""


class SettingsError(UsageError):
    """A setting is wrong."""


class QuestionError(UsageError):
    """A question is empty or too long."""


class ChangedMeanwhileError(UsageError):
    """Somebody else changed what is to be replaced, and their change would be lost."""


class MissingPartError(UsageError):
    """An optional part is not installed."""


class NotFoundError(IbidError):
    """No such collection, document, job or model."""


class InputError(IbidError):
    """One file cannot be taken in."""


class UnreadableFileError(InputError):
    """Broken, truncated, encrypted, not what its name says, or no permission."""


class UnsupportedFileError(InputError):
    """A format that no parser knows."""


class EmptyDocumentError(InputError):
    """A file with no text in it."""


class FileLimitError(InputError):
    """Too large, too many pages, too slow, or too much memory."""


class BusyError(IbidError):
    """Another writer holds the collection, or all places are taken."""


class StorageError(IbidError):
    """Disk full, damaged catalog, or a schema newer than this program."""


class DamagedError(StorageError):
    """A database that is damaged, or that is none."""


class EmbeddingSpaceError(IbidError):
    """Vectors of another model than the collection's."""


class ModelError(IbidError):
    """The chat model or embedder failed or did not answer."""


class ModelNotReadyError(ModelError):
    """The chat model's server, which ibid started, is not ready yet or is started again: ask again later."""


class ReplyCutError(ModelError):
    """A chat model went on without end: its reply was cut, and what came before is good."""


class RepeatingReplyError(ReplyCutError):
    """It said the same thing over and over."""


class OverlongReplyError(ReplyCutError):
    """It wrote more than it may."""
