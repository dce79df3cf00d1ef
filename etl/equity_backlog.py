"""
The sessions that a user asks for, less those that are held: what is still to be asked for of an equity's history.

Pure: what was answered before comes in as rows of the ledger. A session counts as held where a good answer of days
speaks of it, whichever run asked for it and for whatever reason: the daily run's last sessions, a chart that was asked
for its events. What a full page left out at its beginning it does not speak of.
"""

from collections.abc import Iterable, Sequence

from etl.backlog import History
from etl.coverage import span_asked
from etl.domain import ACTIONS, EQUITY_DAILY, EQUITY_HISTORY, Span, Want
from etl.planning import Task
from etl.providers import PROVIDERS
from etl.sessions import Session, sessions
from etl.stores.answered import Answered

DATASETS = (EQUITY_HISTORY, EQUITY_DAILY, ACTIONS)  # whose answers hold days
ONE_CALL = 100  # sessions between two holes: one call for both costs less than two


def still_missing(history: History, answered: Sequence[Answered]) -> list[Span]:
    """Spans from the open of a session to the close of another, between which no good answer speaks of some."""
    first, last = history.span
    spans = [span for said in answered for span in _spoken_of(said)]
    wanted = [one for one in sessions(first.date(), last.date()) if first <= one.opened_at and one.ready_at <= last]
    holes: list[list[int]] = []
    for place, session in enumerate(wanted):
        if _is_held(session, spans):
            continue
        if holes and place - holes[-1][1] <= ONE_CALL:
            holes[-1][1] = place
        else:
            holes.append([place, place])
    return [(wanted[start].opened_at, wanted[end].closed_at) for start, end in holes]


def tasks(history: History, answered: Sequence[Answered]) -> list[Task]:
    """A task for each hole, of those of the chain who give anything of it."""
    found = []
    for span in still_missing(history, answered):
        want = Want(history.dataset, history.symbol, *span)
        chain = tuple(name for name in history.chain if PROVIDERS[name].plan(want, history.span[1]))
        found += [Task(want, chain, "its history was asked for")] if chain else []
    return found


def _spoken_of(said: Answered) -> Iterable[Span]:
    """The spans of days that a good answer speaks of: what its request names, less what its page left out."""
    first, last = span_asked(dict(said.params))
    if first is None:
        return []
    cut_off = max((gap[1] for gap in said.missing), default=first)
    return [(max(first, cut_off), min(last or said.answered_at, said.answered_at))]


def _is_held(session: Session, spans: Sequence[Span]) -> bool:
    return any(first <= session.opened_at and session.ready_at <= last for first, last in spans)
