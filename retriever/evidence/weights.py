"""What each kind of evidence is worth beside the fused score (whose weight is 1), by what a question is written in.

Fitted by benchmarks/retrieval_evidence.py on half of the questions of eleven English and seven Chinese sets, all sets
counting the same; what each is worth on the other half, and on sets that took no part, is in
docs/decisions/0003-lexical-and-fusion.md. Features that added less than a thousandth were left out one after the other.
"""

LATIN_WEIGHTS = {
    "dense rank": 0.238,
    "dense spread": 1.166,
    "covered": 0.694,
    "covered by title": 0.58,
    "sentence": 0.306,
    "tight sentence": 0.159,
    "frequent": -0.336,  # BM25 is in the fused score already: what covers the question counts, not how often
}

CHINESE_WEIGHTS = {
    "dense spread": 0.777,
    "covered": 0.099,
    "all words": 0.047,
    "covered by title": -0.569,  # the index counts titles more than their share of the text already
    "title covered": 0.227,
    "pairs": 0.459,
    "triples": 0.224,
    "sentence": 0.444,
    "tight sentence": 0.064,
    "length": -0.04,
}

# Where the embedder reads English alone: without the vectors' ranks, fitted with all-MiniLM-L6-v2.
UNREAD_CHINESE_WEIGHTS = {
    "covered": 0.099,
    "all words": 0.047,
    "covered by title": -0.415,  # the index counts titles more than their share of the text already
    "title covered": 0.325,
    "pairs": 0.257,
    "triples": 0.189,
    "sentence": 0.457,
    "tight sentence": 0.071,
    "length": -0.064,
}
