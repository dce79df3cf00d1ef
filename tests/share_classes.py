"""`mfo` whose demo knows two share classes, as a program: `python -m tests.share_classes run-daily --demo`."""

from datetime import datetime

import cli
from etl.stores import demo_upstream

# a made-up share class is the demo's share of another name; it is written as Yahoo and Alpha Vantage write it
MADE_OF = {"BRK-B": "JPM", "BF-B": "AMZN"}
demo_answer = demo_upstream.answer


def answer(url: str, now: datetime) -> demo_upstream.Reply:
    """The demo's answer, under the name that was asked for."""
    for theirs, made_of in MADE_OF.items():
        if theirs in url:
            status, headers, body = demo_answer(url.replace(theirs, made_of), now)
            return status, headers, body.replace(f'"{made_of}"'.encode(), f'"{theirs}"'.encode())
    return demo_answer(url, now)


if __name__ == "__main__":
    demo_upstream.answer = answer
    cli.main()
