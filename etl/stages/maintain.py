"""maintain: every kept answer is still there and is what it was; what killed runs left behind is swept away."""

from pathlib import Path

from etl.domain import Outcome
from etl.errors import DataWrong
from etl.stores.lake import Lake, sweep


def run(lake: Lake, root: Path) -> Outcome:
    """
    Verify every body against its sha256, then delete left-overs.

    Raises:
        DataWrong: bodies are missing or changed; the message names the first of them and how many there are.
    """
    broken = []
    count = 0
    for _, path in lake.sequences():
        count += 1
        try:
            lake.open(path)
        except DataWrong as error:
            broken.append(str(error))
    swept = sweep(root)
    if broken:
        raise DataWrong(f"{len(broken)} of {count} kept answers are broken, first {broken[0]}")
    return Outcome(f"{count} kept answers verified, {swept} left-overs of killed runs deleted")
