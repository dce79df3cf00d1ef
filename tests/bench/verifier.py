"""How well the verifier tells true sentences from attacks, on the labelled corpus: `make bench` prints it."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

from etl.notes.verifier.verify import verify
from tests.notes.made_warehouse import facts, universe

CORPUS = Path(__file__).parents[1] / "notes" / "corpus.jsonl"


def main() -> None:
    """One line for each label, and those that were judged wrongly."""
    cases = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    known, names = facts(), universe()
    began = time.perf_counter()
    refused = [bool(verify(case["text"], known, case["cited"], names)) for case in cases]
    took_ms = 1000 * (time.perf_counter() - began) / len(cases)
    counts = Counter((case["label"], verdict) for case, verdict in zip(cases, refused, strict=True))
    attacks, good = (counts[label, True] + counts[label, False] for label in ("attack", "good"))
    passed, wrongly = counts["attack", False], counts["good", True]
    lines = [f"verifier: {len(cases)} sentences against {len(known)} facts, {took_ms:.1f} ms each"]
    lines.append(f"  attacks passed  {passed:>4} of {attacks}")
    lines.append(f"  good refused    {wrongly:>4} of {good} ({100 * wrongly / good:.1f} %, allowed 1 %)")
    for case, verdict in zip(cases, refused, strict=True):
        if verdict is (case["label"] == "good"):
            lines.append(f"  {case['label']:>7} {case['kind']}: {case['text']}")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
