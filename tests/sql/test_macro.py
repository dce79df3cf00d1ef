"""Macro series: versions, vintages, units, the VIX' rank, net liquidity."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.sql.conftest import SQL, Lake

WEDNESDAY = date(2025, 10, 29)


def universe(lake: Lake, factors: dict[str, float | None], revised: tuple[str, ...] = ()) -> None:
    """series -> dollars a unit."""
    rows = [(name, "u", factor, name in revised, True, "", at) for at, (name, factor) in enumerate(factors.items())]
    lake.insert("universe_series", rows)


def against(lake: Lake, check: str) -> list[tuple]:
    """The rows that a check finds, which blocks."""
    sql = (SQL / "checks" / f"{check}.sql").read_text()
    assert "-- severity: blocking" in sql
    lake.build("marts.macro_daily")
    return lake.con.execute(sql).fetchall()


def noon(day: date) -> datetime:
    """Noon of a day, UTC."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def values(lake: Lake) -> list[float]:
    """The values of macro_daily in time order."""
    return lake.build("marts.macro_daily").column("select value from macro_daily order by series_id, date").tolist()


def test_missing_values_and_foreign_series_have_no_row(lake: Lake) -> None:
    """FRED's `.` is no value; a series that left the universe is not shown."""
    universe(lake, {"UNRATE": None})
    lake.observe("UNRATE", {date(2025, 9, 1): 4.4, date(2025, 10, 1): None})
    lake.observe("GDP", {date(2025, 9, 1): 1.0})
    assert values(lake) == [4.4]


def test_first_source_wins_over_a_later_stand_in(lake: Lake) -> None:
    """fredgraph.csv fills what the API lacks, and never overwrites it."""
    universe(lake, {"DGS10": None})
    lake.chain("macro", "fred", "fredgraph")
    lake.observe("DGS10", {date(2025, 10, 29): 4.1, date(2025, 10, 30): 4.2}, source="fredgraph")
    lake.observe("DGS10", {date(2025, 10, 29): 4.0}, source="fred", fetched_at=noon(date(2025, 10, 30)))
    assert values(lake) == [4.0, 4.2]


def test_revision_is_known_from_its_fetch(lake: Lake) -> None:
    """As of an instant between two fetches, the first value stands."""
    universe(lake, {"M2SL": None}, revised=("M2SL",))
    month = date(2025, 9, 1)
    lake.observe("M2SL", {month: 22_000.0}, fetched_at=noon(date(2025, 10, 28)))
    lake.observe("M2SL", {month: 22_100.0}, fetched_at=noon(date(2025, 10, 30)))
    assert values(lake) == [22_100.0]
    lake.publish(noon(date(2025, 10, 29)))
    assert values(lake) == [22_000.0]
    lake.publish(noon(date(2025, 10, 27)))
    assert values(lake) == []


def test_published_basis_goes_by_publication_and_by_vintages(lake: Lake) -> None:
    """A daily series is known from its publication; a revised one only by vintages."""
    universe(lake, {"DGS10": None, "M2SL": None}, revised=("M2SL",))
    later = noon(date(2026, 3, 1))
    lake.observe("DGS10", {date(2025, 10, 29): 4.0}, fetched_at=later, published_at=noon(date(2025, 10, 30)))
    lake.observe("M2SL", {date(2025, 9, 1): 22_100.0}, fetched_at=later, published_at=noon(date(2025, 10, 28)))
    lake.publish(noon(date(2025, 10, 31)), basis="published")
    assert values(lake) == [4.0]
    lake.observe("M2SL", {date(2025, 9, 1): 22_000.0}, fetched_at=later, vintage_date=date(2025, 10, 28))
    lake.observe("M2SL", {date(2025, 9, 1): 22_050.0}, fetched_at=later, vintage_date=date(2025, 11, 25))
    assert values(lake) == [4.0, 22_000.0]
    lake.publish(noon(date(2025, 10, 27)), basis="published")
    assert values(lake) == []


def test_vintage_that_was_fetched_late_is_not_the_newest_truth(lake: Lake) -> None:
    """A vintage of last year, asked for today, does not replace today's value."""
    universe(lake, {"M2SL": None}, revised=("M2SL",))
    lake.observe("M2SL", {date(2024, 9, 1): 21_300.0}, fetched_at=noon(date(2025, 10, 1)))
    lake.observe(
        "M2SL", {date(2024, 9, 1): 21_000.0}, fetched_at=noon(date(2025, 10, 30)), vintage_date=date(2024, 10, 22)
    )
    assert values(lake) == [21_300.0]


def test_net_liquidity_takes_dollars_of_each_part(lake: Lake) -> None:
    """Millions, millions and billions; the last reverse repo up to the Wednesday; other days have none."""
    universe(lake, {"WALCL": 1e6, "WTREGEN": 1e6, "RRPONTSYD": 1e9})
    lake.observe("WALCL", {WEDNESDAY: 6_587_034.0, WEDNESDAY + timedelta(days=1): 1.0})
    lake.observe("WTREGEN", {WEDNESDAY: 957_990.0})
    lake.observe("RRPONTSYD", {date(2025, 10, 27): 10.0, date(2025, 10, 28): 20.0, date(2025, 10, 30): 30.0})
    (row,) = lake.build("marts.net_liquidity").rows("select * from net_liquidity")
    assert row["net_liquidity_usd"] == pytest.approx(6_587_034e6 - 957_990e6 - 20e9)
    assert (row["date"], row["treasury_series"], row["rrpontsyd_usd"]) == (WEDNESDAY, "WTREGEN", 20e9)


def test_treasurys_wednesday_level_goes_before_the_weeks_average(lake: Lake) -> None:
    """WDTGAL where it is there, else WTREGEN, and the row names which; without either there is no sum."""
    universe(lake, {"WALCL": 1e6, "WTREGEN": 1e6, "WDTGAL": 1e6, "RRPONTSYD": 1e9})
    weeks = [WEDNESDAY - timedelta(days=14), WEDNESDAY - timedelta(days=7), WEDNESDAY]
    lake.observe("WALCL", dict.fromkeys(weeks, 6_000_000.0))
    lake.observe("WTREGEN", dict.fromkeys(weeks[1:], 900_000.0))
    lake.observe("WDTGAL", {weeks[2]: 800_000.0})
    lake.observe("RRPONTSYD", dict.fromkeys(weeks, 10.0))
    lake.build("marts.net_liquidity")
    rows = lake.rows("select treasury_series, net_liquidity_usd from net_liquidity order by date")
    assert [tuple(row.values()) for row in rows] == [
        (None, None),
        ("WTREGEN", 5_090_000_000_000.0),
        ("WDTGAL", 5_190_000_000_000.0),
    ]


def test_vix_ranks_among_its_last_252_values(lake: Lake) -> None:
    """cume_dist by pandas, NULL until there are 252 values, the regime by its bounds."""
    rng = np.random.default_rng(1)
    days = [day.date() for day in pd.bdate_range(end="2025-10-31", periods=300)]
    vix = rng.uniform(10, 40, 300).round(1)
    lake.observe("VIXCLS", dict(zip(days, vix.tolist(), strict=True)))
    lake.build("flows.vix")
    expected = pd.Series(vix).rolling(252).apply(lambda window: (window <= window[-1]).mean(), raw=True).to_numpy()
    np.testing.assert_allclose(lake.column("select vix_percentile from flows.vix order by date"), expected)
    regimes = [row["volatility_regime"] for row in lake.rows("select * from flows.vix order by date")]
    bounds = pd.cut(expected, [-1, 0.25, 0.75, 0.9, 2], right=False, labels=["CALM", "NORMAL", "ELEVATED", "STRESSED"])
    assert regimes == [None if pd.isna(bound) else bound for bound in bounds]


def test_an_amount_in_two_units_stops_the_publication(lake: Lake) -> None:
    """Where nobody describes a series, as without a key, its own size says so; nothing is published half in each."""
    universe(lake, {"WTREGEN": 1e6, "RRPONTSYD": 1e9, "DGS10": None})
    lake.observe("WTREGEN", {date(2025, 10, 15): 809_001.0, date(2025, 10, 22): 908_001.0})
    lake.observe("RRPONTSYD", {date(2025, 10, 28): 0.01, date(2025, 10, 29): 19.5})
    lake.observe("DGS10", {date(2025, 10, 28): 0.01, date(2025, 10, 29): 4.1})
    assert against(lake, "macro_daily__stays_in_one_unit") == []
    lake.observe("WTREGEN", {WEDNESDAY: 957.990})
    assert against(lake, "macro_daily__stays_in_one_unit") == [("WTREGEN", WEDNESDAY, 908_001.0, 957.990)]
