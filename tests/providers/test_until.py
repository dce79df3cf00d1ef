"""The end of a span is asked for where the provider can, so that a history of long ago costs no rows of today."""

from datetime import UTC, datetime

import pytest

from etl.domain import EQUITY_HISTORY, Bar, DataRequest
from etl.market.spans import covered
from etl.providers import PROVIDERS
from tests.providers.made_up import NOW, answer

SINCE, UNTIL = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)  # up to, not including, 1 July
ENDS = {
    "yahoo": ("period2", "1719792000"),
    "twelve_data": ("end_date", "2024-06-30T23:59:59"),
    "fmp": ("to", "2024-06-30"),
    "alpaca": ("end", "2024-06-30T23:59:59Z"),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_span_ends_where_it_is_wanted(name):
    """The last day is in it, the one after is not; a span without an end reaches to now."""
    (request,) = PROVIDERS[name].plan(DataRequest(EQUITY_HISTORY, "SPY", SINCE, UNTIL), NOW)
    key, value = ENDS[name]
    assert dict(request.params)[key] == value
    (open_ended,) = PROVIDERS[name].plan(DataRequest(EQUITY_HISTORY, "SPY", SINCE), NOW)
    assert dict(open_ended.params).get(key) != value


@pytest.mark.parametrize("name", ENDS)
def test_an_answer_speaks_of_no_more_than_was_asked_for(name):
    """A session after the end is no gap of that source's."""
    (request,) = PROVIDERS[name].plan(DataRequest(EQUITY_HISTORY, "SPY", SINCE, UNTIL), NOW)
    row = Bar("SPY", "1d", datetime(2024, 3, 1, tzinfo=UTC).date(), 1.0, 1.0, 1.0, 1.0, 1.0)
    found = covered(answer(request, {}), [row])
    assert found is not None
    assert (found.covers_from, found.covers_until.date()) == (SINCE, datetime(2024, 7, 1, tzinfo=UTC).date()) or (
        found.covers_until < UNTIL
    )


def test_a_free_key_of_fmp_is_not_asked_for_what_it_cannot_have():
    """Five years: an older span is nobody's answer of it."""
    old = DataRequest(EQUITY_HISTORY, "SPY", datetime(2010, 1, 1, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC))
    assert PROVIDERS["fmp"].plan(old, NOW) == []
