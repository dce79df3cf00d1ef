"""What the settings may name: datasets and providers that exist, and no others."""

import pytest

from etl.config.loader import read_settings
from etl.config.schema import LimitOverride, Notes, Tables, Universe
from etl.config.settings import Scope, Settings, scope_of
from etl.errors import SettingsWrong, UsageWrong
from etl.extract.selection import check_names

ONE = Universe(regions={"USA": ["SPY"]}, asset_classes={"Crypto": ["BTCUSDT"]}, stocks=[], series=["DGS10"])


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """One equity, one pair, one series."""
    monkeypatch.chdir(tmp_path)
    read = read_settings({"MFO_DATA_DIR": str(tmp_path)})
    return read.model_copy(update={"tables": Tables(universe=ONE)})


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"chains": {"weather": ["yahoo"]}}, "chains.weather: unknown dataset; allowed: equity_daily"),
        ({"chains": {"macro": ["binance"]}}, "chains.macro: 'binance' cannot give it; allowed: alpha_vantage, fred"),
        ({"limits": {"bloomberg": LimitOverride()}}, "limits.bloomberg: unknown provider; allowed: alpha_vantage"),
        ({"watchlists": {"core": ["SPY", "NVDA"]}}, "watchlists.core: 'NVDA' is not in the universe"),
        ({"notes": Notes(scopes=["core"])}, "notes.scopes: 'core' is no watchlist with a symbol and no symbol"),
    ],
)
def test_a_setting_that_names_what_is_not_there_is_refused(settings, tables, said):
    """With the file, the key and what is allowed: a name that is passed over in silence is a wrong picture."""
    changed = settings.model_copy(update={"tables": Tables(universe=ONE, **tables), "source": "/x/mfo.toml"})
    with pytest.raises(SettingsWrong) as caught:
        check_names(changed)
    assert str(caught.value).startswith(f"/x/mfo.toml: {said}")


def test_a_scope_is_the_portfolio_a_watchlist_or_a_symbol(settings):
    """A watchlist of series alone is none: it would silently be the whole portfolio."""
    lists = {"core": ["SPY", "DGS10"], "rates": ["DGS10"]}
    named = settings.model_copy(update={"tables": Tables(universe=ONE, watchlists=lists)})
    assert scope_of(named, "portfolio", "--scope") == Scope()
    assert scope_of(named, "core", "--scope") == Scope("core", ("SPY",))
    assert scope_of(named, "btcusdt", "--scope") == Scope("BTCUSDT", ("BTCUSDT",))
    for name in ("rates", "DGS10", "nobody"):
        with pytest.raises(UsageWrong, match="--scope: "):
            scope_of(named, name, "--scope")
