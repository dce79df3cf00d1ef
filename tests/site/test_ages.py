"""What is too old to be told as today's: nulled or marked in the artifacts, named in manifest and digest."""

import json
from typing import Any

import pytest

from etl.site.feeds.digest import digest_files
from etl.site.feeds.digest_picture import pictures
from etl.site.publish.export import site_files
from tests.site.made import asked, known, made, marts

VIX_GONE = """
    update marts.market_internals
    set vix = null, vix_percentile = null, volatility_regime = null, vix_date = date '2025-07-01'
"""
WALCL = (
    "insert into marts.macro_daily (date, series_id, value, source) values (date '2025-10-31' - {}, 'WALCL', 7, 'fred')"
)


def documents(*changes: str) -> dict[str, dict[str, Any]]:
    """The hand-made warehouse's documents after changes; its as-of is 31 October in New York."""
    con = marts()
    for change in changes:
        con.execute(change)
    return {path: one.document for path, one in made(con).items()}


def digest(found: dict[str, dict[str, Any]]) -> str:
    """The digest of documents as plain Markdown."""
    return digest_files(found, known(asked(marts())))["digest.md"].decode().replace("\\", "")


@pytest.mark.parametrize(("age", "is_old"), [(12, False), (13, True)])
def test_a_weekly_series_is_old_after_twelve_days(age: int, is_old: bool) -> None:
    """Its row keeps value and date; the list of old values names it with its age."""
    macro = documents(WALCL.format(age))["data/macro.json"]
    assert next(one["value"] for one in macro["series"] if one["series_id"] == "WALCL") == 7
    day = f"2025-10-{31 - age}"
    assert macro["old"] == ([{"name": "WALCL", "date": day, "age_days": age}] if is_old else [])


def test_old_values_stand_in_the_manifest_and_in_the_digest() -> None:
    """Whoever reads only the masthead or the mail learns of them too."""
    con = marts()
    con.execute(WALCL.format(35))
    answers = asked(con)
    files = site_files(answers, known(answers), {}, {}, lambda _: {})
    old = [{"name": "WALCL", "date": "2025-09-26", "age_days": 35}]
    assert json.loads(files["data/manifest.json"])["old"] == old
    assert "WALCL: last value of 26 Sep 2025, 35 days old" in files["digest.md"].decode()


def test_a_public_site_names_no_age_of_a_series_that_it_withholds() -> None:
    """What is not shown is not called old."""
    con = marts()
    con.execute("delete from marts.macro_daily where series_id = 'VIXCLS' and date > '2025-09-01'")
    assert [one["name"] for one in made(con)["data/macro.json"].document["old"]] == ["VIXCLS"]
    assert made(con, public=True)["data/macro.json"].document["old"] == []


def test_a_change_from_a_value_of_long_ago_is_not_shown_as_the_last_change() -> None:
    """A daily series that was not there for a month has a value and no change."""
    gap = "delete from marts.macro_daily where series_id = 'DGS10' and date between '2025-10-01' and '2025-10-30'"
    yields = documents(gap)["data/macro.json"]["series"][1]
    assert (yields["value"], yields["previous"], yields["change"]) == (5.99, None, None)


def test_net_liquidity_of_a_month_ago_is_no_figure_of_today() -> None:
    """The tile has its age and date, and no amount."""
    found = documents("delete from marts.net_liquidity where date > '2025-10-01'")
    assert found["data/macro.json"]["old"] == [{"name": "net_liquidity", "date": "2025-10-01", "age_days": 30}]
    assert "| Net liquidity | \u2013 | Last figure 30 days old | 1 Oct 2025 |" in digest(found)


def test_a_vix_that_is_too_old_is_no_level_and_no_regime() -> None:
    """NULL in internals and tiles; the date that it was last of stays."""
    found = documents(VIX_GONE)
    board, latest = found["data/dashboard.json"], found["data/internals.json"]["latest"]
    assert (board["volatility_regime"], latest["volatility_regime"], latest["vix"]) == (None, None, None)
    assert board["vix"] == {"value": None, "date": "2025-07-01", "percentile": None}
    assert "| Volatility regime | \u2013 | The last VIX is too old | 1 Jul 2025 |" in digest(found)


def test_every_figure_of_the_digest_and_its_picture_has_its_own_date() -> None:
    """The session for what is of the session, the day before for the VIX, a Wednesday for net liquidity."""
    found = documents()
    text, drawing = digest(found), pictures(found, known(asked(marts())))["digest.png"]
    for line in (
        "Momentum score 0.50 | 31 Oct 2025 |", "percentile 60\u202f% | 30 Oct 2025 |", "Wednesday | 29 Oct 2025 |",
    ):  # fmt: skip
        assert line in text
    for day in ("31 Oct 2025", "30 Oct 2025", "29 Oct 2025"):
        assert f">{day}</text>" in drawing


@pytest.mark.parametrize(("kept_until", "close"), [("2025-10-26", True), ("2025-10-25", False)])
def test_a_last_close_of_more_than_five_days_ago_is_no_quote(kept_until: str, close: bool) -> None:
    """Its date stays, so that the tile can say since when there is none."""
    gone = f"delete from marts.daily_prices where symbol = 'SPY' and trade_date > '{kept_until}'"
    spy = documents(gone)["data/dashboard.json"]["quotes"][0]
    assert (spy["symbol"], spy["trade_date"]) == ("SPY", kept_until)
    assert (spy["close"] is not None, spy["return_pct"] is not None) == (close, close)


def test_the_last_hours_of_crypto_are_not_those_of_last_week() -> None:
    """Of 24 hours that are over for six days only the span is left, of 60 minutes nothing."""
    old = [
        f"update marts.{relation} set to_at = '2025-10-25 12:00:00'"
        for relation in ("symbol_stats_24h", "crypto_internals_60m")
    ]
    found = documents(*old)
    (row,) = found["data/stats-24h.json"]["symbols"]
    assert (row["symbol"], row["to_at"]) == ("BTCUSDT", "2025-10-25T12:00:00Z")
    assert {value for name, value in row.items() if name not in ("symbol", "from_at", "to_at")} == {None}
    assert found["data/internals.json"]["crypto"] is None
