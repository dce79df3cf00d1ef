"""Internals, dashboard, macro, order books and the last 24 hours, from the raw answers."""

import pytest

from tests.from_raw.comparing import assert_same, taken
from tests.from_raw.conftest import Published
from tests.from_raw.macro import WEEKS_SHOWN, series_shown
from tests.from_raw.minutes import last_60_minutes, order_book, stats_24h
from tests.from_raw.recomputation import SESSIONS_SHOWN, Recomputation
from tests.from_raw.universe import CRYPTO, SERIES
from tests.from_raw.wires import fred_facts

SLACK = 1e-9  # for a change that is a small difference of two values


def test_the_latest_internals_are_those_of_the_raw_answers(raw: Recomputation, published: Published) -> None:
    """data/internals.json `latest`: breadth, ratio, pressure, momentum, VIX, regime, strength and bias of D."""
    assert_same(published("data/internals.json")["latest"], raw.internals[-1], "data/internals.json latest")


def test_the_history_of_internals_is_recomputed_for_each_session(raw: Recomputation, published: Published) -> None:
    """data/internals.json `history`: 60 sessions, each by what was known of it."""
    names = ["trade_date", "breadth", "momentum_score", "pressure_pct", "vix", "vix_date", "correlation_strength"]
    rows = [taken(row, *names) for row in raw.internals]
    assert len(rows) == SESSIONS_SHOWN
    assert_same(published("data/internals.json")["history"], rows, "data/internals.json history")


def test_the_last_60_minutes_of_crypto_are_rolled_up_from_minutes(raw: Recomputation, published: Published) -> None:
    """data/internals.json `crypto`: volume, taker imbalance and symbols tracked."""
    shown = published("data/internals.json")["crypto"]
    assert_same(shown, last_60_minutes(raw.minutes), "data/internals.json crypto")


def test_the_dashboard_shows_what_the_raw_answers_say(raw: Recomputation, published: Published) -> None:
    """data/dashboard.json: bias, regime, VIX, quotes of SPY and QQQ, pressure, breadth and the day's note."""
    document, latest = published("data/dashboard.json"), raw.internals[-1]
    same = taken(latest, "market_bias", "volatility_regime", "pressure_pct", "breadth", "momentum_score")
    vix = {"value": latest["vix"], "date": latest["vix_date"], "percentile": latest["vix_percentile"]}
    quotes = [
        {"symbol": symbol, "trade_date": raw.anchor, **raw.table(symbol).iloc[-1][["close", "return_pct"]].to_dict()}
        for symbol in ("SPY", "QQQ")
    ]
    wanted = {**same, "vix": vix, "quotes": quotes}
    assert_same(taken(document, *wanted), wanted, "data/dashboard.json")
    note = published("data/recommendations/latest.json")
    assert document["note"] == taken(note, "for_date", "summary", "model", "verified", "label", "checked")


@pytest.mark.parametrize("place", range(len(SERIES)), ids=SERIES)
def test_a_macro_series_is_what_fred_answered(place: int, raw: Recomputation, published: Published) -> None:
    """data/macro.json `series`: the last value, the one before, the change, 120 points, and whose it is."""
    shown, name = published("data/macro.json")["series"][place], SERIES[place]
    wanted = series_shown(name, raw.series[name])
    assert_same(taken(shown, *wanted), wanted, f"data/macro.json {name}", SLACK)
    for answer in raw.lake.of("fred", "series", name):
        facts = fred_facts(answer.document)
        assert (shown["title"], shown["frequency"]) == (facts["title"], facts["frequency_short"])


def test_net_liquidity_is_what_is_left_of_the_feds_assets(raw: Recomputation, published: Published) -> None:
    """data/macro.json `net_liquidity`: WALCL - WTREGEN - RRPONTSYD in dollars, by FRED's own units, on Wednesdays."""
    units = {"WALCL": "Millions", "WTREGEN": "Millions", "RRPONTSYD": "Billions"}
    for name, unit in units.items():
        (answer,) = raw.lake.of("fred", "series", name)
        assert fred_facts(answer.document)["units"].startswith(f"{unit} of U")
    shown = published("data/macro.json")["net_liquidity"]
    wanted = {"unit": "USD", "points": raw.net_liquidity[-WEEKS_SHOWN:]}
    assert_same(shown, wanted, "data/macro.json net_liquidity")


@pytest.mark.parametrize("symbol", CRYPTO)
def test_an_order_book_is_the_snapshot_that_was_answered(symbol: str, raw: Recomputation, published: Published) -> None:
    """data/order-book/SYMBOL.json: its levels, and the USD within 1 % of the middle."""
    path = f"data/order-book/{symbol}.json"
    wanted = order_book(symbol, raw.lake.of("binance", "order_book", symbol)[-1])
    assert_same(taken(published(path), *wanted), wanted, path)


@pytest.mark.parametrize("symbol", CRYPTO)
def test_the_last_24_hours_are_rolled_up_from_minutes(symbol: str, raw: Recomputation, published: Published) -> None:
    """data/stats-24h.json: price, change, high, low, volumes, trades and taker imbalance of 1,440 minutes."""
    shown = [one for one in published("data/stats-24h.json")["symbols"] if one["symbol"] == symbol]
    wanted = [stats_24h(symbol, raw.minutes[symbol])] if symbol in raw.minutes else []
    assert_same(shown, wanted, f"data/stats-24h.json {symbol}", SLACK)
