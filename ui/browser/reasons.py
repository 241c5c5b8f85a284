"""The reasons that the server gives for a verdict, in the interface's language.

The server gives them in English. Those known here are worded anew; any other is shown as it came.
"""

from __future__ import annotations

import re

from ui.browser.wording import Words

_KNOWN = {
    "reason_none_cited": r"no passage is cited",
    "reason_to_the_letter": r"the cited words say this to the letter",
    "reason_other_language": r"the cited words are in another language: numbers agree, words were not compared",
    "reason_not_said": r"the cited words do not say “(?P<what>.+)”",
    "reason_other_number": r"the cited words say (?P<cited>.+), the answer (?P<answer>.+)",
    "reason_no_number": r"(?P<what>.+) does not occur in the cited words",
    "reason_answer_denies": r"the answer denies what the cited words say: “(?P<what>.+)”",
    "reason_source_denies": r"the cited words deny this: “(?P<what>.+)”",
    "reason_answer_says_no": r"the answer says “(?P<what>.+)” where the cited words do not",
    "reason_source_says_no": r"the cited words say “(?P<what>.+)” where the answer does not",
    "reason_misquoted": r"(?P<what>.+) does not stand in the cited words",
    "reason_not_named": r"the cited words do not name “(?P<what>.+)”",
    "reason_most_words": r"its numbers and (?P<share>\d+%) of its words stand in the cited words",
    "reason_few_words": r"only (?P<share>\d+%) of its words stand in the cited words",
    "reason_model_finds": r"the checking model finds it borne out \((?P<share>\d+%)\)",
    "reason_model_does_not": r"the checking model does not find it borne out \((?P<share>\d+%)\)",
    "reason_model_otherwise": r"the checking model finds that the cited words say otherwise \((?P<share>\d+%)\)",
    "reason_model_unfound": r"the checking model does not find “(?P<what>.+)” in the cited words",
    "reason_model_alone": r"the checking model finds it borne out, but hardly a word agrees",
}
# Added to the reason that words give where a checking model was to be asked and could not be.
_BY_WORDS_ALONE = "(judged by words alone: the checking model could not be asked)"


def reason(why: str, words: Words) -> str:
    """`why` as a server gave it, in the interface's language where it is known; plain text."""
    if why.endswith(_BY_WORDS_ALONE):
        return words("reason_words_alone", why=reason(why.removesuffix(_BY_WORDS_ALONE).rstrip(), words))
    for key, pattern in _KNOWN.items():
        match = re.fullmatch(pattern, why, re.DOTALL)
        if match is not None:
            return words(key, **match.groupdict())
    return why
