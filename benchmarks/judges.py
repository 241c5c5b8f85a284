"""How far judges agree with people: the verifier that every answer passes, and a language model where one is set.

Usage: python benchmarks/judges.py --sets DIR [--sample N]

DIR holds ragchecker-meta-en and expertqa-attribution-en, a data.jsonl each. The model is that of the settings
(IBID_MODEL_BASE_URL, IBID_MODEL_NAME); its replies are kept under IBID_HOME, so that a second run asks nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from eval.judging import measure_judge, measure_verifier
from kb.chat.openai_compatible import open_chat_model
from kb.settings import read_settings
from serving.verifiers import verifier_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=0, help="items of each set that the model judges (0: all)")
    options = parser.parse_args()
    settings = read_settings()
    verifier = verifier_of(settings, open_chat_model(settings.model))
    print(measure_verifier(verifier, options.sets).line())
    if settings.model.base_url:
        for agreement in measure_judge(settings, options.sets, options.sample):
            print(agreement.line())


if __name__ == "__main__":
    main()
