"""Recorded answers of those who stand in: what they may be taken for, and what not."""

from datetime import UTC, datetime

import pytest

from etl.domain import EQUITY_INTRADAY, MACRO
from etl.errors import ResponseUnreadable
from etl.providers import PROVIDERS
from tests.providers.made_up import planned
from tests.providers.test_recorded_payloads import AV, PAYLOADS, recorded, rows_of

pytestmark = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no recorded payloads: the shared folder is not here")


def test_a_recorded_series_of_months_is_not_read_as_one_of_days():
    """The ten-year yield is asked for by days; the recording is of months."""
    with pytest.raises(ResponseUnreadable, match="not daily"):
        rows_of(AV, planned(PROVIDERS[AV], MACRO, "DGS10"), recorded(AV, "treasury_yield_monthly_2023-07.json"))


def test_recorded_bars_of_five_minutes_are_read_at_their_instants():
    """The last of them began at 16:55 in New York: summer time there."""
    body = recorded(AV, "time_series_intraday_5min_TSLA_2023-07.json")
    rows = rows_of(AV, planned(PROVIDERS[AV], EQUITY_INTRADAY, "TSLA"), body)
    assert rows[-1].at == datetime(2023, 7, 3, 20, 55, tzinfo=UTC)
    assert {row.interval for row in rows} == {"5m"}
    assert len(rows) == 100
