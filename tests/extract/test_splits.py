"""A split of 2 for 1: as traded from one source, restated from another, in every order of fetching."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from etl.domain import ACTIONS, EQUITY_DAILY, EQUITY_HISTORY
from tests.conftest import Upstream
from tests.extract.desk import Desk

SPLIT_DAY = "2025-10-20"
BEFORE = datetime(2025, 10, 17, 22, 0, tzinfo=UTC)  # Friday, the last session before
MORNING = datetime(2025, 10, 20, 12, 0, tzinfo=UTC)  # the ex-date, before the open
EVENING = datetime(2025, 10, 20, 22, 0, tzinfo=UTC)
AFTER = datetime(2025, 10, 31, 22, 0, tzinfo=UTC)
SINCE = datetime(2024, 6, 3, tzinfo=UTC)
AV = ("alpha_vantage", EQUITY_DAILY)
YAHOO = ("yahoo", EQUITY_HISTORY)
AV_SPLITS = ("alpha_vantage", ACTIONS)
METRICS = "select * from marts.daily_metrics where symbol = 'LSPLT' and trade_date >= '2024-06-03' order by trade_date"
FIGURES = ("close", "return_pct", "total_return_pct", "ma30", "rsi14", "macd_histogram", "bollinger_upper", "atr14")
FIGURES += ("cmf20", "mfi14", "volatility20_pct", "high20", "support")

# each is (instant, (provider, dataset)), in the order of fetching
ORDERS = [
    *([(AFTER, one) for one in order] for order in permutations([AV, YAHOO])),
    *([(AFTER, one) for one in order] for order in permutations([AV, YAHOO, AV_SPLITS])),
    *([(BEFORE, one) for one in order] + [(AFTER, one) for one in order] for order in permutations([AV, YAHOO])),
    *([(BEFORE, one) for one in order] + [(AFTER, one) for one in order[::-1]] for order in permutations([AV, YAHOO])),
    [(BEFORE, YAHOO), (AFTER, AV), (AFTER, AV_SPLITS)],  # restated prices of before the split, its factor from another
    [(BEFORE, YAHOO), (AFTER, AV_SPLITS), (AFTER, AV)],
    [(BEFORE, YAHOO), (BEFORE, AV), (MORNING, AV_SPLITS), (EVENING, AV), (AFTER, AV)],
    [(BEFORE, YAHOO), (MORNING, YAHOO), (EVENING, AV), (AFTER, AV), (AFTER, AV_SPLITS)],
    [(BEFORE, AV), (EVENING, YAHOO), (AFTER, AV)],
    [(BEFORE, YAHOO), (EVENING, AV), (EVENING, YAHOO), (AFTER, YAHOO)],
]


@pytest.fixture(scope="module")
def stand_in(start_upstream: Callable[..., Upstream]) -> Upstream:
    """One that is not paced: this is about what the answers say."""
    return start_upstream("--av-spacing", "0", "--av-per-day", "100000")


@pytest.fixture(scope="module")
def restated(stand_in: Upstream, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The metrics of the restated series alone: Yahoo's, fetched after the split."""
    desk = Desk(tmp_path_factory.mktemp("restated"), stand_in, {"LSPLT": "equity"})
    desk.ask(AFTER, *YAHOO, "LSPLT", SINCE)
    return desk.rows(METRICS, AFTER, "marts.daily_metrics")


def column(rows: list[dict], name: str) -> list[float]:
    """One figure, NaN for NULL."""
    return [math.nan if row[name] is None else row[name] for row in rows]


def said(order: list) -> str:
    """An order of fetching as a test's id."""
    return " ".join(f"{at:%d}.{provider[0]}.{dataset}" for at, (provider, dataset) in order)


@pytest.mark.parametrize("order", ORDERS, ids=said)
def test_a_split_moves_no_figure_in_any_order_of_fetching(
    order: list, restated: list, stand_in: Upstream, tmp_path: Path
) -> None:
    """No day of -50 %, and every figure is that of the restated series."""
    desk = Desk(tmp_path, stand_in, {"LSPLT": "equity"})
    for at, who in order:
        desk.ask(at, *who, "LSPLT", SINCE)
    rows = desk.rows(METRICS, AFTER, "marts.daily_metrics")
    assert [row["trade_date"] for row in rows] == [row["trade_date"] for row in restated]
    assert max(abs(row["return_pct"]) for row in rows[1:]) < 15
    for name in FIGURES:
        assert column(rows, name) == pytest.approx(column(restated, name), rel=1e-5, abs=1e-4, nan_ok=True), name


def test_prices_as_traded_stand_beside(stand_in: Upstream, tmp_path: Path) -> None:
    """`close_as_traded` doubles on the days before; the volume of those days is half."""
    desk = Desk(tmp_path, stand_in, {"LSPLT": "equity"})
    for who in (YAHOO, AV):
        desk.ask(AFTER, *who, "LSPLT", SINCE)
    sql = "select trade_date >= '2025-10-20' as is_after, avg(close_as_traded / close) as ratio from marts.daily_prices"
    rows = desk.rows(f"{sql} group by all order by all", AFTER, "marts.daily_prices")
    assert [round(row["ratio"], 9) for row in rows] == [2.0, 1.0]


def test_as_of_the_day_before_nothing_is_adjusted(stand_in: Upstream, tmp_path: Path) -> None:
    """What was known on Friday stays what was published on Friday, whatever was fetched later."""
    desk = Desk(tmp_path, stand_in, {"LSPLT": "equity"})
    desk.ask(BEFORE, *AV, "LSPLT")
    then = desk.rows(METRICS, BEFORE, "marts.daily_metrics")
    for who in (YAHOO, AV_SPLITS, AV):
        desk.ask(AFTER, *who, "LSPLT", SINCE)
    again = desk.rows(METRICS, BEFORE, "marts.daily_metrics")
    assert again == then
    assert then[-1]["close"] == pytest.approx(2 * desk.rows(METRICS, AFTER, "marts.daily_metrics")[-11]["close"])


def test_a_split_that_no_source_told_of_is_no_false_day(stand_in: Upstream, tmp_path: Path) -> None:
    """Yahoo restated before it had the event: the days on which the price seems to halve or double have no metrics."""
    desk = Desk(tmp_path, stand_in, {"LSPLT": "equity"})
    for at, who in ((BEFORE, YAHOO), (MORNING, YAHOO), (EVENING, AV), (AFTER, AV)):
        desk.ask(at, *who, "LSPLT", SINCE)
    rows = desk.rows(METRICS, AFTER, "marts.daily_metrics")
    assert max(abs(row["return_pct"]) for row in rows[1:]) < 15
    assert SPLIT_DAY not in {row["trade_date"].isoformat() for row in rows}
