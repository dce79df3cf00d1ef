"""The checks: every file has its header, passes on a sound market, and finds what it claims to find."""

import re
from pathlib import Path

import pytest

from etl.models.registry import run_checks
from tests.sql.conftest import SQL, Lake, all_models

CHECKS = sorted((SQL / "checks").glob("*.sql"))
MODELS = sorted(
    path for layer in ("staging", "aggregates", "indicators", "flows", "marts") for path in (SQL / layer).glob("*.sql")
)

# what breaks each claim: statements on the built market, then the check that must find rows
SPOILT = {
    "daily_prices__high_is_highest": "update marts.daily_prices set high = low / 2 where symbol = 'SPY'",
    "daily_prices__prices_are_positive": "update marts.daily_prices set volume = -1 where symbol = 'SPY'",
    "daily_prices__is_not_of_the_future": "update lake.publication set as_of = '2025-10-31 21:30'",
    "daily_prices__answer_was_read": "delete from lake.answers",
    "daily_prices__session_has_volume": "update marts.daily_prices set volume = 0 where symbol = 'SPY'",
    "daily_prices__return_is_explained": "update aggregates.bars_final set is_suspect = true",
    "daily_prices__symbol_is_up_to_date": "delete from marts.daily_prices where symbol = 'SPY'",
    "daily_prices__sources_agree": (
        "update aggregates.bars_as_traded set source = 'twelve_data', close = 1.006 * close where symbol = 'SPY'"
    ),
    "daily_prices__return_is_confirmed": (
        "update aggregates.bars_final set total_return_pct = 30 where symbol = 'SPY' and trade_date = '2025-10-31'"
    ),
    "daily_prices__close_still_moves": "update marts.daily_prices set close = 100 where symbol = 'SPY'",
    "daily_prices__intraday_bars_agree": (
        "insert into staging.bars by name (select * replace ('1h' as interval, 1.006 * close as close, "
        "opened_at + interval 330 minute as opened_at) from staging.bars where symbol = 'SPY')"
    ),
    "daily_prices__five_minutes_roll_up": (
        "insert into aggregates.sessions_rolled_up by name (select symbol, trade_date, 'alpaca' as source, "
        "1.006 * high as high, low, close_as_traded as close, true as is_complete from marts.daily_prices)"
    ),
    "weekly_prices__days_agree": (
        "insert into marts.weekly_prices by name (select symbol, trade_date as to_date, 1.006 * close_as_traded as "
        "close, 'alpha_vantage' as source from marts.daily_prices)"
    ),
    "daily_metrics__figures_are_in_range": "update indicators.metrics set rsi14 = 101 where symbol = 'SPY'",
    "hourly_prices__high_is_highest": "update marts.hourly_prices set low = 2 * high",
    "hourly_prices__prices_are_positive": "update marts.hourly_prices set low = 0",
    "hourly_prices__is_not_of_the_future": "update lake.publication set as_of = '2025-10-30'",
    "hourly_metrics__figures_are_in_range": "update indicators.metrics set atr14 = -1",
    "bars__lie_on_a_session": "delete from lake.sessions where trade_date = '2025-10-31'",
    "macro_daily__is_not_of_the_future": "update lake.publication set as_of = '2025-10-31'",
    "macro_daily__answer_was_read": "update marts.macro_daily set sha256 = 'made up'",
    "macro_daily__stays_in_one_unit": (
        "insert into marts.macro_daily by name (select * replace (date + 7 as date, value / 1000 as value) "
        "from marts.macro_daily where series_id = 'WALCL')"
    ),
    "macro_daily__series_is_up_to_date": "delete from marts.macro_daily where date > '2025-10-10'",
    "order_book__answer_was_read": "update marts.order_book set sha256 = 'made up'",
    "order_book_summary__is_not_crossed": "update marts.order_book_summary set spread = -1",
    "money_flow_daily__figures_are_in_range": "update marts.money_flow_daily set pressure_pct = -101",
    "region_nodes__figures_are_in_range": "update marts.region_nodes set pressure_pct = 101",
    "asset_nodes__figures_are_in_range": "update marts.asset_nodes set turnover_usd = -1",
    "correlations__is_a_correlation": "update marts.correlations set r = 0.5 where symbol_a < symbol_b",
    "market_internals__counts_add_up": "update marts.market_internals set advancers = advancers + 1",
    "net_liquidity__is_what_is_left": "update marts.net_liquidity set rrpontsyd_usd = 0",
    "symbol_stats_24h__is_of_24_hours": "update marts.symbol_stats_24h set minutes = 1441",
    "gaps__are_closed": ("insert into marts.gaps by name (select 'equity_daily' as dataset, 'suspected' as state)"),
    "quotes__agree_with_the_close": (
        "insert into aggregates.bars_as_traded by name (select symbol, trade_date, 1.006 * close_as_traded as close, "
        "'finnhub' as source, 'quote' as kind from marts.daily_prices where symbol = 'SPY')"
    ),
    "source_status__is_well": "update marts.source_status set status = 'late'",
}


@pytest.fixture(scope="module")
def whole_market(built_market: Lake) -> Lake:
    """The built market with minutes, a book, a source and the Fed's parts, so that every check has rows to look at."""
    lake = built_market
    lake.con.execute("begin")
    lake.con.execute(
        "insert into lake.bars by name (select bars.* replace ('1m' as interval, opened_at + to_minutes(cast(minute "
        "as integer)) as opened_at) from lake.bars as bars, range(1500) as minutes (minute) "
        "where symbol = 'BTCUSDT' and opened_at = '2025-10-30')"
    )
    lake.con.execute(
        "insert into lake.book_levels select 'BTCUSDT', '2025-11-01', side, 1, price, 1, 'binance', 1, "
        "'2025-11-01', 'sha-1' from (values ('bid', 99), ('ask', 101)) as book (side, price)"
    )
    lake.insert("sources", [("yahoo", "Yahoo", "", "", False, False, False, None, "UTC", 24.0, 0, None)])
    lake.insert("universe_series", [(name, "u", 1e6, False, True, "", 1) for name in ("WALCL", "WTREGEN", "RRPONTSYD")])
    lake.con.execute(
        "insert into lake.observations by name (select name as series_id, date '2025-10-29' as date, amount as value, "
        "'fred' as source, timestamp '2025-10-31' as fetched_at, 'sha-1' as sha256 "
        "from (values ('WALCL', 9), ('WTREGEN', 2), ('RRPONTSYD', 1)) as parts (name, amount))"
    )
    lake.build()
    lake.con.execute("commit")
    return lake


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_check_names_a_model_a_claim_and_a_severity(path: Path) -> None:
    """`<model>__<claim>.sql`: line 1 the claim, line 2 its severity."""
    first, second, *_ = path.read_text().splitlines()
    assert first.startswith("-- ")
    assert first.endswith(".")
    assert second in ("-- severity: blocking", "-- severity: warning")
    assert path.stem.partition("__")[0] in {model.name.partition(".")[2] for model in all_models()}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_model_has_its_header_its_size_and_no_clock(path: Path) -> None:
    """Line 1 a sentence, line 2 the grain, at most 80 lines of 88 columns, lower-case SQL, no now()."""
    lines = path.read_text().splitlines()
    assert lines[0].startswith("-- ")
    assert lines[0].endswith(".")
    assert lines[1].startswith("-- grain: ")
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 88
    assert not {"now()", "current_timestamp", "current_date", "today()"} & set(path.read_text().split())


def test_models_carry_the_instant_from_which_a_row_was_known(built_market: Lake) -> None:
    """Every relation of these layers has known_at, never NULL."""
    for model in all_models():
        if model.name.startswith(("marts.", "indicators.")) and model.name != "indicators.metrics":
            continue
        columns = {row[0] for row in built_market.con.execute(f"describe {model.name}").fetchall()}
        assert "known_at" in columns, model.name
        (count,) = built_market.con.execute(f"select count(*) from {model.name} where known_at is null").fetchall()
        assert count == (0,), model.name


def test_sound_market_fails_no_blocking_check(whole_market: Lake) -> None:
    """Nothing wrong is found where nothing is wrong."""
    assert [name for name, result in whole_market.failures().items() if result.severity == "blocking"] == []


def test_every_check_has_a_market_that_it_finds_wrong() -> None:
    """A check that cannot fail checks nothing."""
    ours = {path.stem for path in CHECKS}
    assert set(SPOILT) == ours


def test_every_check_has_a_name_of_its_own(whole_market: Lake) -> None:
    """Grain checks too: a model of another layer may have the same name."""
    names = [result.check for result in run_checks(whole_market.con, SQL, all_models())]
    assert len(names) == len(set(names))
    assert {"flows.correlations__one_row_for_each_symbol_a_symbol_b_days"} < set(names)
    assert "correlations__one_row_for_each_symbol_a_symbol_b_days" in names


@pytest.mark.parametrize("check", sorted(SPOILT))
def test_check_finds_what_it_claims_to_find(whole_market: Lake, check: str) -> None:
    """The spoilt market has rows that break the claim; before it had none of a blocking one."""
    sql = (SQL / "checks" / f"{check}.sql").read_text()
    whole_market.con.execute("begin")
    try:
        make_tables_of_views(whole_market, SPOILT[check])
        whole_market.con.execute(SPOILT[check])
        assert whole_market.con.execute(sql).fetchall() != []
    finally:
        whole_market.con.execute("rollback")


def make_tables_of_views(lake: Lake, sql: str) -> None:
    """A view that a statement would write becomes a table with its rows."""
    views = lake.con.execute("select schema_name || '.' || view_name from duckdb_views() where not internal").fetchall()
    for (name,) in views:
        if re.search(rf"(update|into|delete from) {re.escape(name)}\b", sql):
            lake.con.execute(f"create temp table rows_of_view as select * from {name}")
            lake.con.execute(f"drop view {name}")
            lake.con.execute(f"create table {name} as select * from temp.rows_of_view")
