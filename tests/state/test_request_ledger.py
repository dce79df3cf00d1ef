"""The ledger: reserve before send, days in the provider's own zone, spacing and weight."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from etl.domain import Limits, Request
from etl.errors import LedgerQuotaExhausted, Stopped
from etl.providers import PROVIDERS
from etl.state.database import StateDatabase
from etl.state.request_ledger import day_of

EASTERN = ZoneInfo("US/Eastern")
AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
SPY = Request("alpha_vantage", "equity_daily", "SPY", "/query", (("symbol", "SPY"),))
BOOK = Request("binance", "order_book", "BTCUSDT", "/api/v3/depth", weight=50)
FREE = PROVIDERS["alpha_vantage"].limits
UNPACED = Limits(per_day=25, day_zone="US/Eastern")
WEIGHED = PROVIDERS["binance"].limits


def eastern(*parts: int) -> datetime:
    """A wall time in New York, in UTC."""
    return datetime(*parts, tzinfo=EASTERN).astimezone(UTC)


# the day


def test_the_26th_request_of_a_day_is_not_sent(ledger, clock):
    """25 a day are Alpha Vantage's free tier; nothing waits for the 26th."""
    for _ in range(25):
        ledger.reserve(SPY, UNPACED, "run-1")
    with pytest.raises(LedgerQuotaExhausted, match=r"alpha_vantage: 25 of 25 calls are used.*midnight US/Eastern"):
        ledger.reserve(SPY, UNPACED, "run-1")
    assert ledger.used_today("alpha_vantage", UNPACED) == 25
    assert clock.waits == []


@pytest.mark.parametrize(
    "midnight",
    [
        pytest.param((2025, 7, 2), id="summer"),
        pytest.param((2025, 12, 3), id="winter"),
        pytest.param((2025, 3, 9), id="the night before clocks go forward"),
        pytest.param((2025, 3, 10), id="the end of the day of 23 hours"),
        pytest.param((2025, 11, 2), id="the night before clocks go back"),
        pytest.param((2025, 11, 3), id="the end of the day of 25 hours"),
    ],
)
def test_the_day_ends_at_midnight_in_new_york(ledger, clock, midnight):
    """At 23:59 there it is still the old day, at 00:01 there are 25 calls again; UTC's midnight does nothing."""
    end = eastern(*midnight)
    clock.set(end - timedelta(hours=20))
    for _ in range(25):
        ledger.reserve(SPY, UNPACED, "run-1")
    clock.set(end - timedelta(minutes=1))
    with pytest.raises(LedgerQuotaExhausted):
        ledger.reserve(SPY, UNPACED, "run-1")
    clock.set(end + timedelta(minutes=1))
    assert ledger.used_today("alpha_vantage", UNPACED) == 0
    assert ledger.reserve(SPY, UNPACED, "run-2") == 26


def test_the_hour_that_comes_twice_is_of_one_day():
    """01:30 EDT and 01:30 EST on 2025-11-02 are an hour apart and the same quota day."""
    first = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
    assert day_of(first, "US/Eastern") == day_of(first + timedelta(hours=1), "US/Eastern") == "2025-11-02"
    assert day_of(datetime(2025, 11, 2, 3, 59, tzinfo=UTC), "US/Eastern") == "2025-11-01"


def test_midnight_in_utc_does_not_bring_calls_back(ledger, clock):
    """What a day counted in UTC would get wrong every evening."""
    clock.set(datetime(2025, 7, 1, 23, 59, tzinfo=UTC))
    ledger.reserve(SPY, Limits(per_day=1, day_zone="US/Eastern"), "run-1")
    clock.set(datetime(2025, 7, 2, 0, 1, tzinfo=UTC))
    with pytest.raises(LedgerQuotaExhausted):
        ledger.reserve(SPY, Limits(per_day=1, day_zone="US/Eastern"), "run-1")


def test_a_request_that_failed_counts_too(ledger):
    """The provider counted it."""
    ledger.close(ledger.reserve(SPY, UNPACED, "run-1"), "ProviderDown")
    assert ledger.used_today("alpha_vantage", UNPACED) == 1


def test_what_the_provider_says_counts_more_than_our_count(ledger, clock):
    """A key that is used elsewhere too is spent before 25: nothing more today, and everything tomorrow."""
    ledger.reserve(SPY, UNPACED, "run-1")
    assert not ledger.is_spent("alpha_vantage", UNPACED)
    ledger.mark_spent("alpha_vantage", UNPACED)
    assert ledger.is_spent("alpha_vantage", UNPACED)
    with pytest.raises(LedgerQuotaExhausted, match="the provider says that its day is spent"):
        ledger.reserve(SPY, UNPACED, "run-1")
    clock.set(eastern(2025, 11, 1, 0, 1))
    assert not ledger.is_spent("alpha_vantage", UNPACED)
    assert ledger.reserve(SPY, UNPACED, "run-2")


def test_a_spent_day_does_not_concern_other_providers(ledger):
    """Each lane has its own day."""
    ledger.reserve(SPY, UNPACED, "run-1")
    ledger.mark_spent("alpha_vantage", UNPACED)
    assert ledger.reserve(BOOK, WEIGHED, "run-1") == 2


def test_documents_of_our_own_count_against_nothing(ledger):
    """A note has a sequence, and no provider."""
    own = Request("mfo", "note", "2025-10-31", "/note")
    assert ledger.number(own, "run-1") == 1
    assert ledger.reserve(SPY, UNPACED, "run-1") == 2
    assert ledger.used_today("alpha_vantage", UNPACED) == 1
    assert ledger.finished_since(0) == []


# reserve before send


def test_a_request_is_written_down_before_it_is_sent(ledger, state, tmp_path):
    """`reserve` returns after its row is on disk, as another process sees it."""
    sequence = ledger.reserve(SPY, UNPACED, "run-1")
    other = StateDatabase(tmp_path / "state.db")
    found = other.rows("select sequence, run_id, provider, symbol, day, verdict from requests")
    other.close()
    assert found == [(sequence, "run-1", "alpha_vantage", "SPY", "2025-10-31", None)]


def test_a_request_in_flight_counts(ledger):
    """It may have reached the provider."""
    ledger.reserve(SPY, Limits(per_day=1), "run-1")
    with pytest.raises(LedgerQuotaExhausted):
        ledger.reserve(SPY, Limits(per_day=1), "run-1")


def test_no_key_is_in_the_ledger(ledger, state):
    """A Request holds none, so that the row cannot."""
    ledger.reserve(SPY, UNPACED, "run-1")
    assert state.rows("select params from requests") == [('{"symbol": "SPY"}',)]


def test_an_end_is_written_beside_its_request(ledger, clock):
    """Verdict, status, latency, rows and the newest row, for `status` and the warehouse's copy."""
    sequence = ledger.reserve(SPY, UNPACED, "run-1")
    newest = datetime(2025, 10, 31, tzinfo=UTC)
    clock.set(AT + timedelta(seconds=2))
    ledger.close(sequence, "ok", status=200, latency_ms=12.5, rows=100, newest_at=newest)
    good = ledger.last_good("equity_daily", "SPY")
    assert list(good) == ["alpha_vantage"]
    assert (good["alpha_vantage"].answered_at, good["alpha_vantage"].newest_at) == (clock.now(), newest)
    (row,) = ledger.finished_since(0)
    assert (row["verdict"], row["status"], row["latency_ms"]) == ("ok", 200, 12.5)
    assert ledger.finished_since(sequence) == []


def test_only_good_answers_are_the_last_good_one(ledger, clock):
    """A refusal after a good answer does not make the good one newer."""
    ledger.close(ledger.reserve(SPY, UNPACED, "run-1"), "ok")
    clock.set(AT + timedelta(hours=1))
    ledger.close(ledger.reserve(SPY, UNPACED, "run-1"), "ProviderQuotaExhausted")
    assert ledger.last_good("equity_daily", "SPY")["alpha_vantage"].answered_at == AT
    assert ledger.last_good("equity_daily", "QQQ") == {}


def test_an_answer_from_after_now_counts_as_none(ledger, clock):
    """It came with the clock ahead: what was good before it is good, for the daily run and for a backfill."""
    ledger.close(ledger.reserve(SPY, UNPACED, "run-1"), "ok")
    clock.set(AT + timedelta(days=400))
    for _ in range(2):
        ledger.close(ledger.reserve(SPY, UNPACED, "run-2"), "ok")
    assert ledger.from_after_now() is None
    clock.set(AT + timedelta(minutes=5))
    assert ledger.last_good("equity_daily", "SPY")["alpha_vantage"].answered_at == AT
    assert [said.answered_at for said in ledger.answered("equity_daily", "SPY")] == [AT]
    said = "2 answers are from after now, the newest of 2026-12-06T03:43:00Z; they count as none: is the clock right?"
    assert ledger.from_after_now() == said


def test_a_day_that_is_spent_after_today_is_forgotten(ledger, clock):
    """The provider said so of another day, while the clock was ahead."""
    clock.set(AT + timedelta(days=2))
    ledger.reserve(SPY, UNPACED, "run-1")
    ledger.mark_spent("alpha_vantage", UNPACED)
    clock.set(AT)
    ledger.reserve(SPY, UNPACED, "run-2")
    clock.set(AT + timedelta(days=2))
    assert not ledger.is_spent("alpha_vantage", UNPACED)


# spacing


def test_the_second_request_waits_for_its_turn(ledger, clock):
    """1.1 s between the starts of two requests: 1.00 s still trips Alpha Vantage's limit."""
    for _ in range(3):
        ledger.reserve(SPY, FREE, "run-1")
    assert clock.waits == pytest.approx([1.1, 1.1])


def test_spacing_counts_from_the_bytes_and_not_from_the_reservation(ledger, clock):
    """A connection that took 0.7 s to make pushes the next request back by 0.7 s."""
    ledger.reserve(SPY, FREE, "run-1")
    clock.seconds += 0.7
    ledger.sent("alpha_vantage")
    clock.seconds += 0.3
    ledger.reserve(SPY, FREE, "run-1")
    assert clock.waits == pytest.approx([0.8])


def test_providers_do_not_wait_for_each_other(ledger, clock):
    """A run takes as long as the slowest quota, not the sum."""
    ledger.reserve(SPY, FREE, "run-1")
    ledger.reserve(BOOK, WEIGHED, "run-1")
    assert clock.waits == []


def test_a_block_is_waited_out(ledger, clock):
    """`Retry-After: 7` holds for every request to that provider."""
    ledger.reserve(BOOK, WEIGHED, "run-1")
    ledger.block("binance", 7)
    ledger.reserve(BOOK, WEIGHED, "run-1")
    assert clock.waits == pytest.approx([7])


def test_a_ban_of_days_is_left_to_a_later_run(ledger, clock):
    """Binance bans for up to three days: a run must not sleep for three days, holding the lock."""
    ledger.reserve(BOOK, WEIGHED, "run-1")
    ledger.block("binance", 3 * 86_400)
    with pytest.raises(LedgerQuotaExhausted, match="binance: asks to wait"):
        ledger.reserve(BOOK, WEIGHED, "run-1")
    assert clock.waits == []


def test_a_stop_ends_the_wait_and_reserves_nothing(ledger, clock):
    """Ctrl-C in a wait costs no call."""
    ledger.reserve(SPY, FREE, "run-1")
    clock.stop()
    with pytest.raises(Stopped):
        ledger.reserve(SPY, FREE, "run-1")
    assert ledger.used_today("alpha_vantage", FREE) == 1


def test_another_boots_seconds_mean_nothing(ledger, state, clock):
    """After a restart of the machine its monotonic clock begins anew; a block of then must not last for days."""
    ledger.reserve(SPY, FREE, "run-1")
    ledger.block("alpha_vantage", 100)
    with state.write() as db:
        db.execute("update lanes set boot = 'an earlier one', last_sent = 900000, blocked_until = 900000")
    ledger.reserve(SPY, FREE, "run-2")
    assert clock.waits == []
    assert state.rows("select blocked_until from lanes") == [(None,)]


def test_seconds_from_after_now_mean_nothing(ledger, clock):
    """Where nothing names the boot, a monotonic clock that began anew must not be waited for, for days."""
    ledger.reserve(SPY, FREE, "run-1")
    clock.seconds -= 900
    ledger.reserve(SPY, FREE, "run-2")
    assert clock.waits == []


def test_sequences_go_on_after_a_lost_state_db(ledger):
    """The lake outlived its ledger: no new answer takes the number of an old one."""
    assert ledger.next_sequence == 1
    ledger.start_after(41)
    assert ledger.next_sequence == 42
    assert ledger.reserve(SPY, UNPACED, "run-1") == 42
    ledger.start_after(7)
    assert ledger.next_sequence == ledger.reserve(SPY, UNPACED, "run-1") == 43
