"""Daily prices, metrics and candles of every symbol, from Alpha Vantage's, Yahoo's and Binance's raw answers."""

import math
from pathlib import Path

import pytest

from tests.from_raw.comparing import assert_same, records, taken
from tests.from_raw.conftest import Published
from tests.from_raw.money_flow import NORMAL_ERROR
from tests.from_raw.recomputation import TRADED, Recomputation
from tests.from_raw.universe import CASH, CRYPTO, SYMBOLS, groups_of

PRICE = ["open", "high", "low", "close", "close_as_traded", "volume", "source"]
CANDLE = ["open", "high", "low", "close", "volume"]
AVERAGES = ["ma7", "ma30", "rsi14", "macd", "macd_signal", "macd_histogram"]
BESIDE = [*AVERAGES, "bollinger_upper", "bollinger_middle", "bollinger_lower"]
DAYS_OF_A_SYMBOL, CANDLES, HOURS, CLOSES = 260, 400, 500, 30
A_DAY = 86_400  # seconds
SLACK = 1e-9  # for indicators that are zero but for rounding errors: they are of the size of 1 to 100


def unit_of(symbol: str) -> str:
    """What a volume counts."""
    return symbol.removesuffix("USDT") if symbol in CRYPTO else "shares"


def metric_columns(raw: Recomputation, symbol: str) -> list[str]:
    """The columns of a row of metrics."""
    return ["close", *raw.metrics[symbol].columns, *TRADED]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbols_prices_are_those_of_the_raw_answers(symbol: str, raw: Recomputation, published: Published) -> None:
    """data/metrics/SYMBOL.json `prices`: final days only, Alpha Vantage's row where it has one, else Yahoo's."""
    path = f"data/metrics/{symbol}.json"
    document = published(path)
    rows = records(raw.table(symbol)[PRICE].tail(DAYS_OF_A_SYMBOL), "trade_date")
    assert len(rows) == DAYS_OF_A_SYMBOL
    assert_same(document["prices"], rows, f"{path} prices")
    assert_same(document["range"], {"from": rows[0]["trade_date"], "to": rows[-1]["trade_date"]}, f"{path} range")
    assert [one["source"] for one in document["sources"]] == sorted({row["source"] for row in rows})


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbols_metrics_are_those_of_the_definitions(symbol: str, raw: Recomputation, published: Published) -> None:
    """data/metrics/SYMBOL.json `metrics`: every indicator by TA-Lib or numpy, and the buying pressure."""
    path = f"data/metrics/{symbol}.json"
    rows = records(raw.table(symbol)[metric_columns(raw, symbol)].tail(DAYS_OF_A_SYMBOL), "trade_date")
    assert_same(published(path)["metrics"], rows, f"{path} metrics", SLACK)


@pytest.mark.parametrize("symbol", [symbol for symbol in SYMBOLS if symbol != CASH])
def test_the_normal_distribution_is_exact_enough(symbol: str, raw: Recomputation, published: Published) -> None:
    """The published pressure is within the approximation's known error of the exact 100 * (2 * Phi(x / s) - 1)."""
    exact = raw.flow[symbol]["z"].tail(DAYS_OF_A_SYMBOL).map(lambda z: 100 * math.erf(z / math.sqrt(2)))
    shown = [row["pressure_pct"] for row in published(f"data/metrics/{symbol}.json")["metrics"]]
    pairs = zip(exact.index, shown, exact, strict=True)
    assert [day for day, one, other in pairs if abs(one - other) > 100 * NORMAL_ERROR] == []


def test_the_summary_of_all_symbols_holds_their_last_rows(raw: Recomputation, published: Published) -> None:
    """data/metrics.json: the last 30 closes and the latest metrics of each symbol, in the universe's order."""
    document, tables = published("data/metrics.json"), {symbol: raw.table(symbol) for symbol in SYMBOLS}
    closes = {
        symbol: {"trade_date": one.index.strftime("%Y-%m-%d").tolist(), "close": one["close"].tolist()}
        for symbol, one in ((symbol, table.tail(CLOSES)) for symbol, table in tables.items())
    }
    latest = [
        {"symbol": symbol, **records(table[[*metric_columns(raw, symbol), "source"]].tail(1), "trade_date")[0]}
        for symbol, table in tables.items()
    ]
    days = [day for columns in closes.values() for day in columns["trade_date"]]
    shown = [taken(one, "symbol", "kind", "groups", "volume_unit") for one in document["symbols"]]
    assert shown == [
        {
            "symbol": symbol,
            "kind": "crypto" if symbol in CRYPTO else "equity",
            "groups": groups_of(symbol),
            "volume_unit": unit_of(symbol),
        }
        for symbol in SYMBOLS
    ]
    wanted = [{"symbol": symbol, **columns} for symbol, columns in closes.items()]
    assert_same(document["prices"], wanted, "data/metrics.json prices")
    assert_same(document["metrics"], latest, "data/metrics.json metrics", SLACK)
    assert document["range"] == {"from": min(days), "to": max(days)}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_daily_candles_are_those_of_the_raw_answers(symbol: str, raw: Recomputation, published: Published) -> None:
    """data/candles/SYMBOL/1d.json: 400 bars by the instant of their open, indicators and pressure beside."""
    path = f"data/candles/{symbol}/1d.json"
    document, rows = published(path), raw.table(symbol).tail(CANDLES)
    columns = {name: rows[name].tolist() for name in [*CANDLE, *BESIDE, "pressure_pct"]}
    columns["time"] = [int(instant.tz_localize("UTC").timestamp()) for instant in rows["opened_at"]]
    assert_same(document["columns"], columns, f"{path} columns", SLACK)
    says = {"symbol": symbol, "interval": "1d", "source": rows["source"].iloc[-1], "volume_unit": unit_of(symbol)}
    assert taken(document, *says) == says


@pytest.mark.parametrize("symbol", CRYPTO)
def test_hourly_candles_are_rolled_up_from_minutes(
    symbol: str, raw: Recomputation, published: Published, site: Path
) -> None:
    """data/candles/SYMBOL/1h.json: hours that are over and of which all 60 minutes are there, indicators beside."""
    path = f"data/candles/{symbol}/1h.json"
    if symbol not in raw.hours:
        assert not (site / path).exists(), "no minute of it was answered"
        return
    rows = raw.hours[symbol].query("is_complete").tail(HOURS)
    columns = {name: rows[name].tolist() for name in [*CANDLE, *BESIDE]}
    columns["time"] = [int(instant.tz_localize("UTC").timestamp()) for instant in rows.index]
    assert_same(published(path)["columns"], columns, f"{path} columns", SLACK)


def test_no_bar_of_a_day_that_is_not_over_is_published(raw: Recomputation, published: Published) -> None:
    """The last UTC day that is over ends each pair's candles; the demo's raw answers hold the one in progress."""
    today = int(raw.as_of.floor("D").tz_localize("UTC").timestamp())
    for symbol in CRYPTO:
        assert published(f"data/candles/{symbol}/1d.json")["columns"]["time"][-1] == today - A_DAY
        asked = [row[0] for answer in raw.lake.of("binance", "crypto_1d", symbol) for row in answer.document]
        assert max(asked) == 1000 * (today if raw.is_demo else today - A_DAY)
