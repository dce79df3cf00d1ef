"""Who stands in, at what cost: the tail of a chain never eats the calls that today's sessions need."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.config.loader import read_settings
from etl.config.schema import Extract, Tables, Universe
from etl.config.settings import Settings
from etl.domain import CRYPTO_1D, EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, MACRO, Gap
from etl.errors import SettingsWrong
from etl.extract.planner import Task, due
from etl.extract.reference_tables import limits_of
from etl.extract.selection import Selection, check_names
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.state.request_ledger import LastSuccess

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = Universe(regions={"USA": ["SPY"]}, asset_classes={"Crypto": ["BTCUSDT"]}, stocks=[], series=["DGS10", "SP500"])
Past = dict[tuple[str, str], dict[str, LastSuccess]]


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """One equity, one pair, two series."""
    monkeypatch.chdir(tmp_path)
    read = read_settings({"MFO_DATA_DIR": str(tmp_path)})
    return read.model_copy(update={"tables": Tables(universe=ONE)})


def good(provider: str, at: datetime, newest: datetime | None = None) -> dict[str, LastSuccess]:
    """What one provider answered last."""
    return {provider: LastSuccess(provider, at, newest)}


def planned(settings: Settings, past: Past | None = None, gaps: tuple[Gap, ...] = (), **choice) -> list[Task]:
    """What is due."""
    answered = past or {}
    return due(
        settings,
        lambda d, s: answered.get((d, s), {}),
        NOW,
        last_closed(NOW),
        lambda _: True,
        Selection(**choice),
        gaps,
    )


def chain(tasks: list[Task], dataset: str, symbol: str) -> tuple[str, ...]:
    """Who is asked for one want."""
    (task,) = [task for task in tasks if (task.want.dataset, task.want.symbol) == (dataset, symbol)]
    return task.chain


def test_only_who_gives_a_series_at_all_stands_in_for_it(settings):
    """Alpha Vantage serves the ten-year yield again, and not the S&P 500."""
    tasks = planned(settings)
    assert chain(tasks, MACRO, "DGS10") == ("fred", "fred_graph", "alpha_vantage")
    assert chain(tasks, MACRO, "SP500") == ("fred", "fred_graph")
    assert "SP500" not in [t.want.symbol for t in planned(settings, provider="alpha_vantage")]


def test_weeks_are_the_last_of_a_history_and_do_not_end_the_wish_for_days(settings):
    """Alpha Vantage gave them yesterday: days are asked for again of everybody else, weeks for a month of nobody."""
    assert chain(planned(settings), EQUITY_HISTORY, "SPY") == ("yahoo", "twelve_data", "alpaca", "fmp", "alpha_vantage")
    past: Past = {(EQUITY_HISTORY, "SPY"): good("alpha_vantage", NOW - DAY)}
    assert chain(planned(settings, past), EQUITY_HISTORY, "SPY") == ("yahoo", "twelve_data", "alpaca", "fmp")
    past = {(EQUITY_HISTORY, "SPY"): good("alpha_vantage", NOW - 31 * DAY)}
    assert chain(planned(settings, past), EQUITY_HISTORY, "SPY")[-1] == "alpha_vantage"
    past = {(EQUITY_HISTORY, "SPY"): good("alpha_vantage", NOW - DAY) | good("yahoo", NOW - 40 * DAY)}
    assert EQUITY_HISTORY not in [task.want.dataset for task in planned(settings, past)]


def test_a_missing_session_is_never_asked_for_as_a_week(settings):
    """Who has been without days so far and has a gap in them: nobody who gives weeks is asked."""
    gap = Gap(EQUITY_DAILY, "SPY", NOW - 20 * DAY, NOW - 19 * DAY, None)
    past: Past = {(EQUITY_HISTORY, "SPY"): good("yahoo", NOW - 40 * DAY)}
    (task,) = [task for task in planned(settings, past, (gap,)) if task.want.dataset == EQUITY_HISTORY]
    assert task.chain == ("yahoo", "twelve_data", "alpaca", "fmp")


@pytest.mark.parametrize(("dataset", "symbol"), [(MACRO, "DGS10"), (CRYPTO_1D, "BTCUSDT")])
def test_a_stand_in_that_costs_sessions_their_calls_is_asked_once_a_day(settings, dataset, symbol):
    """However often a run is started while FRED or Binance is down."""
    first = chain(planned(settings), dataset, symbol)
    assert "alpha_vantage" in first[1:]
    past: Past = {(dataset, symbol): good("alpha_vantage", NOW - 10 * HOUR)}
    found = [t for t in planned(settings, past) if (t.want.dataset, t.want.symbol) == (dataset, symbol)]
    assert [task.chain for task in found] == [tuple(name for name in first if name != "alpha_vantage")]
    past = {(dataset, symbol): good("alpha_vantage", NOW - 21 * HOUR)}
    assert chain(planned(settings, past), dataset, symbol) == first


def test_all_that_alpha_vantage_stands_in_for_fits_into_a_day_of_the_default_universe(tmp_path, monkeypatch):
    """Its own sessions, and every series and coin while FRED and Binance are both down: 25 calls at most."""
    monkeypatch.chdir(tmp_path)
    tasks = planned(read_settings({"MFO_DATA_DIR": str(tmp_path)}))
    wanted = [
        t.want for t in tasks if t.want.dataset in (EQUITY_DAILY, MACRO, CRYPTO_1D) and "alpha_vantage" in t.chain
    ]
    assert sum(len(PROVIDERS["alpha_vantage"].plan(want, NOW)) for want in wanted) == 16 + 5 + 3


# bars of five minutes


def test_five_minutes_are_asked_of_alpha_vantage_only_where_its_key_is_paid_for(settings):
    """A free key would spend a call on a refusal; a paid one has no daily cap."""
    assert chain(planned(settings), EQUITY_INTRADAY, "SPY") == ("alpaca",)
    assert limits_of(settings)["alpha_vantage"].per_day == 25
    tables = Tables(universe=ONE, extract=Extract(alpha_vantage_is_premium=True))
    paid = settings.model_copy(update={"tables": tables})
    assert chain(planned(paid), EQUITY_INTRADAY, "SPY") == ("alpha_vantage", "alpaca")
    limits = limits_of(paid)["alpha_vantage"]
    assert (limits.per_day, limits.per_minute, limits.spacing_s) == (None, 75, 0.0)


def test_a_chain_that_needs_a_paid_key_says_so(settings):
    """78, with the setting that allows it: with a free key there would be nobody to ask."""
    chains = {EQUITY_INTRADAY: ["alpha_vantage"]}
    free = settings.model_copy(update={"tables": Tables(universe=ONE, chains=chains)})
    with pytest.raises(SettingsWrong, match=r"chains.equity_intraday.*extract.alpha_vantage_is_premium = true"):
        check_names(free)
    paid = Tables(universe=ONE, chains=chains, extract=Extract(alpha_vantage_is_premium=True))
    check_names(settings.model_copy(update={"tables": paid}))
    both = Tables(universe=ONE, chains={EQUITY_INTRADAY: ["alpha_vantage", "alpaca"]})
    check_names(settings.model_copy(update={"tables": both}))


def test_five_minutes_are_asked_for_once_a_session(settings):
    """The whole of the last one, and what was missed before it, a month at most; nothing rests on them."""
    opened = last_closed(NOW).opened_at
    (task,) = [task for task in planned(settings) if task.want.dataset == EQUITY_INTRADAY]
    assert (task.want.since, task.is_needed) == (opened, False)
    past: Past = {(EQUITY_INTRADAY, "SPY"): good("alpaca", NOW - HOUR, opened)}
    assert EQUITY_INTRADAY not in [task.want.dataset for task in planned(settings, past)]
    for days, since in ((5, opened - 5 * DAY), (90, NOW - 30 * DAY)):
        past = {(EQUITY_INTRADAY, "SPY"): good("alpaca", NOW - days * DAY, opened - days * DAY)}
        (task,) = [task for task in planned(settings, past) if task.want.dataset == EQUITY_INTRADAY]
        assert task.want.since == since


# after a long time off


def test_after_half_a_year_off_events_and_bars_are_asked_for_from_where_they_ended(settings):
    """A split of three months ago would be missed by the usual 92 days."""
    newest = NOW - 180 * DAY
    past: Past = {
        (EQUITY_HISTORY, "SPY"): good("yahoo", NOW - 400 * DAY, NOW - 400 * DAY),
        (EQUITY_DAILY, "SPY"): good("alpha_vantage", newest, newest),
        ("actions", "SPY"): good("yahoo", newest, newest),
    }
    for task in planned(settings, past):
        if task.want.dataset in (EQUITY_DAILY, "actions"):
            assert task.want.since == newest.replace(hour=0, minute=0)
