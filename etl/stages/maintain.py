"""maintain: every kept answer is still there and is what it was; what killed runs left behind is swept away."""

from collections.abc import Callable, Collection
from pathlib import Path

from etl.domain import Outcome
from etl.errors import DataWrong
from etl.stores.lake import Lake, sweep

SHOWN = 20


def run(lake: Lake, root: Path, resting: Callable[[Collection[int]], list[str]] = lambda _proven: []) -> Outcome:
    """
    Verify every body against its sha256, then delete left-overs.

    `resting` says what is published without an answer among the proven sequences.

    Raises:
        DataWrong: answers are missing or changed; names the first, how many there are, and what rests on them.
    """
    broken = []
    count = 0
    proven = set()
    for sequence, path in lake.sequences():
        count += 1
        try:
            lake.open(path)
            proven.add(sequence)
        except DataWrong as error:
            broken.append(str(error))
    swept = sweep(root)
    rests = resting(proven)
    if broken or rests:
        said = f"{len(broken)} of {count} kept answers are broken" + (f", first {broken[0]}" if broken else "")
        more = [f"  and {len(rests) - SHOWN} more"] if len(rests) > SHOWN else []
        published = ["published without an answer in the lake:", *(f"  {line}" for line in rests[:SHOWN]), *more]
        raise DataWrong("\n".join([said, *(published if rests else ())]))
    return Outcome(f"{count} kept answers verified, {swept} left-overs of killed runs deleted")
