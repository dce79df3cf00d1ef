"""Buying pressure by region and asset class, the Parquet files and the correlations, from the raw answers."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.from_raw.comparing import assert_same, plain, taken
from tests.from_raw.conftest import Published
from tests.from_raw.markets import correlations
from tests.from_raw.recomputation import Recomputation
from tests.from_raw.universe import FIRST_SYMBOLS, PICTURES, SYMBOLS, WINDOWS

NAMES = {"global-flow": "regions", "asset-flow": "asset_classes"}
FILES = [(picture, window) for picture in PICTURES for window in WINDOWS]
PRICES_KEPT, DIGITS = 400, 10


def frame_of(raw: Recomputation, window: str) -> dict[str, Any]:
    """The window's sessions: how many, the first and D."""
    n = WINDOWS[window]
    first = raw.sessions[-n].strftime("%Y-%m-%d")
    return {"window": window, "sessions": n, "anchor_date": raw.anchor, "from_date": first}


@pytest.mark.parametrize(("picture", "window"), FILES)
def test_a_pictures_nodes_are_those_of_the_definitions(
    picture: str, window: str, raw: Recomputation, published: Published
) -> None:
    """Turnover, pressure, return and volatility of each node, the highest pressure first, and the symbols beside."""
    path = f"data/{picture}/{window}.json"
    document = published(path)
    assert_same(document[NAMES[picture]], raw.picture(picture, window), f"{path} {NAMES[picture]}")
    assert_same(taken(document, *frame_of(raw, window)), frame_of(raw, window), path)


def test_correlations_are_those_of_the_last_returns(raw: Recomputation, published: Published) -> None:
    """data/correlations.json: Pearson of total log returns between consecutive common dates, of each full window."""
    document = published("data/correlations.json")
    symbols = [symbol for symbol in SYMBOLS if symbol in (*FIRST_SYMBOLS, "QQQ")]
    assert document["anchor_date"] == raw.anchor
    assert [window["days"] for window in document["windows"]] == [30, 90, 252]
    for window in document["windows"]:
        n, place = window["days"], f"data/correlations.json {window['days']} days"
        assert window["symbols"] == symbols
        assert_same(window["r"], correlations(raw.days, symbols, raw.sessions[-1], n), f"{place} r", 1e-12)
        assert window["n"] == [[n] * len(symbols)] * len(symbols), place


def read_parquet(site: Path, name: str, dates: list[str]) -> list[dict[str, Any]]:
    """The rows of a published Parquet file, dates as text; its numbers are rounded as those of the JSON are."""
    frame = pd.read_parquet(site / f"data/parquet/{name}_latest.parquet")
    for column in dates:
        frame[column] = frame[column].map(str)
    for column in frame.select_dtypes("float").columns:
        rounded = frame[column].map(lambda one: float(f"{one:.{DIGITS}g}"))
        pd.testing.assert_series_equal(frame[column], rounded, check_exact=True)
    return plain(frame.to_dict("records"))  # type: ignore[no-any-return]  # a list of rows


def test_the_parquet_file_of_prices_holds_ten_digits(raw: Recomputation, site: Path) -> None:
    """data/parquet/asset_prices_latest.parquet: the last 400 final days of each symbol, by symbol and day."""
    names = ["open", "high", "low", "close", "close_as_traded", "adj_close", "volume", "source"]
    wanted = [
        {"symbol": symbol, "trade_date": day.strftime("%Y-%m-%d"), **row, "demo": raw.is_demo}
        for symbol in sorted(SYMBOLS)
        for day, row in raw.days[symbol][names].tail(PRICES_KEPT).to_dict("index").items()
    ]
    assert_same(read_parquet(site, "asset_prices", ["trade_date"]), wanted, "asset_prices_latest.parquet")


def test_the_parquet_file_of_regions_holds_ten_digits(raw: Recomputation, site: Path) -> None:
    """data/parquet/regional_data_latest.parquet: the regions of every window."""
    wanted = [
        {**frame_of(raw, window), **{name: one for name, one in node.items() if name != "beside"}, "demo": raw.is_demo}
        for window in WINDOWS
        for node in raw.picture("global-flow", window)
    ]
    found = read_parquet(site, "regional_data", ["anchor_date", "from_date"])
    assert_same(found, wanted, "regional_data_latest.parquet")
