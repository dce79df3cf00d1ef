"""
The sources, by their one short name, and those that older lists name and mfo does not ask, with the reason.

A provider says what to ask and how to read the answer; it opens no socket and knows no time but the one handed in.
Which provider is asked first for a dataset is a setting (`etl.config.settings.CHAINS`).
"""

from etl.domain import Provider
from etl.providers.alpaca import Alpaca
from etl.providers.alpha_vantage import AlphaVantage
from etl.providers.binance import Binance
from etl.providers.binance_archive import BinanceArchive
from etl.providers.coingecko import CoinGecko
from etl.providers.finnhub import Finnhub
from etl.providers.fmp import Fmp
from etl.providers.fred import Fred
from etl.providers.fred_graph import FredGraph
from etl.providers.twelve_data import TwelveData
from etl.providers.yahoo import Yahoo

_ALL: tuple[Provider, ...] = (
    AlphaVantage(),
    Fred(),
    FredGraph(),
    Binance(),
    BinanceArchive(),
    Yahoo(),
    TwelveData(),
    Fmp(),
    Alpaca(),
    Finnhub(),
    CoinGecko(),
)

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ALL}

CLOSED: dict[str, str] = {
    "iex_cloud": "IEX Cloud closed on 2024-08-31",
    "cryptocompare": "free tier ended on 2026-05-21: every path answers 401 without a paid key",
    "finnhub_candles": "stock candles are for paying customers (403 on a free key); its quote is asked as `finnhub`",
    "coingecko_ohlc": "no free daily candles: four-day ones without volume; its price is asked as `coingecko`",
}
