"""Facts: which figures are gathered, in which order, and how they are written down."""

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from etl.notes.documents.fact import as_documents, as_json, from_documents, hash_of, plain
from etl.notes.documents.note import query_on
from etl.notes.facts.collect import gather, known_names, symbols_of
from etl.notes.writer.ask import indicators
from tests.notes.made_warehouse import DAY, SYMBOLS, a_day


def gathered(
    for_date: date = DAY, anchor: date = DAY, change: str = "", members: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The facts of the made warehouse, after a change to it."""
    con = a_day()
    con.execute(change)
    query = query_on(con)
    assert set(symbols_of(query)) - set(members) == set(SYMBOLS) - set(members)
    assert set(known_names(query)) - set(members) == set(SYMBOLS) - set(members)
    return as_documents(gather(query, for_date, anchor, members))


def macro_fact(series_id: str, age: int) -> dict[str, Any] | None:
    """The fact of a series whose newest value is so many days older than the note's day."""
    value = f"insert into marts.macro_daily values (date '{DAY}' - {age}, '{series_id}', 4.3, 'fred')"
    return next((fact for fact in gathered(change=value) if fact["id"] == f"{series_id}.value"), None)


def test_every_fact_has_an_id_of_its_own_a_unit_an_as_of_and_a_source() -> None:
    """What is quoted can be traced."""
    facts = gathered()
    assert len({fact["id"] for fact in facts}) == len(facts) > 40
    assert all(fact["unit"] and fact["as_of"] and fact["source"] and fact["name"] for fact in facts)
    by_id = {fact["id"]: fact for fact in facts}
    assert by_id["DGS10.value"]["value"] == 4.11
    assert by_id["DGS10.change"]["value"] == 0.03
    assert by_id["net_liquidity.value"]["value"] == 5613.42
    assert by_id["net_liquidity.value"]["unit"] == "USD bn"
    assert by_id["VIXCLS.percentile"]["value"] == 43.25
    assert by_id["BTCUSDT.24h.change_pct"]["as_of"] == "2025-11-01T03:42:00Z"
    assert by_id["SPY.close"]["source"] == "alpha_vantage"


def test_buying_pressure_has_its_own_unit_and_no_fact_is_dollars_of_it() -> None:
    """Per day and window it is an estimate from -100 to 100; cash has none; nothing tells of money that moved."""
    facts = gathered()
    pressures = [fact for fact in facts if str(fact["id"]).endswith(".pressure_pct")]
    assert {str(fact["id"]).split(".")[-2] for fact in pressures} == {"1D", "1W", "1M", "market"}
    assert {fact["unit"] for fact in pressures} == {"-100 to 100"}
    assert all("buying pressure" in str(fact["name"]) and "estimated" in str(fact["name"]) for fact in pressures)
    assert "BIL" not in {fact["symbol"] for fact in pressures}
    assert not [fact["name"] for fact in facts if "flow" in str(fact["name"])]


def test_the_first_fact_is_the_first_regions_and_cash_comes_last() -> None:
    """The order is that of the universe, the same on every run."""
    facts = gathered()
    assert facts[0]["id"] == "SPY.close"
    assert facts == gathered()
    closes = [fact["symbol"] for fact in facts if str(fact["id"]).endswith(".close")]
    assert closes[-1] == "BIL"


def test_a_past_date_has_only_what_is_kept_per_day() -> None:
    """The anchor's pictures, macro and crypto's last day would tell what was not known then."""
    facts = gathered(DAY, DAY + timedelta(days=3))
    assert {str(f["id"]).split(".")[-1] for f in facts} <= {
        "close", "return_pct", "rsi14", "ma30", "pressure_pct", "symbols", "advancers", "decliners", "breadth",
        "momentum_score", "correlation_strength", "value", "percentile",
    }  # fmt: skip
    assert not any(f["symbol"] == "DGS10" or ".1M." in str(f["id"]) for f in facts)


def test_numbers_in_the_prompt_are_plain_decimals() -> None:
    """No exponent, and a point in each."""
    facts = from_documents(gathered())
    values = re.findall(r'"value": ([^,}]+)', as_json(facts))
    assert all(re.fullmatch(r"-?\d+\.\d+", value) for value in values)
    assert [plain(x) for x in (1.2e-07, 1e22, -0.5, 3.0)] == ["0.00000012", "10000000000000000000000.0", "-0.5", "3.0"]
    assert [fact["id"] for fact in json.loads(as_json(facts))] == [fact.id for fact in facts]


def test_the_hash_names_exactly_these_facts() -> None:
    """It survives being kept and read again, and changes with any value."""
    documents = gathered()
    facts = from_documents(json.loads(json.dumps(documents)))
    assert hash_of(facts) == hash_of(from_documents(documents))
    documents[0]["value"] = 1.0
    assert hash_of(facts) != hash_of(from_documents(documents))


@pytest.mark.parametrize(
    ("series_id", "oldest"), [("DGS2", 5), ("DEXCHUS", 12), ("DCOILWTICO", 12), ("UNRATE", 75), ("CPIAUCSL", 75)]
)
def test_a_macro_value_is_a_fact_up_to_its_maximum_age(series_id: str, oldest: int) -> None:
    """Daily 5 days, weekly releases 12, monthly 75; it has its own date. A day older, it is no fact."""
    fact = macro_fact(series_id, oldest)
    assert fact is not None
    assert (fact["value"], fact["as_of"]) == (4.3, str(DAY - timedelta(days=oldest)))
    assert macro_fact(series_id, oldest + 1) is None


def test_a_macro_value_of_a_later_day_is_no_fact_of_this_one() -> None:
    """The newest value up to the note's day stands, whatever came since."""
    later = f"insert into marts.macro_daily values (date '{DAY}' + 1, 'DGS10', 9.9, 'fred')"
    values = {fact["id"]: fact["value"] for fact in gathered(change=later)}
    assert values["DGS10.value"] == 4.11


def test_a_change_from_a_value_of_long_ago_is_no_fact() -> None:
    """The yield of four months ago is not `the observation before`."""
    gap = f"update marts.macro_daily set date = date '{DAY}' - 120 where value = 4.08"
    ids = {fact["id"] for fact in gathered(change=gap)}
    assert "DGS10.value" in ids
    assert "DGS10.change" not in ids


def test_a_vix_that_is_too_old_for_the_session_is_no_fact() -> None:
    """As marts.market_internals has it: NULL, with the date of the last value."""
    gone = f"update marts.market_internals set vix = null, vix_percentile = null, vix_date = date '{DAY}' - 122"
    assert [fact for fact in gathered(change=gone) if fact["symbol"] == "VIXCLS"] == []


def test_a_vix_of_the_day_before_is_a_fact_of_that_day() -> None:
    """Its as-of is its own, not the session's."""
    before = f"update marts.market_internals set vix_date = date '{DAY}' - 1"
    dates = {fact["as_of"] for fact in gathered(change=before) if fact["symbol"] == "VIXCLS"}
    assert dates == {str(DAY - timedelta(days=1))}


@pytest.mark.parametrize(("age", "is_there"), [(12, True), (13, False)])
def test_net_liquidity_is_a_fact_for_twelve_days(age: int, is_there: bool) -> None:
    """A Wednesday's figure is weekly; its change is that of exactly a week."""
    moved = (
        f"update marts.net_liquidity set date = date '{DAY}' - {age} - case when date = '2025-10-22' then 7 else 0 end"
    )
    by_id = {fact["id"]: fact for fact in gathered(change=moved)}
    assert ("net_liquidity.value" in by_id, "net_liquidity.change" in by_id) == (is_there, is_there)


def test_change_of_net_liquidity_over_a_missing_week_is_no_fact() -> None:
    """Two weeks' change is not told as one week's."""
    missing = "update marts.net_liquidity set date = '2025-10-15' where date = '2025-10-22'"
    ids = {fact["id"] for fact in gathered(change=missing)}
    assert "net_liquidity.value" in ids
    assert "net_liquidity.change" not in ids


@pytest.mark.parametrize(("to_at", "is_there"), [("2025-10-26 00:00:00", True), ("2025-10-25 23:59:00", False)])
def test_the_last_24_hours_of_a_coin_are_no_fact_when_they_are_long_over(to_at: str, is_there: bool) -> None:
    """They end at the newest minute, which may be of weeks ago: five days are the most."""
    old = f"update marts.symbol_stats_24h set to_at = '{to_at}'"
    assert ("BTCUSDT.24h.change_pct" in {fact["id"] for fact in gathered(change=old)}) == is_there


@pytest.mark.parametrize(("symbol", "kind", "age", "is_there"), [
    ("DIA", "equity", 0, True), ("DIA", "equity", 1, False),
    ("ETHUSDT", "crypto", 1, True), ("ETHUSDT", "crypto", 2, False),
])  # fmt: skip
def test_a_symbols_own_figures_are_of_the_day_or_no_facts(symbol: str, kind: str, age: int, is_there: bool) -> None:
    """A coin's close and week may be of the UTC day before, and say so; an equity's are of the session."""
    days = f"""
        insert into lake.instruments values ('{symbol}', '{symbol}', '{kind}', false, 99);
        insert into marts.daily_metrics (symbol, trade_date, close, return_pct, total_return_pct)
        select '{symbol}', date '{DAY}' - {age} - cast(i as integer), 100, 1, 1 from range(5) as made (i);
        insert into marts.daily_prices (symbol, trade_date, source, close)
        select symbol, trade_date, 'binance', close from marts.daily_metrics where symbol = '{symbol}'
    """
    dates = {fact["id"]: fact["as_of"] for fact in gathered(change=days, members=[symbol])}
    of = str(DAY - timedelta(days=age)) if is_there else None
    assert (dates.get(f"{symbol}.close"), dates.get(f"{symbol}.1W.return_pct")) == (of, of)


@pytest.mark.parametrize(("symbol", "of"), [("SPY", None), ("BTCUSDT", str(DAY))])
def test_indicators_of_an_answer_are_of_the_day_or_no_facts(symbol: str, of: str | None) -> None:
    """On the day after the last row an equity has none, a coin those of the UTC day before."""
    con = a_day()
    facts = list(indicators(query_on(con), symbol, DAY + timedelta(days=1)))
    assert {fact.as_of for fact in facts} == ({of} if of else set())
    assert len(list(indicators(query_on(con), symbol, DAY))) > 3
