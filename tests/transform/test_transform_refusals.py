"""transform: a row that cannot be true is refused with its reason; the rest of its answer is read."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import CRYPTO_1D, EQUITY_DAILY, MACRO, Bar, Observation
from etl.market.validation import why_untrue
from tests.providers import made_up
from tests.providers.made_up import FRED, NOW, YAHOO, planned
from tests.transform.readings import SPY, daily

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"high": "9.6"}, "high 9.6 and low 9.5 do not hold open 10 and close 11"),
        ({"low": "10.5"}, "high 12 and low 10.5 do not hold open 10 and close 11"),
        ({"close": "0.0000"}, "close is 0"),
        ({"open": "-1.0"}, "open is -1"),
        ({"close": "NaN"}, "close is missing or not a number"),
        ({"close": "Infinity"}, "close is missing or not a number"),
        ({"volume": "-5"}, "volume is missing or negative"),
        ({"volume": "none"}, "volume is missing or negative"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_and_the_rest_is_read(readings, changed, reason):
    """With its reason and the answer that it came from; nothing is repaired."""
    readings.keep(SPY, daily(**changed))
    outcome = readings.run()
    assert outcome.line == "1 answers read, 3 rows"
    assert outcome.notes == ("1 rows were refused; data_quality says why",)
    assert readings.refused() == [("2025-10-29", reason)]
    (refused,) = readings.rows("refused_rows")
    assert (refused["dataset"], refused["symbol"], refused["sequence"]) == (EQUITY_DAILY, "SPY", 1)
    assert len(readings.rows("bars")) == 3


@pytest.mark.parametrize("at", ["2025-11-01", "2025-12-25", "2025-07-04"])
def test_a_day_on_which_the_exchange_was_closed_is_refused(readings, at):
    """A weekend, Christmas, the Fourth of July."""
    readings.keep(SPY, made_up.daily("2025-10-30", at), at=datetime(2026, 1, 5, tzinfo=UTC))
    readings.run()
    assert readings.refused() == [(at, "the exchange was closed that day")]


def test_a_row_of_the_future_is_refused(readings):
    """By the server's clock and ours, whichever is earlier."""
    readings.keep(SPY, made_up.daily("2025-10-30", "2035-01-03"))
    late = made_up.observations(("2025-10-30", "4.1"), ("2035-01-02", "5.0"))
    readings.keep(planned(FRED, MACRO, "DGS10"), late)
    readings.run()
    assert readings.refused() == [("2035-01-03", "dated in the future"), ("2035-01-02", "dated in the future")]


def test_rows_that_contradict_each_other_are_refused_and_repetitions_are_not(readings):
    """Which of two values is right, nobody knows."""
    same = ("2025-10-29", "4.1")
    readings.keep(
        planned(FRED, MACRO, "DGS10"), made_up.observations(same, same, ("2025-10-30", "1"), ("2025-10-30", "2"))
    )
    readings.run()
    assert [row["value"] for row in readings.rows("observations")] == [4.1]
    assert readings.refused() == [("2025-10-30", "2 different rows for one time")]


def test_a_second_row_of_one_key_with_other_values_is_refused(readings):
    """Should a parser let one through: the first stands, the second is shown."""

    class Twice(type(FRED)):
        def parse(self, answer):
            for value in (4.1, 4.1, 4.2):
                yield Observation("DGS10", NOW.date() - DAY, value)

    readings.providers["fred"] = Twice()
    readings.keep(planned(FRED, MACRO, "DGS10"), made_up.observations(("2025-10-31", "4.1")))
    readings.run()
    assert [row["value"] for row in readings.rows("observations")] == [4.1]
    assert readings.refused() == [("2025-10-31", "the same row twice in one answer, with other values")]


def test_a_stand_ins_crypto_day_without_a_volume_of_coins_is_read(readings):
    """Yahoo counts dollars over many venues: its day has prices, and no pressure is weighed by it."""
    body = made_up.chart("BTC-USD", (1761782400, 1761868800))
    readings.keep(planned(YAHOO, CRYPTO_1D, "BTCUSDT"), body)
    readings.run()
    assert readings.refused() == []
    assert [(row["volume"], row["quote_volume"]) for row in readings.rows("bars")] == [(None, 1000.0)] * 2


def test_a_bar_of_one_price_can_be_true():
    """Nothing moved; nothing traded."""
    assert why_untrue(Bar("SPY", "1d", NOW.date() - DAY, 5.0, 5.0, 5.0, 5.0, 0.0), NOW) is None
