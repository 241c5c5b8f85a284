"""What a measurement of speed and memory says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured on."""

    processor: str
    cores: int  # that this process may use
    memory_mb: int
    system: str
    python: str
    gpu: str  # "" where torch is told to use none, or sees none


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of work, done again and again for a while, by one after the other.

    Percentiles are of one file, batch or question (`eval.metrics.latency`); NaN where nothing was done.
    """

    name: str
    done: int
    unit: str  # of `done`: files, pages, passages, questions
    seconds: float  # for all of them
    p50_ms: float
    p95_ms: float

    @property
    def per_second(self) -> float:
        """How many were done in a second; 0 where none was."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Speed:
    """A whole measurement."""

    machine: Machine
    collection: str
    version: int
    documents: int
    passages: int
    embedding: str  # the model of the collection's vectors
    answers_by: str  # "extractive", or the chat model
    stages: tuple[Stage, ...]
    opening_seconds: float  # until the first search has been answered: models and indexes are loaded
    unread: tuple[str, ...]  # names of files that could not be read again
    memory_mb: int  # the most that this process has held
    parser_memory_mb: int  # the most that a process which reads files has held
    disk_mb: float  # the collection: originals, texts, vectors
    index_mb: float  # of these, indexes that can be made again
