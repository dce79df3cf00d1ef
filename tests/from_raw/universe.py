"""The default universe as product.md names it, in its order; the first symbol of a node is the node."""

REGIONS = {
    "USA": ("SPY", "QQQ", "IWM"),
    "China": ("FXI", "MCHI"),
    "Europe": ("VGK", "EZU"),
    "Japan": ("EWJ",),
    "India": ("INDA",),
}
ASSET_CLASSES = {
    "Stocks": ("SPY",),
    "Bonds": ("TLT", "AGG"),
    "Commodities": ("GLD", "DBC"),
    "Crypto": ("BTCUSDT", "ETHUSDT", "BNBUSDT"),
    "Cash": ("BIL",),
}
WATCHLIST = ("AAPL", "MSFT")
CRYPTO = ASSET_CLASSES["Crypto"]
CASH = "BIL"
PICTURES = {"global-flow": REGIONS, "asset-flow": ASSET_CLASSES}
OF_ALL = ("correlations", "dashboard", "hypotheses", "internals", "macro", "metrics", "stats-24h", "track-record")
OF_OPERATIONS = ("health", "manifest", "pipeline", "quality", "sources")
PARQUET = ("asset_prices", "regional_data")
WINDOWS = {"1D": 1, "1W": 5, "1M": 21, "3M": 63, "1Y": 252}

_MEMBERS = [symbol for nodes in PICTURES.values() for members in nodes.values() for symbol in members]
SYMBOLS = tuple(dict.fromkeys([*_MEMBERS, *WATCHLIST]))
EQUITIES = tuple(symbol for symbol in SYMBOLS if symbol not in CRYPTO)
FIRST_SYMBOLS = tuple(dict.fromkeys(members[0] for nodes in PICTURES.values() for members in nodes.values()))
COUNTED = (*[symbol for members in REGIONS.values() for symbol in members], *WATCHLIST)  # of the internals
SERIES = (
    "SP500", "NASDAQCOM", "VIXCLS", "DGS10", "DGS2", "T10Y2Y", "DTWEXBGS",
    "WALCL", "WTREGEN", "RRPONTSYD", "M2SL", "BAMLH0A0HYM2", "DCOILWTICO", "DEXCHUS",
    "DEXUSEU", "DEXJPUS", "CPIAUCSL", "UNRATE", "FEDFUNDS",
)  # fmt: skip
UNPUBLISHABLE_SERIES = ("SP500", "NASDAQCOM", "VIXCLS", "BAMLH0A0HYM2")  # of S&P, Nasdaq, Cboe and ICE
MILLION, BILLION = 1e6, 1e9


def groups_of(symbol: str) -> list[str]:
    """The nodes that a symbol belongs to, and the watchlist."""
    named = {node for nodes in PICTURES.values() for node, members in nodes.items() if symbol in members}
    return sorted(named | ({"watchlist"} if symbol in WATCHLIST else set()))


def artifacts(for_date: str) -> list[str]:
    """Every artifact of the default universe in a first run whose note is about `for_date`, by path."""
    paths = [f"data/{name}.json" for name in (*OF_ALL, *OF_OPERATIONS)]
    paths += [f"data/{picture}/{window}.json" for picture in PICTURES for window in WINDOWS]
    paths += [f"data/metrics/{symbol}.json" for symbol in SYMBOLS]
    paths += [f"data/candles/{symbol}/1d.json" for symbol in SYMBOLS]
    paths += [f"data/candles/{symbol}/1h.json" for symbol in CRYPTO]
    paths += [f"data/order-book/{symbol}.json" for symbol in CRYPTO]
    paths += [f"data/recommendations/{name}.json" for name in ("latest", for_date)]
    return sorted(paths + [f"data/parquet/{name}_latest.parquet" for name in PARQUET])
