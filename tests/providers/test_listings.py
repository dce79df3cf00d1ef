"""Which listing a source answers for, and in which currency: what is not in US dollars is refused whole."""

import pytest

from etl.domain import ACTIONS, CRYPTO_1D, EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, EQUITY_QUOTE, DataRequest
from etl.errors import ProviderRefused
from etl.providers import PROVIDERS
from tests.providers.made_up import NOW, TWELVE_DATA, YAHOO, answer, chart, planned, values

EQUITIES = (EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, ACTIONS, EQUITY_QUOTE)
LONDON = {"currency": "GBp", "exchange_timezone": "Europe/London", "exchange": "LSE", "mic_code": "XLON"}
SPELLINGS = {"yahoo": "BRK-B", "fmp": "BRK-B", "alpha_vantage": "BRK-B", "alpaca": "BRK.B", "twelve_data": "BRK.B"}


def yahoos(symbol: str, currency: object) -> dict:
    """A chart in a currency."""
    body = chart(symbol)
    body["chart"]["result"][0]["meta"]["currency"] = currency
    return body


@pytest.mark.parametrize(
    ("symbol", "currency"), [("VOD.L", "GBp"), ("1306.T", "JPY"), ("RELIANCE.NS", "INR"), ("SHOP.TO", "CAD")]
)
def test_a_chart_that_is_not_in_dollars_is_refused_whole(symbol: str, currency: str) -> None:
    """Pence for dollars would be a price a hundred times too high; the line names symbol, source and currency."""
    with pytest.raises(ProviderRefused) as caught:
        YAHOO.inspect(answer(planned(YAHOO, EQUITY_DAILY, symbol), yahoos(symbol, currency)))
    assert str(caught.value) == f"Yahoo Finance gives {symbol} in {currency}, and mfo counts in USD"


@pytest.mark.parametrize("currency", [None, "", 7, {}])
def test_a_chart_that_names_no_currency_is_refused(currency: object) -> None:
    """Nothing is taken for dollars that does not say so."""
    with pytest.raises(ProviderRefused, match="gives SPY in a currency that it does not name"):
        YAHOO.inspect(answer(planned(YAHOO, EQUITY_DAILY, "SPY"), yahoos("SPY", currency)))


def test_a_coins_index_in_another_currency_is_refused_too() -> None:
    """BTC-USD is what was asked for."""
    body = yahoos("BTC-USD", "EUR")
    with pytest.raises(ProviderRefused, match="gives BTCUSDT in EUR"):
        YAHOO.inspect(answer(planned(YAHOO, CRYPTO_1D, "BTCUSDT"), body))


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (LONDON, "Twelve Data gives TSCO of XLON in GBp, and mfo counts in USD"),
        (LONDON | {"currency": "USD"}, "Twelve Data gives TSCO of XLON: another listing than ours"),
        ({"currency": "EUR"}, "Twelve Data gives TSCO of ARCX in EUR, and mfo counts in USD"),
        ({"exchange_timezone": None}, "Twelve Data gives TSCO of ARCX: another listing than ours"),
    ],
)
def test_another_listing_of_a_symbol_is_refused_whole(meta: dict, said: str) -> None:
    """TSCO is a US shop for farmers, and one in London whose price is in pence."""
    body = values("2025-10-31", symbol="TSCO")
    body["meta"] |= meta
    with pytest.raises(ProviderRefused) as caught:
        TWELVE_DATA.inspect(answer(planned(TWELVE_DATA, EQUITY_DAILY, "TSCO"), body))
    assert str(caught.value) == said


@pytest.mark.parametrize("symbol", ["VOD.L", "SHOP.TO", "TSCO.LON", "HXS-U.TO"])
def test_who_names_no_currency_is_not_asked_for_a_listing_abroad(symbol: str) -> None:
    """Its pence could not be told from dollars; Yahoo and Twelve Data say what they give."""
    asked = {p.name for p in PROVIDERS.values() for d in EQUITIES if p.plan(DataRequest(d, symbol), NOW)}
    assert asked == {"yahoo", "twelve_data"}


@pytest.mark.parametrize("ours", ["BRK.B", "BRK-B"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_each_source_is_asked_for_a_share_class_in_its_own_spelling(name: str, ours: str) -> None:
    """And the rows are of the symbol that the user wrote."""
    request = planned(PROVIDERS[name], EQUITY_DAILY, ours)
    assert request.symbol == ours
    asked = dict(request.params)
    assert asked.get("symbol", asked.get("symbols", request.path.rpartition("/")[2])) == SPELLINGS[name]


def test_an_answer_in_the_sources_spelling_is_of_our_symbol() -> None:
    """Alpha Vantage, FMP and Alpaca name the symbol in the body, each in the spelling that it was asked in."""
    day = {"open": 10.0, "high": 12.0, "low": 9.5, "close": 11.0, "volume": 1234}
    row = {f"{at}. {name}": str(value) for at, (name, value) in enumerate(day.items(), 1)}
    meta = {"2. Symbol": "BRK-B", "5. Time Zone": "US/Eastern"}
    short = {"t": "2025-10-31T04:00:00Z", **{name[0]: value for name, value in day.items()}}
    bodies: dict[str, object] = {
        "alpha_vantage": {"Meta Data": meta, "Time Series (Daily)": {"2025-10-31": row}},
        "fmp": [{"symbol": "BRK-B", "date": "2025-10-31", **day}],
        "alpaca": {"bars": {"BRK.B": [short]}, "next_page_token": None},
        "yahoo": chart("BRK-B"),
        "twelve_data": values("2025-10-31", symbol="BRK.B"),
    }
    for name, body in bodies.items():
        provider = PROVIDERS[name]
        found = answer(planned(provider, EQUITY_DAILY, "BRK.B"), body)
        provider.inspect(found)
        rows = list(provider.parse(found))
        assert rows
        assert {row.symbol for row in rows} == {"BRK.B"}
