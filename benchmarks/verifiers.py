"""How far a verifier's verdicts agree with people's: ExpertQA, FaithBench and SciFact, by sentence and by answer.

Usage: python -m benchmarks.verifiers --sets DIR [--verifier KIND] [--name NAME] [--json FILE]

DIR holds expertqa-attribution-en, faithbench-en and scifact-en. The verifier is that of the settings
(IBID_VERIFIER_KIND and so on), or of the kind given. The file keeps one entry for each name; only this one is replaced.

FaithBench's published protocol labels a summary by the worst label of any span and counts "unwanted" and "questionable"
as hallucinated; its set here is a half of theirs (384 of 750 summaries), so figures can be compared in size, not to the
digit. Its summaries were chosen because detectors disagreed on them: near .5 is chance, and most lie there.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from eval.judging.verdicts import SetAgreement, measure_verdicts
from kb.chat.openai_compatible import open_chat_model
from kb.settings import read_settings
from serving.verifiers import verifier_of

_RESULTS = Path(__file__).parent / "results" / "verifiers.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--verifier", default="", help="a kind of verifier; the settings' one where not given")
    parser.add_argument("--name", default="", help="the name of the entry; the kind where not given")
    parser.add_argument("--json", type=Path, default=_RESULTS)
    options = parser.parse_args()
    settings = read_settings()
    chosen = replace(settings.verifier, kind=options.verifier or settings.verifier.kind)
    settings = replace(settings, verifier=chosen)
    verifier = verifier_of(settings, open_chat_model(settings.model))
    measured = measure_verdicts(verifier, options.sets, _progress)
    for agreement in measured:
        print_agreement(agreement)
    keep(options.json, options.name or chosen.kind, measured)


def print_agreement(agreement: SetAgreement) -> None:
    print(f"\n{agreement.set} ({agreement.sentences} sentences, {agreement.answers} answers); {agreement.protocol}")
    for level, figures in agreement.figures.items():
        for name, value in figures.items():
            print(f"  {level:10} {name:42} {value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]")
    print("  milliseconds a sentence: median {}, 95 % within {}".format(*agreement.milliseconds))


def keep(file: Path, name: str, measured: list[SetAgreement]) -> None:
    """Writes the entry `name`; the others stay."""
    entries = json.loads(file.read_text("utf-8")) if file.exists() else {}
    entries[name] = [
        {
            "set": agreement.set,
            "protocol": agreement.protocol,
            "sentences": agreement.sentences,
            "answers": agreement.answers,
            "figures": {
                level: {name: [round(float(part), 4) for part in value] for name, value in figures.items()}
                for level, figures in agreement.figures.items()
            },
            "milliseconds": list(map(float, agreement.milliseconds)),
        }
        for agreement in measured
    ]
    file.write_text(json.dumps(entries, indent=1) + "\n", "utf-8")


def _progress(name: str, done: int, of: int) -> None:
    if done % 50 == 0 or done == of:
        print(f"{name}: {done} of {of}", file=sys.stderr)


if __name__ == "__main__":
    main()
