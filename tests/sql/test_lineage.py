"""Lineage: what a figure is said to rest on is all that moves it, to the bar; wrong words are told the right ones."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from etl.errors import UsageWrong
from etl.models import lineage
from etl.models.lineage import TRACES, windows
from tests.sql.conftest import SQL, Lake, fill_market

DAY, COIN_DAY = date(2025, 10, 31), date(2025, 10, 30)
FIGURES = [
    ("daily_prices SPY 2025-10-31", "close"),
    *((f"daily_metrics SPY {DAY}", column) for column in windows()),
    ("money_flow_daily SPY 2025-10-31", "turnover_usd"),
    ("money_flow_daily SPY 2025-10-31", "pressure_pct"),
    ("money_flow_daily BTCUSDT 2025-10-30", "pressure_pct"),
    ("money_flow_daily BTCUSDT 2025-10-30", "taker_imbalance"),
    ("region_nodes 1M USA", "pressure_pct"),
    ("region_nodes 1M USA", "return_pct"),
    ("region_nodes 1W China", "turnover_usd"),
    ("region_nodes 1W China", "volatility_pct"),
    ("asset_nodes 1W Crypto", "pressure_pct"),
    ("correlations SPY TLT 90", "r"),
    ("correlations BTCUSDT TLT 30", "r"),
    ("market_internals 2025-10-31", "breadth"),
    ("market_internals 2025-10-31", "momentum_score"),
    ("market_internals 2025-10-31", "pressure_pct"),
    ("market_internals 2025-10-31", "vix_percentile"),
    ("market_internals 2025-10-31", "correlation_strength"),
]
# of these a change of the oldest bar alone shows in the figure; a count or a rank may stay as it is
TIGHT = [figure for figure in FIGURES if figure[0].startswith(("daily_", "money_flow", "correlations"))]
SPOILED = {
    "close": "close * (1 + 0.05 * random())",
    "high": "high * (1 + random())",
    "low": "low / (1 + random())",
    "volume": "volume * (1 + random())",
    "quote_volume": "quote_volume * (1 + random())",
    "taker_buy_quote_volume": "taker_buy_quote_volume * random()",
}


def value_of(lake: Lake, figure: str, column: str) -> Any:
    """The figure as it is built now."""
    relation, *words = figure.split()
    lake.build(f"marts.{relation}")
    keys = TRACES[relation][0]
    same = " and ".join(f"\"{key}\"::varchar = '{word}'" for key, word in zip(keys, words, strict=True))
    (row,) = lake.rows(f"select * from marts.{relation} where {same}")
    assert row[column] is not None
    return row[column]


def stretches(lake: Lake, figure: str, column: str) -> dict[str, tuple[date, date]]:
    """Subject -> its first and last date, as the words say."""
    lake.con.execute("use memory.marts")
    found = lineage.explained(lake.con, f"{figure} {column}", SQL)
    lake.con.execute("use memory.main")
    subjects = {row[1] for row in found.rows}
    of = {name: [row for row in found.rows if row[1] == name] for name in subjects}
    return {name: (min(r[3] for r in rows).date(), max(r[4] for r in rows).date()) for name, rows in of.items()}


def spoil(lake: Lake, where: str) -> None:
    """Change bars of the lake; small enough that no return is called unexplained."""
    changes = ", ".join(f"{column} = {value}" for column, value in SPOILED.items())
    lake.con.execute(f"select setseed(0.5); update lake.bars set {changes} where {where}")


@pytest.fixture
def made() -> Lake:
    """A market of which every test may spoil a part."""
    made = Lake()
    made.publish()
    return fill_market(made)


@pytest.mark.parametrize(("figure", "column"), FIGURES)
def test_nothing_else_moves_a_figure(made: Lake, figure: str, column: str) -> None:
    """Every bar and observation beyond what is listed is changed, and the figure stays."""
    before = value_of(made, figure, column)
    listed = stretches(made, figure, column)
    inside = " or ".join(
        f"(symbol = '{s}' and opened_at::date between '{a}' and '{b}')" for s, (a, b) in listed.items()
    )
    spoil(made, f"not ({inside})")
    vix = listed.get("VIXCLS", (date.max, date.max))[0]
    made.con.execute(f"update lake.observations set value = value * (1 + random()) where date < '{vix}'")
    assert value_of(made, figure, column) == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize(("figure", "column"), TIGHT)
def test_the_oldest_bar_that_is_listed_is_needed(made: Lake, figure: str, column: str) -> None:
    """A change of it alone moves the figure: nothing is listed for show."""
    before = value_of(made, figure, column)
    symbol = figure.split()[1]
    first, _ = stretches(made, figure, column)[symbol]
    is_recursive = first == date(2024, 4, 22)
    made.con.execute(
        "update lake.bars set close = close * 1.2, high = high * 100, low = low / 100, volume = volume * 3, "
        "taker_buy_quote_volume = taker_buy_quote_volume / 2 "
        f"where symbol = '{symbol}' and opened_at::date = '{first}'"
    )
    after = value_of(made, figure, column)
    assert is_recursive or after != pytest.approx(before, rel=1e-9)


def test_every_row_leads_to_its_answer(built_market: Lake) -> None:
    """Bar for bar: source, sequence, instant, hash and the place of the body; many are summed up by answer."""
    built_market.con.execute("use memory.marts")
    few = lineage.explained(built_market.con, "daily_metrics SPY 2025-10-31 ma7", SQL)
    many = lineage.explained(built_market.con, "marts.daily_metrics SPY 2025-10-31 rsi14", SQL)
    built_market.con.execute("use memory.main")
    assert [row[0] for row in few.rows] == ["bar"] * 7
    assert len({row[3] for row in few.rows}) == 7
    row = dict(zip(lineage.NAMES, few.rows[-1], strict=True))
    assert (row["source"], row["sha256"], row["body"]) == ("yahoo", "sha-1", "lake/yahoo/bodies/sh/sha-1")
    assert [(row[0], row[2], row[7]) for row in many.rows] == [("bar", 400, 1)]
    assert "rests on 400 bars (2024-04-22 to 2025-10-31), of 1 answer" in many.lines[0]
    assert many.lines[1] == "defined in sql/indicators/rsi.sql, sql/marts/daily_metrics.sql"


def test_splits_and_dividends_are_part_of_it(made: Lake) -> None:
    """A split after the bar moved its close, a dividend inside the window its total return."""
    made.act("SPY", DAY - timedelta(days=1), "split", 2.0)
    made.act("SPY", DAY - timedelta(days=3), "dividend", 0.5)
    made.act("SPY", DAY - timedelta(days=100), "dividend", 0.5)
    made.build("marts.daily_metrics", "marts.daily_prices")
    made.con.execute("use memory.marts")
    kinds = [row[0] for row in lineage.explained(made.con, f"daily_prices SPY {DAY - timedelta(days=2)}", SQL).rows]
    assert kinds == ["bar", "split"]
    rows = lineage.explained(made.con, f"daily_metrics SPY {DAY} volatility20_pct", SQL).rows
    assert [row[0] for row in rows if row[0] != "bar"] == ["dividend", "split"]
    assert len([row for row in rows if row[0] == "bar"]) == 21


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "name a figure, such as"),
        ("'", "name a figure, such as"),
        ("nothing SPY", "no relation 'nothing'; allowed: "),
        ("daily_metrics", 'takes symbol trade_date and then a column, such as "daily_metrics TLT 2025-10-31"; its'),
        ("daily_metrics SPY 2025-10-31 rsi15", "return_pct, rsi14, support"),
        ("daily_metrics SPY 2025-10-31 rsi14 x", "takes symbol trade_date and then a column"),
        ("daily_metrics SPY 2025-11-01", 'trade_date 2025-11-01; it has for example "daily_metrics SPY 2025-10-31"'),
        ("daily_metrics SPY someday", "'someday' is no date"),
        ("correlations SPY TLT many r", "'many' is no number"),
        ("correlations SPY' TLT 90 r", "name a figure"),
        ("hourly_metrics SPY noon", "'noon' is not an instant"),
    ],
)
def test_wrong_words_are_answered_with_what_is_allowed(built_market: Lake, words: str, said: str) -> None:
    """In one line."""
    built_market.con.execute("use memory.marts")
    with pytest.raises(UsageWrong) as caught:
        lineage.explained(built_market.con, words, SQL)
    built_market.con.execute("use memory.main")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_relation_without_a_trace_says_what_it_is_made_of(built_market: Lake) -> None:
    """By the SQL itself; no rows are claimed."""
    built_market.con.execute("use memory.marts")
    found = lineage.explained(built_market.con, "gaps", SQL)
    built_market.con.execute("use memory.main")
    assert found.rows == []
    assert "rests on lake.answers, lake.bars, lake.coverage" in found.lines[0]


def test_what_is_published_without_an_answer_is_named(made: Lake) -> None:
    """The answer, and what rests on it."""
    kept = "select sequence from lake.bars where symbol <> 'TLT' union select sequence from lake.observations"
    proven = {row[0] for row in made.con.execute(kept).fetchall()}
    (line,) = lineage.unproven(made.con, proven)
    assert "400 of lake.bars, TLT 1d from 2024-04-22" in line
    assert lineage.unproven(made.con, range(100)) == []


def test_minutes_that_left_the_warehouse_still_lead_to_their_answers(lake: Lake) -> None:
    """Retention keeps of an hour which of its minutes came in which answer."""
    opened = datetime(2025, 7, 1, 10)  # noqa: DTZ001 - the lake's own form
    slot = int((opened - datetime(1970, 1, 1)).total_seconds()) // 60  # noqa: DTZ001 - as above
    lake.instruments({"BTCUSDT": "crypto"})
    lake.insert("answers", [(n, f"sha-{n}", "binance", "crypto_1m", "BTCUSDT", 200, opened, "r") for n in (8, 9)])
    for sequence, first, last in ((8, 0, 40), (9, 40, 60)):
        row = ("BTCUSDT", opened, slot + first, slot + last, sequence, opened + timedelta(hours=1))
        lake.insert("stretches", [row])
    lake.insert("hours", [("BTCUSDT", opened, *[1.0] * 6, 60, 0.5, True, "binance", opened + timedelta(hours=1))])
    lake.build("marts.hourly_prices")
    lake.con.execute("use memory.marts")
    found = lineage.explained(lake.con, "hourly_prices BTCUSDT 2025-07-01T10:00:00Z close", SQL)
    lake.con.execute("use memory.main")
    assert "rests on 60 1m bars" in found.lines[0]
    assert {row[7]: row[10] for row in found.rows} == {
        8: "lake/binance/bodies/sh/sha-8",
        9: "lake/binance/bodies/sh/sha-9",
    }
    assert ["9 (sha-9)" in line for line in lineage.unproven(lake.con, {8})] == [True]
