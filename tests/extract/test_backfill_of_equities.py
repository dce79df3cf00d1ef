"""backfill of an equity: by what is missing, up to where it is wanted, of who gives days; nothing is asked twice."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.domain import ACTIONS, EQUITY_DAILY, EQUITY_HISTORY
from etl.extract.missing import BackfillRange, sessions_missing, tasks
from etl.extract.selection import Selection
from etl.market.sessions import sessions
from etl.state.answered_requests import AnsweredRequest
from tests.conftest import Upstream
from tests.extract.workbench import Bench, task
from tests.faults.folders import NOW, SmallFolder
from tests.providers.made_up import values

CHAIN = ("yahoo", "twelve_data", "alpaca", "fmp")


def at(text: str) -> datetime:
    """Midnight of a date."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wanted(first: str, last: str) -> BackfillRange:
    """SPY's days of [first, last)."""
    return BackfillRange(EQUITY_HISTORY, "SPY", (at(first), at(last)), CHAIN)


def said(answered_at: str = "2025-11-01", *missing: tuple[str, str], **params: str) -> AnsweredRequest:
    """A good answer to a request with these parameters."""
    spans = tuple((at(first), at(last)) for first, last in missing)
    return AnsweredRequest("twelve_data", "/", tuple(params.items()), at(answered_at), None, spans)


def days(history: BackfillRange, *answered: AnsweredRequest) -> list[tuple[str, str]]:
    """The holes, by their first and last day."""
    return [(str(first.date()), str(last.date())) for first, last in sessions_missing(history, answered)]


# what is missing


def test_all_of_a_history_that_nobody_was_asked_for_is_missing():
    """From its first session to its last one that is final: neither New Year's Day nor the Sunday is one."""
    assert days(wanted("2023-01-01", "2023-07-03")) == [("2023-01-03", "2023-06-30")]
    assert days(wanted("2023-07-01", "2023-07-03")) == []


def test_what_good_answers_speak_of_is_held():
    """In the middle, at the end, and up to the instant at which it was given."""
    year = wanted("2023-01-01", "2024-01-01")
    half = said(start_date="2023-03-01", end_date="2023-10-31T23:59:59")
    assert days(year, half) == [("2023-01-03", "2023-02-28"), ("2023-11-01", "2023-12-29")]
    assert days(year, half, said(start_date="2022-12-01", end_date="2023-03-15T23:59:59")) == [
        ("2023-11-01", "2023-12-29")
    ]
    assert days(year, said(start_date="2023-01-01")) == []
    assert days(year, said("2023-06-30", start_date="2023-01-01")) == [("2023-06-30", "2023-12-29")]


def test_a_full_page_speaks_of_its_rows_only():
    """5000 rows from 1990 on begin in 2003: what lies before is still missing."""
    page = said("2023-01-01", ("1990-01-01", "2003-02-24"), start_date="1990-01-01", outputsize="5000")
    assert days(wanted("1990-01-01", "2022-01-01"), page) == [("1990-01-02", "2003-02-21")]


def test_an_answer_that_names_no_start_holds_nothing():
    """Alpha Vantage's last hundred sessions, its weeks."""
    assert days(wanted("2023-01-01", "2023-07-03"), said(function="TIME_SERIES_WEEKLY")) != []


def test_holes_that_lie_near_each_other_cost_one_call():
    """A call gives years: two holes of a day a month apart are asked for together, years apart alone."""
    held = [
        said(start_date="2021-01-01", end_date="2021-03-01T23:59:59"),
        said(start_date="2021-03-03", end_date="2021-04-01T23:59:59"),
    ]
    near = [*held, said(start_date="2021-04-06")]
    assert days(wanted("2021-01-01", "2023-01-01"), *near) == [("2021-03-02", "2021-04-05")]
    far = [held[0], said(start_date="2021-03-03", end_date="2022-11-30T23:59:59"), said(start_date="2022-12-02")]
    assert days(wanted("2021-01-01", "2023-01-01"), *far) == [
        ("2021-03-02", "2021-03-02"),
        ("2022-12-01", "2022-12-01"),
    ]


def test_a_hole_is_asked_of_those_who_can_have_it():
    """A free key of FMP's gives five years."""
    (old,) = tasks(wanted("2010-01-01", "2012-01-01"), [])
    assert old.chain == CHAIN  # seen from 2012 they were five years then
    (old,) = tasks(
        BackfillRange(EQUITY_HISTORY, "SPY", (at("2010-01-01"), at("2025-11-01")), CHAIN),
        [said(start_date="2012-01-01")],
    )
    assert old.chain == CHAIN[:-1]


def test_what_a_full_page_leaves_out_stands_in_the_ledger(tmp_path):
    """5000 sessions are asked for from 1990 on: the answer begins where it begins, and speaks of nothing before."""
    rows = [str(session.trade_date) for session in sessions(at("1990-01-01").date(), at("2025-10-31").date())][-5000:]
    bench = Bench(tmp_path, lambda _url: (200, {}, json.dumps(values(*rows)).encode())).unpaced()
    assert bench.run([task("SPY", "twelve_data", dataset=EQUITY_HISTORY, since=at("1990-01-01"))]).undone == ()
    (kept,) = bench.ledger.answered(EQUITY_HISTORY, "SPY")
    bench.close()
    assert kept.missing == ((at("1990-01-01"), at(rows[0])),)
    (hole,) = days(wanted("1990-01-01", "2025-10-31"), kept)
    assert hole[0] == "1990-01-02"
    assert hole[1] < rows[0]


# against the stand-in


@pytest.fixture(scope="module")
def running(start_upstream: Callable[..., Upstream]) -> Upstream:
    """Without limits in real time."""
    return start_upstream("--av-spacing", "0")


@pytest.fixture
def here(tmp_path: Path, running: Upstream) -> SmallFolder:
    """A data folder with SPY in it."""
    running.faults()
    running.reset()
    running.now(NOW)
    urls = {name: url for name, url in running.env.items() if name.endswith("_BASE_URL")}
    return SmallFolder(tmp_path / "data", urls)


HELD = (
    "select min(trade_date)::varchar, max(trade_date)::varchar, count(*) from marts.daily_prices where symbol = 'SPY'"
)


def test_a_span_is_had_in_one_call_and_the_longer_one_asks_for_the_rest_only(here, running):
    """Priced before; a second time nothing is asked; `--to` is where the rows end; each session is there once."""
    assert here.price("2021-01-01", "2021-06-30") == [("yahoo", 1)]
    assert here.backfill("2021-01-01", "2021-06-30") == 0
    half = len(sessions(at("2021-01-01").date(), at("2021-06-30").date()))
    assert here.published(HELD) == [("2021-01-04", "2021-06-30", half)]
    assert (here.price("2021-01-01", "2021-06-30"), here.backfill("2021-02-01", "2021-06-30")) == ([], 0)
    assert len(running.log()) == 1
    assert here.price("2020-01-01", "2021-12-31") == [("yahoo", 2)]
    assert here.backfill("2020-01-01", "2021-12-31") == 0
    spans = [(entry["query"]["period1"], entry["query"]["period2"]) for entry in running.log()]
    dates = [tuple(str(datetime.fromtimestamp(int(stamp), UTC).date()) for stamp in span) for span in spans]
    assert dates == [("2021-01-04", "2021-07-01"), ("2020-01-02", "2021-01-01"), ("2021-07-01", "2022-01-01")]
    two = len(sessions(at("2020-01-01").date(), at("2021-12-31").date()))
    assert here.published(HELD) == [("2020-01-02", "2021-12-31", two)]


def test_what_the_daily_runs_have_is_not_asked_for_again(here, running):
    """Its chart of events holds days from August on: a history up to today ends where that begins."""
    choice = Selection(datasets=frozenset({EQUITY_DAILY, ACTIONS}), symbols=frozenset({"SPY"}))
    assert here.daily(choice) == 0
    before = len(running.log())
    assert here.backfill("2025-01-01") == 0
    (asked,) = [entry["query"] for entry in running.log()[before:]]
    assert datetime.fromtimestamp(int(asked["period2"]), UTC).date() == at("2025-08-01").date()


def test_the_next_of_the_chain_gives_what_the_first_does_not(here, running):
    """Twelve Data names the end of the span too; Alpha Vantage's weeks are never asked for in place of days."""
    running.faults({"provider": "yahoo", "kind": "http_500", "times": -1})
    assert here.backfill("2021-01-01", "2021-06-30") == 3
    (asked,) = [entry["query"] for entry in running.log() if entry["provider"] == "twelve_data"]
    assert (asked["start_date"], asked["end_date"]) == ("2021-01-04", "2021-06-30T23:59:59")
    running.faults({"kind": "http_500", "times": -1})
    assert here.backfill("2019-01-01", "2019-06-30") == 69
    assert "alpha_vantage" not in {entry["provider"] for entry in running.log()}
    running.faults()
    assert here.backfill("2019-01-01", "2019-06-30") == 0


def test_a_provider_without_its_key_is_named_with_the_variable(here):
    """78, before anything is asked; weeks are no history of days."""
    assert here.backfill("2021-01-01", only="fmp") == 78
    assert here.backfill("2021-01-01", only="alpha_vantage") == 2
    assert "set FMP_API_KEY" in here.said[0]
    assert here.said[1].startswith("--only: 'alpha_vantage' does not give the history of SPY; allowed: yahoo")
