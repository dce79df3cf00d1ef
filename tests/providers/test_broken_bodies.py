"""Whatever a body holds, it ends in rows or in one of our errors."""

import json
import math
from copy import deepcopy
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    CRYPTO_QUOTE,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_QUOTE,
    MACRO,
    ORDER_BOOK,
    SERIES_METADATA,
    Bar,
)
from etl.errors import ResponseError
from etl.providers import PROVIDERS
from etl.providers.protocol import Paged
from tests.providers import made_up
from tests.providers.made_up import answer, planned

BOOK = {"lastUpdateId": 7, "bids": [["99.5", "2"], ["99.0", "1"]], "asks": [["100.5", "3"], ["101.0", "1"]]}
SPLITS = {"symbol": "SPY", "data": [{"effective_date": "2025-10-20", "split_factor": "2.0000"}]}
RATES = {
    "name": "X",
    "interval": "daily",
    "data": [{"date": "2025-10-02", "value": "4.1"}, {"date": "2025-10-01", "value": "."}],
}
CSV = b"observation_date,DGS10\n2025-10-28,4.0\n2025-10-29,\n2025-10-30,4.1\n"
CASES = {
    "alpha_vantage daily": ("alpha_vantage", EQUITY_DAILY, "SPY", made_up.daily("2025-10-30", "2025-10-31")),
    "alpha_vantage weekly": ("alpha_vantage", EQUITY_HISTORY, "SPY", made_up.weekly("2025-10-24", "2025-10-31")),
    "alpha_vantage splits": ("alpha_vantage", ACTIONS, "SPY", SPLITS),
    "alpha_vantage rates": ("alpha_vantage", MACRO, "DGS10", RATES),
    "alpha_vantage coin": ("alpha_vantage", CRYPTO_1D, "BTCUSDT", made_up.coin_days("2025-10-30", "2025-10-31")),
    "fred observations": ("fred", MACRO, "DGS10", made_up.observations(("2025-10-29", "4.1"), ("2025-10-30", "."))),
    "fred series": ("fred", SERIES_METADATA, "DGS10", made_up.description()),
    "fred_graph": ("fred_graph", MACRO, "DGS10", CSV),
    "binance klines": (
        "binance",
        CRYPTO_1D,
        "BTCUSDT",
        [made_up.candle(datetime(2025, 10, day, tzinfo=UTC)) for day in (29, 30)],
    ),
    "binance depth": ("binance", ORDER_BOOK, "BTCUSDT", BOOK),
    "yahoo": ("yahoo", EQUITY_DAILY, "SPY", made_up.chart()),
    "yahoo coin": ("yahoo", CRYPTO_1D, "BTCUSDT", made_up.chart("BTC-USD", (1761782400, 1761868800), "UTC")),
    "twelve_data": ("twelve_data", EQUITY_DAILY, "SPY", made_up.values("2025-10-30", "2025-10-31")),
    "fmp": ("fmp", EQUITY_DAILY, "SPY", made_up.fmp_days("2025-10-30", "2025-10-31")),
    "alpaca": ("alpaca", EQUITY_DAILY, "SPY", made_up.alpaca_bars("2025-10-30", "2025-10-31", token="next")),
    "finnhub": ("finnhub", EQUITY_QUOTE, "SPY", made_up.last_price()),
    "coingecko": ("coingecko", CRYPTO_QUOTE, "BTCUSDT", made_up.midnights(100.0, 101.0)),
}

strange = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["", ".", "NaN", "-1", "0", "1e999", "9999-12-31", "0001-01-01", 10**400, -(10**30), 2**63, 8.64e15]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value, as a path of keys and positions."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(value, path, new, is_removed):
    """A copy with another value at one place, or without it."""
    if not path:
        return new
    copy = deepcopy(value)
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if is_removed:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return copy


def read(name, dataset, symbol, body, status=200):
    """The rows of an answer, checked; None where one of our errors refused it."""
    provider = PROVIDERS[name]
    found = answer(planned(provider, dataset, symbol), body, status)
    try:
        provider.inspect(found)
        rows = list(provider.parse(found))
        following = provider.more(found) if isinstance(provider, Paged) else None
    except ResponseError:
        return None
    assert following is None or following.symbol == symbol
    for row in rows:
        values = [getattr(row, field.name) for field in fields(row)]
        assert all(math.isfinite(value) for value in values if isinstance(value, float))
        if isinstance(row, Bar):
            assert row.symbol == symbol
    return rows


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_value_ends_in_rows_or_an_error(case, data):
    """One or two places of a good body hold something strange, or are gone."""
    name, dataset, symbol, body = CASES[case]
    if isinstance(body, bytes):
        at = data.draw(st.integers(0, len(body)))
        read(name, dataset, symbol, body[:at] + data.draw(st.binary(max_size=5)) + body[at + 1 :])
        return
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(body))))
        body = changed(body, path, data.draw(strange), data.draw(st.booleans()))
    read(name, dataset, symbol, body)


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_body_cut_or_spoilt_anywhere_ends_in_rows_or_an_error(case, data):
    """Bytes are missing from the end, or other bytes stand in the middle; under any status."""
    name, dataset, symbol, body = CASES[case]
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = data.draw(st.integers(0, len(whole)))
    tail = whole[at + 1 :] if data.draw(st.booleans()) else b""
    status = data.draw(st.sampled_from([200, 200, 200, 204, 301, 400, 401, 403, 404, 418, 429, 451, 500, 503]))
    rows = read(name, dataset, symbol, whole[:at] + data.draw(st.binary(max_size=3)) + tail, status)
    assert rows is None or status == 200


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"0", b'""', b"[[]]", b"[{}]", b'{"data": 1}', b"<html>"])
def test_a_body_of_another_kind_holds_no_row(case, body):
    """Whatever JSON it is; Binance's empty list is a good answer without rows."""
    name, dataset, symbol, _ = CASES[case]
    rows = read(name, dataset, symbol, body)
    assert [row for row in rows or [] if type(row).__name__ != "Unreadable"] == []


@pytest.mark.parametrize("case", CASES)
def test_the_good_bodies_are_good(case):
    """Otherwise the tests above would prove nothing."""
    name, dataset, symbol, body = CASES[case]
    rows = read(name, dataset, symbol, body)
    assert rows
    assert not [row for row in rows if type(row).__name__ == "Unreadable"]
