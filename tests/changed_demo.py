"""
`mfo` whose demo is another one, as a program: `python -m tests.changed_demo run-daily --demo`.

It knows two share classes, and with WTREGEN_IN_BILLIONS set FRED serves that series so.
"""

import json
import os
import subprocess
import sys
from datetime import datetime

import cli
from etl.demo import upstream
from tests.conftest import REPOSITORY, Mfo, Said

# a made-up share class is the demo's share of another name; it is written as Yahoo and Alpha Vantage write it
MADE_OF = {"BRK-B": "JPM", "BF-B": "AMZN"}
demo_answer = upstream.answer


class ChangedDemo(Mfo):
    """Each command of it is one of the changed demo."""

    def __call__(self, *arguments: str, **env: str) -> Said:
        """Run a command to its end."""
        said = subprocess.run(
            [sys.executable, "-m", "tests.changed_demo", *arguments, "--demo"],
            env={**self.env, "PYTHONPATH": str(REPOSITORY), **env},
            cwd=self.cwd,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        return Said(said.returncode, said.stdout, said.stderr)


def answer(url: str, now: datetime) -> upstream.Reply:
    """The demo's answer, under the name that was asked for, in the unit that is served."""
    for theirs, made_of in MADE_OF.items():
        if theirs in url:
            status, headers, body = demo_answer(url.replace(theirs, made_of), now)
            return status, headers, body.replace(f'"{made_of}"'.encode(), f'"{theirs}"'.encode())
    status, headers, body = demo_answer(url, now)
    if url.partition("id=")[2].startswith("WTREGEN") and os.environ.get("WTREGEN_IN_BILLIONS"):
        body = (json_in_billions if body.startswith(b"{") else csv_in_billions)(body.decode()).encode()
    return status, headers, body


def json_in_billions(body: str) -> str:
    """FRED's description or observations, a thousand times smaller in name and value."""
    said = json.loads(body)
    for row in said.get("observations", []):
        row["value"] = f"{float(row['value']) / 1000:.3f}"
    return json.dumps(said).replace("Millions", "Billions")


def csv_in_billions(body: str) -> str:
    """The same of fredgraph.csv, which names no unit."""
    first, *rows = body.splitlines()
    values = [(day, float(value) / 1000) for day, _, value in (row.partition(",") for row in rows)]
    return "\n".join([first, *(f"{day},{value:.3f}" for day, value in values), ""])


if __name__ == "__main__":
    upstream.answer = answer
    cli.main()
