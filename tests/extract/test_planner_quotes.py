"""When a cross-check's price is due: once for each close, and only of whom has it."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.config.loader import read_settings
from etl.config.schema import Tables, Universe
from etl.config.settings import Settings
from etl.domain import CRYPTO_QUOTE, EQUITY_QUOTE
from etl.extract.planner import INTRADAY, due
from etl.extract.selection import Selection
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.state.request_ledger import LastSuccess

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)  # a Saturday: the last session is Friday's
UNIVERSE = Universe(regions={"USA": ["SPY"]}, asset_classes={"Crypto": ["BTCUSDT", "XYZUSDT"]}, stocks=[], series=[])
BOTH = frozenset({EQUITY_QUOTE, CRYPTO_QUOTE})


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """One equity, a coin that CoinGecko's ids name and one that they do not."""
    monkeypatch.chdir(tmp_path)
    read = read_settings({"MFO_DATA_DIR": str(tmp_path)})
    return read.model_copy(update={"tables": Tables(universe=UNIVERSE)})


def quotes(settings, answered_at=None, now=NOW, able=lambda name: True, **choice):
    """(symbol, chain) of each quote that is due, where all were answered at an instant."""

    def history(dataset, symbol):
        return {"any": LastSuccess("any", answered_at, None)} if answered_at and dataset in BOTH else {}

    found = due(settings, history, now, last_closed(now), able, Selection(**{"datasets": BOTH, **choice}))
    assert not any(task.is_needed for task in found)
    return [(task.want.symbol, task.chain) for task in found]


def test_a_price_is_asked_of_whom_has_it(settings):
    """An equity of Finnhub, a coin of CoinGecko; a coin whose id nobody knows of nobody."""
    assert quotes(settings) == [("SPY", ("finnhub",)), ("BTCUSDT", ("coingecko",))]


def test_without_a_key_no_price_is_due(settings):
    """Nothing rests on it, so nothing is missing."""
    keyless = {name for name, provider in PROVIDERS.items() if provider.credential is None}
    assert quotes(settings, able=lambda name: name in keyless) == []


def test_a_close_is_compared_once(settings):
    """An equity's after its session is final, a coin's after midnight UTC."""
    ready = last_closed(NOW).ready_at
    assert quotes(settings, NOW) == []
    assert quotes(settings, ready - timedelta(minutes=1)) == [("SPY", ("finnhub",)), ("BTCUSDT", ("coingecko",))]
    assert quotes(settings, ready + timedelta(minutes=1)) == [("BTCUSDT", ("coingecko",))]
    assert len(quotes(settings, NOW, force=True)) == 2


def test_a_run_every_few_minutes_asks_for_none(settings):
    """`run-intraday` is for candles and books."""
    assert quotes(settings, datasets=INTRADAY & BOTH) == []
