"""Bars of five minutes: what is asked of whom, at which instant each began, which had not ended."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import EQUITY_INTRADAY, DataRequest, Unreadable
from etl.errors import ProviderRefused, ResponseUnreadable
from tests.providers.made_up import ALPACA, ALPHA_VANTAGE, NOW, alpaca_bars, answer, five_minutes, planned

FRIDAY_OPEN = datetime(2025, 10, 31, 13, 30, tzinfo=UTC)
AV_SPY = planned(ALPHA_VANTAGE, EQUITY_INTRADAY, "SPY", FRIDAY_OPEN)
ALPACA_SPY = planned(ALPACA, EQUITY_INTRADAY, "SPY", FRIDAY_OPEN)


def size(since, now):
    """How many bars are asked of Alpha Vantage."""
    (request,) = ALPHA_VANTAGE.plan(DataRequest(EQUITY_INTRADAY, "SPY", since), now)
    return dict(request.params)["outputsize"]


def test_alpha_vantage_is_asked_for_bars_as_traded_inside_the_sessions():
    """Adjusted ones would not compare with its daily bars, and a hundred rows hold one session without its edges."""
    assert dict(AV_SPY.params) == {
        "function": "TIME_SERIES_INTRADAY",
        "symbol": "SPY",
        "interval": "5min",
        "adjusted": "false",
        "extended_hours": "false",
        "outputsize": "compact",
    }


def test_more_than_the_last_session_is_thirty_days():
    """Also where a session has begun since: the newest hundred bars would cut the last one short."""
    assert size(FRIDAY_OPEN, NOW + timedelta(days=1)) == "compact"
    assert size(FRIDAY_OPEN - timedelta(days=1), NOW) == "full"
    assert size(FRIDAY_OPEN, datetime(2025, 11, 3, 15, 0, tzinfo=UTC)) == "full"


def test_a_bar_is_named_by_its_start_in_new_york():
    """13:30 UTC is the open in summer, 14:30 in winter; the bar that is still running is left out."""
    at = datetime(2025, 11, 3, 14, 37, tzinfo=UTC)
    body = five_minutes("2025-10-31 09:30:00", "2025-11-03 09:30:00", "2025-11-03 09:35:00")
    found = answer(AV_SPY, body, at=at)
    ALPHA_VANTAGE.inspect(found)
    rows = list(ALPHA_VANTAGE.parse(found))
    assert [row.at for row in rows] == [FRIDAY_OPEN, datetime(2025, 11, 3, 14, 30, tzinfo=UTC)]
    assert {(row.interval, row.adjustment) for row in rows} == {("5m", "raw")}


def test_a_bar_without_an_instant_is_refused_alone():
    """The others of its answer stay."""
    rows = list(ALPHA_VANTAGE.parse(answer(AV_SPY, five_minutes("2025-10-31 09:30:00", "2025-10-31"))))
    assert [type(row) is Unreadable for row in rows] == [True, False]


def test_another_time_zone_is_not_loaded():
    """Read as New York's, each bar would be hours off."""
    with pytest.raises(ResponseUnreadable, match="time zone"):
        ALPHA_VANTAGE.inspect(answer(AV_SPY, five_minutes("2025-10-31 09:30:00", zone="UTC")))


def test_a_free_key_is_refused():
    """The setting says premium, the key is not: the next provider is asked."""
    body = {"Information": "Thank you for using Alpha Vantage! This is a premium endpoint. Subscribe to premium plans"}
    with pytest.raises(ProviderRefused, match="premium"):
        ALPHA_VANTAGE.inspect(answer(AV_SPY, body))


def test_alpaca_leaves_out_what_had_not_ended_when_it_was_asked():
    """Its bars carry their instant; the quarter of an hour that is paid for may cut one short."""
    assert dict(ALPACA_SPY.params)["timeframe"] == "5Min"
    body = alpaca_bars("2025-10-31")
    row = body["bars"]["SPY"][0]
    ends = ("2025-11-01T03:20:00Z", "2025-11-01T03:25:00Z")  # asked for up to 03:27
    body["bars"]["SPY"] = [{**row, "t": "2025-10-31T13:30:00Z"}, *({**row, "t": end} for end in ends)]
    rows = list(ALPACA.parse(answer(ALPACA_SPY, body)))
    assert [row.at for row in rows] == [FRIDAY_OPEN, datetime(2025, 11, 1, 3, 20, tzinfo=UTC)]
    assert {(row.interval, row.trades) for row in rows} == {("5m", 42)}
