"""Facts: which figures are gathered, in which order, and how they are written down."""

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta

from etl.notes.facts import as_documents, as_json, from_documents, hash_of, plain
from etl.notes.gathering import gather, known_names, symbols_of
from etl.notes.records import Row
from tests.notes.made_warehouse import DAY, SYMBOLS, a_day


def gathered(for_date: date = DAY, anchor: date = DAY) -> list[Row]:
    """The facts of the made warehouse."""
    con = a_day()

    def query(sql: str, parameters: Sequence[object]) -> list[Row]:
        cursor = con.execute(sql, list(parameters))
        return [dict(zip([c[0] for c in cursor.description or ()], row, strict=True)) for row in cursor.fetchall()]

    assert set(symbols_of(query)) == set(SYMBOLS)
    assert set(known_names(query)) == set(SYMBOLS)
    return as_documents(gather(query, for_date, anchor))


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
