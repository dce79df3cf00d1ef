"""The configuration as rows of the warehouse, and the limits with the settings' changes."""

import json
import re
from pathlib import Path

import pytest

from etl.config.loader import read_settings
from etl.config.schema import LimitOverride, Tables, Universe
from etl.config.settings import CHAINS, Settings
from etl.extract.reference_tables import configuration, limits_of
from etl.providers import PROVIDERS
from etl.warehouse.as_of import CONFIGURATION

LAKE_SQL = (Path(__file__).parents[2] / "sql" / "lake.sql").read_text()


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """The defaults."""
    monkeypatch.chdir(tmp_path)
    return read_settings({"MFO_DATA_DIR": str(tmp_path)})


def with_tables(settings: Settings, **tables) -> Settings:
    """The same with other tables."""
    return settings.model_copy(update={"tables": Tables(**tables)})


@pytest.mark.parametrize("relation", CONFIGURATION)
def test_every_relation_has_the_columns_of_the_lake(settings, relation):
    """They are written by name into the tables of sql/lake.sql."""
    rows = configuration(settings, lambda provider: True)[relation]
    (body,) = re.findall(rf"create table if not exists lake\.{relation} \((.*?)\);", LAKE_SQL, re.DOTALL)
    columns = {column.split()[0] for column in body.split(",")}
    assert rows
    assert all(set(row) == columns for row in rows)


def test_the_configuration_survives_json(settings):
    """It is kept with each publication, for a look at the past with the universe of then."""
    found = configuration(settings, lambda provider: True)
    assert json.loads(json.dumps(found, sort_keys=True)) == found


def test_an_instrument_is_crypto_or_equity_and_keeps_its_place(settings):
    """In the order of the page; the watchlist's stocks are marked."""
    rows = configuration(settings, lambda provider: True)["instruments"]
    by_symbol = {row["symbol"]: row for row in rows}
    assert [row["position"] for row in rows] == list(range(len(Universe().symbols())))
    assert (by_symbol["BTCUSDT"]["kind"], by_symbol["SPY"]["kind"]) == ("crypto", "equity")
    assert {s for s, row in by_symbol.items() if row["is_watchlist"]} == {"AAPL", "MSFT"}


def test_the_first_symbol_of_each_node_is_marked(settings):
    """SPY is the first of a region and of an asset class."""
    rows = configuration(settings, lambda provider: True)["nodes"]
    firsts = [(row["picture"], row["node"], row["symbol"]) for row in rows if row["is_first"]]
    assert ("region", "USA", "SPY") in firsts
    assert ("asset", "Stocks", "SPY") in firsts
    assert len(firsts) == 10
    assert ("QQQ", False) in {(row["symbol"], row["is_first"]) for row in rows}


def test_a_series_that_we_do_not_know_is_not_published(settings):
    """Nor compared without its vintages, nor counted in dollars."""
    rows = configuration(with_tables(settings, universe=Universe(series=["XYZ1"])), lambda provider: True)
    (row,) = rows["universe_series"]
    assert (row["publishable"], row["is_revised"], row["usd_factor"], row["unit"]) == (False, True, None, None)


def test_a_source_says_whether_it_has_the_key_that_it_needs(settings):
    """`status` says of a source without its key that it is skipped."""
    rows = configuration(settings, lambda provider: provider.credential is None)["sources"]
    assert {row["source"]: (row["needs_key"], row["has_key"]) for row in rows} == {
        name: (provider.credential is not None, provider.credential is None) for name, provider in PROVIDERS.items()
    }


def test_a_source_names_the_variables_of_its_key(settings):
    """As they are spelt, both of a pair, and none where none is needed: `status` tells people what to set."""
    rows = configuration(settings, lambda provider: True)["sources"]
    named = {row["source"]: row["key_variables"] for row in rows}
    assert named["alpaca"] == "ALPACA_API_KEY and ALPACA_SECRET_KEY"
    assert (named["coingecko"], named["fred"], named["fred_graph"]) == ("COINGECKO_API_KEY", "FRED_API_KEY", None)


def test_chains_are_rows_in_their_order(settings):
    """Rank 0 is the first source."""
    rows = configuration(settings, lambda provider: True)["chains"]
    assert {row["dataset"] for row in rows} == set(CHAINS)
    assert [r["source"] for r in rows if r["dataset"] == "equity_daily"] == CHAINS["equity_daily"]
    assert [r["rank"] for r in rows if r["dataset"] == "equity_daily"] == [0, 1, 2, 3, 4]


def test_a_setting_changes_one_limit_and_leaves_the_others(settings):
    """A paid key: more a day, the same spacing; and the row of the source says so."""
    changed = with_tables(settings, limits={"alpha_vantage": LimitOverride(per_day=500)})
    free, paid = limits_of(settings)["alpha_vantage"], limits_of(changed)["alpha_vantage"]
    assert (free.per_day, paid.per_day) == (25, 500)
    assert (paid.spacing_s, paid.day_zone) == (free.spacing_s, free.day_zone) == (1.1, "US/Eastern")
    rows = configuration(changed, lambda provider: True)["sources"]
    assert {row["source"]: row["per_day"] for row in rows}["alpha_vantage"] == 500


def test_a_limit_of_nothing_is_a_limit(settings):
    """`per_day = 0` switches a provider off, and is not taken for an absent setting."""
    changed = with_tables(settings, limits={"yahoo": LimitOverride(per_day=0, spacing_s=0)})
    assert (limits_of(changed)["yahoo"].per_day, limits_of(changed)["yahoo"].spacing_s) == (0, 0)
