"""What a deletion would take along, in a sentence, before anybody confirms it."""

from __future__ import annotations

from ui.browser.api.failures import ClientError
from ui.browser.figures import size_in
from ui.browser.notices import sentence_for
from ui.browser.session import Session


def removal_sentence(session: Session, collection: str, document_id: str = "") -> str:
    """What goes with a collection, or with one document of it; where the server does not tell, that it does not."""
    words = session.words
    try:
        removal = session.client.removal(collection, document_id)
    except ClientError as failure:
        return sentence_for(failure, words)
    parts = [] if document_id else [words.count("documents_count", removal.documents)]
    parts += [words.count("passages", removal.passages), size_in(removal.size)]
    gone = words("removal", parts=words("between").join(parts))
    cited = words.count("removal_cited", removal.past_answers) if removal.past_answers else words("removal_uncited")
    return f"{gone}\n\n{cited}"
