"""Fits the calibration of answers of quotes that comes with ibid, and measures it on sets that it was not fitted on.

Usage: python benchmarks/calibration.py SETS [--home DIR] [--json FILE]

SETS is a folder of question sets. Questions of other sets are mixed into those whose questions can all be answered, a
quarter as many, since people also ask what their documents do not say. Writes serving/calibrations/extractive.json.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from eval.calibrating import expected_error
from eval.calibration_runs import Outcome, fit_outcomes, outcomes_of_set
from eval.metrics.risk_coverage import area_under_risk, area_under_roc
from eval.runs import write_json
from kb.settings import Settings
from ui.terminal.calibrating import fit_lines

# Sets with short answers in both languages and scripts; how many questions of each; whose questions are mixed in.
# Half of squad2's own have no answer although its texts look as if they had one: few, since they would make every other
# answer look less likely than it is (with squad2 alone for English, the error on xquad-en rose from .06 to .20).
FITTED = {
    "squad2-dev-en": (500, None),
    "xquad-en": (500, "liveqa-med-en"),
    "cmrc2018-zh": (500, "cail2019-mrc-zh"),
    "drcd-zhhant": (300, "cail2019-mrc-zh"),
}
HELD_OUT = {"xquad-zh": (300, "meddialog-zh"), "rgb-zh-refine": (0, None)}
OUT = Path(__file__).parent.parent / "serving" / "calibrations" / "extractive.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--home", type=Path, default=Path("/tmp/ibid-bench"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    settings = Settings(home=options.home)

    def asked(name: str, sample: int, others: str | None) -> list[Outcome]:
        print(name, flush=True)
        mixed = options.sets / others if others else None
        cache = settings.home / "cache"
        return outcomes_of_set(options.sets / name, settings, cache=cache, sample=sample, out_of_scope=mixed)

    fitted = [outcome for name, drawn in FITTED.items() for outcome in asked(name, *drawn)]
    fit = fit_outcomes(fitted, fitted_on=", ".join(FITTED))
    print("\n".join(fit_lines(fit)))
    write_json(OUT, asdict(fit.calibration))
    briers, errors = [fit.brier_before, fit.brier], [fit.error_before, fit.error]
    measured: dict[str, Any] = {"fitted": {"Brier": briers, "calibration error": errors, "AUROC": fit.auroc}}
    for name, drawn in HELD_OUT.items():
        outcomes = asked(name, *drawn)
        raw, right = np.array([item.confidence for item in outcomes]), np.array([item.right for item in outcomes])
        chances = np.array([fit.calibration.chance_of(confidence) for confidence in raw])
        measured[name] = {
            "questions": len(outcomes),
            "right": float(right.mean()),
            "calibration error": [expected_error(raw, right * 1.0), expected_error(chances, right * 1.0)],
            "AURC": area_under_risk(chances, ~right),
            "AUROC": area_under_roc(chances, right),
            "risk kept": _risks(chances, right, fit.calibration.answer_from),
        }
        print(json.dumps(measured[name], indent=1))
    if options.json:
        write_json(options.json, measured)


def _risks(chances: Any, right: Any, answer_from: Any) -> dict[str, Any]:
    """For each stated risk: the share of questions answered, and of wrong ones among these."""
    found = {}
    for risk in (0.05, 0.1, 0.2):
        shown = chances >= answer_from(risk)
        wrong = float((~right[shown]).mean()) if shown.any() else 0.0
        found[str(risk)] = {"answered": float(shown.mean()), "wrong": wrong}
    return found


if __name__ == "__main__":
    main()
