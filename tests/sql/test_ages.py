"""The maximum age of a value that is carried to another day: where it ends, and that every as-of join has one."""

import re
from datetime import date, timedelta

import pytest

from etl.market.releases import MAX_AGE_DAYS
from tests.sql.conftest import SQL, Lake

FRIDAY = date(2025, 10, 31)
WEDNESDAY = date(2025, 10, 29)
OF_THE_VIX = ("vix", "vix_percentile", "volatility_regime")
ASOF_JOIN = re.compile(
    r"^[^-\n]*\basof\s+(?:\w+\s+)*?join\s+(?P<relation>[\w.]+)(?:\s+as\s+(?P<alias>\w+))?", re.IGNORECASE | re.MULTILINE
)
# as-of joins that carry no value to another day, and why
NO_VALUE_CARRIED = {
    "aggregates/dividends_paid.sql": "a dividend is paid once, on the first day that there is from its ex-date on",
    "aggregates/gap_segments.sql": "an instant at which bars came against the answers before it",
}


def last_session(market: Lake, vix_until: date) -> dict[str, object]:
    """The internals of the last session with a VIX that ends on a day; 300 values up to it."""
    market.con.execute("delete from lake.observations where series_id = 'VIXCLS'")
    days = [vix_until - timedelta(days=ago) for ago in range(300)]
    market.observe("VIXCLS", {day: 15.0 + day.toordinal() % 7 for day in days})
    market.build("marts.market_internals")
    (row,) = market.rows(f"select * from market_internals where trade_date = '{FRIDAY}'")
    return row


def liquidity(lake: Lake, repos_of: date) -> dict[str, object]:
    """Wednesday's net liquidity with a reverse repo of one day only."""
    series = {"WALCL": 1e6, "WTREGEN": 1e6, "RRPONTSYD": 1e9}
    lake.insert("universe_series", [(name, "u", usd, False, True, "", 0) for name, usd in series.items()])
    lake.observe("WALCL", {WEDNESDAY: 6_587_034.0})
    lake.observe("WTREGEN", {WEDNESDAY: 957_990.0})
    lake.observe("RRPONTSYD", {repos_of: 20.0})
    (row,) = lake.build("marts.net_liquidity").rows("select * from net_liquidity")
    return row


def test_vix_of_four_months_ago_is_no_regime_of_today(market: Lake) -> None:
    """Level, percentile and regime are NULL; the date says what the last value was of."""
    row = last_session(market, FRIDAY - timedelta(days=122))
    assert [row[name] for name in OF_THE_VIX] == [None, None, None]
    assert row["vix_date"] == FRIDAY - timedelta(days=122)
    assert row["breadth"] is not None


def test_vix_of_the_day_before_stands_with_its_own_date(market: Lake) -> None:
    """Published the morning after, yesterday's value is today's newest."""
    row = last_session(market, FRIDAY - timedelta(days=1))
    assert None not in [row[name] for name in OF_THE_VIX]
    assert row["vix_date"] == FRIDAY - timedelta(days=1)


@pytest.mark.parametrize(("age", "is_there"), [(0, True), (5, True), (6, False)])
def test_vix_is_carried_for_five_calendar_days(market: Lake, age: int, is_there: bool) -> None:
    """Exactly 5 days is still a value, 6 days is none."""
    row = last_session(market, FRIDAY - timedelta(days=age))
    assert [row[name] is not None for name in OF_THE_VIX] == [is_there] * 3


def test_reverse_repo_of_six_days_before_gives_no_net_liquidity(lake: Lake) -> None:
    """What rests on a NULL is NULL; the parts that are there stay."""
    row = liquidity(lake, WEDNESDAY - timedelta(days=6))
    assert (row["net_liquidity_usd"], row["rrpontsyd_usd"]) == (None, None)
    assert row["rrpontsyd_date"] == WEDNESDAY - timedelta(days=6)
    assert row["walcl_usd"] == 6_587_034e6


def test_reverse_repo_of_exactly_five_days_before_still_counts(lake: Lake) -> None:
    """6,587,034 less 957,990 millions less 20 billions."""
    row = liquidity(lake, WEDNESDAY - timedelta(days=5))
    assert row["net_liquidity_usd"] == pytest.approx(6_587_034e6 - 957_990e6 - 20e9)


def test_python_and_sql_have_the_same_maximum_ages(lake: Lake) -> None:
    """5 days for daily series, 12 for weekly, 75 for monthly, 200 for quarterly; no other cadence has one."""
    lake.build("marts.macro_daily")
    asked = "select c, max_age_days(c) from (values ('D'), ('W'), ('M'), ('Q'), ('A')) as cadences (c)"
    ages = dict(lake.con.execute(asked).fetchall())
    assert ages == {"D": 5, "W": 12, "M": 75, "Q": 200, "A": None}
    assert {cadence: age for cadence, age in ages.items() if age is not None} == MAX_AGE_DAYS


def test_every_asof_join_bounds_what_it_carries() -> None:
    """A new as-of join without a maximum age fails here, unless it carries no value and this file says why."""
    joins = [
        (path.relative_to(SQL).as_posix(), match["alias"] or match["relation"], path.read_text())
        for path in sorted(SQL.rglob("*.sql"))
        for match in ASOF_JOIN.finditer(path.read_text())
    ]
    unbounded = [(path, alias) for path, alias, sql in joins if not re.search(rf"\bcarry_forward\(\s*{alias}\.\w", sql)]
    assert [path for path, _ in unbounded] == sorted(NO_VALUE_CARRIED), unbounded
    assert len(joins) - len(unbounded) == 2  # the VIX, and the reverse repos of net liquidity
