"""The sanity check: what is missing, stale, out of line or in dispute, and what it costs."""

from datetime import timedelta

import duckdb
import pytest

from etl.notes.documents.note import query_on
from etl.notes.facts.data_confidence import Sanity, examine
from tests.notes.made_warehouse import DAY, SYMBOLS, a_day


def examined(con: duckdb.DuckDBPyConnection, least: float = 60.0, members: tuple[str, ...] = ()) -> Sanity:
    """The data of the day."""
    return examine(query_on(con), DAY, least, members)


def test_a_whole_day_has_full_confidence() -> None:
    """Nothing is deducted where nothing is wrong."""
    assert examined(a_day()) == Sanity(True, 100.0, (), ())


def test_a_symbol_without_a_row_of_the_day_costs_its_share() -> None:
    """Two of eight symbols: 25 points, both named; in a scope of one of them all is missing."""
    con = a_day()
    con.execute("delete from marts.daily_metrics where symbol in ('FXI', 'TLT')")
    found = examined(con)
    assert found.confidence == 75.0
    assert found.issues == ("2 of 8 have no final row of the day: FXI, TLT",)
    assert examined(con, members=("FXI",)).confidence == 0.0
    assert examined(con, members=("SPY",)).confidence == 100.0


def test_yesterdays_utc_day_serves_crypto_and_an_older_one_does_not() -> None:
    """A UTC day may not be over when the session is."""
    con = a_day()
    con.execute("update marts.daily_metrics set trade_date = ? where symbol = 'BTCUSDT'", [DAY - timedelta(days=1)])
    assert examined(con).confidence == 100.0
    con.execute("update marts.daily_metrics set trade_date = ? where symbol = 'BTCUSDT'", [DAY - timedelta(days=2)])
    assert examined(con).confidence == pytest.approx(87.5)


def test_a_series_that_stopped_is_stale() -> None:
    """Half of the share of such series: one of two here."""
    con = a_day()
    con.execute("insert into lake.universe_series (series_id, position) values ('DGS10', 0), ('UNRATE', 1)")
    found = examined(con)
    assert (found.confidence, found.reasons) == (75.0, ("series are stale",))
    assert "UNRATE" in found.issues[0]
    assert "DGS10" not in found.issues[0]


def test_a_return_far_out_of_its_usual_size_is_an_outlier() -> None:
    """Beyond 8 standard deviations of the days before; a large but usual one is none."""
    con = a_day()
    for n in range(1, 61):
        move = 0.5 if n % 2 else -0.5
        con.execute(
            "insert into marts.daily_metrics (symbol, trade_date, total_return_pct) values ('SPY', ?, ?)",
            [DAY - timedelta(days=n), move],
        )
    con.execute("update marts.daily_metrics set total_return_pct = 2.0 where symbol = 'SPY' and trade_date = ?", [DAY])
    assert examined(con).confidence == 100.0
    con.execute("update marts.daily_metrics set total_return_pct = -9.0 where symbol = 'SPY' and trade_date = ?", [DAY])
    assert examined(con).issues == ("1 of 8 moved out of all proportion: SPY",)


def test_sources_that_disagree_cost_a_little_and_never_more_than_twenty() -> None:
    """Five points a row; other checks are none of its business."""
    con = a_day()
    con.execute(
        "insert into marts.data_quality values ('daily_prices__sources_agree', 'They agree.', 'warning', 2, ''), "
        "('gaps__are_closed', 'No gap.', 'warning', 99, '')"
    )
    assert examined(con).confidence == 90.0
    con.execute("update marts.data_quality set failed_rows = 500")
    assert examined(con).confidence == 80.0
    assert not examined(con, least=81).is_valid


def test_every_symbol_missing_is_no_confidence_at_all() -> None:
    """It does not fall below zero."""
    con = a_day()
    con.execute("delete from marts.daily_metrics")
    con.execute("insert into marts.data_quality values ('daily_prices__sources_agree', 'x', 'warning', 9, '')")
    found = examined(con)
    assert (found.is_valid, found.confidence) == (False, 0.0)
    assert f"{len(SYMBOLS)} of {len(SYMBOLS)}" in found.issues[0]
