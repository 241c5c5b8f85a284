from __future__ import annotations

from serving.verification import LexicalVerifier
from tests.ports.verifier_suite import check_verifier


def test_the_lexical_verifier_keeps_the_promises_of_a_verifier() -> None:
    check_verifier(LexicalVerifier())
