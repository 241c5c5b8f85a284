"""Which index is right at which size. Measured in docs/decisions/0005-index-by-size.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class IndexKind(StrEnum):
    """How the vectors of a saved index are searched."""

    EXACT = "exact"  # every vector is read
    CODES = "codes"  # one bit a dimension (RaBitQ) is read of every vector, the best are compared exactly
    LISTS = "lists"  # the same, of the vectors in the clusters nearest to the question only (IVF)


_UNSAVED_SHARE = 0.02  # of a large index: reading 20,000 changed vectors from the catalog takes half a second


@dataclass(frozen=True, slots=True)
class IndexSizes:
    """Up to how many vectors each kind is used, and how many changes a file may lag behind."""

    # Exact search of 100,000 x 384 costs 6 ms of CPU on one busy core, as much as embedding the question, and its
    # recall needs no measuring; codes cost 1.6 ms.
    exact: int = 100_000
    # At 200,000 codes alone cost 2.6 ms at a recall of .999, with lists 2.8 at .990; at 400,000 6.3 at .999 against 2.6
    # at .986; at 1,000,000 14 at .998 against 4 at .98.
    codes: int = 300_000
    unsaved: int = 1_000  # changes that a new process catches up with in some 20 ms, so that no file need be written
    written_at_once: int = 20_000  # vectors up to which a search waits for the file: 15 MB, some 40 ms

    def kind(self, count: int) -> IndexKind:
        """What is right for `count` vectors."""
        if count <= self.exact:
            return IndexKind.EXACT
        return IndexKind.CODES if count <= self.codes else IndexKind.LISTS

    def lists(self, count: int) -> int:
        """How many clusters `count` vectors are parted into; 1 where clusters do not pay yet.

        The square root, as usual: at 1,000,000, 2,048 lists save a quarter of a search's time against 1,024 and double
        the time to build.
        """
        return math.isqrt(count) if self.kind(count) is IndexKind.LISTS else 1

    def unsaved_at_most(self, count: int) -> int:
        """How many changes an index of `count` vectors may have that are not in its file."""
        return max(self.unsaved, int(_UNSAVED_SHARE * count))


@dataclass(frozen=True, slots=True)
class Effort:
    """How far an approximate search goes."""

    probes: int  # lists that are looked into
    candidates: int  # vectors that are compared exactly


# Recall at 10 wanted of made-up questions: .005 above the .97 that is promised at 1,000,000. Real questions were never
# found more than .003 worse than made-up ones, and .01 better at 400,000 vectors.
WANTED_RECALL = 0.975

# Tried in this order until the sample reaches the wanted recall; where none does, search is exact. Shares of the lists
# and candidates. 1,000 candidates are five times what the fusion asks for: they hold 95 % of the exact first 200.
_EFFORTS = ((1 / 8, 1_000), (3 / 16, 1_000), (1 / 4, 1_000), (3 / 8, 1_000), (1 / 2, 2_000), (1.0, 2_000), (1.0, 8_000))


def efforts(lists: int) -> list[Effort]:
    """The efforts to try, cheapest first."""
    tried = dict.fromkeys(Effort(max(1, round(share * lists)), candidates) for share, candidates in _EFFORTS)
    return list(tried)
