"""FRED's series and net liquidity by product.md."""

from typing import Any

import pandas as pd

from tests.from_raw import wires
from tests.from_raw.answers import RawLake
from tests.from_raw.universe import BILLION, MILLION, SERIES, UNPUBLISHABLE_SERIES

POINTS_SHOWN, WEEKS_SHOWN = 120, 104
WEDNESDAY = 2


def observations(lake: RawLake) -> dict[str, pd.Series]:
    """Every value of every series, by date; the newest answer's."""
    return {name: wires.fred_observations(lake.of("fred", "macro", name)[-1].document) for name in SERIES}


def series_shown(name: str, values: pd.Series) -> dict[str, Any]:
    """The last value, the one before and the change; and the last 120 points."""
    points = values.iloc[-POINTS_SHOWN:]
    return {
        "series_id": name,
        "publishable": name not in UNPUBLISHABLE_SERIES,
        "date": points.index[-1].strftime("%Y-%m-%d"),
        "value": points.iloc[-1],
        "previous": points.iloc[-2],
        "change": points.iloc[-1] - points.iloc[-2],
        "source": "fred",
        "points": [[date.strftime("%Y-%m-%d"), value] for date, value in points.items()],
    }


def net_liquidity(series: dict[str, pd.Series]) -> list[dict[str, Any]]:
    """
    WALCL - WTREGEN - the last RRPONTSYD up to that date, in dollars, on Wednesdays.

    The default universe has no WDTGAL, so that the Treasury's account is WTREGEN. FRED gives WALCL and WTREGEN in
    millions and RRPONTSYD in billions; a date without all three, the repo of at most 5 days before, has none.
    """
    rows = []
    for date, assets in series["WALCL"].items():
        repos = series["RRPONTSYD"][lambda values, date=date: values.index <= date]
        if date.day_of_week != WEDNESDAY or date not in series["WTREGEN"].index or repos.empty:
            continue
        repos_of = repos.index[-1]
        treasury, repo = series["WTREGEN"][date] * MILLION, repos.iloc[-1] * BILLION
        repo, net = (repo, assets * MILLION - treasury - repo) if (date - repos_of).days <= 5 else (None, None)
        row = {"walcl_usd": assets * MILLION, "treasury_usd": treasury, "rrpontsyd_usd": repo}
        row["rrpontsyd_date"] = repos_of.strftime("%Y-%m-%d")
        rows.append({"date": date.strftime("%Y-%m-%d"), "net_liquidity_usd": net, "treasury_series": "WTREGEN", **row})
    return rows
