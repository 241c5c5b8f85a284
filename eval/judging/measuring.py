"""How far a judge, or a verifier without a model, agrees with people. A judge that is not measured is not trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from eval.judging.agreement import balanced_accuracy, cohens_kappa, preference_accuracy, spearman, with_interval
from eval.judging.asking import Judge, NotJudgedError
from eval.judging.claims import language_of_texts, supported
from eval.judging.correctness import judge_correctness
from eval.judging.human_sets import (
    PREFERENCES,
    SUPPORT,
    JudgedClaim,
    Preference,
    read_judged_claims,
    read_preferences,
)
from eval.judging.nuggets import judge_nuggets
from eval.judging.opening import open_judge
from eval.judging.records import Agreement
from kb.ports import Verifier
from kb.records import Verdict
from kb.settings import Settings

Progress = Callable[[str, int, int], None]  # stage, done, of
_Item = TypeVar("_Item")

_AT_ONCE = 4  # as many calls as when a run is judged
_FULL_SUPPORT = "supports a claim as experts do"
_BETTER_ANSWER = "answer correctness prefers the answer that people prefer"
_FULLER_ANSWER = "nugget recall prefers the answer that people find more complete"


def measure_judge(
    settings: Settings,
    sets_folder: Path,
    sample: int = 100,
    *,
    judge: Judge | None = None,
    progress: Progress | None = None,
    at_once: int = _AT_ONCE,
) -> tuple[Agreement, ...]:
    """A judge's agreement with people on pairs of answers and on claims with their sources.

    Args:
        settings: whose model judges, unless `judge` is given.
        sets_folder: holds `ragchecker-meta-en` and `expertqa-attribution-en`.
        sample: items of each set; 0 takes all (134 pairs, 834 claims, about ten calls a pair and one a claim).
        judge: instead of the settings' model.
        progress: told what is done.
        at_once: items judged at the same time.

    Raises:
        SettingsError: no model server is named.
        NotFoundError: a set is not there.
    """
    judge = judge or open_judge(settings)
    pairs, claims = read_preferences(sets_folder, sample), read_judged_claims(sets_folder, sample)
    better = _ask_all(lambda pair: _correctness_change(judge, pair), pairs, "pairs", progress, at_once)
    fuller = _ask_all(lambda pair: _nugget_change(judge, pair), pairs, "pairs again", progress, at_once)
    borne_out = _ask_all(lambda claim: _support(judge, claim), claims, "claims", progress, at_once)
    return (
        _preferring(judge.name, _BETTER_ANSWER, [pair.overall for pair in pairs], better),
        _preferring(judge.name, _FULLER_ANSWER, [pair.complete for pair in pairs], fuller),
        _supporting(judge.name, claims, borne_out),
    )


def measure_verifier(verifier: Verifier, sets_folder: Path, sample: int = 0) -> Agreement:
    """The agreement of a verifier with experts on claims with their sources: "supported" against everything else.

    Args:
        verifier: needs no model.
        sets_folder: holds `expertqa-attribution-en`.
        sample: claims to take; 0 takes all.

    Raises:
        NotFoundError: the set is not there.
    """
    claims = read_judged_claims(sets_folder, sample)
    said: list[float | None] = [
        float(verifier.verify(item.claim, item.evidence).verdict is Verdict.SUPPORTED) for item in claims
    ]
    return _supporting(type(verifier).__name__, claims, said)


def _ask_all(
    ask: Callable[[_Item], float],
    items: Sequence[_Item],
    stage: str,
    progress: Progress | None,
    at_once: int,
) -> list[float | None]:
    """What the judge says of each item; None where it failed."""

    def asked(item: _Item) -> float | None:
        try:
            return ask(item)
        except NotJudgedError:
            return None

    found: list[float | None] = []
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        for number, value in enumerate(pool.map(asked, items), start=1):
            found.append(value)
            if progress:
                progress(stage, number, len(items))
    return found


def _correctness_change(judge: Judge, pair: Preference) -> float:
    first, second = (judge_correctness(judge, pair.question, text, [pair.gold]) for text in (pair.first, pair.second))
    return second - first


def _nugget_change(judge: Judge, pair: Preference) -> float:
    first, second = (judge_nuggets(judge, pair.question, text, pair.gold) for text in (pair.first, pair.second))
    return second - first


def _support(judge: Judge, item: JudgedClaim) -> float:
    text = "\n\n".join(item.evidence)
    return float(supported(judge, [item.claim], text, language_of_texts(item.claim))[0])


def _preferring(name: str, measure: str, labels: Sequence[float], said: Sequence[float | None]) -> Agreement:
    gold, judged = _judged_only(labels, said)
    figures = {
        "accuracy": with_interval(preference_accuracy, gold, judged),
        "Spearman": with_interval(spearman, gold, judged),
    }
    return Agreement(name, PREFERENCES, measure, figures if gold else {}, len(gold), len(labels) - len(gold))


def _supporting(name: str, claims: Sequence[JudgedClaim], said: Sequence[float | None]) -> Agreement:
    gold, judged = _judged_only([float(claim.supported) for claim in claims], said)
    figures = {
        "balanced accuracy": with_interval(balanced_accuracy, gold, judged),
        "Cohen's kappa": with_interval(cohens_kappa, gold, judged),
    }
    return Agreement(name, SUPPORT, _FULL_SUPPORT, figures if gold else {}, len(gold), len(claims) - len(gold))


def _judged_only(labels: Iterable[float], said: Iterable[float | None]) -> tuple[list[float], list[float]]:
    kept = [(label, value) for label, value in zip(labels, said, strict=True) if value is not None]
    return [label for label, _ in kept], [value for _, value in kept]
