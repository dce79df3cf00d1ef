"""The last of a chain: weeks in place of days, a series' copy, bars of five minutes; over real HTTP where served."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from etl.domain import EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, MACRO
from etl.extract.selection import Selection
from tests.conftest import Upstream
from tests.extract.workbench import Bench, Reply, made_up, task
from tests.faults.folders import SmallFolder

EQUITIES = Selection(datasets=frozenset({EQUITY_DAILY, EQUITY_HISTORY}), symbols=frozenset({"SPY"}))
TOMORROW = "2025-11-02T03:43:00Z"


def functions(upstream: Upstream) -> list[str]:
    """The functions that Alpha Vantage was asked for, in order."""
    return [entry["query"]["function"] for entry in upstream.log() if entry["provider"] == "alpha_vantage"]


def test_weeks_are_had_once_while_nobody_gives_days_and_stay_weeks(
    tmp_path: Path, base_urls: dict[str, str], upstream: Upstream
) -> None:
    """
    Yahoo and Twelve Data down: the run is partial, ten years of weeks are shown beside the hundred days of every run.

    The day after they are back: days come from Yahoo, nobody asks for weeks again, and no week ever became a day.
    """
    here = SmallFolder(tmp_path / "data", base_urls)
    upstream.faults(*({"provider": name, "kind": "http_500", "times": -1} for name in ("yahoo", "twelve_data")))
    assert here.daily(EQUITIES) == 3
    assert functions(upstream) == ["TIME_SERIES_DAILY", "TIME_SERIES_WEEKLY"]
    weeks = "select count(*), min(from_date) < date '2015-02-01', any_value(source) from marts.weekly_prices"
    days = "select count(*), count(distinct trade_date), string_agg(distinct source, ' ') from marts.daily_prices"
    assert here.published(weeks) == [(566, True, "alpha_vantage")]
    assert here.published(days) == [(100, 100, "alpha_vantage")]
    upstream.faults()
    here.now = TOMORROW
    upstream.now(TOMORROW)
    assert here.daily(EQUITIES) == 0
    assert functions(upstream).count("TIME_SERIES_WEEKLY") == 1
    assert here.published(weeks) == [(566, True, "alpha_vantage")]
    assert here.published(days) == [(100, 100, "alpha_vantage")]
    assert here.published("select count(*) > 60 from lake.bars where source = 'yahoo' and interval = '1d'") == [(True,)]
    found = here.published(
        "select failed_rows from marts.data_quality where check_name = 'weekly_prices__days_agree' and is_of_this_run"
    )
    assert found == [(0,)]


def test_a_paid_key_gives_five_minutes_that_are_held_against_the_days(
    tmp_path: Path, start_upstream: Callable[..., Upstream]
) -> None:
    """SPY's real sessions of seven weeks agree with its days; a symbol without five minutes makes no run partial."""
    paid = start_upstream("--premium", "--av-spacing", "0", "--av-per-day", "1000")
    urls = {name: url for name, url in paid.env.items() if name.endswith("_BASE_URL")}
    here = SmallFolder(tmp_path / "data", urls, is_premium=True)
    choice = Selection(datasets=frozenset({EQUITY_DAILY, EQUITY_INTRADAY}), since=None)
    assert here.daily(choice) == 0
    assert sorted(functions(paid)) == ["TIME_SERIES_DAILY"] * 2 + ["TIME_SERIES_INTRADAY"] * 2
    rolled = "select symbol, trade_date::varchar, bars, is_complete from aggregates.sessions_rolled_up order by all"
    assert ("SPY", "2025-10-31", 78, True) in here.published(rolled)
    check = "select failed_rows from marts.data_quality where check_name = 'daily_prices__five_minutes_roll_up'"
    assert here.published(check) == [(0,)]
    assert here.published("select count(*) from marts.daily_prices where symbol = 'SPY'") == [(100,)]


def test_alpha_vantage_gives_a_series_where_fred_and_its_graph_are_down(tmp_path: Path) -> None:
    """Its copy carries its own name; the run is partial, because the first source was missed."""
    body = {"name": "10-Year", "interval": "daily", "unit": "percent", "data": [{"date": "2025-10-30", "value": "4.1"}]}

    def upstream(url: str) -> Reply:
        if "stlouisfed" in urlsplit(url).netloc:
            return 503, {}, b""
        return (200, {}, json.dumps(body).encode()) if "TREASURY_YIELD" in url else made_up(url)

    bench = Bench(tmp_path, upstream).unpaced()
    outcome = bench.run([task("DGS10", "fred", "fred_graph", "alpha_vantage", dataset=MACRO)])
    good = bench.ledger.last_good(MACRO, "DGS10")
    bench.close()
    assert outcome.details["answered"] == 1
    assert [line.split("; ")[-1] for line in outcome.undone] == [
        "fred_graph was asked instead",
        "alpha_vantage was asked instead",
    ]
    assert list(good) == ["alpha_vantage"]
